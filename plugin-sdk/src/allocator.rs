//! The allocator for plugins.
//!
//! A conversation lives for some microseconds, and its instance is thrown away after it: what counts is that few instructions are
//! executed and few pages written. Blocks come in classes of sizes. A block that is freed goes to the list of its class, and the next
//! of that class is taken from there; otherwise a block is cut from the end. Nothing is split or joined, except that the last block
//! gives its space back and grows in place, as the one vector or text does that is being filled.
//!
//! The memory of each class is at most what was in use of that class at one time, so a long `prepare` does not grow it without end.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ptr::{copy_nonoverlapping, null_mut};

/// The size in bytes between two small classes, and the alignment of all blocks.
const GRAIN: usize = 8;

/// The number of classes that are one grain apart; above them each doubling has [`STEPS`].
const SMALL: usize = 16;
const SMALL_BITS: u32 = (SMALL * GRAIN).trailing_zeros();
const STEPS: usize = 4;

/// The binary logarithm of the largest size, exclusive: half of a 32-bit memory.
const LARGEST_BITS: u32 = 31;
const CLASSES: usize = SMALL + (LARGEST_BITS - SMALL_BITS) as usize * STEPS;

/// The least that the memory grows by, in bytes. Each time, the host changes the process's memory map.
const GROWTH: usize = 256 << 10;

/// The size in bytes of the pages in which the host resets an instance's memory.
const HOST_PAGE: usize = 4 << 10;

/// A source of memory that is never given back.
///
/// # Safety
///
/// `grow` returns null, or the start of at least `size` writable bytes that belong to the caller alone and are aligned to [`GRAIN`];
/// with their actual number.
unsafe trait Memory {
    fn grow(&self, size: usize) -> (*mut u8, usize);
}

/// A block that is not in use, the first of a list.
struct Free {
    next: *mut Free,
}

/// The classes' lists, and what has not been cut into blocks.
struct Heap {
    free: [*mut Free; CLASSES],
    next: *mut u8,
    /// The number of bytes from `next` on.
    left: usize,
}

struct Allocator<M> {
    heap: UnsafeCell<Heap>,
    memory: M,
}

/// Returns the class of a size, and the size of that class's blocks. `None` if there is none so large.
fn class(size: usize) -> Option<(usize, usize)> {
    if size <= SMALL * GRAIN {
        let place = size.saturating_sub(1) / GRAIN;
        return Some((place, (place + 1) * GRAIN));
    }
    let below = size - 1;
    let bits = below.ilog2();
    if bits >= LARGEST_BITS {
        return None;
    }
    let step = (1 << bits) / STEPS;
    let steps = (below - (1 << bits)) / step;
    Some((SMALL + (bits - SMALL_BITS) as usize * STEPS + steps, (1 << bits) + (steps + 1) * step))
}

impl<M: Memory> Allocator<M> {
    const fn new(memory: M) -> Self {
        Allocator { heap: UnsafeCell::new(Heap { free: [null_mut(); CLASSES], next: null_mut(), left: 0 }), memory }
    }
}

impl Heap {
    /// Cuts a block of `size` bytes, a multiple of [`GRAIN`], from the end. Returns null if there is no more memory.
    fn cut(&mut self, size: usize, align: usize, memory: &impl Memory) -> *mut u8 {
        let mut padding = self.next.align_offset(align);
        if padding.checked_add(size).is_none_or(|needed| needed > self.left) {
            let Some(wanted) = size.checked_add(align) else { return null_mut() };
            if !self.grow(wanted.max(GROWTH), memory) {
                return null_mut();
            }
            padding = self.next.align_offset(align);
        }
        let block = self.next.wrapping_add(padding);
        self.next = block.wrapping_add(size);
        self.left -= padding + size;
        block
    }

