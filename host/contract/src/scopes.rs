//! The questions a plugin may ask: those it declared, and nothing else.

use std::collections::HashSet;

use crate::names::{folded_key, folded_path, has_dot_segments};
use crate::{Description, Question, Scope, Update};

/// A plugin's declared scopes, in a form that is quick to check against.
///
/// ```
/// use wardline_contract::{Description, Question, Scope};
/// use wardline_contract::scopes::Scopes;
///
/// let scopes = Scopes::from_scopes(&[Scope::Registry(r"HKLM\SOFTWARE\Microsoft\InetStp\**".into())], &[]);
/// assert!(scopes.check(&Question::RegistryKey(r"hklm\software\microsoft\inetstp\Components".into())).is_ok());
/// assert!(scopes.check(&Question::RegistryKey(r"HKLM\SAM".into())).is_err());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Scopes {
    registry: Patterns,
    files: Patterns,
    texts: Patterns,
    whole: HashSet<Whole>,
    /// Whether `updates` is among the scopes.
    updates: bool,
    update_files: HashSet<String>,
    /// The folders that contain `update_files`.
    update_folders: HashSet<String>,
    update_values: HashSet<(String, String)>,
}

/// Facts that are requested as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Whole {
    System,
    Services,
    Accounts,
    Groups,
    Shares,
    Volumes,
    AuditPolicy,
    PasswordPolicy,
    Profiles,
    Permissions,
}

impl Scopes {
    /// Creates the scopes that a plugin declared, given the updates it was prepared with.
    pub fn new(description: &Description, updates: &[Update]) -> Self {
        Scopes::from_scopes(&description.scopes, updates)
    }

    pub fn from_scopes(declared: &[Scope], updates: &[Update]) -> Self {
        let mut scopes = Scopes::default();
        for scope in declared {
            let whole = match scope {
                Scope::Registry(pattern) => {
                    scopes.registry.add(folded_key(pattern));
                    continue;
                }
                Scope::File(pattern) => {
                    scopes.files.add(folded_path(pattern));
                    continue;
                }
                Scope::Text(pattern) => {
                    scopes.texts.add(folded_path(pattern));
                    continue;
                }
                Scope::Updates => {
                    scopes.updates = true;
                    for update in updates {
                        for test in &update.files {
                            let path = folded_path(&test.path);
                            if let Some((folder, _)) = path.rsplit_once('\\')
                                && !scopes.update_folders.contains(folder)
                            {
                                scopes.update_folders.insert(folder.to_owned());
                            }
                            scopes.update_files.insert(path);
                        }
                        scopes.update_values.extend(
                            update.registry.iter().map(|test| (folded_key(&test.key), test.name.to_lowercase())),
                        );
                    }
                    continue;
                }
                Scope::System => Whole::System,
                Scope::Services => Whole::Services,
                Scope::Accounts => Whole::Accounts,
                Scope::Groups => Whole::Groups,
                Scope::Shares => Whole::Shares,
                Scope::Volumes => Whole::Volumes,
                Scope::AuditPolicy => Whole::AuditPolicy,
                Scope::PasswordPolicy => Whole::PasswordPolicy,
                Scope::Profiles => Whole::Profiles,
                Scope::Permissions => Whole::Permissions,
            };
            scopes.whole.insert(whole);
        }
        scopes
    }

