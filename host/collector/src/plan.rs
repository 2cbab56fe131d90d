//! The plan of a script: everything that it records.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use wardline_contract::names::{folded, folded_name};
use wardline_contract::{Description, Question, RegistryValueName, Scope, Update};

/// A plugin that a script collects for.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    pub description: &'a Description,
    /// The SHA-256 of its component, in hexadecimal.
    pub digest: &'a str,
    /// The updates it is prepared with.
    pub updates: &'a [Update],
}

/// A plugin, as the script names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    pub name: String,
    pub version: String,
    pub digest: String,
}

/// Everything that a script records. Patterns are as plugins declared them; each is listed once, whatever its case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub plugins: Vec<Plugin>,
    /// The facts that are asked for as a whole, by the contract's names: `system`, `services`.
    pub facts: BTreeSet<&'static str>,
    /// Patterns of registry keys.
    pub keys: Vec<String>,
    /// Patterns of keys whose permissions are asked for as well.
    pub keys_with_permissions: Vec<String>,
    /// Values that updates leave behind, as key and name.
    pub values: Vec<(String, String)>,
    /// Patterns of files and folders below a folder that they name.
    pub places: Vec<String>,
    /// Patterns of files and folders whose permissions are asked for as well.
    pub places_with_permissions: Vec<String>,
    /// Patterns of text files below a folder that they name.
    pub texts: Vec<String>,
    pub anywhere: Vec<Anywhere>,
    /// Files that updates carry.
    pub files: Vec<String>,
    /// Files that updates carry and that are identified by their checksums.
    pub files_with_checksum: Vec<String>,
    /// The names of these files. An update names a folder that differs between machines by a variable of its own.
    pub names_with_checksum: Vec<String>,
    /// The folders with these files, where others may wait for the next restart.
    pub folders_of_updates: Vec<String>,
    /// Patterns that a script cannot look for.
    pub left_out: Vec<String>,
}

/// Files that may be in any folder. The script looks for them in the folders that the plugin's keys name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anywhere {
    pub kind: AnywhereKind,
    /// The ends of the patterns, after `**`.
    pub tails: Vec<String>,
    /// The patterns of the same plugin's keys.
    pub keys: Vec<String>,
    pub with_permissions: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnywhereKind {
    File,
    Text,
}

impl AnywhereKind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            AnywhereKind::File => "file",
            AnywhereKind::Text => "text",
        }
    }
}

/// Keys with the records of installed updates. There are thousands of them, and none names a folder of a program.
const RECORDS: [&str; 3] =
    [r"component based servicing\packages", r"currentversion\hotfix", r"currentversion\uninstall"];

