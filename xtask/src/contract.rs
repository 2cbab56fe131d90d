//! `cargo xtask contract`: checks that plugins built for a released contract keep working.
//!
//! Records, variants and functions are frozen within a major version, and while that is 0, within a minor one. A new capability is
//! a new interface. `tests/compat/<version>/wit` contains each contract as it was released.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use cargo_metadata::semver::Version;
use wit_parser::{Function, Handle, PackageId, Resolve, Type, TypeDefKind, WorldItem};

use crate::workspace::Workspace;

/// Compares `plugin-sdk/wit/` with the newest released contract.
///
/// # Errors
///
/// Every change that the version does not allow, by name.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let released = newest(&workspace.root.join("tests/compat"))?;
    let old = Contract::read(&released.join("wit"))?;
    let new = Contract::read(&workspace.root.join("plugin-sdk/wit"))?;
    let faults = faults(&old, &new);
    if !faults.is_empty() {
        bail!(
            "plugin-sdk/wit/ ({}) does not go with the released contract {} ({}):\n  {}",
            new.version,
            old.version,
            released.display(),
            faults.join("\n  ")
        );
    }
    eprintln!("    {} goes with {}, which was released", new.version, old.version);
    Ok(())
}

/// Returns the folder of the newest released contract.
fn newest(folder: &Path) -> Result<std::path::PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let versions = entries.flatten().filter_map(|entry| {
        let version = Version::parse(&entry.file_name().to_string_lossy()).ok()?;
        Some((version, entry.path()))
    });
    let newest = versions.max().with_context(|| format!("{} holds no released contract", folder.display()))?;
    Ok(newest.1)
}

/// The parts of a contract, each as text that is equal exactly if the part is.
#[derive(Debug)]
struct Contract {
    version: Version,
    /// By interface, then by name.
    types: BTreeMap<String, BTreeMap<String, String>>,
    functions: BTreeMap<String, BTreeMap<String, String>>,
    worlds: BTreeMap<String, String>,
}

