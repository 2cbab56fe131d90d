//! A list of lists of lists, ten thousand deep: whoever walks it by calling itself runs out of stack.

use std::fmt::Write as _;

pub(crate) fn component() -> Vec<u8> {
    let mut text = String::from("(component (type $t0 (list u8))");
    for depth in 1..10_000 {
        // Writing to a string cannot fail.
        let _ = write!(text, "(type $t{depth} (list $t{}))", depth - 1);
    }
    (text + r#"(export "deep" (type $t9999))"# + super::EMPTY_INTERFACE + ")").into_bytes()
}
