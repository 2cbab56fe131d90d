;; Imports a whole core module, to be linked with what the plugin itself brings.

(component
  (import "libc" (core module (export "memory" (memory 1))))
  (instance $i)
  (export "wardline:check/detection@0.1.0" (instance $i)))
