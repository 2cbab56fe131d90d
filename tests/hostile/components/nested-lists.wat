;; Ten thousand rows that all point at the same ten thousand cells: little for the plugin, gigabytes for who copies it.

(memory (export "memory") 10)

;; A cell at 0x20000 + 8 n, a row (cells, grade) at 0x40000 + 12 n.
(data (i32.const 0x2340) (i32 0x40000 10000))

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32)
  (local $n i32)
  (loop $next
    (i32.store (i32.add (i32.const 0x20000) (i32.mul (local.get $n) (i32.const 8))) (i32.const 0x1000))
    (i32.store offset=4 (i32.add (i32.const 0x20000) (i32.mul (local.get $n) (i32.const 8))) (i32.const 8))
    (i32.store (i32.add (i32.const 0x40000) (i32.mul (local.get $n) (i32.const 12))) (i32.const 0x20000))
    (i32.store offset=4 (i32.add (i32.const 0x40000) (i32.mul (local.get $n) (i32.const 12))) (i32.const 10000))
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $n) (i32.const 10000))))
  (i32.const 0x2300))
