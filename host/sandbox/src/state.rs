//! The state of a plugin: its memory and globals, as a core module that contains nothing else.

use std::ops::Range;

use wasm_encoder::{
    BlockType, ConstExpr, Encode as _, EntityType, ExportKind, ExportSection, Function, GlobalSection, MemArg,
    MemorySection, Module, RawSection, SectionId,
};
use wasmparser::{DataKind, GlobalType, MemoryType, Parser, Payload, ValType};

/// The name of the memory's export. Globals are exported by their number.
pub(super) const MEMORY: &str = "memory";

/// The size in bytes of a page of memory.
const PAGE: usize = 1 << 16;

/// The maximum size in bytes of a number of 32 bits in LEB128.
const MAX_LEB: usize = 5;

/// The granularity in bytes with which memory that is zero is left out.
const BLOCK: usize = 4096;

/// The size of the header that [`reader`] writes behind the memory, before the globals: the place and length of the whole.
const HEADER: u64 = 16;
/// The bytes that it uses for a global of any type.
const GLOBAL: u64 = 8;

/// The initial state of a core module, and its form.
#[derive(Debug)]
pub(super) struct State {
    memory: MemoryType,
    globals: Vec<GlobalType>,
    initial: Vec<u8>,
}

impl State {
    /// Takes the state out of a core module. Returns `None` unless the module imports nothing and runs nothing when it is instantiated,
    /// and its state is one memory and any number of globals that hold numbers.
    pub(super) fn of(module: &[u8]) -> Option<State> {
        let (mut memories, mut globals) = (Vec::new(), Vec::new());
        let mut sections = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload.ok()?;
            match &payload {
                Payload::ImportSection(section) if section.count() > 0 => return None,
                Payload::StartSection { .. } | Payload::TagSection(_) => return None,
                Payload::MemorySection(section) => {
                    for memory in section.clone() {
                        memories.push(memory.ok()?);
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section.clone() {
                        globals.push(global.ok()?.ty);
                    }
                }
                Payload::DataSection(section) => {
                    for data in section.clone() {
                        if !matches!(data.ok()?.kind, DataKind::Active { memory_index: 0, .. }) {
                            return None;
                        }
                    }
                }
                _ => continue,
            }
            sections.extend(payload.as_section());
        }
        let [memory] = memories[..] else { return None };
        if memory.memory64 || memory.shared || memory.page_size_log2.is_some() {
            return None;
        }
        if !globals.iter().all(|global| !global.shared && numeric(global.content_type).is_some()) {
            return None;
        }

        let mut state = State { memory, globals, initial: Vec::new() };
        let mut initial = Module::new();
        let is_data = |id: u8| id == u8::from(SectionId::Data);
        for (id, range) in sections.iter().filter(|(id, _)| !is_data(*id)) {
            initial.section(&RawSection { id: *id, data: module.get(range.clone())? });
        }
        initial.section(&state.export_section());
        for (id, range) in sections.iter().filter(|(id, _)| is_data(*id)) {
            initial.section(&RawSection { id: *id, data: module.get(range.clone())? });
        }
        state.initial = initial.finish();
        Some(state)
    }

    pub(super) fn globals(&self) -> &[GlobalType] {
        &self.globals
    }

    /// Returns the core module that holds the state a plugin starts with.
    pub(super) fn initial(&self) -> &[u8] {
        &self.initial
    }

    /// Returns the names and types of the state's exports.
    pub(super) fn exports(&self) -> Option<Vec<(String, EntityType)>> {
        let mut exports = vec![(MEMORY.to_owned(), EntityType::Memory(self.memory.into()))];
        for (number, global) in self.globals.iter().enumerate() {
            exports.push((number.to_string(), EntityType::Global((*global).try_into().ok()?)));
        }
        Some(exports)
    }

