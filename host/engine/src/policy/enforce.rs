//! Applying the policy to one plugin.

use std::sync::Arc;

use wardline_contract::scopes::Scopes;
use wardline_contract::{Description, Grants, Permit, Update};

use super::file::{Policy, PolicyEntry, StockDefault};
use super::limits::PolicyLimits;

/// The reason for denying a question that the plugin declares and its entry does not grant.
const NOT_GRANTED: &str = "the policy does not grant this";

/// The number of digits of a digest shown to people, enough to distinguish two builds.
const SHOWN_DIGITS: usize = 16;

/// A policy's rule for one plugin.
#[derive(Clone, Debug)]
pub enum Rule<'p> {
    /// It may ask everything it declares, because it is built in and the policy does not name it.
    Unrestricted,
    /// It may ask what the entry grants, as far as it declares it.
    Entry(&'p PolicyEntry),
    /// It may ask nothing, for this reason.
    Nothing(String),
}

/// The decisions about a plugin's questions.
pub struct Permits {
    /// Declaration and policy combined, consulted for each question.
    pub grants: Grants,
    /// The policy alone, used afterwards to determine who denied what. `None` if the policy does not restrict the plugin.
    pub policy: Option<Arc<Permit>>,
}

impl std::fmt::Debug for Permits {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Permits").field("policy", &self.policy.is_some()).finish_non_exhaustive()
    }
}

/// A policy does not match the plugin that it names.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: the plugin with this digest is {found}, not {written}")]
pub struct Unsuitable {
    file: String,
    line: usize,
    found: String,
    written: String,
}

impl Policy {
    /// Finds the rule for a plugin. `stock` is whether it is built in.
    ///
    /// # Errors
    ///
    /// If the policy lists the digest under another name or version: two entries were mixed up.
    pub fn rule(&self, described: &Description, digest: &str, stock: bool) -> Result<Rule<'_>, Unsuitable> {
        let Description { name, version, .. } = described;
        if let Some(entry) = self.entries.iter().find(|entry| entry.digest == digest) {
            if (&entry.name, &entry.version) == (name, version) {
                return Ok(Rule::Entry(entry));
            }
            return Err(Unsuitable {
                file: self.location.clone(),
                line: entry.line,
                found: format!("{name} {version}"),
                written: format!("{} {}", entry.name, entry.version),
            });
        }
        // An entry for a plugin is meant to restrict it: no other build of it, built in or not, goes unrestricted.
        if let Some(other) = self.entries.iter().find(|entry| entry.name == *name) {
            return Ok(Rule::Nothing(format!(
                "the policy grants nothing to this build: it lists {} {} with sha256 {}…, this is {version} with {}…",
                other.name,
                other.version,
                shown(&other.digest),
                shown(digest)
            )));
        }
        Ok(match (stock, self.stock) {
            (true, StockDefault::Allow) => Rule::Unrestricted,
            (true, StockDefault::Deny) => {
                Rule::Nothing("the policy grants nothing to unlisted built-in plugins".to_owned())
            }
            (false, _) => Rule::Nothing(format!("the policy grants nothing to the unlisted sha256 {}…", shown(digest))),
        })
    }
}

fn shown(digest: &str) -> &str {
    digest.get(..SHOWN_DIGITS).unwrap_or(digest)
}

