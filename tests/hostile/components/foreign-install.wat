;; An action that installs an update that it was not given.

;; mends check 0; install-update (case 0) of update 4711.
(data (i32.const 0x2410) (i32 0 0 0 0 4711 0x1100 17 0 0 0 0 0))