impl Contract {
    fn read(folder: &Path) -> Result<Self> {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_path(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        Self::of(&resolve, package)
    }

    fn of(resolve: &Resolve, package: PackageId) -> Result<Self> {
        let package = &resolve.packages[package];
        let version = package.name.version.clone().context("the contract's package has no version")?;
        let (mut types, mut functions) = (BTreeMap::new(), BTreeMap::new());
        for (name, &interface) in &package.interfaces {
            let interface = &resolve.interfaces[interface];
            let of_types = interface.types.iter().map(|(name, &id)| (name.clone(), definition(resolve, id)));
            let of_functions =
                interface.functions.iter().map(|(name, function)| (name.clone(), signature(resolve, function)));
            types.insert(name.clone(), of_types.collect());
            functions.insert(name.clone(), of_functions.collect());
        }
        let worlds = package.worlds.iter().map(|(name, &world)| {
            let world = &resolve.worlds[world];
            let items = |what: &str, items: Vec<String>| {
                items.into_iter().map(|item| format!("{what} {item}; ")).collect::<String>()
            };
            let imports = world.imports.values().map(|entry| item(resolve, entry)).collect();
            let exports = world.exports.values().map(|entry| item(resolve, entry)).collect();
            (name.clone(), items("import", imports) + &items("export", exports))
        });
        Ok(Self { version: Version::parse(&version.to_string())?, types, functions, worlds: worlds.collect() })
    }
}

/// Returns the violations in `new`, given that `old` was released.
fn faults(old: &Contract, new: &Contract) -> Vec<String> {
    if new.version < old.version {
        return vec![format!("{} is older than {}", new.version, old.version)];
    }
    let breaking = breaking(old, new);
    let same_line =
        new.version.major == old.version.major && (new.version.major > 0 || new.version.minor == old.version.minor);
    if same_line {
        let next = match old.version.major {
            0 => format!("0.{}.0", old.version.minor + 1),
            major => format!("{}.0.0", major + 1),
        };
        let advice =
            |fault: String| format!("{fault}; that needs version {next}, or a new interface beside the old one");
        if !breaking.is_empty() {
            return breaking.into_iter().map(advice).collect();
        }
        let same = old.types == new.types && old.functions == new.functions && old.worlds == new.worlds;
        if !same && new.version == old.version {
            return vec![format!("something was added, and the version is still {}", new.version)];
        }
    }
    Vec::new()
}

/// Returns everything in the new contract that would break a plugin, or a host, of the old one.
fn breaking(old: &Contract, new: &Contract) -> Vec<String> {
    let mut faults = Vec::new();
    let empty = BTreeMap::new();
    for (interface, types) in &old.types {
        if !new.types.contains_key(interface) {
            faults.push(format!("interface {interface} is gone"));
            continue;
        }
        changed(&format!("type {interface}."), types, &new.types[interface], &mut faults);
        let functions = new.functions.get(interface).unwrap_or(&empty);
        changed(&format!("function {interface}."), &old.functions[interface], functions, &mut faults);
        for name in functions.keys().filter(|&name| !old.functions[interface].contains_key(name)) {
            faults.push(format!("function {interface}.{name} is new, and plugins that were released do not have it"));
        }
    }
    changed("world ", &old.worlds, &new.worlds, &mut faults);
    faults
}

fn changed(what: &str, old: &BTreeMap<String, String>, new: &BTreeMap<String, String>, faults: &mut Vec<String>) {
    for (name, before) in old {
        match new.get(name) {
            None => faults.push(format!("{what}{name} is gone")),
            Some(after) if after != before => faults.push(format!("{what}{name} was `{before}` and is `{after}`")),
            Some(_) => {}
        }
    }
}

/// Formats a type's definition on one line, without its documentation.
fn definition(resolve: &Resolve, id: wit_parser::TypeId) -> String {
    let shown = |ty: &Type| shown(resolve, ty);
    let maybe = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "_".to_owned(), shown);
    match &resolve.types[id].kind {
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter().map(|field| format!("{}: {}", field.name, shown(&field.ty)));
            format!("record {{ {} }}", join(fields))
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter().map(|case| match &case.ty {
                Some(ty) => format!("{}({})", case.name, shown(ty)),
                None => case.name.clone(),
            });
            format!("variant {{ {} }}", join(cases))
        }
        TypeDefKind::Enum(cases) => format!("enum {{ {} }}", join(cases.cases.iter().map(|case| case.name.clone()))),
        TypeDefKind::Flags(flags) => format!("flags {{ {} }}", join(flags.flags.iter().map(|flag| flag.name.clone()))),
        TypeDefKind::Tuple(tuple) => format!("tuple<{}>", join(tuple.types.iter().map(shown))),
        TypeDefKind::Option(ty) => format!("option<{}>", shown(ty)),
        TypeDefKind::Result(result) => format!("result<{}, {}>", maybe(&result.ok), maybe(&result.err)),
        TypeDefKind::List(ty) => format!("list<{}>", shown(ty)),
        TypeDefKind::FixedLengthList(ty, length) => format!("list<{}, {length}>", shown(ty)),
        TypeDefKind::Map(key, value) => format!("map<{}, {}>", shown(key), shown(value)),
        TypeDefKind::Future(ty) => format!("future<{}>", maybe(ty)),
        TypeDefKind::Stream(ty) => format!("stream<{}>", maybe(ty)),
        TypeDefKind::Handle(Handle::Own(id)) => format!("own<{}>", shown(&Type::Id(*id))),
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", shown(&Type::Id(*id))),
        TypeDefKind::Type(ty) => shown(ty),
        kind @ (TypeDefKind::Resource | TypeDefKind::Unknown) => kind.as_str().to_owned(),
    }
}

/// Formats a reference to a type: its name if it has one.
fn shown(resolve: &Resolve, ty: &Type) -> String {
    match ty {
        Type::Id(id) => resolve.types[*id].name.clone().unwrap_or_else(|| definition(resolve, *id)),
        simple => format!("{simple:?}").to_lowercase(),
    }
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let parameters = function.params.iter().map(|param| format!("{}: {}", param.name, shown(resolve, &param.ty)));
    let result = function.result.as_ref().map_or_else(String::new, |ty| format!(" -> {}", shown(resolve, ty)));
    format!("{:?} func({}){result}", function.kind, join(parameters))
}