    /// Whether every question that `scope` allows is certain to be allowed by these scopes. Returns `false` if the text of the
    /// patterns does not settle it.
    ///
    /// ```
    /// use wardline_contract::Scope;
    /// use wardline_contract::scopes::Scopes;
    ///
    /// let declared = Scopes::from_scopes(&[Scope::Registry(r"HKLM\SOFTWARE\Acme\**".into())], &[]);
    /// assert!(declared.cover(&Scope::Registry(r"hklm\software\acme\Agent\*".into())));
    /// assert!(!declared.cover(&Scope::Registry(r"HKLM\SOFTWARE\**".into())));
    /// assert!(!declared.cover(&Scope::Accounts));
    /// ```
    pub fn cover(&self, scope: &Scope) -> bool {
        match scope {
            Scope::Registry(pattern) => self.registry.cover(&folded_key(pattern)),
            Scope::File(pattern) => self.files.cover(&folded_path(pattern)),
            Scope::Text(pattern) => self.texts.cover(&folded_path(pattern)),
            Scope::Updates => self.updates,
            Scope::System => self.whole.contains(&Whole::System),
            Scope::Services => self.whole.contains(&Whole::Services),
            Scope::Accounts => self.whole.contains(&Whole::Accounts),
            Scope::Groups => self.whole.contains(&Whole::Groups),
            Scope::Shares => self.whole.contains(&Whole::Shares),
            Scope::Volumes => self.whole.contains(&Whole::Volumes),
            Scope::AuditPolicy => self.whole.contains(&Whole::AuditPolicy),
            Scope::PasswordPolicy => self.whole.contains(&Whole::PasswordPolicy),
            Scope::Profiles => self.whole.contains(&Whole::Profiles),
            Scope::Permissions => self.whole.contains(&Whole::Permissions),
        }
    }

    /// Checks whether a question is within these scopes.
    ///
    /// # Errors
    ///
    /// The reason, for the answer `denied`.
    pub fn check(&self, question: &Question) -> Result<(), String> {
        let allowed = match question {
            Question::RegistryValue(value) => {
                let key = plain_key(&value.key)?;
                self.registry.match_path(&key)
                    || (!self.update_values.is_empty()
                        && self.update_values.contains(&(key, value.name.to_lowercase())))
            }
            Question::RegistryKey(key) => self.registry.match_path(&plain_key(key)?),
            Question::File(path) => {
                let path = plain(path)?;
                self.update_files.contains(&path) || self.files.match_path(&path)
            }
            Question::FileVersion(path) => {
                let path = plain(path)?;
                let beside = path.rsplit_once('\\').is_some_and(|(folder, _)| self.update_folders.contains(folder));
                beside || self.update_files.contains(&path) || self.files.match_path(&path)
            }
            Question::Directory(path) => self.files.match_path(&plain(path)?),
            Question::Text(range) => self.texts.match_path(&plain(&range.path)?),
            Question::RegistryPermissions(key) => {
                self.whole.contains(&Whole::Permissions) && self.registry.match_path(&plain_key(key)?)
            }
            Question::FilePermissions(path) => {
                self.whole.contains(&Whole::Permissions) && self.files.match_path(&plain(path)?)
            }
            Question::System => self.whole.contains(&Whole::System),
            Question::Service(_) | Question::Services => self.whole.contains(&Whole::Services),
            Question::Accounts => self.whole.contains(&Whole::Accounts),
            Question::Groups => self.whole.contains(&Whole::Groups),
            Question::Shares => self.whole.contains(&Whole::Shares),
            Question::Volumes => self.whole.contains(&Whole::Volumes),
            Question::AuditPolicy => self.whole.contains(&Whole::AuditPolicy),
            Question::PasswordPolicy => self.whole.contains(&Whole::PasswordPolicy),
            Question::Profiles => self.whole.contains(&Whole::Profiles),
        };
        if allowed { Ok(()) } else { Err("the plugin does not declare that it asks this".to_owned()) }
    }
}

/// Folds a file path, or fails if its text does not say where it leads.
fn plain(path: &str) -> Result<String, String> {
    direct(path).map(folded_path)
}

/// Folds a registry key path, or fails if its text does not say where it leads.
fn plain_key(path: &str) -> Result<String, String> {
    direct(path).map(folded_key)
}

fn direct(path: &str) -> Result<&str, String> {
    match has_dot_segments(path) {
        true => Err("a path with . or .. in it is not looked up".to_owned()),
        false => Ok(path),
    }
}

/// The patterns of one kind of scope.
#[derive(Clone, Debug, Default)]
struct Patterns {
    /// Folded paths without a wildcard, in a hash set because a policy may list any number of them.
    paths: HashSet<String>,
    wild: Vec<Pattern>,
}

impl Patterns {
    /// Adds `pattern`, which must be folded.
    fn add(&mut self, pattern: String) {
        if pattern.contains('*') {
            self.wild.push(Pattern::new(&pattern));
        } else {
            self.paths.insert(pattern);
        }
    }

