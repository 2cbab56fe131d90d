;; Control characters, terminal escapes, text that reverses its direction and HTML in every string of its description, findings
;; and actions.

;; 0x1200: 36 bytes: clears the screen, names the window, begins a line of its own, reverses, closes a tag.
(data (i32.const 0x1200) "\1b[2J\1b]0;x\07\0d\0aPASSED\c2\9b31m\e2\80\ae</td><b>\00\08")

;; The version, the summary, and the check's title, column and explanation.
(data (i32.const 0x2008) (i32 0x1200 36))
(data (i32.const 0x2018) (i32 0x1200 36))
(data (i32.const 0x2050) (i32 0x1200 36))
(data (i32.const 0x2060) (i32 0x1200 36))
(data (i32.const 0x2070) (i32 0x1200 36))
;; A product, and a setting named `knob`: name, explanation, default (text).
(data (i32.const 0x2080) (i32 0x1200 36))
(data (i32.const 0x2038) (i32 0x2600 1))
(data (i32.const 0x2600) (i32 0x1240 4 0x1200 36 0 0 0x1200 36))
(data (i32.const 0x1240) "knob")
;; The finding's subject, summary and one row; grade critical, so that it is mended.
(data (i32.const 0x2328) (i32 1 0x1200 36))
(data (i32.const 0x2334) (i32 0))
(data (i32.const 0x2338) (i32 0x1200 36))
(data (i32.const 0x2340) (i32 0x2640 1))
(data (i32.const 0x2640) (i32 0x2650 1 0))
(data (i32.const 0x2650) (i32 0x1200 36))
;; A product that it found: name, version, service pack, subject.
(data (i32.const 0x2304) (i32 0x2660 1))
(data (i32.const 0x2660) (i32 0x1200 36 1 0x1200 36 1 0x1200 36 1 0x1200 36))
;; The manual step, its risk and its article.
(data (i32.const 0x2420) (i32 0x1200 36))
(data (i32.const 0x2464) (i32 1 0x1200 36 1 0x1200 36))
