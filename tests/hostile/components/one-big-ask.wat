;; Asks twenty thousand questions in one round.

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32)
  (local $at i32)
  (drop (memory.grow (i32.const 64)))
  (local.set $at (i32.const 0x10000))
  (loop $next
    (memory.copy (local.get $at) (i32.const 0x2220) (i32.const 32))
    (local.set $at (i32.add (local.get $at) (i32.const 32)))
    (br_if $next (i32.lt_u (local.get $at) (i32.const 705536))))
  (i32.store (i32.const 0x2204) (i32.const 0x10000))
  (i32.store (i32.const 0x2208) (i32.const 20000))
  (i32.const 0x2200))
