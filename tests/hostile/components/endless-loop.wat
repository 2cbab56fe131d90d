;; `detect` loops for ever.

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32)
  (loop $again (br $again))
  unreachable)
