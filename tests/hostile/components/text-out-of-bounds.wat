;; A summary that lies beyond the end of its memory.

(data (i32.const 0x2338) (i32 0x1ffff 16))

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 0x2300))
