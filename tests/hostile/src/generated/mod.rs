//! Components whose text is long and repetitive, written by code.

pub(crate) mod compile_bomb;
pub(crate) mod growing_types;
pub(crate) mod many_exports;
pub(crate) mod many_instances;
pub(crate) mod nested_components;
pub(crate) mod nested_types;

/// The end of a component that calls itself a plugin and has none of the functions.
const EMPTY_INTERFACE: &str = r#"(instance $i) (export "wardline:check/detection@0.1.0" (instance $i))"#;
