//! Splitting a component into its code and its state.
//!
//! A catalog changes the data in a plugin's memory, and none of its code. Therefore the component is rewritten: its core module no
//! longer defines its memory and globals but imports them, from a second core module that the component itself imports. That module,
//! the state, contains data only. The code is compiled once, whatever the catalog; the state takes no compiling at all.
//!
//! Only the usual form is split: one core module, instantiated once, that defines one memory and imports nothing. Everything else is
//! left to the callers, which then compile a component together with its state.

use std::ops::Range;

use wasm_encoder::reencode::{Reencode, ReencodeComponent, component_utils};
use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, CodeSection, Component, ComponentAliasSection,
    ComponentExportKind, ComponentExportSection, ComponentImportSection, ComponentSectionId, ComponentTypeRef,
    ComponentTypeSection, ComponentValType, CoreTypeSection, Encode, ExportKind, ExportSection, FunctionSection,
    ImportSection, InstanceSection, Module, ModuleArg, ModuleType, PrimitiveValType, RawSection, Section, SectionId,
    TypeSection, ValType,
};
use wasmparser::{Instance, Parser, Payload, ValidPayload, Validator};

use super::state::{self, State};

/// The name under which the code imports its state.
pub(super) const STATE: &str = "state";

/// The name of the function that returns the state, see [`state::reader`], and of the export that lifts it.
pub(super) const READ_STATE: &str = "read-state";

/// A core section: its number, and the range of its contents in the component.
type CoreSection = (u8, Range<usize>);

/// A component that can be split.
#[derive(Debug)]
pub(super) struct Split {
    component: Vec<u8>,
    /// The sections of its core module, in order.
    sections: Vec<CoreSection>,
    state: State,
}

