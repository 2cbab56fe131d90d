//! Whether a plugin may run at all, if the operator requires signatures or vetting reports.

use std::path::{Path, PathBuf};

use wardline_contract::{Description, about, digest};
use wardline_files::text_file;
use wardline_files::text_file::TextFileError;

use super::file::{TrustError, TrustFile, TrustedKey};
use super::signature::{Signature, SignatureError, Verified, signature_path};
use super::statement::{Kind, StatementError};
use super::vet_report::{RequiredLaw, VetReport, VetReportError, vet_report_path};

/// The maximum size of a vetting report in bytes.
const LARGEST_REPORT: u64 = 64 << 20;

/// The operator's requirements for every plugin that is not built in.
#[derive(Clone, Debug)]
pub struct Requirements {
    pub trust: TrustFile,
    /// Requires a signature beside the plugin, by a key that may sign plugins of its name.
    pub signature: bool,
    /// Requires a vetting report beside the plugin, of this exact build, signed by a key that may sign such reports. The report
    /// must name each of these laws and report none as broken. `None` if no report is required.
    pub vet_report: Option<Vec<RequiredLaw>>,
}

/// Why a plugin does not run.
#[derive(Debug, thiserror::Error)]
pub enum NotAdmitted {
    #[error("it is not signed: {} is missing", .0.display())]
    NotSigned(PathBuf),
    #[error("its signature {}", about(file.display(), reason))]
    Signature { file: PathBuf, reason: TrustError },
    #[error("its signature is by the key {key} ({comment}), which may not sign the plugin {name} according to {trust}")]
    Name { key: super::KeyId, comment: String, name: String, trust: String },
    #[error("it has no vetting report: {} is missing", .0.display())]
    NotVetted(PathBuf),
    #[error("{0}")]
    ReportUnreadable(TextFileError),
    #[error("its vetting report is not signed: {} is missing", .0.display())]
    ReportNotSigned(PathBuf),
    #[error("{} is signed by the key {key} ({comment}), which may not sign vetting reports according to {trust}", file.display())]
    ReportKey { file: PathBuf, key: super::KeyId, comment: String, trust: String },
    #[error("{}", about(file.display(), reason))]
    Report { file: PathBuf, reason: VetReportError },
    #[error("{} is about another plugin: its digest is {found}, this one's is {wanted}", file.display())]
    ReportDigest { file: PathBuf, found: String, wanted: String },
    #[error("its signature: {0}")]
    Statement(StatementError),
}

/// A valid signature by a trusted key.
#[derive(Debug)]
pub struct Signer<'t> {
    pub verified: Verified,
    pub trusted: &'t TrustedKey,
    /// The file that trusts the key.
    trust: &'t TrustFile,
}

/// The signatures verified before any of the plugin's code ran. Both are `None` if nothing is required.
#[derive(Debug)]
pub struct Admission<'t> {
    plugin: Option<Signer<'t>>,
    report: Option<Signer<'t>>,
}

impl Requirements {
    /// Looks for the required files beside the plugin's file. `bytes` are what will be run: nothing is read again.
    ///
    /// # Errors
    ///
    /// The first requirement that is not met.
    pub fn examine(&self, file: &Path, bytes: &[u8]) -> Result<Admission<'_>, NotAdmitted> {
        let plugin = match self.signature {
            true => Some(self.trust.plugin_signer(file, bytes)?),
            false => None,
        };
        let report = match &self.vet_report {
            Some(required) => Some(self.vetted(&vet_report_path(file), &digest(bytes), required)?),
            None => None,
        };
        Ok(Admission { plugin, report })
    }

    fn vetted(&self, path: &Path, digest: &str, required: &[RequiredLaw]) -> Result<Signer<'_>, NotAdmitted> {
        let json = match text_file::read(path, LARGEST_REPORT) {
            Ok(json) => json,
            Err(error) if error.is_absence() => return Err(NotAdmitted::NotVetted(path.to_owned())),
            Err(error) => return Err(NotAdmitted::ReportUnreadable(error)),
        };
        let (signer, report) = self.trust.report_signer(path, json.as_bytes())?;
        let file = path.to_owned();
        report.admits(required).map_err(|reason| NotAdmitted::Report { file: file.clone(), reason })?;
        if report.plugin.digest != digest {
            let found = report.plugin.digest.chars().take(64).collect();
            return Err(NotAdmitted::ReportDigest { file, found, wanted: digest.to_owned() });
        }
        Ok(signer)
    }
}

