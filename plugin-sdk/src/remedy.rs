//! Remedies: data about how to resolve a finding, for people and other tools to act on.

use crate::contract::exports::wardline::check::types::{
    Action, DeleteRegistryValue, FindingId, Operation, RegistryData, ServiceStart, SetRegistryValue, SetServiceStart,
};

/// One action, how to undo it, and its risks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    operation: Operation,
    undo: Vec<Operation>,
    restart: bool,
    risk: Option<String>,
    article: Option<String>,
}

impl Remedy {
    /// An operation that cannot be undone, needs no restart and has no known risk, unless the methods say otherwise.
    pub fn new(operation: Operation) -> Self {
        Remedy { operation, undo: Vec::new(), restart: false, risk: None, article: None }
    }

    /// Sets a registry value. Undone by restoring the previous value, or by deleting the new one if there was none.
    pub fn set_registry_value(
        key: impl Into<String>,
        name: impl Into<String>,
        before: Option<RegistryData>,
        after: RegistryData,
    ) -> Self {
        let (key, name) = (key.into(), name.into());
        let undo = match &before {
            Some(value) => Operation::SetRegistryValue(SetRegistryValue {
                key: key.clone(),
                name: name.clone(),
                before: Some(after.clone()),
                after: value.clone(),
            }),
            None => Operation::DeleteRegistryValue(DeleteRegistryValue {
                key: key.clone(),
                name: name.clone(),
                before: after.clone(),
            }),
        };
        Remedy::new(Operation::SetRegistryValue(SetRegistryValue { key, name, before, after })).undo(undo)
    }

    /// Deletes a registry value. Undone by setting it again.
    pub fn delete_registry_value(key: impl Into<String>, name: impl Into<String>, before: RegistryData) -> Self {
        let (key, name) = (key.into(), name.into());
        let undo = Operation::SetRegistryValue(SetRegistryValue {
            key: key.clone(),
            name: name.clone(),
            before: None,
            after: before.clone(),
        });
        Remedy::new(Operation::DeleteRegistryValue(DeleteRegistryValue { key, name, before })).undo(undo)
    }

    /// Changes a service's start type. Undone by changing it back.
    pub fn set_service_start(service: impl Into<String>, before: ServiceStart, after: ServiceStart) -> Self {
        let service = service.into();
        let undo = SetServiceStart { service: service.clone(), before: after, after: before };
        Remedy::new(Operation::SetServiceStart(SetServiceStart { service, before, after }))
            .undo(Operation::SetServiceStart(undo))
    }

    /// A step that only a person can take.
    pub fn manual(step: impl Into<String>) -> Self {
        Remedy::new(Operation::ManualStep(step.into()))
    }

    /// Adds a step that helps to restore the previous state.
    #[must_use]
    pub fn undo(mut self, operation: Operation) -> Self {
        self.undo.push(operation);
        self
    }

    /// Sets whether the machine has to be restarted afterwards.
    #[must_use]
    pub fn restart(mut self, needed: bool) -> Self {
        self.restart = needed;
        self
    }

    /// Sets the risk, in one sentence.
    #[must_use]
    pub fn risk(mut self, risk: impl Into<String>) -> Self {
        self.risk = Some(risk.into());
        self
    }

    /// Sets the article or page that describes the action.
    #[must_use]
    pub fn article(mut self, article: impl Into<String>) -> Self {
        self.article = Some(article.into());
        self
    }

    pub(crate) fn into_action(self, mends: FindingId) -> Action {
        let Remedy { operation, undo, restart, risk, article } = self;
        Action { mends, operation, undo, restart, risk, article }
    }
}