impl Plan {
    /// Plans the script for these plugins. `with_checksums` is whether the checksums of updates count.
    #[must_use]
    pub fn new<'a>(plugins: impl IntoIterator<Item = Asking<'a>>, with_checksums: bool) -> Plan {
        let mut plan = Plan::default();
        let mut seen = Seen::default();
        let (mut patterns, mut files) = (Vec::new(), BTreeMap::new());
        for asking in plugins {
            let Asking { description, digest, updates } = asking;
            plan.plugins.push(Plugin {
                name: description.name.clone(),
                version: description.version.clone(),
                digest: digest.to_owned(),
            });
            plan.facts.extend(description.scopes.iter().filter_map(fact));
            if description.scopes.contains(&Scope::Updates) {
                for update in updates {
                    plan.add_update(update, with_checksums, &mut seen, &mut files);
                }
            }
            patterns.push(description.scopes.as_slice());
        }
        // Those with permissions first: they record all that the others do.
        patterns.sort_by_key(|scopes| !scopes.contains(&Scope::Permissions));
        for scopes in patterns {
            plan.add_patterns(scopes, &mut seen);
        }
        for (path, checksum) in files.into_values() {
            let list = if checksum { &mut plan.files_with_checksum } else { &mut plan.files };
            list.push(path);
        }
        let names = plan.files_with_checksum.iter().filter_map(|path| path.rsplit(['\\', '/']).next());
        plan.names_with_checksum =
            names.map(|name| folded_name(name.trim())).collect::<BTreeSet<_>>().into_iter().collect();
        let all = plan.files.iter().chain(&plan.files_with_checksum);
        let mut folders = BTreeMap::new();
        for (folder, _) in all.filter_map(|path| path.rsplit_once('\\')) {
            folders.entry(Seen::path(folder)).or_insert_with(|| folder.to_owned());
        }
        plan.folders_of_updates = folders.into_values().collect();
        plan
    }

    fn add_update(
        &mut self,
        update: &Update,
        with_checksums: bool,
        seen: &mut Seen,
        files: &mut BTreeMap<String, (String, bool)>,
    ) {
        for test in &update.files {
            let path = test.path.trim().to_owned();
            let checksum = with_checksums && test.checksum.is_some();
            files.entry(Seen::path(&path)).or_insert((path, false)).1 |= checksum;
        }
        for test in &update.registry {
            if seen
                .is_new(Question::RegistryValue(RegistryValueName { key: test.key.clone(), name: test.name.clone() }))
            {
                self.values.push((normal_key(&test.key), test.name.clone()));
            }
        }
    }

    fn add_patterns(&mut self, scopes: &[Scope], seen: &mut Seen) {
        let with_permissions = scopes.contains(&Scope::Permissions);
        let keys_of_plugin = scopes.iter().filter_map(|scope| match scope {
            Scope::Registry(pattern) => Some(normal_key(pattern)),
            _ => None,
        });
        let keys_of_plugin = keys_of_plugin.filter(|pattern| !pattern.starts_with("HKU")).collect::<Vec<_>>();
        let mut tails: [Vec<String>; 2] = Default::default();
        for scope in scopes {
            match scope {
                Scope::Registry(pattern) if !begins_with_hive(pattern) => self.left_out.push(pattern.clone()),
                Scope::Registry(pattern) if seen.is_new(Question::RegistryKey(pattern.clone())) => {
                    let list = if with_permissions { &mut self.keys_with_permissions } else { &mut self.keys };
                    list.push(normal_key(pattern));
                }
                Scope::File(pattern) => match tail(pattern) {
                    Place::Anywhere(tail) => tails[0].push(tail),
                    Place::Unclear => self.left_out.push(pattern.clone()),
                    Place::Below(pattern) if seen.is_new(Question::Directory(pattern.clone())) => {
                        let list = if with_permissions { &mut self.places_with_permissions } else { &mut self.places };
                        list.push(pattern);
                    }
                    Place::Below(_) => {}
                },
                Scope::Text(pattern) => match tail(pattern) {
                    Place::Anywhere(tail) => tails[1].push(tail),
                    Place::Unclear => self.left_out.push(pattern.clone()),
                    Place::Below(pattern) if seen.is_new(Question::FilePermissions(pattern.clone())) => {
                        self.texts.push(pattern);
                    }
                    Place::Below(_) => {}
                },
                _ => {}
            }
        }
        let is_record = |key: &String| RECORDS.iter().any(|record| key.to_lowercase().contains(record));
        let keys = keys_of_plugin.into_iter().filter(|key| !is_record(key)).collect::<Vec<_>>();
        for (kind, tails) in [AnywhereKind::File, AnywhereKind::Text].into_iter().zip(tails) {
            if !tails.is_empty() {
                let anywhere = Anywhere { kind, tails, keys: keys.clone(), with_permissions };
                self.anywhere.push(anywhere);
            }
        }
    }
}

/// The questions that are planned already.
#[derive(Default)]
struct Seen(HashSet<Question>);

impl Seen {
    fn is_new(&mut self, question: Question) -> bool {
        self.0.insert(folded(&question))
    }

    fn path(path: &str) -> String {
        match folded(&Question::FileVersion(path.to_owned())) {
            Question::FileVersion(path) => path,
            _ => String::new(),
        }
    }
}