impl Rule<'_> {
    pub fn limits(&self) -> PolicyLimits {
        match self {
            Rule::Entry(entry) => entry.limits,
            Rule::Unrestricted | Rule::Nothing(_) => PolicyLimits::default(),
        }
    }

    /// Returns the decision for each question: it must be declared by the plugin and granted by the policy. `updates` are those the
    /// plugin was prepared with.
    pub fn permits<'u>(&self, declared: Scopes, updates: impl IntoIterator<Item = &'u Update>) -> Permits {
        match self {
            Rule::Unrestricted => Permits { grants: Grants::scopes(declared), policy: None },
            Rule::Entry(entry) => {
                let granted = Arc::new(Scopes::from_scopes(&entry.grants, updates));
                let not_granted = || NOT_GRANTED.to_owned();
                let policy: Arc<Permit> = {
                    let granted = Arc::clone(&granted);
                    Arc::new(move |question| granted.check(question).map_err(|_| not_granted()))
                };
                // Usually a policy grants nothing beyond the declaration. Then one check decides, and the other only determines
                // whose denial it is. This path is hot: every question of every target takes it.
                let narrower = entry.grants.iter().all(|grant| declared.cover(grant));
                let grants = Grants::new(move |question| match granted.check(question) {
                    Ok(()) if narrower => Ok(()),
                    Ok(()) => declared.check(question),
                    Err(_) => declared.check(question).and_then(|()| Err(not_granted())),
                });
                Permits { grants, policy: Some(policy) }
            }
            Rule::Nothing(reason) => {
                let (reason, own) = (reason.clone(), reason.clone());
                Permits {
                    grants: Grants::new(move |question| declared.check(question).and_then(|()| Err(reason.clone()))),
                    policy: Some(Arc::new(move |_| Err(own.clone()))),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardline_contract::{Question, RegistryValueName, Scope};

    fn described(name: &str, version: &str) -> Description {
        Description {
            name: name.into(),
            version: version.into(),
            family: name.into(),
            summary: String::new(),
            checks: Vec::new(),
            products: Vec::new(),
            scopes: Vec::new(),
            settings: Vec::new(),
        }
    }

    fn policy(stock: &str) -> Policy {
        let known = "a".repeat(64);
        let text = format!(
            "format = \"wardline.policy/1\"\n[stock]\ndefault = \"{stock}\"\n[[plugin]]\nname = \"acme\"\n\
             version = \"1.2.0\"\nsha256 = \"{known}\"\ngrants = ['registry:HKLM\\SOFTWARE\\Acme\\**', \"accounts\"]\n\
             limits = {{ fuel = 7 }}\n"
        );
        Policy::parse("p.toml", &text).unwrap()
    }

    fn key(key: &str) -> Question {
        Question::RegistryValue(RegistryValueName { key: key.into(), name: String::new() })
    }

    fn declared(scopes: &[Scope]) -> Scopes {
        Scopes::from_scopes(scopes, &[])
    }

    /// Returns the reason for denying a harmless question that the plugin declares.
    fn denial(rule: &Rule<'_>) -> Option<String> {
        rule.permits(declared(&[Scope::Shares]), &[]).grants.check(&Question::Shares).err()
    }

    #[test]
    fn who_may_ask_is_decided_by_digest() {
        let (known, other) = ("a".repeat(64), "b".repeat(64));
        for (stock_default, name, digest, stock, expected) in [
            ("allow", "acme", &known, false, Some("the policy does not grant this")),
            ("allow", "acme", &known, true, Some("the policy does not grant this")),
            (
                "allow",
                "acme",
                &other,
                false,
                Some("it lists acme 1.2.0 with sha256 aaaaaaaaaaaaaaaa…, this is 1.2.0 with bbbb"),
            ),
            ("allow", "acme", &other, true, Some("grants nothing to this build")),
            ("allow", "stranger", &other, false, Some("the unlisted sha256 bbbbbbbbbbbbbbbb…")),
            ("deny", "stranger", &other, false, Some("the unlisted sha256 bbbb")),
            ("allow", "os", &other, true, None),
            ("deny", "os", &other, true, Some("grants nothing to unlisted built-in plugins")),
        ] {
            let policy = policy(stock_default);
            let rule = policy.rule(&described(name, "1.2.0"), digest, stock).unwrap();
            let denial = denial(&rule);
            let row = format!("{stock_default} {name} {digest} {stock}: {denial:?}");
            match (denial, expected) {
                (None, None) => {}
                (Some(denial), Some(words)) => assert!(denial.contains(words), "{row}"),
                _ => panic!("{row}"),
            }
        }
    }

    #[test]
    fn an_entry_grants_what_it_lists_and_nothing_else() {
        let policy = policy("allow");
        let rule = policy.rule(&described("acme", "1.2.0"), &"a".repeat(64), false).unwrap();
        assert_eq!(rule.limits().fuel, Some(7));
        let software = || Scope::Registry(r"HKLM\SOFTWARE\**".into());
        let narrow = Scope::Registry(r"HKLM\SOFTWARE\Acme\A*".into());
        let (undeclared, ungranted) = ("the plugin does not declare that it asks this", NOT_GRANTED);
        // Declared more than is granted; and less, where both must be consulted.
        let declarations = [vec![software(), Scope::Accounts, Scope::Shares], vec![narrow, Scope::Groups]];
        for (question, denials) in [
            (key(r"HKLM\Software\ACME\Agent"), [None, None]),
            (key(r"HKLM\Software\ACME\Other"), [None, Some(undeclared)]),
            (key(r"HKLM\Software\Other"), [Some(ungranted), Some(undeclared)]),
            (key(r"HKLM\SAM"), [Some(undeclared), Some(undeclared)]),
            (Question::Accounts, [None, Some(undeclared)]),
            (Question::Groups, [Some(undeclared), Some(ungranted)]),
            (Question::Shares, [Some(ungranted), Some(undeclared)]),
        ] {
            for (scopes, expected) in declarations.iter().zip(denials) {
                let Permits { grants, policy } = rule.permits(declared(scopes), &[]);
                let denial = grants.check(&question).err();
                assert_eq!(denial.as_deref(), expected, "{question:?} declared {scopes:?}");
                let by_policy = policy.unwrap()(&question).err().is_some_and(|own| Some(own) == denial);
                assert_eq!(by_policy, expected == Some(ungranted), "{question:?} declared {scopes:?}");
            }
        }
    }

    #[test]
    fn an_entry_with_the_wrong_remarks_is_an_error() {
        let policy = policy("allow");
        for (name, version) in [("acme", "1.2.1"), ("other", "1.2.0")] {
            let error = policy.rule(&described(name, version), &"a".repeat(64), false).unwrap_err().to_string();
            assert_eq!(
                error,
                format!("p.toml, line 7: the plugin with this digest is {name} {version}, not acme 1.2.0")
            );
        }
    }
}
