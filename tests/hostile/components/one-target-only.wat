;; Keeps to the contract except on the target whose name begins with `x`.

(func (export "detect") (param $name i32) (param i32 i32 i32 i32 i32) (result i32)
  (if (i32.eq (i32.load8_u (local.get $name)) (i32.const 0x78)) (then unreachable))
  (i32.const 0x2200))
