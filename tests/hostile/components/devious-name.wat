;; Calls itself `../../etc` in its description.

(data (i32.const 0x2000) (i32 0x1200 9))
(data (i32.const 0x1200) "../../etc")
