;; Few questions, each about as much as the host hands out at once: the answers would fill the host's memory, not the plugin's,
;; which throws them away.

(func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0x10000))

(memory (export "memory") 300)

;; 0x3000: one thousand times question.text (6) of 65,536 bytes of a file that it declared.
(data (i32.const 0x2094) (i32 0x1200 8))
(data (i32.const 0x2090) (i32 3))
(data (i32.const 0x1200) "C:\\a.txt")
(data (i32.const 0x2220) (i32 6 0 0x1200 8 0 0 0x10000 0))

(func (export "resume") (param i32 i32) (result i32) (call $ask))

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32) (call $ask))

(func $ask (result i32)
  (local $at i32)
  (local.set $at (i32.const 0x3000))
  (loop $next
    (memory.copy (local.get $at) (i32.const 0x2220) (i32.const 32))
    (local.set $at (i32.add (local.get $at) (i32.const 32)))
    (br_if $next (i32.lt_u (local.get $at) (i32.const 0x4900))))
  (i32.store (i32.const 0x2204) (i32.const 0x3000))
  (i32.store (i32.const 0x2208) (i32.const 200))
  (i32.const 0x2200))
