//! The contents of a WebAssembly file, parsed without running or compiling any of it.

use std::collections::BTreeSet;

use serde::Serialize;
use wasmparser::{
    ComponentExternalKind, ComponentName, CustomSectionReader, Encoding, KnownCustom, MemoryType, Name, Parser, Payload,
};

/// The maximum number of entries kept of each list. A real plugin has a handful; a hostile one of 64 MiB could have ten million.
const MAX_ENTRIES: usize = 1_000;

/// The maximum number of characters kept of one name.
const LONGEST_NAME: usize = 1_000;

/// The default page size of a linear memory, as log2 of bytes.
const PAGE_SIZE_LOG2: u32 = 16;

/// A file's parts and their sizes.
///
/// Nothing is validated: these are the file's own claims.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Anatomy {
    /// Null if not even the first bytes can be parsed.
    pub form: Option<Form>,
    /// The component's own name, from its `component-name` section.
    pub name: Option<String>,
    /// Top-level imports, by name. A plugin has none.
    pub imports: Vec<String>,
    /// Top-level exports.
    pub exports: Vec<Export>,
    /// All core modules, including nested ones, in file order.
    pub modules: Vec<CoreModule>,
    /// The number of components within the component.
    pub nested_components: u64,
    /// Total bytes of code and of data segments in all core modules.
    pub code_size: u64,
    pub data_size: u64,
    /// The tools that produced it, from all `producers` sections, without duplicates.
    pub producers: BTreeSet<Producer>,
    /// Custom sections of the component and its modules: their names and their sizes in bytes.
    pub custom_sections: Vec<CustomSection>,
    /// The number of imports, exports, modules, producers and sections beyond the thousand of each that are listed.
    pub left_out: u64,
    /// Why the file could not be parsed to its end; the fields above cover the part before the damage.
    pub damage: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    Component,
    /// WebAssembly without the component model's interfaces.
    CoreModule,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Export {
    pub name: String,
    /// `instance` (which is how an interface is exported), `function`, `type`, …
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["module", "function", "value", "type", "instance", "component"])))]
    pub kind: &'static str,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CoreModule {
    pub name: Option<String>,
    /// The size of the whole module, in bytes.
    pub size: u64,
    pub functions: u64,
    pub code_size: u64,
    pub data_size: u64,
    /// In bytes.
    pub memories: Vec<Extent>,
    /// In elements.
    pub tables: Vec<Extent>,
    /// Whether it runs a function as soon as it is instantiated.
    pub starts_by_itself: bool,
}

