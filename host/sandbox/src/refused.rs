//! A plugin that failed before it could examine any target.

use wardline_contract::{Ask, Description, Examination, Examiner, Options, Target};

use super::Failure;

/// The placeholder in a scan for a plugin that could not be loaded or prepared, so that the report says so for every target.
#[derive(Clone, Debug)]
pub struct Refused {
    description: Description,
    digest: String,
    failure: Failure,
}

impl Refused {
    /// Creates one for a plugin that never described itself. `name` is what the operator knows it by, such as its file name.
    pub fn unnamed(name: impl Into<String>, digest: String, failure: Failure) -> Self {
        let name = name.into();
        let description = Description {
            family: name.clone(),
            name,
            version: String::new(),
            summary: String::new(),
            checks: Vec::new(),
            products: Vec::new(),
            scopes: Vec::new(),
            settings: Vec::new(),
        };
        Refused { description, digest, failure }
    }

    /// Creates one for a plugin that described itself and failed afterwards.
    pub fn described(description: Description, digest: String, failure: Failure) -> Self {
        Refused { description, digest, failure }
    }

    /// Returns the same under another name, for when a working plugin already has its name.
    #[must_use]
    pub fn called(self, name: impl Into<String>) -> Self {
        Refused { description: Description { name: name.into(), ..self.description }, ..self }
    }

    pub fn failure(&self) -> &Failure {
        &self.failure
    }
}

impl Examiner for Refused {
    fn description(&self) -> &Description {
        &self.description
    }

    fn digest(&self) -> &str {
        &self.digest
    }

    fn examine(&self, _: &Target, _: &Options, _: &Ask<'_>) -> Examination {
        Examination::nothing(self.failure.outcome, Some(self.failure.detail.clone()))
    }
}
