//! From a signer's certificate to a root that the operator names.

use der::DateTime;

use super::SignatureError;
use super::algorithm::OldAlgorithms;
use super::certificate::{Certificate, Purpose};

/// The maximum number of certificates from a signer to a root.
const LONGEST: usize = 8;
/// The maximum number of signatures of certificates that are checked: names can be made to match in many ways.
const MAX_CHECKS: usize = 64;

/// The requirements for a chain of certificates.
pub(super) struct Requirements<'a> {
    pub(super) roots: &'a [Certificate],
    /// Certificates that came with the signature: not trusted, but possibly between.
    pub(super) others: &'a [Certificate],
    pub(super) purpose: Purpose,
    pub(super) at: DateTime,
    /// How messages explain the time.
    pub(super) stamp: &'a str,
    pub(super) old: OldAlgorithms,
}

impl Requirements<'_> {
    /// Checks a signer's certificate, and returns the root that it leads to.
    pub(super) fn check(&self, signer: &Certificate) -> Result<&Certificate, SignatureError> {
        signer.check_extensions()?;
        signer.check_signer(self.purpose)?;
        signer.check_time(self.at, self.stamp)?;
        // A signer whose own certificate is named needs no chain.
        if let Some(root) = self.roots.iter().find(|root| *root == signer) {
            return Ok(root);
        }
        self.root_above(signer, 0, &mut 0)
    }

    /// Returns the root above a certificate, from which `below` certificates lead down to the signer's.
    fn root_above(
        &self,
        certificate: &Certificate,
        below: usize,
        checks: &mut usize,
    ) -> Result<&Certificate, SignatureError> {
        let untrusted = SignatureError::Untrusted { subject: certificate.subject(), issuer: certificate.issuer() };
        if below >= LONGEST {
            return Err(untrusted);
        }
        // The most telling failure: why a named root or an authority below it does not count.
        let mut failure = untrusted;
        for root in self.roots {
            match self.signs(root, certificate, below, checks) {
                Ok(true) => return Ok(root),
                Ok(false) => {}
                Err(error) => failure = error,
            }
        }
        for other in self.others.iter().filter(|other| *other != certificate) {
            let above = match self.signs(other, certificate, below, checks) {
                Ok(true) => self.root_above(other, below + 1, checks),
                Ok(false) => continue,
                Err(error) => Err(error),
            };
            match above {
                Ok(root) => return Ok(root),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Whether `issuer` signed `certificate`; an error if it did and must not.
    fn signs(
        &self,
        issuer: &Certificate,
        certificate: &Certificate,
        below: usize,
        checks: &mut usize,
    ) -> Result<bool, SignatureError> {
        if issuer.subject_name() != certificate.issuer_name() {
            return Ok(false);
        }
        *checks += 1;
        if *checks > MAX_CHECKS {
            return Err(SignatureError::TooManyCertificates(MAX_CHECKS));
        }
        if !certificate.is_signed_by(issuer, self.old)? {
            return Ok(false);
        }
        // Roots of the nineties are of version 1, without extensions; the operator vouches for a root.
        if issuer.has_extensions() || !self.roots.contains(issuer) {
            issuer.check_extensions()?;
            issuer.check_authority(self.purpose, below)?;
        }
        issuer.check_time(self.at, self.stamp)?;
        Ok(true)
    }
}
