//! `wardline plugin verify`.

use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};

use super::signable::{described, is_wasm};
use crate::aliasing::{Aliased, Files};
use crate::cli::args::CacheArgs;
use crate::cli::exit::ExitStatus;
use crate::cli::loading::read_plugin;
use crate::cli::trusting::trust_file;
use crate::cli::{Fatal, files, warn};
use crate::contract::{Escaped, about};
use crate::scan::one_line;
use crate::trust::{NotAdmitted, PublicKey, Signer, TrustFile, TrustedKey};

/// Verify the signatures of plugins or vetting reports
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 all signatures are valid, 1 usage or fatal error, 2 a signature is invalid, or \
                        its key may not sign this file.")]
pub struct VerifyArgs {
    /// Components or reports, each with its signature next to it in FILE.minisig
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Public key that must have made all signatures, instead of the trusted keys
    #[arg(long, value_name = "FILE", conflicts_with = "trust")]
    key: Option<PathBuf>,
    /// Trusted keys, and what each may sign (TOML) [default: trust.toml in the configuration directory]
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    #[command(flatten)]
    cache: CacheArgs,
}

pub(super) fn run(arguments: &VerifyArgs) -> Result<ExitStatus, Fatal> {
    check_files(arguments)?;
    let trust = match &arguments.key {
        Some(file) => only(file)?,
        None => trust_file(arguments.trust.as_deref())?,
    };
    let mut status = ExitStatus::Success;
    for file in &arguments.files {
        let bytes = read_plugin(file)?;
        let verified = match is_wasm(&bytes) {
            true => plugin(&trust, file, bytes, &arguments.cache)?,
            false => trust.report_signer(file, &bytes).map(|(signer, report)| {
                let about = format!("vetting report of {} {}", report.plugin.name, report.plugin.version);
                Found { signer, about, digest: report.plugin.digest }
            }),
        };
        match verified {
            Ok(found) => found.print(file)?,
            Err(error) => {
                warn(&about(file.display(), one_line(&error)));
                status = ExitStatus::Findings;
            }
        }
    }
    Ok(status)
}

/// Ensures that no output overwrites an input.
fn check_files(arguments: &VerifyArgs) -> Result<(), Aliased> {
    let mut files = Files::default();
    for file in &arguments.files {
        files::with_plugin(&mut files, "the file", file);
    }
    match &arguments.key {
        Some(key) => files.reads("--key", key),
        None => files::with_trust(&mut files, arguments.trust.as_deref()),
    }
    files::with_cache(&mut files, &arguments.cache);
    files.writes_stdout();
    files.check()
}

/// One key, trusted with everything.
fn only(file: &Path) -> Result<TrustFile, Fatal> {
    let key = PublicKey::read(file)?;
    let comment = file.display().to_string();
    let key = TrustedKey { key, comment, plugins: vec!["*".to_owned()], vet_reports: true };
    Ok(TrustFile { location: file.display().to_string(), keys: vec![key] })
}

/// The subject of a valid signature.
struct Found<'t> {
    signer: Signer<'t>,
    about: String,
    digest: String,
}

/// The signature is verified first: no code of an untrusted plugin runs.
fn plugin<'t>(
    trust: &'t TrustFile,
    file: &Path,
    bytes: Vec<u8>,
    cache: &CacheArgs,
) -> Result<Result<Found<'t>, NotAdmitted>, Fatal> {
    let signer = match trust.plugin_signer(file, &bytes) {
        Ok(signer) => signer,
        Err(error) => return Ok(Err(error)),
    };
    let plugin = described(file, bytes, cache)?;
    let description = plugin.description();
    if let Err(error) = signer.check(description) {
        return Ok(Err(error));
    }
    let about = format!("plugin {} {}", description.name, description.version);
    Ok(Ok(Found { signer, about, digest: plugin.digest().to_owned() }))
}

impl Found<'_> {
    fn print(&self, file: &Path) -> std::io::Result<()> {
        let mut out = stdout().lock();
        let Signer { verified, trusted, .. } = &self.signer;
        let comment = Escaped(&trusted.comment);
        writeln!(out, "{}  valid signature by the key {} ({comment})", file.display(), verified.key)?;
        writeln!(out, "    {}", Escaped(&self.about))?;
        writeln!(out, "    sha256 {}", Escaped(&self.digest))?;
        let by = if verified.statement.is_some() { "signed as" } else { "signed by another program, as" };
        writeln!(out, "    {by} {}", Escaped(&verified.comment.replace('\t', "  ")))
    }
}
