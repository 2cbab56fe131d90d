//! The functions of a plugin that the host calls.

use std::sync::{Arc, OnceLock};

use wardline_contract::{Action, Answer, FindingId, Options, Step, Target, Update, detection};
use wasmtime::component::{ComponentExportIndex, Func, Instance, InstancePre, TypedFunc};
use wasmtime::{Result, Store, format_err};

use super::component::{CONTRACT_VERSION, DETECTION, REMEDIATION};
use super::store::Holdings;

type Detect<'a> = TypedFunc<(&'a Target, &'a Options), (Step,)>;
type Resume<'a> = TypedFunc<(&'a [Answer],), (Step,)>;
type Remediate<'a> = TypedFunc<(&'a [FindingId],), (Vec<Action>,)>;

/// Where a component exports the contract's functions.
#[derive(Clone)]
pub(super) struct Exports {
    detection: detection::GuestIndices,
    prepare: ComponentExportIndex,
    detect: ComponentExportIndex,
    resume: ComponentExportIndex,
    remediate: Option<ComponentExportIndex>,
    /// Set once the types of the functions above have been compared with the contract's.
    compared: Arc<OnceLock<()>>,
}

/// The functions that conversations call, of one instance. Their types are those of [`Detect`], [`Resume`] and [`Remediate`].
pub(super) struct Functions {
    detect: Func,
    resume: Func,
    remediate: Option<Func>,
}

impl Exports {
    /// Finds the exports of a component. Returns an error if one is missing.
    pub(super) fn new(pre: &InstancePre<Holdings>, remediates: bool) -> Result<Self> {
        let export = |interface: &str, function: &str| {
            let interface = format!("{interface}@{CONTRACT_VERSION}");
            let component = pre.component();
            component
                .get_export_index(None, &interface)
                .and_then(|interface| component.get_export_index(Some(&interface), function))
                .ok_or_else(|| format_err!("no function `{function}` in `{interface}`"))
        };
        Ok(Exports {
            detection: detection::GuestIndices::new(pre)?,
            prepare: export(DETECTION, "prepare")?,
            detect: export(DETECTION, "detect")?,
            resume: export(DETECTION, "resume")?,
            remediate: remediates.then(|| export(REMEDIATION, "remediate")).transpose()?,
            compared: Arc::default(),
        })
    }

    /// Calls `prepare`, whose own error is the inner one.
    pub(super) fn prepare(
        &self,
        store: &mut Store<Holdings>,
        instance: &Instance,
        updates: &[&Update],
    ) -> Result<std::result::Result<(), String>> {
        let function =
            instance.get_typed_func::<(&[&Update],), (std::result::Result<(), String>,)>(&mut *store, &self.prepare)?;
        Ok(function.call(store, (updates,))?.0)
    }

    /// Returns the functions of `detection`, whose types are compared with the contract's.
    pub(super) fn detection(&self, store: &mut Store<Holdings>, instance: &Instance) -> Result<detection::Guest> {
        self.detection.load(store, instance)
    }

    /// Returns the functions of a conversation.
    ///
    /// Their types are compared with the contract's for the first instance only: that takes as long as a short conversation's rounds.
    pub(super) fn functions(&self, store: &mut Store<Holdings>, instance: &Instance) -> Result<Functions> {
        let mut function = |index: &ComponentExportIndex| {
            instance.get_func(&mut *store, index).ok_or_else(|| format_err!("an export is not a function"))
        };
        let functions = Functions {
            detect: function(&self.detect)?,
            resume: function(&self.resume)?,
            remediate: self.remediate.as_ref().map(function).transpose()?,
        };
        if self.compared.get().is_none() {
            functions.compare_types(store)?;
            let _ = self.compared.set(());
        }
        Ok(functions)
    }
}

impl Functions {
    fn compare_types(&self, store: &Store<Holdings>) -> Result<()> {
        self.detect.typed::<(&Target, &Options), (Step,)>(store)?;
        self.resume.typed::<(&[Answer],), (Step,)>(store)?;
        if let Some(remediate) = &self.remediate {
            remediate.typed::<(&[FindingId],), (Vec<Action>,)>(store)?;
        }
        Ok(())
    }

    #[allow(unsafe_code)]
    pub(super) fn detect(&self, store: &mut Store<Holdings>, target: &Target, options: &Options) -> Result<Step> {
        // SAFETY: `new_unchecked` requires that the function has this type. `Exports::functions` creates `Functions` only after
        // `compare_types` has succeeded for an instance of the same component. A component's types are part of its code, and it imports
        // no types, so they are the same in each instance.
        let function: Detect<'_> = unsafe { TypedFunc::new_unchecked(self.detect) };
        Ok(function.call(store, (target, options))?.0)
    }

    #[allow(unsafe_code)]
    pub(super) fn resume(&self, store: &mut Store<Holdings>, answers: &[Answer]) -> Result<Step> {
        // SAFETY: as in `detect`.
        let function: Resume<'_> = unsafe { TypedFunc::new_unchecked(self.resume) };
        Ok(function.call(store, (answers,))?.0)
    }

    /// Returns `None` if the plugin does not remediate.
    #[allow(unsafe_code)]
    pub(super) fn remediate(&self, store: &mut Store<Holdings>, findings: &[FindingId]) -> Option<Result<Vec<Action>>> {
        // SAFETY: as in `detect`.
        let function: Remediate<'_> = unsafe { TypedFunc::new_unchecked(self.remediate?) };
        Some(function.call(store, (findings,)).map(|(actions,)| actions))
    }
}
