//! Name comparison as Windows does it, and the components of paths.

pub(super) use wardline_upcase::{fold, same};

/// Splits a Windows path or key into its components; repeated and trailing separators are ignored.
pub(super) fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split('\\').filter(|component| !component.is_empty())
}