fn item(resolve: &Resolve, item: &WorldItem) -> String {
    match item {
        WorldItem::Interface { id, .. } => resolve.interfaces[*id].name.clone().unwrap_or_default(),
        WorldItem::Function(function) => format!("{}: {}", function.name, signature(resolve, function)),
        WorldItem::Type { id, .. } => definition(resolve, *id),
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const RELEASED: &str = "package wardline:check@0.1.0;
        interface types {
            enum grade { good, bad }
            record finding { check: string, grade: grade, rows: list<string> }
            variant step { ask(list<string>), done(finding) }
        }
        interface detection {
            use types.{step};
            detect: func(name: string) -> step;
            resume: func(answers: list<string>) -> step;
        }
        world detector { export types; export detection; }";

    fn contract(text: &str) -> Contract {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("contract.wit", text).unwrap();
        Contract::of(&resolve, package).unwrap()
    }

    /// Returns the violations after replacing parts of the released contract's text.
    fn faults_of(replacements: &[(&str, &str)]) -> String {
        let text = replacements.iter().fold(RELEASED.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        faults(&contract(RELEASED), &contract(&text)).join("\n")
    }

    const NEW_INTERFACE: (&str, &str) = ("interface detection", "interface more { go: func(); } interface detection");

    #[test]
    fn a_breaking_change_is_refused_and_named() {
        let table = [
            (("grade: grade, rows", "rows"), "type types.finding was `record { check: string, grade: grade, rows"),
            (("rows: list<string>", "rows: list<string>, more: u32"), "type types.finding"),
            (("rows: list<string>", "rows: list<u8>"), "list<u8>"),
            (("check: string, grade: grade", "grade: grade, check: string"), "type types.finding"),
            (
                ("good, bad", "good, bad, ugly"),
                "type types.grade was `enum { good, bad }` and is `enum { good, bad, ugly }`",
            ),
            (("good, bad", "bad, good"), "type types.grade"),
            (("ask(list<string>), done", "done"), "type types.step"),
            (("done(finding)", "done(finding), wait"), "type types.step"),
            (("resume: func(answers: list<string>) -> step;", ""), "function detection.resume is gone"),
            (("detect: func(name: string)", "detect: func(name: string, level: u8)"), "function detection.detect"),
            (("detect: func(name: string) -> step", "detect: func(name: string)"), "function detection.detect"),
            (("detect: func(name", "stop: func(); detect: func(name"), "function detection.stop is new"),
            (("export detection;", "export detection; import types;"), "world detector"),
            (("world detector", "world finder"), "world detector is gone"),
        ];
        for (replacement, expected) in table {
            for version in ["0.1.0", "0.1.1"] {
                let faults = faults_of(&[replacement, ("check@0.1.0", &format!("check@{version}"))]);
                assert!(faults.contains(expected), "{replacement:?}: {faults:?}");
                assert!(faults.contains("needs version 0.2.0"), "{faults}");
            }
            // Everything may change with a new major version, or a new minor version while the major version is 0.
            assert_eq!(faults_of(&[replacement, ("check@0.1.0", "check@0.2.0")]), "", "{replacement:?}");
        }
    }

    #[test]
    fn a_harmless_change_asks_for_a_version_of_its_own_and_nothing_else() {
        let table = [
            NEW_INTERFACE,
            ("enum grade", "record note { text: string } enum grade"),
            ("world detector", "world other { export types; } world detector"),
        ];
        for replacement in table {
            let faults = faults_of(&[replacement]);
            assert_eq!(faults, "something was added, and the version is still 0.1.0", "{replacement:?}");
            assert_eq!(faults_of(&[replacement, ("check@0.1.0", "check@0.1.1")]), "", "{replacement:?}");
        }
    }

    #[test]
    fn documentation_and_order_of_definitions_may_change_at_any_time() {
        assert_eq!(faults_of(&[]), "");
        assert_eq!(faults_of(&[("enum grade", "/// How good.\n enum grade")]), "");
        let grade = "enum grade { good, bad }";
        assert_eq!(faults_of(&[(grade, ""), ("variant step", &format!("{grade} variant step"))]), "");
    }

    #[test]
    fn from_version_1_on_only_a_major_version_may_break() {
        let (old, broken) = (RELEASED.replace("0.1.0", "1.2.0"), RELEASED.replace("good, bad", "good"));
        for (version, expected) in [("1.2.0", 1), ("1.3.0", 1), ("2.0.0", 0), ("1.1.0", 1)] {
            let faults = faults(&contract(&old), &contract(&broken.replace("0.1.0", version)));
            assert_eq!(faults.len(), expected, "{version}: {faults:?}");
        }
    }

    #[test]
    fn the_newest_release_is_found_by_its_number_and_not_its_letters() {
        let folder = tempfile::tempdir().unwrap();
        for version in ["0.9.0", "0.10.0", "notes"] {
            fs::create_dir(folder.path().join(version)).unwrap();
        }
        assert!(newest(folder.path()).unwrap().ends_with("0.10.0"));
    }
}