/// The initial and maximum size of a memory or table; `maximum` is null if only the sandbox's limits apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Extent {
    pub initial: u64,
    pub maximum: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Producer {
    /// `language`, `processed-by`, `sdk`.
    pub role: String,
    pub name: String,
    pub version: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomSection {
    pub name: String,
    /// In bytes.
    pub size: u64,
}

/// The kind of item being read at one depth of nesting.
enum Level {
    Component,
    /// The module's index in `Anatomy::modules`; `None` if the list is full.
    Module(Option<usize>),
}

impl Anatomy {
    /// Parses a file as far as possible.
    pub fn read(bytes: &[u8]) -> Self {
        let mut anatomy = Anatomy::default();
        if let Err(error) = anatomy.read_all(bytes) {
            anatomy.damage = Some(shortened(error.message()));
        }
        anatomy
    }

    /// Returns the versions in which an interface (`wardline:check/detection`) is exported: `0.1.0`. An export without a version is
    /// reported as `without a version`.
    pub fn versions_of<'a>(&'a self, interface: &'a str) -> impl Iterator<Item = &'a str> {
        self.exports.iter().filter_map(move |export| {
            let rest = export.name.strip_prefix(interface)?;
            if rest.is_empty() { Some("without a version") } else { rest.strip_prefix('@') }
        })
    }

    fn read_all(&mut self, bytes: &[u8]) -> wasmparser::Result<()> {
        let mut levels: Vec<Level> = Vec::new();
        // The size of the item that begins next: the parser reports it before the item itself.
        let mut size = bytes.len() as u64;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::Version { encoding, .. } => {
                    if levels.is_empty() {
                        self.form = Some(match encoding {
                            Encoding::Component => Form::Component,
                            Encoding::Module => Form::CoreModule,
                        });
                    }
                    levels.push(match encoding {
                        Encoding::Component => Level::Component,
                        Encoding::Module => {
                            let module = || CoreModule { size, ..CoreModule::default() };
                            let place = self.modules.len();
                            Level::Module(keep(&mut self.modules, &mut self.left_out, module).then_some(place))
                        }
                    });
                }
                Payload::ModuleSection { unchecked_range, .. } => size = unchecked_range.len() as u64,
                Payload::ComponentSection { unchecked_range, .. } => {
                    size = unchecked_range.len() as u64;
                    self.nested_components += 1;
                }
                Payload::End(_) => drop(levels.pop()),
                Payload::ComponentImportSection(section) if levels.len() == 1 => {
                    for import in section {
                        let import = import?;
                        keep(&mut self.imports, &mut self.left_out, || shortened(import.name.name));
                    }
                }
                Payload::ComponentExportSection(section) if levels.len() == 1 => {
                    for export in section {
                        let export = export?;
                        let export = || Export { name: shortened(export.name.name), kind: kind(export.kind) };
                        keep(&mut self.exports, &mut self.left_out, export);
                    }
                }
                Payload::CustomSection(section) => {
                    let size = section.data().len() as u64;
                    let listed = || CustomSection { name: shortened(section.name()), size };
                    keep(&mut self.custom_sections, &mut self.left_out, listed);
                    self.custom(&section, &levels);
                }
                payload => self.module_part(payload, levels.last())?,
            }
        }
        Ok(())
    }

    /// Counts a part of a core module.
    fn module_part(&mut self, payload: Payload<'_>, level: Option<&Level>) -> wasmparser::Result<()> {
        // A module beyond the list's limit still counts towards the totals.
        let mut unlisted = CoreModule::default();
        let module = match level {
            Some(Level::Module(Some(place))) => &mut self.modules[*place],
            _ => &mut unlisted,
        };
        match payload {
            Payload::CodeSectionStart { count, size, .. } => {
                module.functions += u64::from(count);
                module.code_size += u64::from(size);
                self.code_size += u64::from(size);
            }
            Payload::DataSection(section) => {
                let range = section.range();
                module.data_size += range.len() as u64;
                self.data_size += range.len() as u64;
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory?;
                    keep(&mut module.memories, &mut self.left_out, || memory_extent(&memory));
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    let table = table?.ty;
                    let extent = || Extent { initial: table.initial, maximum: table.maximum };
                    keep(&mut module.tables, &mut self.left_out, extent);
                }
            }
            Payload::StartSection { .. } => module.starts_by_itself = true,
            _ => {}
        }
        Ok(())
    }

    /// Reads names and producers. These sections have no effect on how the file runs, so damage in them is not an error.
    fn custom(&mut self, section: &CustomSectionReader<'_>, levels: &[Level]) {
        match (section.as_known(), levels) {
            (KnownCustom::ComponentName(names), [Level::Component]) => {
                let name = names.into_iter().flatten().find_map(|entry| match entry {
                    ComponentName::Component { name, .. } => Some(shortened(name)),
                    _ => None,
                });
                self.name = self.name.take().or(name);
            }
            (KnownCustom::Name(names), [.., Level::Module(Some(place))]) => {
                let name = names.into_iter().flatten().find_map(|entry| match entry {
                    Name::Module { name, .. } => Some(shortened(name)),
                    _ => None,
                });
                let module = &mut self.modules[*place];
                module.name = module.name.take().or(name);
            }
            (KnownCustom::Producers(fields), _) => {
                for field in fields.into_iter().flatten() {
                    for value in field.values.into_iter().flatten() {
                        let producer = Producer {
                            role: shortened(field.name),
                            name: shortened(value.name),
                            version: shortened(value.version),
                        };
                        if self.producers.len() < MAX_ENTRIES {
                            self.producers.insert(producer);
                        } else if !self.producers.contains(&producer) {
                            self.left_out += 1;
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

/// Appends to a list unless it is full; returns whether it did.
fn keep<T>(list: &mut Vec<T>, left_out: &mut u64, item: impl FnOnce() -> T) -> bool {
    let room = list.len() < MAX_ENTRIES;
    if room {
        list.push(item());
    } else {
        *left_out += 1;
    }
    room
}

fn memory_extent(memory: &MemoryType) -> Extent {
    let shift = memory.page_size_log2.unwrap_or(PAGE_SIZE_LOG2);
    let bytes = |pages: u64| pages.checked_shl(shift).filter(|bytes| bytes >> shift == pages).unwrap_or(u64::MAX);
    Extent { initial: bytes(memory.initial), maximum: memory.maximum.map(bytes) }
}

fn kind(kind: ComponentExternalKind) -> &'static str {
    match kind {
        ComponentExternalKind::Module => "module",
        ComponentExternalKind::Func => "function",
        ComponentExternalKind::Value => "value",
        ComponentExternalKind::Type => "type",
        ComponentExternalKind::Instance => "instance",
        ComponentExternalKind::Component => "component",
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_NAME) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_are_found_at_every_depth() {
        let text = r#"(component $outer
            (import "wasi:clocks/wall-clock@0.2.0" (instance))
            (core module $small (memory 2 5) (table 3 funcref) (data "four") (func) (func))
            (component $inner
                (core module (memory 1) (func $begin) (start $begin)))
            (instance $i) (export "acme:some/thing@1.0.0" (instance $i)))"#;
        let anatomy = Anatomy::read(&wat::parse_str(text).unwrap());
        assert_eq!((anatomy.form, anatomy.damage), (Some(Form::Component), None));
        assert_eq!(anatomy.name.as_deref(), Some("outer"));
        assert_eq!(anatomy.imports, ["wasi:clocks/wall-clock@0.2.0"]);
        assert_eq!(anatomy.exports, [Export { name: "acme:some/thing@1.0.0".to_owned(), kind: "instance" }]);
        assert_eq!(anatomy.nested_components, 1);
        let [small, inner] = anatomy.modules.as_slice() else { panic!("{:?}", anatomy.modules) };
        assert_eq!((small.name.as_deref(), small.functions, small.starts_by_itself), (Some("small"), 2, false));
        assert_eq!(small.memories, [Extent { initial: 2 << 16, maximum: Some(5 << 16) }]);
        assert_eq!(small.tables, [Extent { initial: 3, maximum: None }]);
        assert!(small.data_size >= 4 && small.size > small.data_size + small.code_size);
        assert!(inner.starts_by_itself);
        assert_eq!(anatomy.code_size, small.code_size + inner.code_size);
    }

    #[test]
    fn what_comes_before_the_damage_is_told() {
        let mut bytes = wat::parse_str(r#"(component (import "a:b/c" (instance)) (core module (func)))"#).unwrap();
        bytes.truncate(bytes.len() - 3);
        let anatomy = Anatomy::read(&bytes);
        assert!(anatomy.damage.is_some());
        assert_eq!(anatomy.imports, ["a:b/c"]);
    }

    #[test]
    fn lists_and_names_of_any_length_are_cut() {
        let imports: String =
            (0..3 * MAX_ENTRIES).map(|number| format!(r#"(import "a:b/c{number}" (instance))"#)).collect();
        let long = format!(r#"(import "{}" (instance))"#, "x".repeat(3 * LONGEST_NAME));
        let anatomy = Anatomy::read(&wat::parse_str(format!("(component {long} {imports})")).unwrap());
        assert_eq!((anatomy.imports.len(), anatomy.left_out), (MAX_ENTRIES, 2 * MAX_ENTRIES as u64 + 1));
        assert_eq!(anatomy.imports[0].chars().count(), LONGEST_NAME + 1);
    }

    #[test]
    fn a_memory_larger_than_any_machine_is_no_overflow() {
        let anatomy = Anatomy::read(&wat::parse_str("(module (memory i64 0x1000000000000))").unwrap());
        assert_eq!(anatomy.modules[0].memories, [Extent { initial: u64::MAX, maximum: None }]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes: Vec<u8>, component: bool, cut in 0usize..400) {
            let preamble: &[u8] = if component { b"\0asm\x0d\0\x01\0" } else { b"\0asm\x01\0\0\0" };
            Anatomy::read(&bytes);
            Anatomy::read(&[preamble, &bytes].concat());
            let text = r#"(component (import "a:b/c" (instance)) (core module (memory 1) (func) (data "x"))
                (component (core module)))"#;
            let mut whole = wat::parse_str(text).unwrap();
            let place = cut % whole.len();
            for (target, byte) in whole[place..].iter_mut().zip(&bytes) {
                *target = *byte;
            }
            Anatomy::read(&whole);
        }
    }
}