    /// Changes the size of a block in place. Returns `false` if it is not the last, or if there is no more memory.
    fn resize_last(&mut self, block: *mut u8, old_size: usize, new_size: usize, memory: &impl Memory) -> bool {
        let end = block.wrapping_add(old_size);
        let more = new_size.saturating_sub(old_size);
        if end != self.next {
            return false;
        }
        // The end may be elsewhere after it has grown.
        if more > self.left && !(self.grow(more.max(GROWTH), memory) && end == self.next) {
            return false;
        }
        self.next = block.wrapping_add(new_size);
        self.left = self.left + old_size - new_size;
        true
    }

    /// Gives up the blocks on all lists, and goes on at the start of a page.
    fn start_afresh(&mut self) {
        self.free = [null_mut(); CLASSES];
        let padding = self.next.align_offset(HOST_PAGE);
        if padding <= self.left {
            self.next = self.next.wrapping_add(padding);
            self.left -= padding;
        }
    }

    /// Adds at least `size` bytes to the end. What is left there is lost if something else has grown the memory in between.
    fn grow(&mut self, size: usize, memory: &impl Memory) -> bool {
        let (start, grown) = memory.grow(size);
        if start.is_null() {
            return false;
        }
        if self.next.wrapping_add(self.left) == start {
            self.left += grown;
        } else {
            (self.next, self.left) = (start, grown);
        }
        true
    }
}

impl<M> Allocator<M> {
    /// Takes all further blocks from the end, and none of those that have been freed so far.
    ///
    /// Blocks that `prepare` has freed are spread over all that it has built. A conversation that took them would write to many pages,
    /// and the host resets each page that was written to.
    fn start_afresh(&self) {
        // SAFETY: as for `GlobalAlloc` below: the only reference to the heap. Blocks in use stay where they are, and what is given up
        // is never used again.
        unsafe { &mut *self.heap.get() }.start_afresh();
    }
}

// SAFETY: blocks do not overlap: each is cut once from memory that belongs to this allocator alone, and is afterwards in use, or on
// one list of its class, or part of the end again. A block on a list is at least as large as each size of its class, and as `Free`,
// because GRAIN is the size of a 64-bit pointer. `cut` aligns to what is asked for, and to GRAIN because all sizes are multiples of it.
// The references to the heap are unique: no function here calls another while it holds one, except for `Heap`'s own, and there is one
// thread (see `Sync` below).
//
// The functions are not inlined: a plugin would have a fifth more code, which is compiled on the operator's machine, to execute a
// few percent fewer instructions.
unsafe impl<M: Memory> GlobalAlloc for Allocator<M> {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((class, size)) = class(layout.size()) else { return null_mut() };
        let heap = unsafe { &mut *self.heap.get() };
        let first = heap.free[class];
        if first.is_null() || layout.align() > GRAIN {
            return heap.cut(size, layout.align().max(GRAIN), &self.memory);
        }
        heap.free[class] = unsafe { (*first).next };
        first.cast()
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some((class, size)) = class(layout.size()) else { return };
        let heap = unsafe { &mut *self.heap.get() };
        if block.wrapping_add(size) == heap.next {
            heap.next = block;
            heap.left += size;
            return;
        }
        let block: *mut Free = block.cast();
        unsafe { block.write(Free { next: heap.free[class] }) };
        heap.free[class] = block;
    }

    #[inline(never)]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let (Some((old_class, old_size)), Some((new_class, grown))) = (class(layout.size()), class(new_size)) else {
            return null_mut();
        };
        if old_class == new_class {
            return block;
        }
        let heap = unsafe { &mut *self.heap.get() };
        if heap.resize_last(block, old_size, grown, &self.memory) {
            return block;
        }
        let other = unsafe { self.alloc(Layout::from_size_align_unchecked(new_size, layout.align())) };
        if !other.is_null() {
            unsafe {
                copy_nonoverlapping(block, other, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
        }
        other
    }
}

#[cfg(all(target_family = "wasm", feature = "allocator"))]
pub(crate) use installed::end_prepare;

#[cfg(all(target_family = "wasm", feature = "allocator"))]
mod installed {
    use std::arch::wasm32::memory_grow;
    use std::ptr::{null_mut, with_exposed_provenance_mut};

    use super::{Allocator, Memory};

