;; `detect` executes `unreachable`.

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32) unreachable)
