;; A finding about a check that it did not declare.

(data (i32.const 0x2320) (i32 0x1090 7))
