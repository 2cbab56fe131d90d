;; Reports an update as installed that it was not given.

(data (i32.const 0x2314) (i32 0x2500 1))
(data (i32.const 0x2500) (i32 4711 0x1130 14 0 0 0 1 0x1100 17 0 0 0 0 0))
