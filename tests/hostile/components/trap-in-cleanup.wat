;; The function that the host calls after `detect`, to let the plugin free what it handed out, traps.

(func (export "after-detect") (param i32) unreachable)
