;; A row of two cells for a check that has one column.

(data (i32.const 0x2340) (i32 0x2500 1))
(data (i32.const 0x2500) (i32 0x2510 2 0))
(data (i32.const 0x2510) (i32 0x1100 17 0x1100 17))
