;; Imports WASI's clock and file system.

(component
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance))
  (import "wasi:filesystem/preopens@0.2.0" (instance))
  (instance $i)
  (export "wardline:check/detection@0.1.0" (instance $i)))
