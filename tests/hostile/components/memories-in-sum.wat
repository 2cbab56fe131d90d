;; Four memories, none of which alone grows beyond the limit.

(memory $a 1)
(memory $b 1)
(memory $c 1)

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32)
  (drop (memory.grow (i32.const 200)))
  (drop (memory.grow $a (i32.const 200)))
  (drop (memory.grow $b (i32.const 200)))
  (drop (memory.grow $c (i32.const 200)))
  (i32.const 0x2200))