    /// The size of WebAssembly's pages in bytes.
    const PAGE: usize = 64 << 10;

    struct Pages;

    // SAFETY: pages that are added to a WebAssembly memory are nobody else's, and aligned to their size.
    unsafe impl Memory for Pages {
        fn grow(&self, size: usize) -> (*mut u8, usize) {
            let pages = size.div_ceil(PAGE);
            match memory_grow::<0>(pages) {
                usize::MAX => (null_mut(), 0),
                before => (with_exposed_provenance_mut(before * PAGE), pages * PAGE),
            }
        }
    }

    #[cfg(target_feature = "atomics")]
    compile_error!("the allocator of plugins is for one thread: turn off the feature `allocator`");

    // SAFETY: without atomics, WebAssembly has one thread.
    unsafe impl Sync for Allocator<Pages> {}

    /// Separates the blocks of conversations from those of `prepare`, which has ended.
    pub(crate) fn end_prepare() {
        ALLOCATOR.start_afresh();
    }

    #[global_allocator]
    static ALLOCATOR: Allocator<Pages> = Allocator::new(Pages);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Memory of which something else takes a part before each third growth.
    struct Region {
        start: *mut u8,
        length: usize,
        grown: UnsafeCell<(usize, usize)>,
    }

    impl Region {
        fn new(length: usize) -> Self {
            let words = vec![0_u128; length / size_of::<u128>()].leak();
            Region { start: words.as_mut_ptr().cast(), length, grown: UnsafeCell::new((0, 0)) }
        }

        fn used(&self) -> usize {
            unsafe { (*self.grown.get()).0 }
        }
    }

    // SAFETY: each byte of the leaked region is given out once.
    unsafe impl Memory for Region {
        fn grow(&self, size: usize) -> (*mut u8, usize) {
            let (used, times) = unsafe { &mut *self.grown.get() };
            let size = size.next_multiple_of(64);
            *times += 1;
            let taken = if times.is_multiple_of(3) { 64 } else { 0 };
            if *used + taken + size > self.length {
                return (null_mut(), 0);
            }
            let start = *used + taken;
            *used = start + size;
            (self.start.wrapping_add(start), size)
        }
    }

    #[test]
    fn each_size_is_in_the_smallest_class_that_holds_it() {
        let mut last = (0, GRAIN);
        for size in 0..20_000 {
            let (class, holds) = class(size).unwrap();
            assert!(
                holds >= size && holds.is_multiple_of(GRAIN) && holds <= size.max(7) + size / 4 + 8,
                "{size}: {holds}"
            );
            if class != last.0 {
                assert_eq!((class, size), (last.0 + 1, last.1 + 1), "{size}");
            }
            last = (class, holds);
        }
        assert_eq!(class(1 << LARGEST_BITS), Some((CLASSES - 1, 1 << LARGEST_BITS)));
        assert_eq!(class((1 << LARGEST_BITS) + 1), None);
    }

    #[test]
    fn after_a_fresh_start_no_freed_block_is_taken_again() {
        let allocator = Allocator::new(Region::new(1 << 20));
        let layout = Layout::from_size_align(100, 8).unwrap();
        unsafe {
            let (freed, kept) = (allocator.alloc(layout), allocator.alloc(layout));
            allocator.dealloc(freed, layout);
            allocator.start_afresh();
            let next = allocator.alloc(layout);
            assert!(next > kept && next.addr().is_multiple_of(HOST_PAGE), "{kept:?} {next:?}");
            // From here on, blocks are taken again as before.
            allocator.alloc(layout);
            allocator.dealloc(next, layout);
            assert_eq!(allocator.alloc(layout), next);
        }
    }

