;; Lets a table grow to ten million elements.

(table $t 1 funcref)

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32)
  (drop (table.grow $t (ref.null func) (i32.const 10000000)))
  (i32.const 0x2200))
