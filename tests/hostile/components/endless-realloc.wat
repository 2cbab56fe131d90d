;; `cabi_realloc`, which the host calls to put the updates into the plugin's memory, loops for ever.

(func (export "realloc") (param i32 i32 i32 i32) (result i32)
  (loop $again (br $again))
  unreachable)
