;; Names a question as evidence that it never asked.

(data (i32.const 0x2360) (i32 7))
