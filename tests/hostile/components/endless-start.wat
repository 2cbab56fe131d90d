;; The core module's start function loops for ever, before any function of the contract is called.

(func $begin (loop $again (br $again)))

(start $begin)
