;; `describe` executes `unreachable`.

(func (export "describe") (result i32) unreachable)
