//! The functions of a plugin that conversations call.

use wardline_contract::{Action, Answer, FindingId, Options, Step, Target, detection, remediation};
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Result, Store};

use super::store::Holdings;

/// Where a component exports the contract's functions.
#[derive(Clone)]
pub(super) struct Exports {
    detection: detection::GuestIndices,
    remediation: Option<remediation::GuestIndices>,
}

/// The functions of one instance.
pub(super) struct Functions {
    detection: detection::Guest,
    remediation: Option<remediation::Guest>,
}

impl Exports {
    /// Finds the exports of a component. Returns an error if one is missing.
    pub(super) fn new(pre: &InstancePre<Holdings>, remediates: bool) -> Result<Self> {
        let remediation = remediates.then(|| remediation::GuestIndices::new(pre)).transpose()?;
        Ok(Exports { detection: detection::GuestIndices::new(pre)?, remediation })
    }

    /// Returns the functions that are called once for a plugin, `describe` and `prepare`.
    pub(super) fn detection(&self, store: &mut Store<Holdings>, instance: &Instance) -> Result<detection::Guest> {
        self.detection.load(store, instance)
    }

    /// Returns the functions of a conversation.
    pub(super) fn functions(&self, store: &mut Store<Holdings>, instance: &Instance) -> Result<Functions> {
        let remediation = self.remediation.as_ref().map(|indices| indices.load(&mut *store, instance)).transpose()?;
        Ok(Functions { detection: self.detection.load(store, instance)?, remediation })
    }
}

impl Functions {
    pub(super) fn detect(&self, store: &mut Store<Holdings>, target: &Target, options: &Options) -> Result<Step> {
        self.detection.call_detect(store, target, options)
    }

    pub(super) fn resume(&self, store: &mut Store<Holdings>, answers: &[Answer]) -> Result<Step> {
        self.detection.call_resume(store, answers)
    }

    /// Returns `None` if the plugin does not remediate.
    pub(super) fn remediate(&self, store: &mut Store<Holdings>, findings: &[FindingId]) -> Option<Result<Vec<Action>>> {
        self.remediation.as_ref().map(|remediation| remediation.call_remediate(store, findings))
    }
}
