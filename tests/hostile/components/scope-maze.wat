;; Declares scopes, and asks questions, that take long to compare: patterns of many `*` against a path that matches none of them.

(memory (export "memory") 40)

;; The scopes lie from 0x20000 on: a thousand times the same pattern, `*a` over and over with a `b` at its end.
(func (export "describe") (result i32)
  (local $at i32)
  (local.set $at (i32.const 0x20000))
  (loop $next
    (i32.store (local.get $at) (i32.const 1))
    (i32.store offset=4 (local.get $at) (i32.const 0x40000))
    (i32.store offset=8 (local.get $at) (i32.const 3000))
    (local.set $at (i32.add (local.get $at) (i32.const 12)))
    (br_if $next (i32.lt_u (local.get $at) (i32.const 0x22ee0))))
  (local.set $at (i32.const 0x40000))
  (loop $next
    (i32.store16 (local.get $at) (i32.const 0x612a))
    (local.set $at (i32.add (local.get $at) (i32.const 2)))
    (br_if $next (i32.lt_u (local.get $at) (i32.const 0x44000))))
  (i32.store8 (i32.const 0x40bb7) (i32.const 0x62))
  (i32.store (i32.const 0x2030) (i32.const 0x20000))
  (i32.store (i32.const 0x2034) (i32.const 1000))
  (i32.const 0x2000))
