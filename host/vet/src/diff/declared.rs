//! The differences between two plugins in their files and in their descriptions of themselves.

use std::collections::BTreeSet;

use serde::Serialize;
use wardline_contract::{CheckDescription, Description, SettingDescription};

use crate::inspect::{Inspection, World};
use crate::words;
use crate::words::setting_as_written;

/// The maximum number of changes listed per kind. A plugin declares at most a thousand things of each kind.
const MAX_LISTED: usize = 2_000;

/// Something declared or exported by only one of two builds, or differently by each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Change {
    pub kind: ChangeKind,
    /// The kind of the thing.
    #[cfg_attr(
        feature = "schema",
        schemars(extend("enum" = ["contract", "import", "export", "name", "family", "summary", "scope", "product", "check", "setting"]))
    )]
    pub of: &'static str,
    /// Which of these, in words; empty if there is only one. Contains the plugin's own text.
    pub what: String,
    /// For a change: the old value, and the new one.
    pub old: Option<String>,
    pub new: Option<String>,
    /// Whether it may let the new build learn or reach something that the old one could not.
    pub asks_more: bool,
    /// Whether it affects what the plugin may do or what it finds; wording does not.
    pub matters: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    Added,
    Removed,
    Changed,
}

/// All changes; those that ask more come first.
pub(super) fn changes(old: &Inspection, new: &Inspection) -> Vec<Change> {
    let mut found = Vec::new();
    contract(old, new, &mut found);
    let names = |inspection: &Inspection, of: &dyn Fn(&Inspection) -> Vec<String>| -> BTreeSet<String> {
        of(inspection).into_iter().collect()
    };
    let imports = |inspection: &Inspection| match &inspection.anatomy {
        Some(anatomy) => anatomy.imports.clone(),
        None => Vec::new(),
    };
    let exports = |inspection: &Inspection| match &inspection.anatomy {
        Some(anatomy) => anatomy.exports.iter().map(|export| export.name.clone()).collect(),
        None => Vec::new(),
    };
    sets("import", &names(old, &imports), &names(new, &imports), true, &mut found);
    sets("export", &names(old, &exports), &names(new, &exports), false, &mut found);
    if let (Some(old), Some(new)) = (&old.described, &new.described) {
        described(&old.description, &new.description, &mut found);
    }
    found.sort_by_key(|change| (!change.asks_more, !change.matters));
    found
}

fn contract(old: &Inspection, new: &Inspection, found: &mut Vec<Change>) {
    let words = |inspection: &Inspection| {
        let world = match inspection.contract.world {
            Some(World::Checker) => "checker",
            Some(World::Detector) => "detector",
            None => "of another world",
        };
        format!("{world} {}", inspection.contract.versions.join(", ")).trim().to_owned()
    };
    changed("contract", "", words(old), words(new), true, found);
}

fn described(old: &Description, new: &Description, found: &mut Vec<Change>) {
    changed("name", "", old.name.clone(), new.name.clone(), true, found);
    changed("family", "", old.family.clone(), new.family.clone(), true, found);
    changed("summary", "", old.summary.clone(), new.summary.clone(), false, found);

    let scopes = |description: &Description| -> BTreeSet<String> {
        let in_words = description.scopes.iter().map(words::of_scope);
        in_words
            .map(|scope| format!("{}: {}{}", scope.about, if scope.broad { "(broad) " } else { "" }, scope.what))
            .collect()
    };
    sets("scope", &scopes(old), &scopes(new), true, found);
    let products = |description: &Description| description.products.iter().cloned().collect::<BTreeSet<String>>();
    sets("product", &products(old), &products(new), false, found);
    checks(&old.checks, &new.checks, found);
    settings(&old.settings, &new.settings, found);
}

fn checks(old: &[CheckDescription], new: &[CheckDescription], found: &mut Vec<Change>) {
    let titled = |check: &CheckDescription| format!("{}: {}", check.id, check.title);
    let in_both = both(old, new, |check| &check.id, |kind, check| declared("check", kind, titled(check)), found);
    for (old, new) in in_both {
        let number =
            |check: &CheckDescription| check.mbsa.map_or_else(|| "none".to_owned(), |number| number.to_string());
        let of = |field: &str| format!("{}: {field}", old.id);
        changed("check", &of("MBSA's number"), number(old), number(new), true, found);
        changed("check", &of("columns"), old.columns.join(", "), new.columns.join(", "), true, found);
        changed("check", &of("title"), old.title.clone(), new.title.clone(), false, found);
        changed("check", &of("explanation"), old.explanation.clone(), new.explanation.clone(), false, found);
    }
}

fn settings(old: &[SettingDescription], new: &[SettingDescription], found: &mut Vec<Change>) {
    let shown = |setting: &SettingDescription| format!("{} = {}", setting.name, setting_as_written(&setting.default));
    let in_both =
        both(old, new, |setting| &setting.name, |kind, setting| declared("setting", kind, shown(setting)), found);
    for (old, new) in in_both {
        let default = |setting: &SettingDescription| setting_as_written(&setting.default);
        changed("setting", &format!("{}: default", old.name), default(old), default(new), true, found);
        let (then, now) = (old.explanation.clone(), new.explanation.clone());
        changed("setting", &format!("{}: explanation", old.name), then, now, false, found);
    }
}

