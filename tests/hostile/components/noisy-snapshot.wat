;; Fills its memory in `prepare` with what cannot be compressed, so that the host would have to keep as much on disk.

(func (export "prepare") (param i32 i32) (result i32)
  (local $at i32) (local $noise i64)
  (drop (memory.grow (i32.const 400)))
  (local.set $at (i32.const 0x20000))
  (local.set $noise (i64.const 88172645463325252))
  (loop $next
    (local.set $noise (i64.xor (local.get $noise) (i64.shl (local.get $noise) (i64.const 13))))
    (local.set $noise (i64.xor (local.get $noise) (i64.shr_u (local.get $noise) (i64.const 7))))
    (local.set $noise (i64.xor (local.get $noise) (i64.shl (local.get $noise) (i64.const 17))))
    (i64.store (local.get $at) (local.get $noise))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br_if $next (i32.lt_u (local.get $at) (i32.const 0x1800000))))
  (i32.const 0x2100))
