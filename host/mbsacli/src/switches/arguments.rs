//! Arguments as switches with their values, by a table.

use std::path::PathBuf;

use wardline_evidence::named::MachineName;

use super::{Own, SwitchError};
use crate::adjust::Hide;

/// A switch of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Switch<K> {
    /// In lower case, without `/` or `-`, but with two dashes. The first is the usual one.
    pub(super) names: &'static [&'static str],
    pub(super) kind: K,
    /// The value that has to follow, in words; `None` if none does.
    pub(super) value: Option<&'static str>,
}

/// A switch without a value.
pub(super) const fn flag<K>(names: &'static [&'static str], kind: K) -> Switch<K> {
    Switch { names, kind, value: None }
}

/// A switch with a value.
pub(super) const fn valued<K>(names: &'static [&'static str], kind: K, value: &'static str) -> Switch<K> {
    Switch { names, kind, value: Some(value) }
}

/// A switch that was given.
#[derive(Clone, Debug)]
pub(super) struct Given<K> {
    pub(super) kind: K,
    /// As it was written: `-H`.
    pub(super) written: String,
    /// Empty if it has none.
    pub(super) value: String,
}

impl<K> Given<K> {
    pub(super) fn bad(&self, reason: impl ToString) -> SwitchError {
        SwitchError::BadValue { switch: self.written.clone(), value: self.value.clone(), reason: reason.to_string() }
    }

    pub(super) fn not_honoured(&self, reason: &'static str) -> SwitchError {
        SwitchError::NotHonoured { switch: self.written.clone(), reason }
    }

    pub(super) fn path(&self) -> PathBuf {
        PathBuf::from(&self.value)
    }

    /// Names separated by commas.
    pub(super) fn names(&self) -> Result<Vec<MachineName>, SwitchError> {
        self.value.split(',').map(|name| MachineName::parse(name.trim()).map_err(|error| self.bad(error))).collect()
    }

    /// IPv4 addresses separated by commas.
    pub(super) fn addresses(&self) -> Result<Vec<MachineName>, SwitchError> {
        let address = |text: &str| text.trim().parse::<std::net::Ipv4Addr>().is_ok();
        match self.value.split(',').all(address) {
            true => self.names(),
            false => Err(self.bad("expected IPv4 addresses")),
        }
    }

    /// `1` or `2`.
    pub(super) fn hide(&self) -> Result<Hide, SwitchError> {
        match self.value.as_str() {
            "1" => Ok(Hide::Notes),
            "2" => Ok(Hide::NotesAndWarnings),
            _ => Err(self.bad("expected 1 (hide notes) or 2 (hide notes and warnings)")),
        }
    }

    /// The updates that an update server approves: a file, or an address of one.
    pub(super) fn approved(&self) -> Result<String, SwitchError> {
        let is_address = self.value.contains("://");
        match is_address || std::path::Path::new(&self.value).is_file() {
            true => Ok(self.value.clone()),
            false => Err(self.bad(
                "not a file; wardline does not ask a SUS server for its approved updates: give a file or an address \
                 of a list of them",
            )),
        }
    }
}

/// Returns the name of a switch in lower case: `c` for `/C`, `--evidence` for itself. `None` if it is not a switch.
pub(super) fn name(argument: &str) -> Option<String> {
    if argument.starts_with("--") {
        return Some(argument.to_ascii_lowercase());
    }
    argument.strip_prefix(['/', '-']).filter(|name| !name.is_empty()).map(str::to_ascii_lowercase)
}

/// Returns the switch of this name in a table.
pub(super) fn find<K: Copy>(table: &[Switch<K>], name: &str) -> Option<Switch<K>> {
    table.iter().find(|switch| switch.names.contains(&name)).copied()
}

/// Pairs switches with their values. `unknown` makes the error for one that the table lacks.
pub(super) fn read<K: Copy + PartialEq>(
    arguments: Vec<String>,
    table: &[Switch<K>],
    unknown: impl Fn(&str, String) -> SwitchError,
) -> Result<(Vec<Given<K>>, Own), SwitchError> {
    let mut given: Vec<Given<K>> = Vec::new();
    let mut own = Own::default();
    let mut arguments = arguments.into_iter();
    while let Some(written) = arguments.next() {
        let name = name(&written).ok_or_else(|| SwitchError::NotASwitch(written.clone()))?;
        let mut value = |expected| {
            let missing = || SwitchError::MissingValue { switch: written.clone(), expected };
            // A known switch is not a value: a path such as `/mnt` is one.
            let is_switch = |text: &str| self::name(text).is_some_and(|name| find(table, &name).is_some());
            arguments.next().filter(|text| !text.is_empty() && !is_switch(text)).ok_or_else(missing)
        };
        let mut once = |slot: &mut Option<PathBuf>| match slot.replace(PathBuf::from(value("a folder")?)) {
            None => Ok(()),
            Some(_) => Err(SwitchError::Twice(written.clone())),
        };
        match name.as_str() {
            "--evidence" => once(&mut own.evidence)?,
            "--reports" => once(&mut own.reports)?,
            "--catalog" => own.catalogs.push(PathBuf::from(value("a catalog, or a folder of them")?)),
            _ => {
                let switch = find(table, &name).ok_or_else(|| unknown(&name, written.clone()))?;
                if given.iter().any(|earlier| earlier.kind == switch.kind) {
                    return Err(SwitchError::Twice(written));
                }
                let value = switch.value.map(&mut value).transpose()?.unwrap_or_default();
                given.push(Given { kind: switch.kind, written, value });
            }
        }
    }
    Ok((given, own))
}

/// Fails if more than one of these kinds was given.
pub(super) fn at_most_one<K: Copy + PartialEq>(given: &[Given<K>], kinds: &[K]) -> Result<(), SwitchError> {
    let mut chosen = given.iter().filter(|given| kinds.contains(&given.kind));
    match (chosen.next(), chosen.next()) {
        (Some(first), Some(second)) => Err(SwitchError::Conflict(first.written.clone(), second.written.clone())),
        _ => Ok(()),
    }
}
