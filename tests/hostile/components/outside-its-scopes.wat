;; Asks for a registry value that it did not declare.

(data (i32.const 0x1200) "HKLM\\SECURITY\\Policy")
(data (i32.const 0x2228) (i32 0x1200 20))
