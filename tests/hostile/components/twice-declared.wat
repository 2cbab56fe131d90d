;; Declares the same check twice.

(data (i32.const 0x2024) (i32 2))

(func (export "describe") (result i32)
  (i32.store (i32.const 0x2020) (i32.const 0x2600))
  (memory.copy (i32.const 0x2600) (i32.const 0x2040) (i32.const 40))
  (memory.copy (i32.const 0x2628) (i32.const 0x2600) (i32.const 40))
  (i32.const 0x2000))
