//! The target under examination, as its checks see it.

use crate::contract::exports::wardline::check::types::{Options, Target};
use crate::evidence::{Evidence, Unable};
use crate::setting::{Setting, SettingType};

/// The target, and the options under which the operator wants it judged.
#[derive(Clone, Debug)]
pub struct About {
    /// The target.
    pub target: Target,
    /// The operator's options and settings.
    pub options: Options,
}

impl About {
    /// Returns the value of a setting: the operator's, or the declared default.
    ///
    /// # Errors
    ///
    /// If the operator's value is of another type.
    pub fn setting<T: SettingType>(&self, setting: Setting<T>) -> Result<T::Value<'_>, Unable> {
        let value = self.options.settings.iter().find(|own| own.name == setting.name).map(|own| &own.value);
        setting.resolve(value)
    }
}

/// Everything that a check is given. Cheap to copy.
///
/// `subject` is the plugin, a parsed configuration or an installed instance: whatever a group of checks has in common.
#[derive(Debug)]
pub struct Context<'a, Subject = ()> {
    /// The target and the operator's options.
    pub about: &'a About,
    /// The facts of the target, on request.
    pub evidence: &'a Evidence,
    /// The object that the check examines.
    pub subject: &'a Subject,
}

impl<'a> Context<'a> {
    pub(crate) fn new(about: &'a About, evidence: &'a Evidence) -> Self {
        Context { about, evidence, subject: &() }
    }
}

impl<'a, Subject> Context<'a, Subject> {
    /// Returns the same context for checks of another subject.
    pub fn with<Other>(self, subject: &'a Other) -> Context<'a, Other> {
        Context { about: self.about, evidence: self.evidence, subject }
    }

    /// Returns the value of a setting: the operator's, or the declared default.
    ///
    /// # Errors
    ///
    /// If the operator's value is of another type.
    pub fn setting<T: SettingType>(self, setting: Setting<T>) -> Result<T::Value<'a>, Unable> {
        self.about.setting(setting)
    }
}

// Derived, both would require a subject that can be copied.
impl<Subject> Clone for Context<'_, Subject> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Subject> Copy for Context<'_, Subject> {}