fn fact(scope: &Scope) -> Option<&'static str> {
    Some(match scope {
        Scope::System => "system",
        Scope::Services => "services",
        Scope::Accounts => "accounts",
        Scope::Groups => "groups",
        Scope::Shares => "shares",
        Scope::Volumes => "volumes",
        Scope::AuditPolicy => "audit-policy",
        Scope::PasswordPolicy => "password-policy",
        Scope::Profiles => "profiles",
        Scope::Registry(_) | Scope::File(_) | Scope::Text(_) | Scope::Updates | Scope::Permissions => return None,
    })
}

/// Returns a key's path or pattern with single `\` between its components, and its hive in capitals.
fn normal_key(pattern: &str) -> String {
    let mut components = pattern.split('\\').filter(|component| !component.is_empty());
    let hive = components.next().unwrap_or_default().to_ascii_uppercase();
    std::iter::once(hive.as_str()).chain(components).collect::<Vec<_>>().join("\\")
}

fn begins_with_hive(pattern: &str) -> bool {
    let hive = pattern.split('\\').next().unwrap_or_default();
    ["HKLM", "HKU", "HKCR"].iter().any(|known| hive.eq_ignore_ascii_case(known))
}

enum Place {
    /// Below a folder that the pattern names.
    Below(String),
    /// In any folder: the end of the pattern.
    Anywhere(String),
    /// The pattern neither begins with a folder nor ends with a name.
    Unclear,
}

fn tail(pattern: &str) -> Place {
    let pattern = pattern.trim().replace('/', "\\");
    let components = pattern.split('\\').filter(|component| !component.is_empty()).collect::<Vec<_>>();
    let first = components.first().copied().unwrap_or_default();
    if let Some(at) = components.iter().rposition(|component| *component == "**") {
        let tail = components.get(at + 1..).unwrap_or_default();
        let is_anywhere = components.get(..at).unwrap_or_default().iter().all(|component| component.starts_with('*'));
        return if tail.is_empty() || !is_anywhere { Place::Unclear } else { Place::Anywhere(tail.join("\\")) };
    }
    if first.contains('*') || first.is_empty() { Place::Unclear } else { Place::Below(components.join("\\")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description(scopes: Vec<Scope>) -> Description {
        Description {
            name: "acme".to_owned(),
            version: "1.0.0".to_owned(),
            family: "acme".to_owned(),
            summary: String::new(),
            checks: Vec::new(),
            products: Vec::new(),
            scopes,
            settings: Vec::new(),
        }
    }

    #[test]
    fn every_scope_is_planned_once() {
        let scopes = vec![
            Scope::System,
            Scope::Registry(r"hklm\SOFTWARE\\Acme\*".to_owned()),
            Scope::Registry(r"HKLM\Software\ACME\*\".to_owned()),
            Scope::Registry(r"**\Acme".to_owned()),
            Scope::File(r"%windir%\acme\*.exe".to_owned()),
            Scope::File(r"%SystemRoot%/acme/*.exe".to_owned()),
            Scope::File(r"*:\**\Acme\agent.exe".to_owned()),
            Scope::File(r"C:\Acme\**".to_owned()),
            Scope::Text(r"**\acme.ini".to_owned()),
        ];
        let description = description(scopes);
        let asking = Asking { description: &description, digest: "00", updates: &[] };
        let plan = Plan::new([asking, asking], true);
        assert_eq!(plan.facts.iter().collect::<Vec<_>>(), [&"system"]);
        assert_eq!(plan.keys, [r"HKLM\SOFTWARE\Acme\*"]);
        assert_eq!(plan.places, [r"%windir%\acme\*.exe"]);
        assert_eq!(plan.left_out.first().map(String::as_str), Some(r"**\Acme"));
        assert!(plan.left_out.contains(&r"C:\Acme\**".to_owned()), "{:?}", plan.left_out);
        let anywhere = plan.anywhere.first().unwrap();
        assert_eq!(
            (anywhere.kind, anywhere.tails.as_slice()),
            (AnywhereKind::File, &[r"Acme\agent.exe".to_owned()][..])
        );
        assert_eq!(plan.anywhere.get(1).map(|anywhere| anywhere.kind), Some(AnywhereKind::Text));
    }
}
