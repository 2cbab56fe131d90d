;; Tries to make a clock: it counts in a loop, asks, counts again, and reports by how much both counts differ, and how much
;; memory, and which place in it, the host gave it.

(memory (export "memory") 2)

(func $count (result i32)
  (local $n i32)
  (loop $next
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $n) (i32.const 1000000))))
  (local.get $n))

(global $before (mut i32) (i32.const 0))
(global $place (mut i32) (i32.const 0))

(func (export "detect") (param $name i32) (param i32 i32 i32 i32 i32) (result i32)
  (global.set $before (call $count))
  (global.set $place (local.get $name))
  (i32.const 0x2200))

;; The summary: 17 letters, by the difference of the counts, the place and the memory's size.
(func (export "resume") (param i32 i32) (result i32)
  (i32.store8 (i32.const 0x1100)
    (i32.add (i32.const 0x41) (i32.and (i32.sub (call $count) (global.get $before)) (i32.const 15))))
  (i32.store8 (i32.const 0x1101) (i32.add (i32.const 0x41) (i32.and (global.get $place) (i32.const 15))))
  (i32.store8 (i32.const 0x1102) (i32.add (i32.const 0x41) (i32.and (memory.size) (i32.const 15))))
  (i32.const 0x2300))
