;; Terminal escapes in the name of an interface that it imports, which the refusal has to name.

(component
  (import "\1b[2Jacme:back/door\07\c2\9b31m\e2\80\ae" (instance))
  (instance $i)
  (export "wardline:check/detection@0.1.0" (instance $i)))
