//! Keys, passwords and the trust file, as named by the command line and the environment.

use std::path::{Path, PathBuf};

use super::Fatal;
use super::args::TrustArgs;
use crate::trust::{KeyError, Requirements, TrustFile};
use crate::vet::required_laws;
use crate::{platform, text_file};

/// The environment variable with the password of a secret key.
const PASSWORD_VARIABLE: &str = "WARDLINE_KEY_PASSWORD";

/// The maximum size of a password file, in bytes.
const LARGEST_PASSWORD_FILE: u64 = 4 << 10;

/// Where the password of a secret key comes from.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct PasswordArgs {
    /// File whose first line is the key's password [default: WARDLINE_KEY_PASSWORD, else a prompt]
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
}

impl PasswordArgs {
    /// The password of an existing key.
    pub(super) fn password(&self) -> Result<String, KeyError> {
        match self.given()? {
            Some(password) => Ok(password),
            None => rpassword::prompt_password("Password of the secret key: ").map_err(|_| KeyError::PasswordNeeded),
        }
    }

    /// The password for a new key. On the terminal, it is asked for twice.
    pub(super) fn new_password(&self) -> Result<String, Fatal> {
        let password = match self.given()? {
            Some(password) => password,
            None => {
                let unasked = |_| {
                    format!(
                        "cannot prompt for a password without a terminal; use --password-file, {PASSWORD_VARIABLE} or \
                         --no-password"
                    )
                };
                let first = rpassword::prompt_password("Password for the secret key: ").map_err(unasked)?;
                let second = rpassword::prompt_password("Repeat the password: ").map_err(unasked)?;
                if first != second {
                    return Err("the passwords differ; no key was written".into());
                }
                first
            }
        };
        match password.is_empty() {
            true => Err("the password is empty; for a key without a password, use --no-password".into()),
            false => Ok(password),
        }
    }

    fn given(&self) -> Result<Option<String>, KeyError> {
        if let Some(file) = &self.password_file {
            let text = text_file::read_also_from_a_pipe(file, LARGEST_PASSWORD_FILE)?;
            return Ok(Some(text.lines().next().unwrap_or_default().to_owned()));
        }
        Ok(std::env::var(PASSWORD_VARIABLE).ok())
    }
}

/// The default path of the trust file.
pub(super) fn default_path() -> Option<PathBuf> {
    platform::config_folder().map(|folder| folder.join("trust.toml"))
}

/// The keys that the operator trusts: those in the file named, or in the file at the default path if it exists.
pub(super) fn trusted(named: Option<&Path>) -> Result<Option<TrustFile>, Fatal> {
    let wanted = named.is_some() || default_path().is_some_and(|usual| usual.is_file());
    wanted.then(|| trust_file(named)).transpose()
}

/// The trust file that the operator named, or the one at the default path.
pub(super) fn trust_file(named: Option<&Path>) -> Result<TrustFile, Fatal> {
    if let Some(file) = named {
        return Ok(TrustFile::read(file)?);
    }
    let Some(usual) = default_path() else {
        return Err("no trust file: use --trust FILE".into());
    };
    if !usual.is_file() {
        return Err(format!("no trust file: {} does not exist; create it, or use --trust FILE", usual.display()).into());
    }
    Ok(TrustFile::read(&usual)?)
}

/// The operator's requirements on plugins that are not built in.
pub(super) fn requirements(arguments: &TrustArgs) -> Result<Option<Requirements>, Fatal> {
    let (signature, vet_report) = (arguments.require_signature, arguments.require_vet);
    match (signature || vet_report, &arguments.trust) {
        (true, named) => {
            let trust = trust_file(named.as_deref())?;
            Ok(Some(Requirements { trust, signature, vet_report: vet_report.then(required_laws) }))
        }
        (false, None) => Ok(None),
        // An operator who names keys believes to be protected by them.
        (false, Some(_)) => Err("--trust has no effect without --require-signature or --require-vet".into()),
    }
}
