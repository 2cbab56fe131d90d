;; Calls itself until the stack ends.

(func $descend (param i64) (result i64)
  (i64.add (call $descend (i64.add (local.get 0) (i64.const 1))) (local.get 0)))

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32)
  (drop (call $descend (i64.const 0)))
  unreachable)
