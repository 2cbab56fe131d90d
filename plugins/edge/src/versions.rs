//! Versions of Edge, as opposed to other versions that documents name in their place.

use wardline_plugin::prelude::Update;

/// Removes from updates of Edge each fixed build that is not a version of Edge. Without it an update cannot be judged, but with
/// it, it would be judged wrongly.
pub(crate) fn remove_others(updates: &mut [Update]) {
    for row in updates.iter_mut().flat_map(|update| &mut update.applies_to) {
        if row.product.name.starts_with("Microsoft Edge (Chromium-based)") {
            row.fixed_build.take_if(|build| !is_of_edge(build));
        }
    }
}

/// Whether this is a version of Edge: four numbers, of which the second is 0. Documents also contain `145.3800.99`, and versions
/// of Chromium. The two count their builds differently: Chromium's third number is about 50 times the first, that of Edge less
/// than 30 times.
fn is_of_edge(version: &str) -> bool {
    let numbers: Option<Vec<u32>> = version.trim().split('.').map(|part| part.parse().ok()).collect();
    match numbers.as_deref() {
        Some([major, 0, build, _]) => *build < major.saturating_mul(45),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_of_edge_count() {
        for (version, expected) in [
            ("79.0.309.65", true),
            ("122.0.2365.92", true),
            ("148.0.3967.55", true),
            // Chromium's.
            ("79.0.3945.79", false),
            ("122.0.6261.148", false),
            ("148.0.7778.97", false),
            ("145.3800.99", false),
            ("10.0.19041.1348", false),
            ("146.0.3856", false),
            ("", false),
        ] {
            assert_eq!(is_of_edge(version), expected, "{version}");
        }
    }
}
