;; Writes into all memory, tables and globals that it has and can get, and reports whether it found anything of it. If
;; something of one conversation reached another, the second would fail its check.

(global $mark (mut i64) (i64.const 0))
(table $t 10 1000 funcref)
(elem declare func $f)
(func $f)

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32)
  (local $at i32)
  ;; Whatever the instance has from the start, above its own heap, and whatever it gets.
  (drop (memory.grow (i32.const 16)))
  (local.set $at (i32.const 0x18000))
  (block $found
    (br_if $found (i64.ne (global.get $mark) (i64.const 0)))
    (br_if $found (i32.ne (table.size $t) (i32.const 10)))
    (br_if $found (i32.eqz (ref.is_null (table.get $t (i32.const 3)))))
    (br_if $found (i32.eq (table.grow $t (ref.null func) (i32.const 500)) (i32.const -1)))
    (br_if $found (i32.eqz (ref.is_null (table.get $t (i32.const 400)))))
    (br_if $found (i32.ne (memory.size) (i32.const 18)))
    (loop $next
      (br_if $found (i64.ne (i64.load (local.get $at)) (i64.const 0)))
      (i64.store (local.get $at) (i64.const 0x6c656674206f7665))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 0x120000))))
    (global.set $mark (i64.const 1))
    (table.set $t (i32.const 3) (ref.func $f))
    (table.set $t (i32.const 400) (ref.func $f))
    (return (i32.const 0x2300)))
  (i32.store8 (i32.const 0x2334) (i32.const 0))
  (i32.const 0x2300))

;; No evidence, for it asked nothing.
(data (i32.const 0x234c) (i32 0))
