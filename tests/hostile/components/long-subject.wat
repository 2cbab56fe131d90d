;; Hands out a name of one megabyte where a few words are expected: enough of these would fill a report.

(memory (export "memory") 20)

(data (i32.const 0x2328) (i32 1 0x20000 0x100000))
;; No evidence, for it asked nothing.
(data (i32.const 0x234c) (i32 0))

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32)
  (memory.fill (i32.const 0x20000) (i32.const 0x61) (i32.const 0x100000))
  (i32.const 0x2300))
