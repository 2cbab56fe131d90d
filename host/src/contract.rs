//! The one vocabulary: the contract's types, generated from `wit/`, used by catalogs, evidence, sandbox, scan and report alike.
//!
//! In JSON the cases of enumerations and variants bear the contract's own names (`not-performed`, `registry-value`), and
//! fields are in `snake_case`.

mod bindings {
    // The generator's output, not ours.
    #![allow(clippy::all, missing_docs)]

    wasmtime::component::bindgen!({
        path: "../wit",
        world: "checker",
        additional_derives: [PartialEq, Eq, Hash, wardline_json_derive::ContractJson],
    });
}

pub use bindings::exports::wardline::check::types::*;
pub(crate) use bindings::exports::wardline::check::{detection, remediation};
