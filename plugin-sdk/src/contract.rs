//! The contract's types, generated from `wit/`: [`exports::wardline::check::types`] holds all of them.
//!
//! Their documentation is that of `wit/types.wit`.

#![allow(missing_debug_implementations, unreachable_pub, unsafe_code, clippy::all)]

#[cfg(not(feature = "testing"))]
wit_bindgen::generate!({
    path: "../wit",
    world: "checker",
    additional_derives: [PartialEq, Eq, Hash, Clone],
    pub_export_macro: true,
    export_macro_name: "export_component",
    default_bindings_module: "wardline_plugin::contract",
});

#[cfg(feature = "testing")]
wit_bindgen::generate!({
    path: "../wit",
    world: "checker",
    additional_derives: [PartialEq, Eq, Hash, Clone, wardline_json_derive::ContractJson],
    pub_export_macro: true,
    export_macro_name: "export_component",
    default_bindings_module: "wardline_plugin::contract",
});
