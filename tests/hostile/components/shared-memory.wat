;; Wants a memory that several threads share, from which a clock could be made.

(memory $shared 1 2 shared)

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32)
  (drop (i32.atomic.rmw.add $shared (i32.const 0) (i32.const 1)))
  (i32.const 0x2200))
