;; A component of somebody else's contract.

(component
  (instance $i)
  (export "acme:other/thing@1.0.0" (instance $i)))
