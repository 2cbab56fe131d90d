;; `cabi_realloc` traps while the host is putting a value into the plugin's memory.

(func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
