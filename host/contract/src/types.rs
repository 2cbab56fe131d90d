//! The contract's types, generated from `wit/`.
//!
//! In JSON, the cases of enumerations and variants keep the contract's own names (`not-performed`, `registry-value`), and fields
//! are in `snake_case`.
//!
//! Two generators emit the same types: wasmtime's, whose types also cross the sandbox boundary, and wit-bindgen's, which needs no
//! runtime and serves crates that only read, write and compare answers.

#[cfg(feature = "component")]
mod bindings {
    // The generator's output, not ours.
    #![allow(clippy::all, missing_docs)]

    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "checker",
        additional_derives: [PartialEq, Eq, Hash, wardline_json_derive::ContractJson],
    });
}

#[cfg(not(feature = "component"))]
mod bindings {
    // The generator's output, not ours.
    #![allow(clippy::all, missing_docs, missing_debug_implementations, unreachable_pub, unsafe_code)]

    wit_bindgen::generate!({
        path: "../../wit",
        world: "checker",
        additional_derives: [PartialEq, Eq, Hash, Clone, wardline_json_derive::ContractJson],
    });
}

pub use bindings::exports::wardline::check::types::*;
#[cfg(feature = "component")]
pub use bindings::exports::wardline::check::{detection, remediation};
