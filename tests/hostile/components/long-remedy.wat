;; Hands out an instruction of one megabyte.

(memory (export "memory") 20)

(data (i32.const 0x2420) (i32 0x20000 0x100000))

(func (export "remediate") (param i32 i32) (result i32)
  (memory.fill (i32.const 0x20000) (i32.const 0x61) (i32.const 0x100000))
  (i32.const 0x2400))
