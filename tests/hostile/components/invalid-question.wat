;; A question that the contract does not have.

(data (i32.const 0x2220) (i32 200))
