;; Calls through a table a function of another type than it says.

(type $other (func (param i64 i64) (result f64)))
(table $t 1 funcref)
(elem (i32.const 0) $begin)
(func $begin)

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32)
  (drop (call_indirect $t (type $other) (i64.const 0) (i64.const 0) (i32.const 0)))
  (i32.const 0x2200))
