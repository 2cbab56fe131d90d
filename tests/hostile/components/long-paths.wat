;; Asks about registry keys with names of a million characters, which the host would have to compare with every scope.

(memory (export "memory") 40)

(data (i32.const 0x2220) (i32 2 0 0x20000 1000000 0 0 0 0))

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32)
  (memory.fill (i32.const 0x20000) (i32.const 0x5c) (i32.const 1000000))
  (i32.const 0x2200))
