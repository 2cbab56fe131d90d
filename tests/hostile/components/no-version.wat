;; Names no version of the contract.

(component
  (instance $i)
  (export "wardline:check/detection" (instance $i)))
