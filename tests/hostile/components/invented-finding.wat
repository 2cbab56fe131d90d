;; An action that mends a finding that there is not.

(data (i32.const 0x2414) (i32 5))
