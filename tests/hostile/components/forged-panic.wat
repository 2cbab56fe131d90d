;; Executes `unreachable` after it has put records of panics into its memory: one of an impossible length, and one with control
;; characters and line breaks.

(data (i32.const 0x1200) "wardline-panic:1\ff\ff\ff\ff")
(data (i32.const 0x1240) "wardline-panic:1\20\00\00\00src/lib.rs:40:9:\0a\1b[2Jall is well")

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32) unreachable)
