//! Names as Windows compares them, and the paths that they are parts of.

pub(super) use wardline_upcase::{fold, same};

/// The parts of a Windows path or key; doubled and trailing separators count for nothing.
pub(super) fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split('\\').filter(|component| !component.is_empty())
}
