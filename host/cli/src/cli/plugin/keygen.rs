//! `wardline plugin keygen`.

use std::io::{ErrorKind, Write as _, stdout};
use std::path::{Path, PathBuf};

use crate::aliasing::Files;
use crate::cli::Fatal;
use crate::cli::exit::ExitStatus;
use crate::cli::trusting::PasswordArgs;
use crate::replace;
use crate::trust::KeyPair;

/// Generate a key pair for signing, in minisign's format
#[derive(Clone, Debug, clap::Args)]
pub struct KeygenArgs {
    /// Name of the key pair: NAME.key is the secret key, NAME.pub the public key
    #[arg(short, long = "output", value_name = "NAME", default_value = "wardline")]
    output: PathBuf,
    /// Do not encrypt the secret key: anyone who can read the file can sign
    #[arg(long, conflicts_with = "password_file")]
    no_password: bool,
    #[command(flatten)]
    password: PasswordArgs,
}

pub(super) fn run(arguments: &KeygenArgs) -> Result<ExitStatus, Fatal> {
    let (secret, public) = (with_ending(&arguments.output, ".key"), with_ending(&arguments.output, ".pub"));
    // Checked before anyone has thought of a password. Creating the files ensures that nothing is overwritten.
    for file in [&secret, &public] {
        if file.exists() {
            return Err(already_exists(file));
        }
    }
    let mut files = Files::default();
    if let Some(file) = &arguments.password.password_file {
        files.reads("--password-file", file);
    }
    files.writes("the secret key", &secret);
    files.writes("the public key", &public);
    files.writes_stdout();
    files.check()?;
    let password = if arguments.no_password { None } else { Some(arguments.password.new_password()?) };
    let pair = KeyPair::generate(password)?;
    create(&public, replace::create_public_file(&public, pair.public.to_file().as_bytes()))?;
    if let Err(error) = create(&secret, replace::create_private_file(&secret, pair.secret_file.as_bytes())) {
        // A public key without its secret key is useless, and this one was created a moment ago.
        let _ = std::fs::remove_file(&public);
        return Err(error);
    }
    let mut out = stdout().lock();
    writeln!(out, "{}  secret key; keep it private", secret.display())?;
    writeln!(out, "{}  public key {}; for a trust file:", public.display(), pair.public.id())?;
    writeln!(
        out,
        "\nformat = \"wardline.trust/1\"\n\n[[key]]\npublic = \"{}\"\ncomment = \"whose key it is\"\nplugins = \
         [\"what-it-may-sign\"]",
        pair.public
    )?;
    Ok(ExitStatus::Success)
}

fn create(file: &Path, created: std::io::Result<()>) -> Result<(), Fatal> {
    created.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => already_exists(file),
        _ => format!("{}: cannot be written: {error}", file.display()).into(),
    })
}

fn already_exists(file: &Path) -> Fatal {
    format!("{}: file exists, and keys are never overwritten; choose another name with -o", file.display()).into()
}

fn with_ending(name: &Path, ending: &str) -> PathBuf {
    let mut file = name.as_os_str().to_owned();
    file.push(ending);
    file.into()
}
