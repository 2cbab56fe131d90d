//! `wardline plugin sign`.

use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::signable::Signable;
use crate::aliasing::Files;
use crate::cli::args::CacheArgs;
use crate::cli::exit::ExitStatus;
use crate::cli::trusting::PasswordArgs;
use crate::cli::{Fatal, files, warn};
use crate::contract::Escaped;
use crate::replace;
use crate::trust::{SecretKey, Signature, Statement, signature_path};

/// Sign plugins or vetting reports: writes FILE.minisig next to each file
#[derive(Clone, Debug, clap::Args)]
pub struct SignArgs {
    /// Components, or reports written by `wardline plugin vet -o json=FILE`
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Secret key from `wardline plugin keygen` or minisign
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    password: PasswordArgs,
    #[command(flatten)]
    cache: CacheArgs,
}

pub(super) fn run(arguments: &SignArgs) -> Result<ExitStatus, Fatal> {
    let mut named = Files::default();
    for file in &arguments.files {
        named.reads("the file", file);
        named.writes("the signature", &signature_path(file));
    }
    named.reads("--key", &arguments.key);
    if let Some(file) = &arguments.password.password_file {
        named.reads("--password-file", file);
    }
    files::with_cache(&mut named, &arguments.cache);
    named.writes_stdout();
    named.check()?;
    // All files are checked before any is signed.
    let signables = arguments.files.iter().map(|file| Signable::read(file, &arguments.cache));
    let signables = signables.collect::<Result<Vec<_>, Fatal>>()?;
    let key = SecretKey::read(&arguments.key, || arguments.password.password())?;
    let timestamp = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    for (file, signable) in arguments.files.iter().zip(&signables) {
        sign(file, signable, &key, timestamp)?;
    }
    Ok(ExitStatus::Success)
}

fn sign(file: &Path, signable: &Signable, key: &SecretKey, timestamp: u64) -> Result<(), Fatal> {
    let Signable { bytes, kind, name, version, digest, remark } = signable;
    let statement = Statement::new(*kind, name, version, digest, timestamp)
        .map_err(|error| format!("{}: {error}", file.display()))?;
    let signature = Signature::sign(bytes, key, &statement)?;
    let beside = signature_path(file);
    replace::replace_file(&beside, |out| write!(out, "{signature}"))
        .map_err(|error| format!("{}: cannot be written: {error}", beside.display()))?;
    if let Some(remark) = remark {
        warn(&format!("{}: signed, but `--require-vet` does not accept it: it {remark}", file.display()));
    }
    writeln!(
        stdout(),
        "{}  signed as {kind} by the key {}: {} {}, sha256 {}",
        beside.display(),
        key.id(),
        Escaped(name),
        Escaped(version),
        Escaped(digest)
    )?;
    Ok(())
}
