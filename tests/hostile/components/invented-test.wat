;; Reports the tenth test of an update that has one.

(data (i32.const 0x2314) (i32 0x2500 1))
(data (i32.const 0x2500) (i32 3 0x1130 14 0 0 0 1 0x1100 17 0x2540 1 0 0 0))
;; subject registry(9), passed, no evidence
(data (i32.const 0x2540) (i32 0 9 0 0 0))
