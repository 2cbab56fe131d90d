;; Burns time with instructions that do much at once: it fills all of a large memory, again and again.

(memory (export "memory") 400)

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32)
  (loop $again
    (memory.fill (i32.const 0x20000) (i32.const 1) (i32.const 0x1800000))
    (br $again))
  unreachable)