    /// Returns the core module that holds another state. `read` is what [`reader`] has returned: the memory up to the last page, and in
    /// that page the globals.
    pub(super) fn with(&self, read: &[u8]) -> Option<Vec<u8>> {
        let behind = usize::try_from(HEADER + GLOBAL * u64::try_from(self.globals.len()).ok()?).ok()?;
        let (memory, globals) = read.split_at_checked(read.len().checked_sub(behind)?)?;
        if memory.len() % PAGE != 0 {
            return None;
        }
        let mut module = Module::new();
        let mut memories = MemorySection::new();
        let pages = u64::try_from(memory.len() / PAGE).ok()?;
        memories.memory(MemoryType { initial: pages, ..self.memory }.into());
        module.section(&memories);
        let mut section = GlobalSection::new();
        let (values, _) = globals.get(usize::try_from(HEADER).ok()?..)?.as_chunks::<8>();
        for (global, value) in self.globals.iter().zip(values) {
            let value = u64::from_le_bytes(*value);
            let low = value as u32;
            let value = match global.content_type {
                ValType::I32 => ConstExpr::i32_const(low.cast_signed()),
                ValType::I64 => ConstExpr::i64_const(value.cast_signed()),
                ValType::F32 => ConstExpr::f32_const(wasm_encoder::Ieee32::new(low)),
                ValType::F64 => ConstExpr::f64_const(wasm_encoder::Ieee64::new(value)),
                _ => return None,
            };
            section.global((*global).try_into().ok()?, &value);
        }
        module.section(&section);
        module.section(&self.export_section());
        with_data(module.finish(), memory)
    }

    fn export_section(&self) -> ExportSection {
        let mut exports = ExportSection::new();
        exports.export(MEMORY, ExportKind::Memory, 0);
        for number in (0_u32..).take(self.globals.len()) {
            exports.export(&number.to_string(), ExportKind::Global, number);
        }
        exports
    }
}

/// Appends a data section to a module, with the parts of a memory that are not zero.
///
/// `wasm_encoder` would copy them three times, and memories may have a hundred megabytes.
fn with_data(mut module: Vec<u8>, memory: &[u8]) -> Option<Vec<u8>> {
    let segments = segments(memory);
    let mut count = Vec::new();
    u32::try_from(segments.len()).ok()?.encode(&mut count);
    let mut heads = Vec::with_capacity(segments.len());
    let mut size = count.len();
    for segment in &segments {
        // Active, in memory 0.
        let mut head = vec![0];
        ConstExpr::i32_const(u32::try_from(segment.start).ok()?.cast_signed()).encode(&mut head);
        segment.len().encode(&mut head);
        size += head.len() + segment.len();
        heads.push(head);
    }
    module.reserve_exact(1 + MAX_LEB + size);
    module.push(SectionId::Data.into());
    size.encode(&mut module);
    module.extend_from_slice(&count);
    for (head, segment) in heads.iter().zip(segments) {
        module.extend_from_slice(head);
        module.extend_from_slice(memory.get(segment)?);
    }
    Some(module)
}

/// Returns the parts of a memory that are not zero.
fn segments(memory: &[u8]) -> Vec<Range<usize>> {
    let mut segments: Vec<Range<usize>> = Vec::new();
    for (number, block) in memory.chunks(BLOCK).enumerate() {
        if block.iter().all(|byte| *byte == 0) {
            continue;
        }
        let at = number * BLOCK;
        let end = at + block.len();
        match segments.last_mut() {
            Some(last) if last.end == at => last.end = end,
            _ => segments.push(at..end),
        }
    }
    segments
}

/// Returns the instruction that stores a global of this type, if it holds a number.
fn numeric(global: ValType) -> Option<fn(&mut wasm_encoder::InstructionSink<'_>, MemArg)> {
    match global {
        ValType::I32 => Some(|code, place| {
            code.i32_store(place);
        }),
        ValType::I64 => Some(|code, place| {
            code.i64_store(place);
        }),
        ValType::F32 => Some(|code, place| {
            code.f32_store(place);
        }),
        ValType::F64 => Some(|code, place| {
            code.f64_store(place);
        }),
        _ => None,
    }
}

