//! The functions of a plugin that conversations call.

use std::sync::{Arc, OnceLock};

use wardline_contract::{Action, Answer, FindingId, Options, Step, Target, detection, remediation};
use wasmtime::component::{Component, ComponentExportIndex, Func, Instance, InstancePre, TypedFunc};
use wasmtime::{Result, Store};

use super::component::{CONTRACT_VERSION, DETECTION, REMEDIATION};
use super::store::Holdings;

/// Where a component exports the functions of a conversation.
#[derive(Clone)]
pub(super) struct Exports {
    detection: detection::GuestIndices,
    remediation: Option<remediation::GuestIndices>,
    detect: ComponentExportIndex,
    resume: ComponentExportIndex,
    remediate: Option<ComponentExportIndex>,
    /// Set once the functions' types are known to be the contract's. They belong to the component, so this holds for each of its
    /// instances. Comparing them takes longer than creating an instance.
    typed: Arc<OnceLock<()>>,
}

/// The functions of one instance.
#[derive(Clone, Copy)]
pub(super) struct Functions {
    detect: Func,
    resume: Func,
    remediate: Option<Func>,
}

impl Exports {
    /// Finds the exports of a component. Returns an error if one is missing.
    pub(super) fn new(pre: &InstancePre<Holdings>, remediates: bool) -> Result<Self> {
        let component = pre.component();
        Ok(Exports {
            detection: detection::GuestIndices::new(pre)?,
            remediation: remediates.then(|| remediation::GuestIndices::new(pre)).transpose()?,
            detect: index(component, DETECTION, "detect")?,
            resume: index(component, DETECTION, "resume")?,
            remediate: remediates.then(|| index(component, REMEDIATION, "remediate")).transpose()?,
            typed: Arc::default(),
        })
    }

    /// Returns the functions that are called once for a plugin, `describe` and `prepare`.
    pub(super) fn detection(&self, store: &mut Store<Holdings>, instance: &Instance) -> Result<detection::Guest> {
        self.detection.load(store, instance)
    }

    /// Returns the functions of a conversation.
    pub(super) fn functions(&self, store: &mut Store<Holdings>, instance: &Instance) -> Result<Functions> {
        if self.typed.get().is_none() {
            self.detection.load(&mut *store, instance)?;
            if let Some(remediation) = &self.remediation {
                remediation.load(&mut *store, instance)?;
            }
            let _ = self.typed.set(());
        }
        let mut function = |index: &ComponentExportIndex| {
            let found = instance.get_func(&mut *store, index);
            found.ok_or_else(|| wasmtime::Error::msg("the instance has another export in place of a function"))
        };
        Ok(Functions {
            detect: function(&self.detect)?,
            resume: function(&self.resume)?,
            remediate: self.remediate.as_ref().map(function).transpose()?,
        })
    }
}

fn index(component: &Component, interface: &str, function: &str) -> Result<ComponentExportIndex> {
    let interface = format!("{interface}@{CONTRACT_VERSION}");
    let found = component
        .get_export_index(None, interface.as_str())
        .and_then(|interface| component.get_export_index(Some(&interface), function));
    found.ok_or_else(|| wasmtime::Error::msg(format!("no function `{function}` is exported in {interface}")))
}

// SAFETY, for all functions below: `new_unchecked` requires that the function has these types. `Exports::functions` has compared
// the types of this component's functions with those of the contract, which are these.
#[allow(unsafe_code)]
impl Functions {
    pub(super) fn detect(&self, store: &mut Store<Holdings>, target: &Target, options: &Options) -> Result<Step> {
        let detect = unsafe { TypedFunc::<(&Target, &Options), (Step,)>::new_unchecked(self.detect) };
        Ok(detect.call(store, (target, options))?.0)
    }

    pub(super) fn resume(&self, store: &mut Store<Holdings>, answers: &[Answer]) -> Result<Step> {
        let resume = unsafe { TypedFunc::<(&[Answer],), (Step,)>::new_unchecked(self.resume) };
        Ok(resume.call(store, (answers,))?.0)
    }

    /// Returns `None` if the plugin does not remediate.
    pub(super) fn remediate(&self, store: &mut Store<Holdings>, findings: &[FindingId]) -> Option<Result<Vec<Action>>> {
        let remediate = unsafe { TypedFunc::<(&[FindingId],), (Vec<Action>,)>::new_unchecked(self.remediate?) };
        Some(remediate.call(store, (findings,)).map(|(actions,)| actions))
    }
}
