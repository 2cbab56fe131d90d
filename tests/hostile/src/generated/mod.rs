//! Components that are written by code: their text is long and repetitive, or of another contract.

pub(crate) mod compile_bomb;
pub(crate) mod growing_types;
pub(crate) mod many_exports;
pub(crate) mod many_instances;
pub(crate) mod nested_components;
pub(crate) mod nested_types;
pub(crate) mod other_remediation;

/// The end of a component that calls itself a plugin and has none of the functions.
const EMPTY_INTERFACE: &str = r#"(instance $i) (export "wardline:check/detection@0.1.0" (instance $i))"#;
