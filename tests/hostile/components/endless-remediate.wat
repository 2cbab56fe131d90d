;; `remediate` loops for ever, after the findings were handed out.

(func (export "remediate") (param i32 i32) (result i32)
  (loop $again (br $again))
  unreachable)
