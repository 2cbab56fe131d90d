;; Asks for a registry value that it did not declare.

(data (i32.const 0x10d5) "SECURITY")