impl TrustFile {
    /// Returns the signer of a component. Whether that key may sign plugins of its name is known only once the plugin has described
    /// itself: see [`Signer::check`].
    ///
    /// # Errors
    ///
    /// If there is no signature beside the file, or no valid one by a key of this trust file.
    pub fn plugin_signer(&self, file: &Path, bytes: &[u8]) -> Result<Signer<'_>, NotAdmitted> {
        let signer = self.signer(file, bytes, Kind::Plugin)?;
        signer.agrees(file, Kind::Plugin, &digest(bytes))?;
        Ok(signer)
    }

    /// Returns the signer of a vetting report and the report itself. Whether its verdict is favourable is not checked.
    ///
    /// # Errors
    ///
    /// If it is not signed by a key that may sign such reports, or is not a vetting report.
    pub fn report_signer(&self, file: &Path, json: &[u8]) -> Result<(Signer<'_>, VetReport), NotAdmitted> {
        // Nothing in the report counts before its signer is known.
        let signer = self.signer(file, json, Kind::VetReport)?;
        if !signer.trusted.vet_reports {
            let (key, comment) = (signer.verified.key, signer.trusted.comment.clone());
            return Err(NotAdmitted::ReportKey { file: file.to_owned(), key, comment, trust: self.location.clone() });
        }
        let report = VetReport::parse(json).map_err(|reason| NotAdmitted::Report { file: file.to_owned(), reason })?;
        signer.agrees(file, Kind::VetReport, &report.plugin.digest)?;
        Ok((signer, report))
    }

    fn signer(&self, file: &Path, bytes: &[u8], kind: Kind) -> Result<Signer<'_>, NotAdmitted> {
        let path = signature_path(file);
        let found = match Signature::read(&path) {
            Ok(signature) => self.verify(bytes, &signature),
            Err(SignatureError::File(error)) if error.is_absence() => {
                return Err(match kind {
                    Kind::Plugin => NotAdmitted::NotSigned(path),
                    Kind::VetReport => NotAdmitted::ReportNotSigned(path),
                });
            }
            Err(error) => Err(error.into()),
        };
        let (verified, trusted) = found.map_err(|reason| NotAdmitted::Signature { file: path, reason })?;
        Ok(Signer { verified, trusted, trust: self })
    }
}

impl Signer<'_> {
    /// Checks that a signature's statement is true of the file it belongs to.
    fn agrees(&self, file: &Path, kind: Kind, digest: &str) -> Result<(), NotAdmitted> {
        let Some(statement) = &self.verified.statement else { return Ok(()) };
        statement.check_file(kind, digest).map_err(|error| NotAdmitted::Signature {
            file: signature_path(file),
            reason: SignatureError::from(error).into(),
        })
    }

    /// Checks that the key may sign plugins of this name, and that the signature is for this plugin. To be called as soon as the
    /// plugin has described itself, before it is given anything.
    ///
    /// # Errors
    ///
    /// If the name is not among those that the key may sign, or the signature states another name or version.
    pub fn check(&self, described: &Description) -> Result<(), NotAdmitted> {
        self.check_identity(described)?;
        if self.trusted.may_sign(&described.name) {
            return Ok(());
        }
        Err(NotAdmitted::Name {
            key: self.verified.key,
            comment: self.trusted.comment.clone(),
            name: described.name.clone(),
            trust: self.trust.location.clone(),
        })
    }

    fn check_identity(&self, described: &Description) -> Result<(), NotAdmitted> {
        match &self.verified.statement {
            Some(statement) => statement.check_identity(described).map_err(NotAdmitted::Statement),
            None => Ok(()),
        }
    }
}

impl Admission<'_> {
    /// Calls [`Signer::check`] for each requirement.
    ///
    /// # Errors
    ///
    /// As for [`Signer::check`].
    pub fn check(&self, described: &Description) -> Result<(), NotAdmitted> {
        if let Some(signer) = &self.plugin {
            signer.check(described)?;
        }
        // A key that signs reports needs no permission to sign the plugins that they are about.
        self.report.as_ref().map_or(Ok(()), |signer| signer.check_identity(described))
    }
}
