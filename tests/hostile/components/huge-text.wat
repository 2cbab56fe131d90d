;; Hands out a summary of twenty-five megabytes.

(memory (export "memory") 402)

(data (i32.const 0x2338) (i32 0x20000 0x1900000))

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32)
  (memory.fill (i32.const 0x20000) (i32.const 0x61) (i32.const 0x1900000))
  (i32.const 0x2300))
