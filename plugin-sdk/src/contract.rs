//! The contract's types, generated from `wit/`: [`exports::wardline::check::types`] contains all of them.
//!
//! `wit/types.wit` documents them.

// The generator copies the contract's own comments, which leave out what explains itself.
#![allow(missing_debug_implementations, missing_docs, unreachable_pub, unsafe_code, clippy::all)]

#[cfg(not(feature = "testing"))]
wit_bindgen::generate!({
    path: "wit",
    world: "checker",
    additional_derives: [PartialEq, Eq, Hash, Clone],
    pub_export_macro: true,
    export_macro_name: "export_component",
    default_bindings_module: "wardline_plugin::contract",
});

#[cfg(feature = "testing")]
wit_bindgen::generate!({
    path: "wit",
    world: "checker",
    additional_derives: [PartialEq, Eq, Hash, Clone, wardline_json_derive::ContractJson],
    pub_export_macro: true,
    export_macro_name: "export_component",
    default_bindings_module: "wardline_plugin::contract",
});
