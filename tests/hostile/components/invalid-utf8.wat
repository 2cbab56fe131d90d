;; A summary that is not UTF-8.

(data (i32.const 0x1200) "\ff\fe\80")
(data (i32.const 0x2338) (i32 0x1200 3))

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 0x2300))
