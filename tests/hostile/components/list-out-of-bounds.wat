;; A list of four thousand million findings.

(data (i32.const 0x2310) (i32 0xffffffff))

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 0x2300))
