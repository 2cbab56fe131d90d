;; A summary that is not UTF-8.

(data (i32.const 0x1100) "\ff\fe\80")

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 0x2300))
