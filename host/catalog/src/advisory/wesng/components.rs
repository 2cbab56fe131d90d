//! The product that a row is about: two columns in the oldest rows, from the publisher's list of bulletins.
//!
//! That list names Windows as the product and what is updated on it as the component, `Microsoft .NET Framework 4.5.2`. Documents, and
//! with them most rows, have one product for both, `Microsoft .NET Framework 4.5.2 on Windows Server 2012 R2`; their component is a tag
//! of the vulnerability, `.NET Framework`, and names no version. The list of March 2017 has some rows with the columns exchanged.

use super::super::names;

/// How components begin that are products of their own, which a machine may have in another version or not at all, and how documents
/// name them. A version follows. What else has a version is a part of Windows or of what comes with it (`Microsoft XML Core Services
/// 3.0`, `VBScript 5.8`, `Windows Media Player 11`): a machine of that Windows has it, and its updates are those of Windows. So are those
/// of .NET Framework 1.0 and 1.1, which no document names.
const VERSIONED: [(&str, &str); 4] = [
    ("Internet Explorer ", INTERNET_EXPLORER),
    ("Windows Internet Explorer ", INTERNET_EXPLORER),
    ("Microsoft Internet Explorer ", INTERNET_EXPLORER),
    ("Microsoft .NET Framework ", "Microsoft .NET Framework "),
];
const INTERNET_EXPLORER: &str = "Internet Explorer ";
/// Comes with Windows from 8 on, and has updates of its own.
const FLASH: &str = "Adobe Flash Player";

/// Whether a component can change what a row is for.
pub(super) fn matters(component: &str) -> bool {
    let component = names::product(component);
    on_windows(&component).is_some() || is_windows(&component)
}

/// Returns the name that documents have for a product and a component, or `None` if it is the product's.
pub(super) fn product(product: &str, component: &str) -> Option<String> {
    let (product, component) = (names::product(product), names::product(component));
    let (name, windows) = match on_windows(&component) {
        Some(name) => (name, product),
        None => (on_windows(&product)?, component),
    };
    is_windows(&windows).then(|| format!("{name} on {windows}"))
}

/// Returns the documents' name of a product that is installed on Windows.
fn on_windows(component: &str) -> Option<String> {
    if component.eq_ignore_ascii_case(FLASH) {
        return Some(FLASH.to_owned());
    }
    VERSIONED.iter().find_map(|(written, name)| {
        let version = without_prefix(component, written)
            .filter(|version| starts_with_digit(version) && !version.contains(" on "))
            .filter(|version| *name == INTERNET_EXPLORER || !version.starts_with("1."))?;
        // Of the others, documents leave out no zero.
        match version.split_once(".0").filter(|(major, rest)| *name == INTERNET_EXPLORER && ends_number(major, rest)) {
            Some((major, rest)) => Some(format!("{name}{major}{rest}")),
            None => Some(format!("{name}{version}")),
        }
    })
}

/// Whether `major` is all digits, and what follows `.0` is no part of the number.
fn ends_number(major: &str, rest: &str) -> bool {
    major.bytes().all(|byte| byte.is_ascii_digit()) && (rest.is_empty() || rest.starts_with(' '))
}

/// Whether a name is that of a release of Windows, and of nothing that is installed on it.
fn is_windows(name: &str) -> bool {
    let name = without_prefix(name, "Microsoft ").unwrap_or(name);
    without_prefix(name, "Windows ").is_some_and(|release| {
        let word = release.split([' ', ',']).next().unwrap_or_default();
        let is_release = starts_with_digit(word)
            || ["Server", "Vista", "XP", "RT"].iter().any(|known| word.eq_ignore_ascii_case(known));
        is_release && !release.contains(" on ")
    })
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
}

