//! A running machine's registry, played by a table of keys.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use wardline_contract::Deadline;
use wardline_live::{KeyInfo, ReadError, Root, Value, ValueData};

use super::super::access::{OpenKey, RegistryAccess};
use super::super::key::{Key, KeyError};
use super::super::names;
use super::super::running::{RunningRegistry, Sought};

const ACCESS_DENIED: u32 = 5;

/// Keys by their folded paths, each with its texts. Keys below `SAM` are opened only as for a backup, those below `SECURITY` not at all.
#[derive(Clone, Default)]
struct Table(BTreeMap<String, Vec<(String, String)>>);

impl Table {
    fn with(mut self, path: &str, name: &str, text: &str) -> Self {
        self.0.entry(names::fold(path)).or_default().push((name.to_owned(), text.to_owned()));
        self
    }
}

impl RegistryAccess for Table {
    fn open(
        &self,
        root: Root,
        path: &str,
        as_backup: bool,
        _: Option<Instant>,
    ) -> Result<Option<Box<dyn OpenKey>>, ReadError> {
        let root = if root == Root::Users { r"HKU\" } else { "" };
        let path = names::fold(&format!("{root}{path}"));
        if path.starts_with("SECURITY") || path.starts_with("SAM") && !as_backup {
            return Err(ReadError::Win32(ACCESS_DENIED));
        }
        let below = self.0.range(path.clone()..).take_while(|(other, _)| other.starts_with(&path));
        let subkeys = below.filter_map(|(other, _)| {
            let rest = other.strip_prefix(&path)?.strip_prefix('\\')?;
            Some(rest.split('\\').next().unwrap_or(rest).to_owned())
        });
        let mut subkeys = subkeys.collect::<Vec<_>>();
        subkeys.dedup();
        let values = self.0.get(&path).cloned();
        let is_there = values.is_some() || !subkeys.is_empty();
        Ok(is_there.then(|| Box::new(Open { values: values.unwrap_or_default(), subkeys }) as Box<dyn OpenKey>))
    }
}

struct Open {
    values: Vec<(String, String)>,
    subkeys: Vec<String>,
}

fn value((name, text): &(String, String)) -> Value {
    let bytes = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    Value { name: name.clone(), kind: 1, data: ValueData::Bytes(bytes) }
}

impl OpenKey for Open {
    fn info(&self, _: Option<Instant>) -> Result<KeyInfo, ReadError> {
        Ok(KeyInfo { class: String::new(), last_written: 0 })
    }

    fn subkey_name(&self, index: u32, _: Option<Instant>) -> Result<Option<String>, ReadError> {
        Ok(self.subkeys.get(index as usize).cloned())
    }

    fn value(&self, name: &str, _: Option<Instant>) -> Result<Option<Value>, ReadError> {
        Ok(self.values.iter().find(|(one, _)| names::same(one, name)).map(value))
    }

    fn room_for_values(&self, _: Option<Instant>) -> Result<u32, ReadError> {
        Ok(0)
    }

    fn value_at(&self, index: u32, _: u32, _: Option<Instant>) -> Result<Option<Value>, ReadError> {
        Ok(self.values.get(index as usize).map(value))
    }

    fn security(&self, _: Option<Instant>) -> Result<Vec<u8>, ReadError> {
        Ok(Vec::new())
    }
}

fn registry() -> RunningRegistry {
    let table = Table::default()
        .with(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion", "SystemRoot", r"D:\WINNT")
        .with(r"SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName", "ComputerName", "PC10")
        .with(r"SAM\SAM\Domains", "Name", "text")
        .with(r"HKU\S-1-5-21-1-2-3-1001\Software", "Name", "text");
    RunningRegistry::new(Arc::new(table), "", None)
}

#[test]
fn a_machine_tells_its_name_and_where_windows_is() {
    assert_eq!(registry().system_root().as_deref(), Some(r"D:\WINNT"));
    assert_eq!(registry().computer_name().as_deref(), Some("PC10"));
    let empty = RunningRegistry::new(Arc::new(Table::default()), "", None);
    assert_eq!((empty.system_root(), empty.computer_name()), (None, None));
}

#[test]
fn keys_are_found_absent_denied_or_not_loaded() {
    let registry = registry();
    let shown = |found: Result<Sought, KeyError>| match found {
        Ok(Sought::Found(key)) => key.name().unwrap(),
        Ok(Sought::Absent) => "absent".to_owned(),
        Ok(Sought::NotLoaded) => "not loaded".to_owned(),
        Err(error) => error.to_string(),
    };
    let machine = |path, as_backup| shown(registry.machine_key(path, as_backup, Deadline::never()));
    let user = |user, rest| shown(registry.user_key(user, rest, true, Deadline::never()));
    assert_eq!(machine(r"software\microsoft", false), "microsoft");
    assert_eq!(machine(r"SOFTWARE\None", true), "absent");
    assert_eq!(machine(r"SAM\SAM", true), "SAM");
    assert_eq!(machine(r"SAM\SAM", false), r"the key HKLM\SAM\SAM cannot be read: access is denied");
    assert_eq!(machine("SECURITY", true), r"the key HKLM\SECURITY cannot be read: access is denied");
    assert_eq!(user("S-1-5-21-1-2-3-1001", "Software"), "Software");
    assert_eq!(user("S-1-5-21-1-2-3-1001", "Console"), "absent");
    assert_eq!(user("S-1-5-21-1-2-3-1002", "Software"), "not loaded");
    assert_eq!(user("S-1-5-21-1-2-3-1002", ""), "not loaded");
}

#[test]
fn members_are_enumerated_to_their_end() {
    let Sought::Found(key) = registry().machine_key("SOFTWARE", false, Deadline::never()).unwrap() else { panic!() };
    let names =
        |key: &Key<'_>| key.subkeys().unwrap().map(|subkey| subkey.unwrap().name().unwrap()).collect::<Vec<_>>();
    assert_eq!(names(&key), ["MICROSOFT"]);
    let key = key.subkey(r"Microsoft\Windows NT\CurrentVersion").unwrap().unwrap();
    let values = key.values().unwrap().map(|value| value.unwrap().name().unwrap()).collect::<Vec<_>>();
    assert_eq!((names(&key), values), (Vec::new(), vec!["SystemRoot".to_owned()]));
}
