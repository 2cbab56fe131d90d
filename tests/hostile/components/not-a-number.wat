;; Tries to tell processors apart by the bits of a result that is not a number.

(func (export "resume") (param i32 i32) (result i32)
  (local $bits i32) (local $zero f32)
  (local.set $bits (i32.reinterpret_f32 (f32.div (local.get $zero) (local.get $zero))))
  (if (i32.ne (local.get $bits) (i32.const 0x7fc00000))
    (then (i32.store8 (i32.const 0x2334) (i32.const 0))))
  (i32.const 0x2300))