/// Returns a function without parameters that returns the place of a list of bytes: the whole memory, and behind it the globals.
///
/// A list is returned by the place of its own place and length, which have to be in memory, too. They and the globals are written to a
/// page that the function adds, so that the memory itself stays as it was.
pub(super) fn reader(globals: &[GlobalType]) -> Option<Function> {
    let place = |offset: u64| MemArg { offset, align: 0, memory_index: 0 };
    let mut function = Function::new([(1, wasm_encoder::ValType::I32)]);
    let mut code = function.instructions();
    code.i32_const(1).memory_grow(0).local_tee(0);
    code.i32_const(-1).i32_eq().if_(BlockType::Empty).unreachable().end();
    code.local_get(0).i32_const(PAGE.trailing_zeros().cast_signed()).i32_shl().local_set(0);
    code.local_get(0).i32_const(0).i32_store(place(0));
    let length = HEADER + GLOBAL * u64::try_from(globals.len()).ok()?;
    code.local_get(0).local_get(0).i32_const(i32::try_from(length).ok()?).i32_add().i32_store(place(4));
    for (number, global) in (0_u32..).zip(globals) {
        code.local_get(0).global_get(number);
        numeric(global.content_type)?(&mut code, place(HEADER + GLOBAL * u64::from(number)));
    }
    code.local_get(0).end();
    (length <= PAGE as u64).then_some(function)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wasmtime::{Engine, Instance, Store, Val};

    use super::*;

    /// The bytes that [`reader`] returns for a memory and numbers of all types.
    fn read(memory: &[u8], globals: &[u64]) -> Vec<u8> {
        let globals: Vec<u8> = globals.iter().flat_map(|global| global.to_le_bytes()).collect();
        [memory, &[0; 16], &globals].concat()
    }

    fn state() -> State {
        let module = r#"(module (memory 1 9)
            (global (mut i32) (i32.const 0)) (global i64 (i64.const 0)) (global (mut f32) (f32.const 0)) (global (mut f64) (f64.const 0)))"#;
        State::of(&wat::parse_str(module).unwrap()).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_state_is_what_was_read(
            pages in 1..4_usize,
            written in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
            globals in any::<[u64; 4]>(),
        ) {
            let mut memory = vec![0; pages * PAGE];
            for (place, byte) in written {
                let place = place.index(memory.len());
                memory[place] = byte;
            }
            let module = state().with(&read(&memory, &globals)).unwrap();
            let engine = Engine::default();
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &wasmtime::Module::new(&engine, &module).unwrap(), &[]).unwrap();
            let found = instance.get_memory(&mut store, MEMORY).unwrap();
            prop_assert!(found.data(&store) == memory);
            let bits = |value: Val| match value {
                Val::I32(value) => u64::from(value.cast_unsigned()),
                Val::I64(value) => value.cast_unsigned(),
                Val::F32(value) => u64::from(value),
                Val::F64(value) => value,
                _ => unreachable!(),
            };
            let expected = [globals[0] & 0xffff_ffff, globals[1], globals[2] & 0xffff_ffff, globals[3]];
            for (number, expected) in expected.into_iter().enumerate() {
                let global = instance.get_global(&mut store, &number.to_string()).unwrap();
                prop_assert_eq!(bits(global.get(&mut store)), expected);
            }
        }
    }

    #[test]
    fn a_state_of_another_size_is_none() {
        let state = state();
        let whole = read(&[0; PAGE], &[0; 4]);
        assert!(state.with(&whole).is_some());
        for length in [0, 1, whole.len() - 1] {
            assert!(state.with(&whole[..length]).is_none(), "{length}");
        }
        assert!(state.with(&[&whole[..], b"x"].concat()).is_none());
    }
}