/// Adds what is in only one of the lists. Returns the pairs that are in both.
fn both<'d, T>(
    old: &'d [T],
    new: &'d [T],
    name: impl Fn(&T) -> &String,
    change: impl Fn(ChangeKind, &T) -> Change,
    found: &mut Vec<Change>,
) -> Vec<(&'d T, &'d T)> {
    let find = |list: &'d [T], wanted: &String| list.iter().find(|entry| name(entry) == wanted);
    found.extend(
        new.iter().filter(|entry| find(old, name(entry)).is_none()).map(|entry| change(ChangeKind::Added, entry)),
    );
    found.extend(
        old.iter().filter(|entry| find(new, name(entry)).is_none()).map(|entry| change(ChangeKind::Removed, entry)),
    );
    old.iter().filter_map(|entry| Some((entry, find(new, name(entry))?))).collect()
}

fn sets(of: &'static str, old: &BTreeSet<String>, new: &BTreeSet<String>, powers: bool, found: &mut Vec<Change>) {
    let added =
        new.difference(old).map(|what| Change { asks_more: powers, ..declared(of, ChangeKind::Added, what.clone()) });
    found.extend(added.take(MAX_LISTED));
    let removed = old.difference(new).map(|what| declared(of, ChangeKind::Removed, what.clone()));
    found.extend(removed.take(MAX_LISTED));
}

fn declared(of: &'static str, kind: ChangeKind, what: String) -> Change {
    Change { kind, of, what, old: None, new: None, asks_more: false, matters: true }
}

fn changed(of: &'static str, what: &str, old: String, new: String, matters: bool, found: &mut Vec<Change>) {
    if old != new {
        let what = what.to_owned();
        let (old, new) = (Some(old), Some(new));
        found.push(Change { kind: ChangeKind::Changed, of, what, old, new, asks_more: false, matters });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardline_contract::{Scope, SettingValue};

    fn plugin() -> Description {
        Description {
            name: "acme".to_owned(),
            version: "1.0.0".to_owned(),
            family: "acme".to_owned(),
            summary: "Judges Acme.".to_owned(),
            checks: vec![CheckDescription {
                id: "agent".to_owned(),
                mbsa: None,
                title: "Agent".to_owned(),
                columns: vec!["What".to_owned()],
                explanation: "Why.".to_owned(),
            }],
            products: vec!["Acme*".to_owned()],
            scopes: vec![Scope::Services],
            settings: vec![SettingDescription {
                name: "days".to_owned(),
                explanation: "How many.".to_owned(),
                default: SettingValue::Number(3),
            }],
        }
    }

    /// The differences after a change, one line each: the change, whether it asks more, whether it matters.
    fn after(change: impl FnOnce(&mut Description)) -> Vec<(String, bool, bool)> {
        let mut new = plugin();
        change(&mut new);
        let mut found = Vec::new();
        described(&plugin(), &new, &mut found);
        let line = |change: &Change| match (&change.old, &change.new) {
            (Some(old), Some(new)) => format!("{:?} {} {}: {old} > {new}", change.kind, change.of, change.what),
            _ => format!("{:?} {} {}", change.kind, change.of, change.what),
        };
        found.iter().map(|change| (line(change), change.asks_more, change.matters)).collect()
    }

    #[test]
    fn every_change_of_a_description_is_seen_for_what_it_is() {
        let one = |text: &str, asks_more, matters| vec![(text.to_owned(), asks_more, matters)];
        assert_eq!(after(|_| {}), []);
        assert_eq!(after(|new| new.version = "1.0.1".to_owned()), []);
        assert_eq!(
            after(|new| new.scopes.push(Scope::Registry(r"HKLM\SAM\**".to_owned()))),
            one(r"Added scope Registry: (broad) the key HKLM\SAM and all keys below it, with their values", true, true)
        );
        let fewer = after(|new| new.scopes.clear());
        assert!(fewer[0].0.starts_with("Removed scope Services: ") && !fewer[0].1 && fewer[0].2, "{fewer:?}");
        assert_eq!(after(|new| new.products.push("Zeta".to_owned())), one("Added product Zeta", false, true));
        assert_eq!(after(|new| new.checks.clear()), one("Removed check agent: Agent", false, true));
        assert_eq!(
            after(|new| new.checks[0].mbsa = Some(7)),
            one("Changed check agent: MBSA's number: none > 7", false, true)
        );
        assert_eq!(
            after(|new| new.checks[0].explanation = "Because.".to_owned()),
            one("Changed check agent: explanation: Why. > Because.", false, false)
        );
        assert_eq!(
            after(|new| new.settings[0].default = SettingValue::Number(4)),
            one("Changed setting days: default: 3 > 4", false, true)
        );
        assert_eq!(
            after(|new| new.settings[0].name = "hours".to_owned()),
            [("Added setting hours = 3".to_owned(), false, true), ("Removed setting days = 3".to_owned(), false, true)]
        );
        assert_eq!(after(|new| new.summary = "x".to_owned()).len(), 1);
    }
}
