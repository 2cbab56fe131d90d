//! Makes components of the contract from text.

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, SourceMap};

use crate::{DETECTION, REMEDIATION};

const BASE: &str = include_str!("base.wat");

/// The contract.
const TYPES: &str = include_str!("../../../plugin-sdk/wit/types.wit");
const WORLD: &str = include_str!("../../../plugin-sdk/wit/world.wit");

/// The text does not make a component.
#[derive(Debug)]
pub struct AssembleError(String);

impl std::fmt::Display for AssembleError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for AssembleError {}

/// Makes a component of a whole component's text, of a whole core module's (which stays a module), or of parts of a core
/// module, to which what they leave out is added.
pub(crate) fn component(name: &str, text: &str) -> Result<Vec<u8>, AssembleError> {
    let first = text.lines().find(|line| !line.starts_with(";;") && !line.trim().is_empty()).unwrap_or_default();
    if first.starts_with("(component") || first.starts_with("(module") {
        return whole(text.as_bytes());
    }
    of_contract(name, text, WORLD)
}

/// Makes a component of the well-behaved plugin's code that exports `remediate` with another type: it returns no actions but findings.
pub(crate) fn with_other_remediation(name: &str) -> Result<Vec<u8>, AssembleError> {
    of_contract(name, "", &WORLD.replace("-> list<action>", "-> list<finding-id>"))
}

fn of_contract(name: &str, text: &str, world: &str) -> Result<Vec<u8>, AssembleError> {
    let module = wat::parse_str(module(name, text)).map_err(|error| AssembleError(error.to_string()))?;
    encode(module, world).map_err(|error| AssembleError(format!("{error:?}")))
}

/// A whole component, as text or in binary.
pub(crate) fn whole(text: &[u8]) -> Result<Vec<u8>, AssembleError> {
    let bytes = wat::parse_bytes(text).map_err(|error| AssembleError(error.to_string()))?;
    Ok(bytes.into_owned())
}

/// The base with `text` in place of what `text` exports itself.
fn module(name: &str, text: &str) -> String {
    let base = BASE.split("\n\n").filter(|paragraph| {
        let export = paragraph.lines().find_map(export_of);
        export.is_none_or(|export| !text.lines().any(|line| export_of(line) == Some(export)))
    });
    let base: Vec<&str> = base.collect();
    let text = format!("(module\n{}\n{text})", base.join("\n\n"));
    let text = text.replace("{name-length}", &name.len().to_string()).replace("{name}", name);
    let of = [
        (DETECTION, "describe"),
        (DETECTION, "prepare"),
        (DETECTION, "detect"),
        (DETECTION, "resume"),
        (REMEDIATION, "remediate"),
    ];
    let text = text.replace(r#"(export "realloc")"#, r#"(export "cabi_realloc")"#);
    of.iter().fold(text, |text, (interface, function)| {
        text.replace(&format!("(export \"{function}\")"), &format!("(export \"{interface}#{function}\")")).replace(
            &format!("(export \"after-{function}\")"),
            &format!("(export \"cabi_post_{interface}#{function}\")"),
        )
    })
}

/// Returns the name that a line exports.
fn export_of(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("(export \"")?;
    rest.split_once('"').map(|(name, _)| name)
}

/// Gives a core module the form of a `checker`.
fn encode(mut module: Vec<u8>, world: &str) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut contract = SourceMap::new();
    contract.push(Path::new("types.wit"), TYPES);
    contract.push(Path::new("world.wit"), world);
    let mut resolve = Resolve::default();
    let package = resolve.push_group(contract.parse().map_err(|(_, error)| error)?)?;
    let world = resolve.select_world(&[package], Some("checker"))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    // It may be invalid: finding that out is the host's task.
    Ok(ComponentEncoder::default().module(&module)?.validate(false).encode()?)
}
