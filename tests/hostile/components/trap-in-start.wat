;; The core module's start function traps.

(func $begin unreachable)

(start $begin)
