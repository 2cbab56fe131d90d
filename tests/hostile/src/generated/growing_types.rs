//! Sixty types, each a pair of the one before: written down in full, the last has more fields than there are atoms in a glass
//! of water.

use std::fmt::Write as _;

pub(crate) fn component() -> Vec<u8> {
    let mut text = String::from("(component (type $t0 (tuple u8 u8))");
    for depth in 1..60 {
        // Writing to a string cannot fail.
        let _ = write!(text, "(type $t{depth} (tuple $t{0} $t{0}))", depth - 1);
    }
    (text + r#"(export "wide" (type $t59))"# + super::EMPTY_INTERFACE + ")").into_bytes()
}
