//! Snapshots of the memory that a component has after `prepare`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wasm_encoder::RawSection;
use wasmparser::{Parser, Payload};
use wasmtime::Store;
use wasmtime::component::{Instance, Lift, WasmList};
use wasmtime_wizer::{ComponentInstanceState, Wizer};

use super::split::READ_STATE;
use super::store::Holdings;

/// Returns the component with additional exports through which its memories and globals can be read. Returns `None` if that is not
/// possible: nested components with modules, start functions, …
pub(super) fn instrument(component: &[u8]) -> Option<Vec<u8>> {
    // The bytes are untrusted, and the library was written for trusted ones: a panic in it costs only the snapshot.
    catch_unwind(|| Wizer::new().instrument_component(component).ok().map(|(_, instrumented)| instrumented)).ok()?
}

/// Returns the component with the current memories and globals of `instance` as its initial state. `component` is the original that
/// `instance` was instrumented from. Returns `None` if that is not possible.
pub(super) fn take(component: &[u8], mut store: Store<Holdings>, instance: Instance) -> Option<Vec<u8>> {
    unlimited(&mut store)?;
    catch_unwind(AssertUnwindSafe(|| {
        let wizer = Wizer::new();
        let (context, _) = wizer.instrument_component(component).ok()?;
        let mut state = InstrumentedInstance { store, instance, failed: false };
        let wasm = {
            let future = pin!(wizer.snapshot_component(&context, &mut state));
            match future.poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(result) => result.ok()?,
                Poll::Pending => return None,
            }
        };
        if state.failed {
            return None;
        }
        Some(with_exported_state(&wasm).unwrap_or(wasm))
    }))
    .ok()?
}

/// Reads the state of an instance of a component that is split, and returns what `read` makes of it.
pub(super) fn read<T>(
    mut store: Store<Holdings>,
    instance: Instance,
    read: impl FnOnce(&[u8]) -> Option<T>,
) -> Option<T> {
    unlimited(&mut store)?;
    let function = instance.get_typed_func::<(), (WasmList<u8>,)>(&mut store, READ_STATE).ok()?;
    let (state,) = function.call(&mut store, ()).ok()?;
    read(state.as_le_slice(&store))
}

/// Takes a store's limits away: from here on only the added exports run, and the data they return is read in place.
fn unlimited(store: &mut Store<Holdings>) -> Option<()> {
    store.set_fuel(u64::MAX).ok()?;
    store.set_epoch_deadline(u64::MAX / 2);
    store.set_hostcall_fuel(usize::MAX);
    Some(())
}

/// Returns the component with the exports that [`instrument`] adds to its modules. Nothing uses them, but functions are compiled
/// differently when they use a global that is exported: with these exports, those of the instrumented component are not compiled a
/// second time.
fn with_exported_state(component: &[u8]) -> Option<Vec<u8>> {
    let mut exported = wasm_encoder::Component::new();
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.ok()?;
        if let Some((id, range)) = payload.as_section().filter(|_| depth == 0) {
            let section = component.get(range)?;
            let module =
                matches!(payload, Payload::ModuleSection { .. }).then(|| Wizer::new().instrument(section).ok());
            // Modules that import a part of their state are refused, and stay as they are.
            let instrumented = module.flatten().map(|(_, instrumented)| instrumented);
            exported.section(&RawSection { id, data: instrumented.as_deref().unwrap_or(section) });
        }
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Some(exported.finish())
}

/// Reads an instance's state through the added exports, without ever waiting.
struct InstrumentedInstance {
    store: Store<Holdings>,
    instance: Instance,
    /// The trait cannot return errors; the data read is worthless once this is set.
    failed: bool,
}

impl InstrumentedInstance {
    fn call<R: Lift + 'static>(&mut self, interface: &str, function: &str) -> Option<R> {
        let (_, interface) = self.instance.get_export(&mut self.store, None, interface)?;
        let (_, function) = self.instance.get_export(&mut self.store, Some(&interface), function)?;
        let function = self.instance.get_typed_func::<(), (R,)>(&mut self.store, function).ok()?;
        Some(function.call(&mut self.store, ()).ok()?.0)
    }

    fn number<R: Lift + Default + 'static>(&mut self, interface: &str, function: &str) -> R {
        let number = self.call(interface, function);
        self.failed |= number.is_none();
        number.unwrap_or_default()
    }
}

impl ComponentInstanceState for InstrumentedInstance {
    async fn call_func_ret_list_u8(&mut self, instance: &str, func: &str, contents: impl FnOnce(&[u8]) + Send) {
        match self.call::<WasmList<u8>>(instance, func) {
            Some(list) => contents(list.as_le_slice(&self.store)),
            None => {
                self.failed = true;
                contents(&[]);
            }
        }
    }

    async fn call_func_ret_s32(&mut self, instance: &str, func: &str) -> i32 {
        self.number(instance, func)
    }

    async fn call_func_ret_s64(&mut self, instance: &str, func: &str) -> i64 {
        self.number(instance, func)
    }

    async fn call_func_ret_f32(&mut self, instance: &str, func: &str) -> u32 {
        self.number::<f32>(instance, func).to_bits()
    }

    async fn call_func_ret_f64(&mut self, instance: &str, func: &str) -> u64 {
        self.number::<f64>(instance, func).to_bits()
    }
}