    /// Whether any pattern matches `path`, which must be folded.
    fn match_path(&self, path: &str) -> bool {
        !path.is_empty() && (self.paths.contains(path) || self.wild.iter().any(|pattern| pattern.matches(path)))
    }

    /// Whether these patterns are certain to match everything that `pattern` matches. `pattern` must be folded.
    fn cover(&self, pattern: &str) -> bool {
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
    use crate::{Change, FileTest, RegistryValueName, Severity, TextRange};

    fn value(key: &str, name: &str) -> Question {
        Question::RegistryValue(RegistryValueName { key: key.into(), name: name.into() })
    }

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

    #[test]
    fn a_scope_covers_only_what_it_surely_allows() {
        for (declared, other, expected) in [
            (r"HKLM\SOFTWARE\Acme\**", r"HKLM\SOFTWARE\Acme", true),
            (r"HKLM\SOFTWARE\Acme\**", r"hklm\\software\\acme\a\b", true),
            (r"HKLM\SOFTWARE\Acme\**", r"HKLM\SOFTWARE\Acme/a", false),
            (r"HKLM\SOFTWARE\Acme\**", r"HKLM\SOFTWARE\Acme\*\b", true),
            (r"HKLM\SOFTWARE\Acme\**", r"HKLM\SOFTWARE\Acme\**", true),
            (r"HKLM\SOFTWARE\Acme\**", r"HKLM\SOFTWARE\Acm*\a", false),
            (r"HKLM\SOFTWARE\Acme\**", r"HKLM\SOFTWARE\**", false),
            (r"HKLM\SOFTWARE\Acme\**", r"**", false),
            (r"HKLM\SOFTWARE\*", r"HKLM\SOFTWARE\Acme", true),
            (r"HKLM\SOFTWARE\*", r"HKLM\SOFTWARE\*", true),
            (r"HKLM\SOFTWARE\*", r"HKLM\SOFTWARE\A*", false),
            (r"HKU\*\**", r"HKU\*\Software\*", false),
            (r"**", r"HKLM\*", true),
            (r"HKLM\SOFTWARE\Acme", r"HKLM\SOFTWARE\Acme", true),
            (r"HKLM\SOFTWARE\Acme", r"HKLM\SOFTWARE\Acme\**", false),
        ] {
            let scopes = Scopes::from_scopes(&[Scope::Registry(declared.into())], &[]);
            assert_eq!(scopes.cover(&Scope::Registry(other.into())), expected, "{declared} and {other}");
            assert!(!scopes.cover(&Scope::File(other.into())) && !scopes.cover(&Scope::Updates));
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_covered_is_allowed(
            declared in "(a|b|\\*|\\*\\*)(\\\\(a|b|a\\*|\\*|\\*\\*)){0,3}",
            other in "(a|b|\\*|\\*\\*)(\\\\(a|b|a\\*|\\*|\\*\\*)){0,3}",
            path in "(a|b)(\\\\(a|b|ab|c)){0,4}",
        ) {
            let scopes = |pattern: &str| Scopes::from_scopes(&[Scope::Registry(pattern.into())], &[]);
            let question = Question::RegistryKey(path);
            if scopes(&declared).cover(&Scope::Registry(other.clone())) && scopes(&other).check(&question).is_ok() {
                proptest::prop_assert!(scopes(&declared).check(&question).is_ok());
            }
        }
    }

    #[test]
    fn nothing_is_allowed_that_was_not_declared() {
        let scopes = Scopes::from_scopes(&[], &[]);
        for question in [
            Question::System,
            value("HKLM", "x"),
            Question::RegistryKey("HKLM".into()),
            Question::File(r"%windir%\a".into()),
            Question::FileVersion(r"%windir%\a".into()),
            Question::Directory(r"%windir%".into()),
            Question::Text(TextRange { path: r"C:\a".into(), offset: 0, length: 1 }),
            Question::Service("x".into()),
            Question::Services,
            Question::Accounts,
            Question::Groups,
            Question::Shares,
            Question::Volumes,
            Question::AuditPolicy,
            Question::PasswordPolicy,
            Question::Profiles,
            Question::RegistryPermissions("HKLM".into()),
            Question::FilePermissions(r"C:\".into()),
        ] {
            assert!(scopes.check(&question).is_err(), "{question:?}");
        }
    }

    #[test]
    fn no_path_leads_around_a_pattern() {
        let scopes = Scopes::from_scopes(&[Scope::File(r"%windir%\system32\**".into())], &[]);
        assert!(scopes.check(&Question::File(r"%SystemRoot%\\System32/a.dll".into())).is_ok());
        assert!(scopes.check(&Question::File(r"%windir%\system32\..\..\secret".into())).is_err());
        assert!(scopes.check(&Question::File(r"%windir%/system32/./../x".into())).is_err());
        assert!(
            scopes
                .check(&Question::Text(TextRange { path: r"%windir%\system32\a".into(), offset: 0, length: 1 }))
                .is_err()
        );
    }

    #[test]
    fn a_slash_makes_another_key_and_the_same_file() {
        let scopes = |path: &str| Scopes::from_scopes(&[Scope::Registry(path.into()), Scope::File(path.into())], &[]);
        for (declared, asked, key, file) in [
            (r"HKLM\SOFTWARE\Acme\*", r"HKLM\SOFTWARE\Acme/Secret", false, true),
            (r"HKLM\SOFTWARE\Acme\Secret", r"HKLM\SOFTWARE\Acme/Secret", false, true),
            (r"HKLM\SOFTWARE\*", r"HKLM\SOFTWARE\Acme/Secret", true, false),
            (r"HKLM\Ciphers\RC4 128/128", r"hklm\ciphers\rc4 128/128", true, true),
            (r"HKLM\Ciphers\RC4 128/128", r"HKLM\Ciphers\RC4 128\128", false, true),
        ] {
            let scopes = scopes(declared);
            assert_eq!(scopes.check(&Question::RegistryKey(asked.into())).is_ok(), key, "{declared}, {asked}");
            assert_eq!(scopes.check(&value(asked, "x")).is_ok(), key, "{declared}, {asked}");
            assert_eq!(scopes.check(&Question::File(asked.into())).is_ok(), file, "{declared}, {asked}");
        }
    }

    #[test]
    fn beside_the_files_of_updates_only_versions_are_told() {
        let test = FileTest {
            path: r"%windir%\system32\ntdll.dll".into(),
            change: Change::Replace,
            version: None,
            alternates: Vec::new(),
            checksum: None,
            size: None,
        };
        let update = Update {
            number: 1,
            bulletin: String::new(),
            article: String::new(),
            title: String::new(),
            package: String::new(),
            url: None,
            posted: None,
            severity: Severity::Unrated,
            cves: Vec::new(),
            restart: true,
            applies_to: Vec::new(),
            files: vec![test],
            registry: Vec::new(),
            superseded_by: Vec::new(),
            notes: Vec::new(),
            language: None,
        };
        let scopes = Scopes::from_scopes(&[Scope::Updates], std::slice::from_ref(&update));
        let allowed = |question: Question| scopes.check(&question).is_ok();
        assert!(allowed(Question::File(r"%SystemRoot%\System32\NTDLL.DLL".into())));
        assert!(allowed(Question::FileVersion(r"%windir%\system32\SET1A.tmp".into())));
        assert!(!allowed(Question::File(r"%windir%\system32\SET1A.tmp".into())));
        assert!(!allowed(Question::FileVersion(r"%windir%\system32\config\SAM".into())));
        assert!(!allowed(Question::FileVersion(r"%windir%\system32\..\x".into())));
        assert!(!allowed(Question::Directory(r"%windir%\system32".into())));
        assert!(
            Scopes::from_scopes(&[], &[update]).check(&Question::FileVersion(r"%windir%\system32\a".into())).is_err()
        );
    }

    #[test]
    fn permissions_need_the_object_as_well() {
        let scopes = Scopes::from_scopes(&[Scope::Permissions, Scope::Registry(r"HKLM\SOFTWARE\A".into())], &[]);
        assert!(scopes.check(&Question::RegistryPermissions(r"HKLM\SOFTWARE\A".into())).is_ok());
        assert!(scopes.check(&Question::RegistryPermissions(r"HKLM\SOFTWARE\B".into())).is_err());
    }
}