impl Split {
    /// Recognises a component that can be split. Returns `None` for any other, and for bytes that are no component.
    pub(super) fn of(component: &[u8]) -> Option<Split> {
        let mut modules = Vec::new();
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(component) {
            match payload.ok()? {
                Payload::ModuleSection { unchecked_range, .. } => {
                    modules.push((depth, unchecked_range));
                    depth += 1;
                }
                Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                // An imported component or instance might contain core modules of its own.
                Payload::ComponentImportSection(_) if depth == 0 => return None,
                _ => {}
            }
        }
        let [(0, range)] = &modules[..] else { return None };
        let module = component.get(range.clone())?;
        let mut sections = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            if let Some((id, within)) = payload.ok()?.as_section() {
                sections.push((id, range.start + within.start..range.start + within.end));
            }
        }
        let state = State::of(module)?;
        Some(Split { component: component.to_vec(), sections, state })
    }

    /// Returns the state that the plugin starts with.
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// Returns the component without its state: it imports a core module as [`STATE`], and exports [`READ_STATE`]. Returns `None` if
    /// something refers to the core module in a way that the split does not follow.
    pub(super) fn code(&self) -> Option<Vec<u8>> {
        let counts = Counts::of(&self.component)?;
        let mut code = Component::new();
        let mut types = CoreTypeSection::new();
        types.ty().module(&self.state_type()?);
        code.section(&types);
        let mut imports = ComponentImportSection::new();
        imports.import(STATE, ComponentTypeRef::Module(0));
        code.section(&imports);
        let mut instances = InstanceSection::new();
        instances.instantiate(0, std::iter::empty::<(&str, ModuleArg)>());
        code.section(&instances);

        let mut instance = None;
        let mut count = 1;
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(&self.component) {
            let payload = payload.ok()?;
            if depth == 0 {
                match &payload {
                    Payload::ModuleSection { .. } => {
                        let module = self.module()?;
                        code.section(&RawSection { id: ComponentSectionId::CoreModule.into(), data: &module });
                    }
                    Payload::InstanceSection(section) => {
                        let mut instances = InstanceSection::new();
                        for each in section.clone() {
                            match each.ok()? {
                                Instance::Instantiate { args, .. } => {
                                    // Only one module, and it imports nothing.
                                    if !args.is_empty() || instance.replace(count).is_some() {
                                        return None;
                                    }
                                    instances.instantiate(1, [(STATE, ModuleArg::Instance(0))]);
                                }
                                exports => {
                                    component_utils::parse_instance(&mut Shifted, &mut instances, exports).ok()?
                                }
                            }
                            count += 1;
                        }
                        code.section(&instances);
                    }
                    Payload::ComponentAliasSection(section) => {
                        let mut aliases = ComponentAliasSection::new();
                        for alias in section.clone() {
                            aliases.alias(Shifted.component_alias(alias.ok()?).ok()?);
                        }
                        code.section(&aliases);
                    }
                    // Their indices would have to be shifted, too. No known toolchain emits any.
                    Payload::CoreTypeSection(_) => return None,
                    Payload::ComponentExportSection(section) => {
                        let mut exports = section.clone().into_iter();
                        if !exports.all(|export| export.is_ok_and(|export| !is_module(export.kind))) {
                            return None;
                        }
                        copy(&mut code, &payload, &self.component)?;
                    }
                    Payload::ComponentInstanceSection(section) => {
                        if !section.clone().into_iter().all(|each| each.is_ok_and(|each| !takes_module(&each))) {
                            return None;
                        }
                        copy(&mut code, &payload, &self.component)?;
                    }
                    _ => copy(&mut code, &payload, &self.component)?,
                }
            }
            match payload {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        counts.export_state(&mut code, instance?);
        Some(code.finish())
    }

    /// Returns the type of the core module that the code imports.
    fn state_type(&self) -> Option<ModuleType> {
        let mut exports = ModuleType::new();
        for (name, export) in self.state.exports()? {
            exports.export(&name, export);
        }
        Some(exports)
    }

    /// Returns the core module with its state imported, and with a function that returns it.
    fn module(&self) -> Option<Vec<u8>> {
        let mut module = Module::new();
        let mut imported = false;
        let mut reader_type = 0;
        for (id, range) in &self.sections {
            let data = self.component.get(range.clone())?;
            let raw = RawSection { id: *id, data };
            // Sections come in order; what is imported follows the types, and the custom sections anywhere.
            if *id == u8::from(SectionId::Type) {
                let section = wasmparser::TypeSectionReader::new(wasmparser::BinaryReader::new(data, 0)).ok()?;
                for group in section {
                    reader_type += u32::try_from(group.ok()?.types().len()).ok()?;
                }
                let mut added = TypeSection::new();
                added.ty().function([], [ValType::I32]);
                module.section(&Extended::of(*id, data, &added)?);
                let mut imports = ImportSection::new();
                for (name, import) in self.state.exports()? {
                    imports.import(STATE, &name, import);
                }
                module.section(&imports);
                imported = true;
            } else if *id == u8::from(SectionId::Function) {
                let mut added = FunctionSection::new();
                added.function(reader_type);
                module.section(&Extended::of(*id, data, &added)?);
            } else if *id == u8::from(SectionId::Export) {
                let mut added = ExportSection::new();
                added.export(READ_STATE, ExportKind::Func, self.functions()?);
                module.section(&Extended::of(*id, data, &added)?);
            } else if *id == u8::from(SectionId::Code) {
                let mut added = CodeSection::new();
                added.function(&state::reader(self.state.globals())?);
                module.section(&Extended::of(*id, data, &added)?);
            } else if ![SectionId::Import, SectionId::Memory, SectionId::Global, SectionId::DataCount, SectionId::Data]
                .iter()
                .any(|moved| u8::from(*moved) == *id)
            {
                module.section(&raw);
            }
        }
        imported.then(|| module.finish())
    }

    /// Returns the number of functions of the core module.
    fn functions(&self) -> Option<u32> {
        let (_, range) = self.sections.iter().find(|(id, _)| *id == u8::from(SectionId::Function))?;
        read_count(self.component.get(range.clone())?).map(|(count, _)| count)
    }
}

/// Copies a section as it is.
fn copy(to: &mut Component, payload: &Payload<'_>, component: &[u8]) -> Option<()> {
    if let Some((id, range)) = payload.as_section() {
        to.section(&RawSection { id, data: component.get(range)? });
    }
    Some(())
}

fn is_module(kind: wasmparser::ComponentExternalKind) -> bool {
    kind == wasmparser::ComponentExternalKind::Module
}

fn takes_module(instance: &wasmparser::ComponentInstance<'_>) -> bool {
    match instance {
        wasmparser::ComponentInstance::Instantiate { args, .. } => args.iter().any(|arg| is_module(arg.kind)),
        wasmparser::ComponentInstance::FromExports(exports) => exports.iter().any(|export| is_module(export.kind)),
    }
}

/// One core module and one core instance come before those of the component.
struct Shifted;

impl Reencode for Shifted {
    type Error = std::convert::Infallible;
}

impl ReencodeComponent for Shifted {
    fn module_index(&mut self, index: u32) -> u32 {
        index.saturating_add(1)
    }

    fn instance_index(&mut self, index: u32) -> u32 {
        index.saturating_add(1)
    }
}

/// How many items of each kind a component has: the indices of those that are added.
struct Counts {
    core_functions: u32,
    core_memories: u32,
    types: u32,
    functions: u32,
}

impl Counts {
    fn of(component: &[u8]) -> Option<Counts> {
        let mut validator = Validator::new();
        let mut counts = None;
        for payload in Parser::new(0).parse_all(component) {
            // Functions are validated when they are compiled.
            if let ValidPayload::End(types) = validator.payload(&payload.ok()?).ok()? {
                let types = types.as_ref();
                counts = Some(Counts {
                    core_functions: types.function_count(),
                    core_memories: types.memory_count(),
                    types: types.component_type_count(),
                    functions: types.component_function_count(),
                });
            }
        }
        counts
    }

    /// Exports the function that returns the state of a core instance as a list of bytes.
    fn export_state(&self, code: &mut Component, instance: u32) {
        let mut aliases = ComponentAliasSection::new();
        aliases.alias(Alias::CoreInstanceExport { instance, kind: ExportKind::Func, name: READ_STATE });
        aliases.alias(Alias::CoreInstanceExport { instance: 0, kind: ExportKind::Memory, name: state::MEMORY });
        code.section(&aliases);
        let mut types = ComponentTypeSection::new();
        types.defined_type().list(ComponentValType::Primitive(PrimitiveValType::U8));
        types
            .function()
            .params(std::iter::empty::<(&str, ComponentValType)>())
            .result(Some(ComponentValType::Type(self.types)));
        code.section(&types);
        let mut lifted = CanonicalFunctionSection::new();
        lifted.lift(self.core_functions, self.types + 1, [CanonicalOption::Memory(self.core_memories)]);
        code.section(&lifted);
        let mut exports = ComponentExportSection::new();
        exports.export(READ_STATE, ComponentExportKind::Func, self.functions, None);
        code.section(&exports);
    }
}

/// A core section with more items at its end.
struct Extended {
    id: u8,
    data: Vec<u8>,
}

impl Extended {
    /// `data` is the section's contents: the number of its items, and the items.
    fn of(id: u8, data: &[u8], added: &impl Section) -> Option<Extended> {
        let mut section = Vec::new();
        added.encode(&mut section);
        // The size of the section comes first.
        let (_, added) = read_count(&section)?;
        let ((count, items), (more, new)) = (read_count(data)?, read_count(added)?);
        let mut data = Vec::with_capacity(data.len() + new.len() + 1);
        count.checked_add(more)?.encode(&mut data);
        data.extend_from_slice(items);
        data.extend_from_slice(new);
        Some(Extended { id, data })
    }
}

impl Encode for Extended {
    fn encode(&self, sink: &mut Vec<u8>) {
        self.data.encode(sink);
    }
}

impl Section for Extended {
    fn id(&self) -> u8 {
        self.id
    }
}

/// Reads a LEB128 number, and returns what follows it.
fn read_count(data: &[u8]) -> Option<(u32, &[u8])> {
    let mut reader = wasmparser::BinaryReader::new(data, 0);
    let count = reader.read_var_u32().ok()?;
    data.get(data.len() - reader.bytes_remaining()..).map(|rest| (count, rest))
}

#[cfg(test)]
mod tests {
    use wasmtime::component::{Component, Linker};
    use wasmtime::{Config, Engine, Module, Store};

    use super::*;

    /// A module that counts in its memory and in a global.
    const MODULE: &str = r#"(core module $m
        (type (func)) (rec (type (func (result i32))) (type (func (result i64))))
        (memory (export "mem") 1) (global $g (mut i64) (i64.const 40)) (global $c i32 (i32.const 7))
        (data (i32.const 100) "\2a") (data (i32.const 65535) "\ff")
        (table 1 funcref) (elem (i32.const 0) $count)
        (func $count (export "count") (result i32)
            (global.set $g (i64.add (global.get $g) (i64.const 1)))
            (i32.store8 (i32.const 100) (i32.add (i32.load8_u (i32.const 100)) (i32.const 1)))
            (i32.add (i32.load8_u (i32.const 100)) (i32.add (i32.wrap_i64 (global.get $g)) (global.get $c)))))"#;

    fn component(module: &str, rest: &str) -> Vec<u8> {
        wat::parse_str(format!("(component {module} {rest})")).unwrap()
    }

    const INSTANCE: &str = r#"(core instance $i (instantiate $m))
        (alias core export $i "mem" (core memory $mem))
        (core instance $named (export "memory" (memory $mem)))
        (type $f (func (result u32)))
        (func $count (type $f) (canon lift (core func $i "count")))
        (component $shim (import "f" (func $g (result u32))) (export "count" (func $g)))
        (instance $shimmed (instantiate $shim (with "f" (func $count))))
        (export "counter" (instance $shimmed))
        (export "count" (func $count))"#;

    /// Calls `count` once, and returns the result and the state afterwards.
    fn count(engine: &Engine, code: &[u8], state: &[u8]) -> (u32, Vec<u8>) {
        let mut linker = Linker::<()>::new(engine);
        linker.root().module(STATE, &Module::new(engine, state).unwrap()).unwrap();
        let mut store = Store::new(engine, ());
        let instance = linker.instantiate(&mut store, &Component::new(engine, code).unwrap()).unwrap();
        let function = instance.get_typed_func::<(), (u32,)>(&mut store, "count").unwrap();
        let (counted,) = function.call(&mut store, ()).unwrap();
        let read = instance.get_typed_func::<(), (Vec<u8>,)>(&mut store, READ_STATE).unwrap();
        (counted, read.call(&mut store, ()).unwrap().0)
    }

    #[test]
    fn one_code_goes_on_from_any_state() {
        let split = Split::of(&component(MODULE, INSTANCE)).unwrap();
        let code = split.code().unwrap();
        let engine = Engine::new(&Config::new()).unwrap();
        let mut state = split.state().initial().to_vec();
        for call in 1..4 {
            let (counted, read) = count(&engine, &code, &state);
            assert_eq!(counted, 42 + 40 + 7 + 2 * call);
            state = split.state().with(&read).unwrap();
        }
        // Reading the state leaves the memory as large as it was.
        assert_eq!(count(&engine, &code, &state).1.len(), (1 << 16) + 16 + 2 * 8);
    }

    #[test]
    fn what_is_not_of_the_usual_form_is_not_split() {
        let split =
            |module: &str, rest: &str| Split::of(&component(module, rest)).and_then(|split| split.code()).is_some();
        assert!(split(MODULE, INSTANCE));
        let module = |fields: &str| split(&format!("(core module $m {fields})"), "(core instance (instantiate $m))");
        // Without functions there is nothing to compile.
        assert!(!module("(memory 1)"));
        let function = r#"(type (func)) (func (export "f"))"#;
        assert!(module(&format!("{function} (memory 1)")));
        for state in [
            "",
            "(memory 1) (memory 1)",
            "(memory i64 1)",
            "(memory 1) (global (mut funcref) (ref.null func))",
            "(memory 1) (global v128 (v128.const i64x2 1 2))",
            r#"(memory 1) (data "passive")"#,
            "(memory 1) (start 0)",
        ] {
            assert!(!module(&format!("{function} {state}")), "{state}");
        }
        let imports = format!(r#"(import "a" "b" (func)) {function} (memory 1)"#);
        assert!(!split(&format!("(core module $m {imports})"), ""));

        let plain = format!("(core module $m {function} (memory 1))");
        for rest in [
            "",
            "(core instance (instantiate $m)) (core instance (instantiate $m))",
            r#"(core instance (instantiate $m)) (export "m" (core module $m))"#,
            "(core instance (instantiate $m)) (core module)",
            "(core instance (instantiate $m)) (component (core module))",
            "(core type (func)) (core instance (instantiate $m))",
            r#"(component $c (import "m" (core module))) (core instance (instantiate $m)) (instance (instantiate $c (with "m" (core module $m))))"#,
            r#"(import "x" (func)) (core instance (instantiate $m))"#,
        ] {
            assert!(!split(&plain, rest), "{rest}");
        }
        for bytes in [&b""[..], b"\0asm", b"\0asm\x01\0\0\0", b"\0asm\x0d\0\x01\0\x01"] {
            assert!(Split::of(bytes).is_none());
        }
    }

    #[test]
    fn names_that_are_taken_make_no_component() {
        let engine = Engine::new(&Config::new()).unwrap();
        let compiles = |module: &str, rest: &str| {
            let code = Split::of(&component(module, rest)).unwrap().code().unwrap();
            engine.precompile_component(&code).is_ok()
        };
        assert!(compiles(MODULE, INSTANCE));
        assert!(!compiles(
            &MODULE.replace(r#"(export "count")"#, r#"(export "count") (export "read-state")"#),
            INSTANCE
        ));
        assert!(!compiles(MODULE, &format!(r#"{INSTANCE} (export "read-state" (func $count))"#)));
    }
}