/// Like `str::strip_prefix`, whatever the capitals.
fn without_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_component_with_a_version_of_its_own_is_the_product() {
        for (written, component, expected) in [
            (
                "Windows 7 for x64-based Systems Service Pack 1",
                "Microsoft .NET Framework 4.5/4.5.1/4.5.2",
                "Microsoft .NET Framework 4.5/4.5.1/4.5.2 on Windows 7 for x64-based Systems Service Pack 1",
            ),
            (
                "Windows Vista Service Pack 2",
                "Internet Explorer 9 ",
                "Internet Explorer 9 on Windows Vista Service Pack 2",
            ),
            (
                "Windows Server 2012 R2",
                "Windows Internet Explorer 11",
                "Internet Explorer 11 on Windows Server 2012 R2",
            ),
            (
                "Microsoft Windows XP Service Pack 3",
                "Microsoft Internet Explorer 6.0",
                "Internet Explorer 6 on Microsoft Windows XP Service Pack 3",
            ),
            (
                "Microsoft Windows 2000 Service Pack 4",
                "Microsoft Internet Explorer 6.0 Service Pack 1",
                "Internet Explorer 6 Service Pack 1 on Microsoft Windows 2000 Service Pack 4",
            ),
            (
                "Microsoft Windows 2000 Service Pack 4",
                "Microsoft Internet Explorer 5.01 Service Pack 4",
                "Internet Explorer 5.01 Service Pack 4 on Microsoft Windows 2000 Service Pack 4",
            ),
            ("Windows Vista", "Microsoft .NET Framework 2.0", "Microsoft .NET Framework 2.0 on Windows Vista"),
            (
                "Windows 8.1 for 32-bit systems",
                "Adobe Flash Player",
                "Adobe Flash Player on Windows 8.1 for 32-bit systems",
            ),
            // The columns are exchanged.
            ("Internet Explorer 11", "Windows RT 8.1", "Internet Explorer 11 on Windows RT 8.1"),
        ] {
            assert!(matters(component), "{component}");
            assert_eq!(product(written, component).as_deref(), Some(expected));
        }
    }

    #[test]
    fn parts_of_windows_and_tags_change_nothing() {
        let windows = "Windows Server 2008 R2 for x64-based Systems Service Pack 1";
        for (written, component) in [
            (windows, ""),
            (windows, "Windows DNS Server"),
            (windows, "Windows 32k"),
            (windows, ".NET Framework"),
            (windows, "Internet Explorer"),
            (windows, "Microsoft Edge"),
            (windows, "VBScript 5.8"),
            (windows, "Microsoft .NET Framework 1.1 Service Pack 1"),
            (windows, "Microsoft XML Core Services 3.0"),
            (windows, "Microsoft .NET Framework"),
            (windows, windows),
            ("Microsoft .NET Framework 3.5 on Windows Server 2012 R2", ".NET Framework"),
            ("Internet Explorer 11 on Windows Server 2012 R2", "Internet Explorer"),
            ("Internet Explorer 11 on Windows Server 2012 R2", "Internet Explorer 11"),
            ("Adobe Flash Player on Windows 8.1 for 32-bit systems", "Adobe Flash Player"),
            ("Microsoft Office 2010 Service Pack 2 (32-bit editions)", "Microsoft Excel 2010 Service Pack 2"),
            ("Microsoft Edge", "Windows 10 for x64-based Systems"),
            ("Microsoft XML Core Services 4.0", "Windows 7 for x64-based Systems"),
            ("Windows Defender on Windows 7 for x64-based Systems", "Internet Explorer 9"),
        ] {
            assert_eq!(product(written, component), None, "{written}, {component}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// A component that does not matter changes no product, a new name keeps both parts, and it is not made into another.
        #[test]
        fn only_components_that_matter_change_products(
            written in "(Windows|Microsoft Windows|Internet Explorer|Microsoft .NET Framework|é)( |  )(7|6\\.0|Server|on|ß){0,2}",
            component in "(Windows|Microsoft|Internet Explorer|windows internet explorer|Adobe Flash Player|é){0,2} ?(7|6\\.0|Vista|ß)?",
        ) {
            match product(&written, &component) {
                Some(name) => {
                    prop_assert!(matters(&component));
                    prop_assert!(name.split_once(" on ").is_some_and(|(_, windows)| is_windows(windows)), "{}", name);
                    prop_assert_eq!(product(&name, &component), None);
                }
                None => prop_assert!(!(matters(&component) && is_windows(&component) && on_windows(&written).is_some())),
            }
        }
    }
}
