;; The function that the host calls after `detect`, to let the plugin free what it handed out, loops for ever.

(func (export "after-detect") (param i32)
  (loop $again (br $again)))
