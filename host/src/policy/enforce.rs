//! What the policy says about one plugin.

use std::sync::Arc;

use super::file::{Policy, PolicyEntry, StockDefault};
use super::limits::PolicyLimits;
use crate::contract::{Description, Question, Update};
use crate::evidence::scopes::Scopes;
use crate::scan::Permit;

/// Digits of a digest that tell two builds apart to people.
const SHOWN_DIGITS: usize = 16;

/// What a policy says about one plugin.
#[derive(Clone, Debug)]
pub enum Rule<'p> {
    /// It may ask whatever it declares, for it is built in and not named.
    Whatever,
    /// It may ask what the entry grants, as far as it declares it.
    Entry(&'p PolicyEntry),
    /// It may ask nothing; for this reason.
    Nothing(String),
}

/// A policy does not fit the plugin that it names.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: the plugin with this digest calls itself {found}, not {written}")]
pub struct Unsuitable {
    file: String,
    line: usize,
    found: String,
    written: String,
}

impl Policy {
    /// Finds the rule for a plugin. `stock` says whether it is built in.
    ///
    /// # Errors
    ///
    /// When the policy knows the digest by another name or version: somebody mixed two entries up.
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
        // Who wrote an entry for a plugin meant to restrict it: another build of it, built in or not, is not let loose.
        if let Some(other) = self.entries.iter().find(|entry| entry.name == *name) {
            return Ok(Rule::Nothing(format!(
                "the policy grants nothing to this build: it knows {} {} as sha256 {}…, and this is {version} with {}…",
                other.name,
                other.version,
                shown(&other.digest),
                shown(digest)
            )));
        }
        Ok(match (stock, self.stock) {
            (true, StockDefault::Allow) => Rule::Whatever,
            (true, StockDefault::Deny) => {
                Rule::Nothing("the policy grants nothing to built-in plugins that it does not name".to_owned())
            }
            (false, _) => Rule::Nothing(format!(
                "the policy grants nothing to the digest {}…, which it does not name",
                shown(digest)
            )),
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
            Rule::Whatever | Rule::Nothing(_) => PolicyLimits::default(),
        }
    }

    /// What decides about each question, beside the plugin's own scopes. None where there is nothing to decide. `updates` is
    /// what the plugin was prepared with.
    pub fn permit(&self, updates: &[Update]) -> Option<Arc<Permit>> {
        match self {
            Rule::Whatever => None,
            Rule::Entry(entry) => {
                let granted = Scopes::from_scopes(&entry.grants, updates);
                Some(Arc::new(move |question: &Question| {
                    granted.check(question).map_err(|_| "the policy does not grant this".to_owned())
                }))
            }
            Rule::Nothing(reason) => {
                let reason = reason.clone();
                Some(Arc::new(move |_: &Question| Err(reason.clone())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::RegistryValueName;

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

    /// The reason for which something harmless is denied.
    fn denial(rule: &Rule<'_>) -> Option<String> {
        rule.permit(&[])?(&Question::Shares).err()
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
                Some("it knows acme 1.2.0 as sha256 aaaaaaaaaaaaaaaa…, and this is 1.2.0 with bbbb"),
            ),
            ("allow", "acme", &other, true, Some("grants nothing to this build")),
            ("allow", "stranger", &other, false, Some("the digest bbbbbbbbbbbbbbbb…, which it does not name")),
            ("deny", "stranger", &other, false, Some("which it does not name")),
            ("allow", "os", &other, true, None),
            ("deny", "os", &other, true, Some("grants nothing to built-in plugins")),
        ] {
            let policy = policy(stock_default);
            let rule = policy.rule(&described(name, "1.2.0"), digest, stock).unwrap();
            let told = denial(&rule);
            let row = format!("{stock_default} {name} {digest} {stock}: {told:?}");
            match (told, expected) {
                (None, None) => {}
                (Some(told), Some(words)) => assert!(told.contains(words), "{row}"),
                _ => panic!("{row}"),
            }
        }
    }

    #[test]
    fn an_entry_grants_what_it_lists_and_nothing_else() {
        let policy = policy("allow");
        let rule = policy.rule(&described("acme", "1.2.0"), &"a".repeat(64), false).unwrap();
        assert_eq!(rule.limits().fuel, Some(7));
        let permit = rule.permit(&[]).unwrap();
        for (question, allowed) in [
            (key(r"HKLM\Software\ACME\Agent"), true),
            (key(r"HKLM\Software\Other"), false),
            (Question::Accounts, true),
            (Question::Groups, false),
        ] {
            assert_eq!(permit(&question).is_ok(), allowed, "{question:?}");
        }
    }

    #[test]
    fn an_entry_with_the_wrong_remarks_is_an_error() {
        let policy = policy("allow");
        for (name, version) in [("acme", "1.2.1"), ("other", "1.2.0")] {
            let told = policy.rule(&described(name, version), &"a".repeat(64), false).unwrap_err().to_string();
            assert_eq!(
                told,
                format!("p.toml, line 7: the plugin with this digest calls itself {name} {version}, not acme 1.2.0")
            );
        }
    }
}
