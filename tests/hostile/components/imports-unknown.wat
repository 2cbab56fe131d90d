;; Imports an interface that nobody has heard of, and a function without an interface.

(component
  (import "acme:back/door@1.0.0" (instance))
  (import "run" (func))
  (instance $i)
  (export "wardline:check/detection@0.1.0" (instance $i)))
