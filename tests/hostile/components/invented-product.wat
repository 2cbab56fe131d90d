;; Reports an update that it was given as installed, for a product that the update does not apply to.

(data (i32.const 0x2314) (i32 0x2500 1))
(data (i32.const 0x2500) (i32 3 0x1090 7 0 0 0 1 0x1100 17 0 0 0 0 0))
