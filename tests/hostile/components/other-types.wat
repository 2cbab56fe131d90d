;; Exports functions of the contract's names, none of which has the contract's type.

(component
  (core module $m (func (export "f")))
  (core instance $c (instantiate $m))
  (func $f (canon lift (core func $c "f")))
  (instance $i
    (export "describe" (func $f)) (export "prepare" (func $f))
    (export "detect" (func $f)) (export "resume" (func $f)))
  (export "wardline:check/detection@0.1.0" (instance $i)))