    #[test]
    fn a_vector_at_the_end_grows_in_place_and_gives_its_space_back() {
        let allocator = Allocator::new(Region::new(4 << 20));
        let layout = |size| Layout::from_size_align(size, 1).unwrap();
        unsafe {
            let block = allocator.alloc(layout(1));
            let mut size = 1;
            while size < GROWTH {
                assert_eq!(allocator.realloc(block, layout(size), 2 * size), block);
                size *= 2;
            }
            allocator.dealloc(block, layout(size));
            assert_eq!(allocator.alloc(layout(100)), block);
            // There is no memory for it, and the block is as it was.
            assert!(allocator.realloc(block, layout(100), 8 << 20).is_null());
            assert!(allocator.alloc(layout(8 << 20)).is_null());
        }
    }

    #[test]
    fn a_long_conversation_takes_no_more_than_it_holds() {
        let allocator = Allocator::new(Region::new(16 << 20));
        let layout = |place: usize| Layout::from_size_align(1 + place * 37 % 3_000, 8).unwrap();
        unsafe {
            let mut blocks: Vec<(*mut u8, Layout)> = Vec::new();
            for place in 0..1_000 {
                blocks.push((allocator.alloc(layout(place)), layout(place)));
            }
            let used = allocator.memory.used();
            for turn in 0..20_000 {
                let (block, old) = blocks.swap_remove(turn * 7_919 % blocks.len());
                allocator.dealloc(block, old);
                blocks.push((allocator.alloc(old), old));
            }
            assert_eq!(allocator.memory.used(), used);
        }
    }

    #[derive(Clone, Debug)]
    enum Act {
        Alloc(usize, u32),
        Free(usize),
        Resize(usize, usize),
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let size = prop_oneof![0..200_usize, 0..4_000_usize];
        proptest::collection::vec(
            prop_oneof![
                3 => (size.clone(), 0..7_u32).prop_map(|(size, align)| Act::Alloc(size, align)),
                2 => any::<usize>().prop_map(Act::Free),
                2 => (any::<usize>(), size).prop_map(|(place, size)| Act::Resize(place, size)),
            ],
            0..100,
        )
    }

    /// A block, and the byte that it is filled with.
    struct Held {
        block: *mut u8,
        layout: Layout,
        byte: u8,
    }

    impl Held {
        fn is_whole(&self, size: usize) -> bool {
            unsafe { std::slice::from_raw_parts(self.block, size) }.iter().all(|byte| *byte == self.byte)
        }

        fn fill(&self) {
            unsafe { self.block.write_bytes(self.byte, self.layout.size()) };
        }
    }

    proptest! {
        #[test]
        fn blocks_are_aligned_and_keep_their_contents(acts in acts()) {
            let allocator = Allocator::new(Region::new(16 << 20));
            let mut held: Vec<Held> = Vec::new();
            for (turn, act) in acts.into_iter().enumerate() {
                let byte = turn as u8;
                match act {
                    Act::Alloc(size, align) => {
                        let layout = Layout::from_size_align(size.max(1), 1 << align).unwrap();
                        let block = unsafe { allocator.alloc(layout) };
                        prop_assert!(!block.is_null() && block.addr().is_multiple_of(layout.align()));
                        held.push(Held { block, layout, byte });
                        held[held.len() - 1].fill();
                    }
                    Act::Free(place) if !held.is_empty() => {
                        let gone = held.swap_remove(place % held.len());
                        prop_assert!(gone.is_whole(gone.layout.size()));
                        unsafe { allocator.dealloc(gone.block, gone.layout) };
                    }
                    Act::Resize(place, size) if !held.is_empty() => {
                        let place = place % held.len();
                        let Held { block, layout, byte: before } = held[place];
                        let resized = Layout::from_size_align(size.max(1), layout.align()).unwrap();
                        let block = unsafe { allocator.realloc(block, layout, resized.size()) };
                        prop_assert!(!block.is_null() && block.addr().is_multiple_of(layout.align()));
                        held[place] = Held { block, layout: resized, byte: before };
                        prop_assert!(held[place].is_whole(layout.size().min(resized.size())));
                        held[place].byte = byte;
                        held[place].fill();
                    }
                    Act::Free(_) | Act::Resize(..) => {}
                }
            }
            prop_assert!(held.iter().all(|held| held.is_whole(held.layout.size())));
        }
    }
}
