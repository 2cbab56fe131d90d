;; Speaks a later version of the contract.

(component
  (instance $i)
  (export "wardline:check/detection@0.2.0" (instance $i)))
