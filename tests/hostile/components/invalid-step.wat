;; A step that neither asks nor is done.

(data (i32.const 0x2200) (i32 7))
