;; A file of a few hundred bytes that wants a memory of four gigabytes from the start.

(memory (export "memory") 65536)
