;; A description of a hundred thousand checks, all the same.

(memory (export "memory") 80)

(func (export "describe") (result i32)
  (local $at i32)
  (local.set $at (i32.const 0x20000))
  (loop $next
    (memory.copy (local.get $at) (i32.const 0x2040) (i32.const 40))
    (local.set $at (i32.add (local.get $at) (i32.const 40)))
    (br_if $next (i32.lt_u (local.get $at) (i32.const 4131072))))
  (i32.store (i32.const 0x2020) (i32.const 0x20000))
  (i32.store (i32.const 0x2024) (i32.const 100000))
  (i32.const 0x2000))
