;; Exports the contract's interface without any of its functions.

(component
  (instance $i)
  (export "wardline:check/detection@0.1.0" (instance $i)))
