;; A list whose length in bytes is small only if it is computed with 32 bits.

(data (i32.const 0x2310) (i32 0x5555556))

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 0x2300))
