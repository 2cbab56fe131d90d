//! Possible instances, from two lists in the registry.

use wardline_plugin::evidence::Evident;
use wardline_plugin::prelude::*;

pub(crate) const DEFAULT_INSTANCE: &str = "MSSQLSERVER";

/// The maximum number of instances. Microsoft supports 50 on one machine.
const MAX_INSTANCES: usize = 64;

/// A possible location of an instance's keys.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) name: String,
    pub(crate) key: String,
    /// The question that returned the list that names it, if there is one.
    pub(crate) listed_by: Option<u32>,
}

/// Returns the candidates below one root of Microsoft's keys, and why there may be others.
///
/// `names` is `Instance Names\SQL`, where SQL Server 2005 and later record the ids of their instances. `installed` contains
/// `InstalledInstances`, the names of all instances since 2000; the names of 2000's instances are also names of keys. The
/// default instance of 7.0 and 2000 may be missing from the list.
pub(crate) fn of_root(
    root: &str,
    names: &Reply<RegistryKey>,
    installed: &Reply<RegistryKey>,
) -> (Vec<Candidate>, Vec<Unable>) {
    let mut candidates = Vec::new();
    let mut gaps = Vec::new();
    for list in [installed, names] {
        gaps.extend(list.clone().optional().err());
        if list.known().is_some_and(|key| key.truncated) {
            gaps.push(Unable::new("the list of instances is cut off").because(list));
        }
    }
    from_names(root, names, &mut candidates, &mut gaps);
    from_installed(root, installed, &mut candidates, &mut gaps);
    (candidates, gaps)
}

/// Reads values whose names are instance names and whose data are their ids.
fn from_names(root: &str, names: &Reply<RegistryKey>, candidates: &mut Vec<Candidate>, gaps: &mut Vec<Unable>) {
    let values = names.known().map(|key| key.values.as_slice()).unwrap_or_default();
    gaps.extend(too_many(values.len(), names));
    for value in values.iter().take(MAX_INSTANCES) {
        match &value.data {
            RegistryData::Text(id) | RegistryData::ExpandText(id) if is_component(id) => candidates.push(Candidate {
                name: value.name.clone(),
                key: format!(r"{root}\Microsoft SQL Server\{id}"),
                listed_by: Some(names.question_number()),
            }),
            _ => gaps.push(
                Unable::new(format!("the id of the instance {} is not a key name", beginning(&value.name)))
                    .because(names),
            ),
        }
    }
}

fn from_installed(root: &str, installed: &Reply<RegistryKey>, candidates: &mut Vec<Candidate>, gaps: &mut Vec<Unable>) {
    let values = installed.known().map(|key| key.values.as_slice()).unwrap_or_default();
    let subkeys = installed.known().map(|key| key.subkeys.as_slice()).unwrap_or_default();
    let list = values.iter().find(|value| value.name.eq_ignore_ascii_case("InstalledInstances"));
    let listed: &[String] = match list.map(|value| &value.data) {
        None => &[],
        Some(RegistryData::MultiText(names)) => names,
        Some(RegistryData::Text(name)) => std::slice::from_ref(name),
        Some(_) => {
            gaps.push(Unable::new("InstalledInstances is not a list of strings (REG_MULTI_SZ)").because(installed));
            &[]
        }
    };
    gaps.extend(too_many(listed.len(), installed));
    let no_names = listed.iter().take(MAX_INSTANCES).filter(|name| !name.is_empty() && !is_component(name));
    gaps.extend(
        no_names
            .map(|name| Unable::new(format!("the instance {} is not a key name", beginning(name))).because(installed)),
    );
    let number = Some(installed.question_number());
    let mut default =
        Candidate { name: DEFAULT_INSTANCE.to_owned(), key: format!(r"{root}\MSSQLServer"), listed_by: None };
    for name in listed.iter().take(MAX_INSTANCES).filter(|name| is_component(name)) {
        let has_key = subkeys.iter().any(|subkey| subkey.eq_ignore_ascii_case(name));
        let is_named = candidates.iter().any(|candidate| candidate.name.eq_ignore_ascii_case(name));
        if is_default(name) {
            default.listed_by = number.filter(|_| !is_named);
        } else if has_key || !is_named {
            let key = format!(r"{root}\Microsoft SQL Server\{name}");
            candidates.push(Candidate { name: name.clone(), key, listed_by: number });
        }
    }
    candidates.push(default);
}

fn too_many(listed: usize, list: &Reply<RegistryKey>) -> Option<Unable> {
    let reason = format!("{listed} instances are listed; more than {MAX_INSTANCES} are not examined.");
    (listed > MAX_INSTANCES).then(|| Unable::new(reason).because(list))
}

/// Returns the start of a name for a sentence: a hostile one may be long.
fn beginning(name: &str) -> String {
    name.chars().take(60).collect()
}

/// Whether a name from the registry can be used as one component of a key.
fn is_component(name: &str) -> bool {
    !name.is_empty() && name.len() <= 255 && !name.contains('\\')
}

pub(crate) fn is_default(instance: &str) -> bool {
    instance.eq_ignore_ascii_case(DEFAULT_INSTANCE)
}
