;; Wants a table of a million elements from the start.

(table $t 1000000 funcref)
