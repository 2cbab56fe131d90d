//! The contract's types, generated from `plugin-sdk/wit/`.
//!
//! In JSON, the cases of enumerations and variants keep the contract's own names (`not-performed`, `registry-value`), and fields
//! are in `snake_case`.
//!
//! Two generators emit the same types: wasmtime's, whose types also cross the sandbox boundary, and wit-bindgen's, which needs no
//! runtime and serves crates that only read, write and compare answers.

// The generators take no attributes in the list of derives, so what depends on the feature is passed in.
macro_rules! bindings {
    ($($derive:tt)*) => {
        #[cfg(feature = "component")]
        mod bindings {
            // The generator's output, not ours.
            #![allow(clippy::all, missing_docs)]

            wasmtime::component::bindgen!({
                path: "../../plugin-sdk/wit",
                world: "checker",
                additional_derives: [PartialEq, Eq, Hash, wardline_json_derive::ContractJson, $($derive)*],
            });
        }

        #[cfg(not(feature = "component"))]
        mod bindings {
            // The generator's output, not ours.
            #![allow(clippy::all, missing_docs, missing_debug_implementations, unreachable_pub, unsafe_code)]

            wit_bindgen::generate!({
                path: "../../plugin-sdk/wit",
                world: "checker",
                additional_derives: [PartialEq, Eq, Hash, Clone, wardline_json_derive::ContractJson, $($derive)*],
            });
        }
    };
}

#[cfg(feature = "schema")]
bindings!(wardline_json_derive::ContractSchema);
#[cfg(not(feature = "schema"))]
bindings!();

pub use bindings::exports::wardline::check::types::*;
#[cfg(feature = "component")]
pub use bindings::exports::wardline::check::{detection, remediation};

impl Update {
    /// Creates an update with this number, without a name, products and tests: for tests, which set the fields that they are about.
    #[must_use]
    pub fn numbered(number: u32) -> Update {
        Update {
            number,
            bulletin: String::new(),
            article: String::new(),
            title: String::new(),
            package: String::new(),
            url: None,
            posted: None,
            severity: Severity::Unrated,
            cves: Vec::new(),
            restart: false,
            applies_to: Vec::new(),
            files: Vec::new(),
            registry: Vec::new(),
            superseded_by: Vec::new(),
            notes: Vec::new(),
            language: None,
        }
    }
}
