;; A small plugin that keeps to the contract. It asks for one registry value, and its one check passes if that is the number 5.
;;
;; Each hostile component is this one with other parts: a paragraph is left out where the hostile one exports something of
;; the same name, and data that comes later overwrites data at the same place. Records lie as the canonical ABI wants them;
;; `{name}` is the name of the component's file.

(memory (export "memory") 2)

(global $heap (mut i32) (i32.const 0x10000))

;; The texts, from 0x1000 on.
(data (i32.const 0x1000) "{name}")
(data (i32.const 0x1080) "0.1.0")
(data (i32.const 0x1090) "example")
(data (i32.const 0x10a0) "probe")
(data (i32.const 0x10b0) "What")
(data (i32.const 0x10c0) "Example *")
(data (i32.const 0x10d0) "HKLM\\SOFTWARE\\Example")
(data (i32.const 0x10f0) "Value")
(data (i32.const 0x1100) "It was looked at.")
(data (i32.const 0x1120) "Do nothing.")
(data (i32.const 0x1130) "Example Server")

;; 0x2000: description; 0x2040: its check; 0x2070: the check's column; 0x2080: its product; 0x2090: its scope.
(data (i32.const 0x2000) (i32 0x1000 {name-length} 0x1080 5 0x1090 7 0x1100 17 0x2040 1 0x2080 1 0x2090 1 0 0))
(data (i32.const 0x2040) (i32 0x10a0 5 0 0 0x10a0 5 0x2070 1 0x1100 17))
(data (i32.const 0x2070) (i32 0x10b0 4))
(data (i32.const 0x2080) (i32 0x10c0 9))
(data (i32.const 0x2090) (i32 1 0x10d0 21))

;; 0x2100: what prepare returns: ok.
(data (i32.const 0x2100) (i32 0 0 0))

;; 0x2200: step.ask of one question; 0x2220: the question, question.registry-value.
(data (i32.const 0x2200) (i32 0 0x2220 1))
(data (i32.const 0x2220) (i32 1 0 0x10d0 21 0x10f0 5 0 0))

;; 0x2300: step.done with an assessment; 0x2320: its finding: check, subject, grade (passed), summary, rows, evidence;
;; 0x2360: its evidence, question 0.
(data (i32.const 0x2300) (i32 1 0 0 0x2320 1 0 0))
(data (i32.const 0x2320) (i32 0x10a0 5 0 0 0 3 0x1100 17 0 0 0x2360 1))
(data (i32.const 0x2360) (i32 0))

;; 0x2400: the list of actions; 0x2410: the action: mends check 0 by a manual step (case 12).
(data (i32.const 0x2400) (i32 0x2410 1))
(data (i32.const 0x2410) (i32 0 0 12 0 0x1120 11))
(data (i32.const 0x2480) (i32 0))

(func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
  (local $place i32)
  (local.set $place
    (i32.and (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
             (i32.sub (i32.const 0) (local.get $align))))
  (global.set $heap (i32.add (local.get $place) (local.get $size)))
  (block $roomy
    (br_if $roomy (i32.le_u (global.get $heap) (i32.mul (memory.size) (i32.const 0x10000))))
    (br_if $roomy
      (i32.ne (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1))) (i32.const -1)))
    unreachable)
  (memory.copy (local.get $place) (local.get $old) (local.get $old-size))
  (local.get $place))

(func (export "describe") (result i32) (i32.const 0x2000))

(func (export "prepare") (param i32 i32) (result i32) (i32.const 0x2100))

(func (export "detect") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 0x2200))

;; The answer is `known` (0) of a fact `registry-value` (1) of `dword` (4) 5, or the check fails (grade 0, critical).
(func (export "resume") (param $answers i32) (param $number i32) (result i32)
  (if (i32.ne (i32.load offset=24 (local.get $answers)) (i32.const 5))
    (then (i32.store8 (i32.const 0x2334) (i32.const 0))))
  (i32.const 0x2300))

(func (export "remediate") (param i32 i32) (result i32) (i32.const 0x2400))
