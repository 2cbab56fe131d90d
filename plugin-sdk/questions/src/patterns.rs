//! Patterns of paths: `*` within a component, `**` for any number of components.

use std::collections::HashSet;

/// The patterns of one kind of scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patterns {
    /// Folded paths without a wildcard, in a hash set because a policy may list any number of them.
    paths: HashSet<String>,
    wild: Vec<Pattern>,
}

impl Patterns {
    /// Adds `pattern`, which must be folded.
    pub(crate) fn add(&mut self, pattern: String) {
        if pattern.contains('*') {
            self.wild.push(Pattern::new(&pattern));
        } else {
            self.paths.insert(pattern);
        }
    }

    /// Whether any pattern matches `path`, which must be folded.
    pub(crate) fn match_path(&self, path: &str) -> bool {
        !path.is_empty() && (self.paths.contains(path) || self.wild.iter().any(|pattern| pattern.matches(path)))
    }

    /// Whether these patterns are certain to match everything that `pattern` matches. `pattern` must be folded.
    pub(crate) fn cover(&self, pattern: &str) -> bool {
        match pattern.contains('*') {
            false => self.match_path(pattern),
            true => {
                let other = Pattern::new(pattern);
                self.wild.iter().any(|own| own.components == other.components || own.holds_all_below(&other))
            }
        }
    }
}

/// A scope's pattern: `*` matches any characters within a component, `**` any number of components.
#[derive(Clone, Debug)]
struct Pattern {
    components: Vec<String>,
    /// The literal prefix of every matching path. Comparing it first rules out nearly all patterns at once; a plugin has dozens,
    /// and each of its questions is checked against all of them.
    literal: String,
}

impl Pattern {
    /// Parses `pattern`, which must be folded.
    fn new(pattern: &str) -> Self {
        let literal = pattern.split('*').next().unwrap_or_default();
        // `a\**` also matches `a` itself.
        let literal = literal.strip_suffix('\\').unwrap_or(literal).to_owned();
        Pattern { components: pattern.split('\\').map(str::to_owned).collect(), literal }
    }

    /// Whether this pattern is a folder followed by `**`, and everything that `other` matches is below that folder.
    fn holds_all_below(&self, other: &Pattern) -> bool {
        let Some((last, folder)) = self.components.split_last() else { return false };
        last == "**"
            && folder.iter().all(|component| !component.contains('*'))
            && other.components.len() > folder.len()
            && other.components.iter().zip(folder).all(|(theirs, own)| theirs == own)
    }

    /// Whether the pattern matches `path`, which must be folded.
    fn matches(&self, path: &str) -> bool {
        if path.is_empty() || !path.starts_with(&self.literal) {
            return false;
        }
        let mut components = path.split('\\');
        let mut own = self.components.as_slice();
        // Nearly all patterns are plain names with a wildcard at the end: this loop handles them without allocating.
        while let [first, rest @ ..] = own {
            if first == "**" {
                let remaining: Vec<&str> = components.collect();
                return rest.is_empty() || any_depth(rest, &remaining);
            }
            match components.next() {
                Some(component) if within_component(first, component) => own = rest,
                _ => return false,
            }
        }
        components.next().is_none()
    }
}

/// Matches components after a `**`. The work is bounded by the product of both lengths for each `**`; the greedy bookkeeping below
/// keeps only the last `**`.
fn any_depth(pattern: &[String], path: &[&str]) -> bool {
    let (mut at, mut place) = (0, 0);
    let mut back: (usize, usize) = (0, 0);
    loop {
        if at < pattern.len() && pattern[at] == "**" {
            at += 1;
            back = (at, place);
        } else if at < pattern.len() && place < path.len() && within_component(&pattern[at], path[place]) {
            at += 1;
            place += 1;
        } else if at == pattern.len() && place == path.len() {
            return true;
        } else if back.1 < path.len() {
            back.1 += 1;
            (at, place) = back;
        } else {
            return false;
        }
    }
}

/// Matches one component against a pattern with `*`. Each part between two `*` is matched at its first occurrence, which leaves the
/// most for the rest. For each part, the search takes at most the sum of the lengths.
fn within_component(pattern: &str, text: &str) -> bool {
    let Some((beginning, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(beginning) else { return false };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        match text.find(part) {
            Some(place) => text = &text[place + part.len()..],
            None => return false,
        }
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::folded_path;

    /// The definition, by exhaustive search.
    fn by_definition(pattern: &str, text: &str) -> bool {
        match pattern.strip_prefix('*') {
            Some(rest) => (0..=text.len()).any(|skipped| by_definition(rest, &text[skipped..])),
            None => match pattern.chars().next() {
                Some(first) => text.strip_prefix(first).is_some_and(|rest| by_definition(&pattern[1..], rest)),
                None => text.is_empty(),
            },
        }
    }

    proptest::proptest! {
        #[test]
        fn a_component_matches_by_the_definition(pattern in "[ab*]{0,8}", text in "[ab]{0,10}") {
            proptest::prop_assert_eq!(within_component(&pattern, &text), by_definition(&pattern, &text));
        }
    }

    #[test]
    fn patterns_match_as_documented() {
        for (pattern, path, expected) in [
            (r"HKLM\SOFTWARE\Microsoft\InetStp\**", r"hklm\software\microsoft\inetstp", true),
            (r"HKLM\SOFTWARE\Microsoft\InetStp\**", r"hklm\software\microsoft\inetstp\a\b", true),
            (r"HKLM\SOFTWARE\Microsoft\InetStp\**", r"hklm\software\microsoft\inetstp2", false),
            (r"HKLM\SOFTWARE\Microsoft\InetStp", r"hklm\software\microsoft\inetstp\a", false),
            (r"%windir%\system32\*.dll", r"%windir%\system32\ntdll.dll", true),
            (r"%windir%\system32\*.dll", r"%windir%\system32\inetsrv\a.dll", false),
            (r"%windir%\system32\*.dll", r"%windir%\system32\a.exe", false),
            (r"HKU\*\Software\Zones\*", r"hku\s-1-5-21\software\zones\3", true),
            (r"HKU\*\Software\Zones\*", r"hku\s-1-5-21\x\software\zones\3", false),
            (r"**\Binn\*.exe", r"c:\mssql7\binn\sqlservr.exe", true),
            (r"**\Binn\**\*.exe", r"c:\a\binn\b\binn\c\d.exe", true),
            (r"**\Binn\**\*.exe", r"c:\a\binn\b\binn\c\d.dll", false),
            (r"a*b*c", "axbxbx", false),
            (r"a*b*c", "axbxbxc", true),
            ("**", "anything", true),
            ("**", "", false),
            ("*", r"a\b", false),
        ] {
            assert_eq!(Pattern::new(&folded_path(pattern)).matches(path), expected, "{pattern} against {path}");
        }
    }
}
