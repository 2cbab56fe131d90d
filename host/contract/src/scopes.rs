//! The questions a plugin may ask: those it declared, and nothing else. The rules are those of [`wardline_questions`].

use crate::{Description, Question, Scope, Update, names};

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
pub struct Scopes(wardline_questions::Scopes);

impl Scopes {
    /// Creates the scopes that a plugin declared, given the updates it was prepared with.
    pub fn new<'u>(description: &Description, updates: impl IntoIterator<Item = &'u Update>) -> Self {
        Scopes::from_scopes(&description.scopes, updates)
    }

    /// Like [`new`](Scopes::new), from the scopes alone.
    pub fn from_scopes<'u>(declared: &[Scope], updates: impl IntoIterator<Item = &'u Update>) -> Self {
        Scopes(names::scopes(declared, updates))
    }

    /// Whether every question that `scope` allows is certain to be allowed by these scopes. Returns `false` if the text of the
    /// patterns does not settle it.
    pub fn cover(&self, scope: &Scope) -> bool {
        self.0.cover(names::declared(scope))
    }

    /// Checks whether a question is within these scopes.
    ///
    /// # Errors
    ///
    /// The reason, for the answer `denied`.
    pub fn check(&self, question: &Question) -> Result<(), String> {
        self.0.check(names::asked(question))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Change, FileTest, RegistryValueName, TextRange};

    fn value(key: &str, name: &str) -> Question {
        Question::RegistryValue(RegistryValueName { key: key.into(), name: name.into() })
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
        let update = Update { restart: true, files: vec![test], ..Update::numbered(1) };
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
