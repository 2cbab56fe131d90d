;; Reads beyond the end of its memory, where the host's own might be.

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32)
  (i32.load (i32.const 0xfffffff0)))
