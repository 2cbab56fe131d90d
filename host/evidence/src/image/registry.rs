//! The registry as Windows shows it, assembled from the hives in the volume.

use std::sync::{Arc, OnceLock};

use wardline_contract::{Deadline, RegistryData, RegistryKey};
use wardline_live::Machine;

use super::bytes::{unix_seconds, utf16_text};
use super::failure::{Failure, Found, optional};
use super::hive::{Hive, registry_data};
use super::hives::Hives;
use super::identity::{self, HiveKind, current_control_set};
use super::key::{Key, KeyError, RUNNING_REGISTRY};
use super::paths::{Components, split_drive};
use super::running::{RunningRegistry, Sought};
use super::secrets::withhold_password;
use super::storage::Files;
use super::typed::{Typed, data_of, number_of, text_of, text_value, wrong_type};
use super::{listing, names};
use crate::Condition;
use crate::budget::Budget;

/// The maximum number of links followed for one key: links may lead to links, but not endlessly.
const MAX_LINKS: usize = 8;

const ACCOUNTS_DENIED: &str =
    "the host reads accounts, groups and policies from this key; its raw values never leave the host";

/// The only key below `HKLM\SECURITY` whose existence may be revealed: if it exists, the automatic logon's password is an LSA
/// secret and not clear text. Its values hold the password.
const AUTOLOGON_SECRET: &str = r"Policy\Secrets\DefaultPassword";

/// Hives that Windows creates at each boot, or loads only temporarily.
const NOT_IN_FILES: [&str; 4] = ["HARDWARE", "BCD00000000", "COMPONENTS", "DRIVERS"];

/// The registry of a volume.
pub(super) struct Registry {
    files: Arc<Files>,
    /// The Windows folder's path from the volume's root.
    windows: Components,
    hives: Arc<Hives>,
    /// The registry of a running machine. Its hives are in use; only those of users who are not logged on are read from their files.
    running: Option<Arc<RunningRegistry>>,
    /// The current control set, once known. Determining it reads five keys, and most questions about SYSTEM need it.
    control_set: Arc<OnceLock<String>>,
    /// The deadline for reading hives; opening them is not limited.
    deadline: Deadline,
}

/// On whose behalf a key is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// A plugin, which accounts and secrets are kept from.
    Plugin,
    /// The host, which derives facts from them.
    Host,
}

/// A hive and the path of a key in it.
struct Located {
    hive: Arc<Hive>,
    kind: HiveKind,
    path: String,
}

impl Registry {
    pub(super) fn new(files: Arc<Files>, windows: Components, budget: Arc<Budget>) -> Registry {
        let hives = Arc::new(Hives::new(Arc::clone(&files), budget));
        Registry { files, windows, hives, running: None, control_set: Arc::default(), deadline: Deadline::never() }
    }

    /// Returns the registry of a running machine.
    pub(super) fn with_running(self, running: RunningRegistry) -> Registry {
        Registry { running: Some(Arc::new(running)), ..self }
    }

    /// Returns the same registry with a deadline. A hive is opened even if that takes longer, because it is cached for later
    /// questions.
    pub(super) fn until(&self, deadline: Deadline) -> Registry {
        Registry {
            files: Arc::clone(&self.files),
            windows: self.windows.clone(),
            hives: Arc::clone(&self.hives),
            running: self.running.clone(),
            control_set: Arc::clone(&self.control_set),
            deadline,
        }
    }

    /// The running machine whose registry this is, if it is one's.
    pub(super) fn machine(&self) -> Option<&Arc<Machine>> {
        self.running.as_deref().and_then(RunningRegistry::machine)
    }

    /// The deadline, for callers that iterate over a list of keys: each key may have a long list itself.
    pub(super) fn deadline(&self) -> Deadline {
        self.deadline
    }

    pub(super) fn value(&self, path: &str, name: &str) -> Found<RegistryData> {
        self.with_open_key(path, |key| {
            let data = key.value(name)?.ok_or(Failure::Absent)?.data()?;
            Ok(withhold_password(name, registry_data(data)))
        })
    }

    pub(super) fn key(&self, path: &str) -> Found<RegistryKey> {
        if below(path, r"HKLM\SECURITY").is_some_and(|rest| names::same(&rest, AUTOLOGON_SECRET)) {
            return self.with_key(path, |key| {
                let last_written = unix_seconds(key.last_written()?);
                Ok(RegistryKey { values: Vec::new(), subkeys: Vec::new(), truncated: false, last_written })
            });
        }
        self.with_open_key(path, |key| listing::read(&key, self.deadline, |error| self.note_damage(path, error)))
    }

    /// Records that a member of a key could not be read, and was left out of an answer or marked there.
    pub(super) fn note_damage(&self, path: &str, error: &KeyError) {
        if !error.is_passing() {
            self.hives.note_damage(error.part(), path, error.to_string());
        }
    }

    /// Like [`Registry::note_damage`], for a member that can be read but makes no sense. `path` is the path of a key in one of the
    /// machine's hives.
    pub(super) fn note_odd(&self, path: &str, what: String) {
        if self.running.is_some() {
            self.hives.note_damage(RUNNING_REGISTRY, path, what);
        } else if let Some(name) = below(path, "HKLM").as_deref().map(|rest| names::fold(split_first(rest).0)) {
            self.hives.note_damage(&self.machine_place(&name).join("\\"), path, what);
        }
    }

    /// Returns the security descriptor of a key.
    pub(super) fn security(&self, path: &str) -> Found<Vec<u8>> {
        self.with_open_key(path, |key| {
            let none = || Failure::Unreadable(format!("the key {path} has no security descriptor"));
            key.security()?.ok_or_else(none)
        })
    }

    /// Returns a text, or `None` if the key or value is absent. A value of another type is unreadable.
    pub(super) fn text(&self, path: &str, name: &str) -> Found<Option<String>> {
        optional(self.with_key(path, |key| text_of(&key, name))).map(Option::flatten)
    }

    /// Returns a text that may have another type, for facts that nothing else depends on.
    pub(super) fn typed_text(&self, path: &str, name: &str) -> Found<Typed<String>> {
        let found = optional(self.with_key(path, |key| Ok(text_value(&key, name)?)))?;
        Ok(found.unwrap_or(Typed::Absent))
    }

    /// Like [`Registry::text`], for a number.
    pub(super) fn number(&self, path: &str, name: &str) -> Found<Option<u32>> {
        optional(self.with_key(path, |key| number_of(&key, name))).map(Option::flatten)
    }

    pub(super) fn multi_text(&self, path: &str, name: &str) -> Found<Vec<String>> {
        let values = self.with_key(path, |key| {
            Ok(match data_of(&key, name)? {
                Some(RegistryData::MultiText(values)) => values,
                Some(RegistryData::Text(value)) if value.is_empty() => Vec::new(),
                Some(RegistryData::Text(value)) => vec![value],
                None => Vec::new(),
                Some(_) => return Err(wrong_type(&key, name, "REG_MULTI_SZ")),
            })
        });
        optional(values).map(Option::unwrap_or_default)
    }

    /// Calls `use_key` with a key that plugins may read.
    fn with_open_key<T>(&self, path: &str, use_key: impl FnOnce(Key<'_>) -> Found<T>) -> Found<T> {
        self.walk(path, Reader::Plugin, use_key)
    }

    /// Calls `use_key` with any key, for facts that the host derives itself.
    pub(super) fn with_key<T>(&self, path: &str, use_key: impl FnOnce(Key<'_>) -> Found<T>) -> Found<T> {
        self.walk(path, Reader::Host, use_key)
    }

    /// Opens a key. The targets of links on its path must be allowed, too.
    fn walk<T>(&self, path: &str, reader: Reader, use_key: impl FnOnce(Key<'_>) -> Found<T>) -> Found<T> {
        let mut path = path.to_owned();
        for _ in 0..MAX_LINKS {
            if reader == Reader::Plugin {
                refuse_secrets(&path)?;
            }
            self.deadline.check()?;
            match self.running_key(&path, reader)? {
                Some(Sought::Found(key)) => return use_key(key),
                Some(Sought::Absent) => return Err(Failure::Absent),
                // The hive in the profile.
                Some(Sought::NotLoaded) | None => {}
            }
            let located = self.locate(&path)?;
            let mut key = Key::Hive(located.hive.root()?);
            let mut linked = None;
            let components = names::components(&located.path).collect::<Vec<_>>();
            for (depth, component) in components.iter().enumerate() {
                key = key.subkey(component)?.ok_or_else(|| {
                    let missing = components.get(..=depth).unwrap_or_default();
                    let current = match located.kind {
                        HiveKind::System => self.control_set(&located.hive).ok(),
                        _ => None,
                    };
                    identity::absence(located.kind, current, &path, missing)
                })?;
                if matches!(&key, Key::Hive(key) if key.is_link()) {
                    let rest = components.get(depth + 1..).unwrap_or_default().join("\\");
                    linked = Some(format!("{}\\{rest}", self.link_target(&key, &path)?));
                    break;
                }
            }
            match linked {
                Some(target) => path = target,
                None => return use_key(key),
            }
        }
        Err(Failure::Unreadable(format!("too many links at the key {path}")))
    }

    /// Looks for a key on a running machine, which follows its links itself. `None` if the target is not one.
    fn running_key(&self, path: &str, reader: Reader) -> Found<Option<Sought>> {
        let Some(running) = &self.running else { return Ok(None) };
        let as_backup = reader == Reader::Host;
        let machine =
            below(path, "HKCR").map(|rest| format!(r"SOFTWARE\Classes\{rest}")).or_else(|| below(path, "HKLM"));
        if let Some(rest) = machine {
            let rest = rest.trim_end_matches('\\');
            if rest.is_empty() {
                return Err(Failure::Unsupported);
            }
            let sought = running.machine_key(rest, as_backup, self.deadline)?;
            return match sought {
                Sought::Absent => Err(identity::absence_on_machine(path, rest)),
                sought => Ok(Some(sought)),
            };
        }
        let Some(rest) = below(path, "HKU") else { return Err(Failure::Unsupported) };
        match split_first(&rest) {
            ("", _) => Err(Failure::Unsupported),
            (user, rest) => Ok(Some(running.user_key(user, rest, as_backup, self.deadline)?)),
        }
    }

    /// Returns the target of a link, as a key's path.
    fn link_target(&self, key: &Key<'_>, path: &str) -> Found<String> {
        let broken = || Failure::Unreadable(format!("broken link at the key {path}"));
        let value = key.value("SymbolicLinkValue")?.ok_or_else(broken)?;
        let target = utf16_text(&value.bytes()?);
        [(r"\REGISTRY\MACHINE", "HKLM"), (r"\REGISTRY\USER", "HKU")]
            .iter()
            .find_map(|(from, to)| below(&target, from).map(|rest| format!("{to}\\{rest}")))
            .ok_or_else(broken)
    }

    fn locate(&self, path: &str) -> Found<Located> {
        if let Some(rest) = below(path, "HKCR") {
            return self.locate(&format!(r"HKLM\SOFTWARE\Classes\{rest}"));
        }
        if let Some(rest) = below(path, "HKLM") {
            return self.locate_machine(&rest);
        }
        if let Some(rest) = below(path, "HKU") {
            return self.locate_user(&rest);
        }
        Err(Failure::Unsupported)
    }

    fn locate_machine(&self, path: &str) -> Found<Located> {
        let (name, rest) = split_first(path);
        let name = names::fold(name);
        match name.as_str() {
            "" => Err(Failure::Unsupported),
            "SYSTEM" => {
                let hive = self.machine_hive("SYSTEM", HiveKind::System)?;
                let path = match below(rest, "CurrentControlSet") {
                    Some(rest) => format!("{}\\{rest}", self.control_set(&hive)?),
                    None => rest.to_owned(),
                };
                Ok(Located { hive, kind: HiveKind::System, path })
            }
            "SOFTWARE" => self.locate_in(HiveKind::Software, &name, rest),
            "SAM" => self.locate_in(HiveKind::Sam, &name, rest),
            "SECURITY" => self.locate_in(HiveKind::Security, &name, rest),
            other if NOT_IN_FILES.contains(&other) => Err(Failure::Unsupported),
            _ => Err(Failure::Absent),
        }
    }

    fn control_set(&self, system: &Hive) -> Found<&str> {
        if let Some(known) = self.control_set.get() {
            return Ok(known);
        }
        let name = current_control_set(system)?;
        Ok(self.control_set.get_or_init(|| name))
    }

    fn locate_in(&self, kind: HiveKind, name: &str, path: &str) -> Found<Located> {
        Ok(Located { hive: self.machine_hive(name, kind)?, kind, path: path.to_owned() })
    }

    fn locate_user(&self, path: &str) -> Found<Located> {
        let (user, rest) = split_first(path);
        let folded = names::fold(user);
        match folded.as_str() {
            "" => return Err(Failure::Unsupported),
            ".DEFAULT" | "S-1-5-18" => return self.locate_in(HiveKind::User, "DEFAULT", rest),
            _ => {}
        }
        if let Some(sid) = folded.strip_suffix("_CLASSES") {
            let hive = self.classes_hive(sid)?;
            return Ok(Located { hive, kind: HiveKind::Classes, path: rest.to_owned() });
        }
        if let Some(rest) = below(rest, r"Software\Classes") {
            let hive = self.classes_hive(&folded)?;
            return Ok(Located { hive, kind: HiveKind::Classes, path: rest });
        }
        let mut place = self.profile_folder(&folded)?;
        place.push("NTUSER.DAT".to_owned());
        let hive = self.hive(&place, HiveKind::User)?;
        Ok(Located { hive, kind: HiveKind::User, path: rest.to_owned() })
    }

    /// Opens the hive of the per-user classes, which stays on this computer when the profile roams; NT 4 has none.
    fn classes_hive(&self, sid: &str) -> Found<Arc<Hive>> {
        let profile = self.profile_folder(sid)?;
        let places = [
            [r"AppData", "Local", "Microsoft", "Windows", "UsrClass.dat"].as_slice(),
            ["Local Settings", "Application Data", "Microsoft", "Windows", "UsrClass.dat"].as_slice(),
        ];
        for place in places {
            let place = profile.iter().map(String::as_str).chain(place.iter().copied()).map(str::to_owned);
            let place = place.collect::<Components>();
            match self.files.find(&place) {
                Err(Failure::Absent) => {}
                _ => return self.hive(&place, HiveKind::Classes),
            }
        }
        Err(Failure::Absent)
    }

    fn profile_folder(&self, sid: &str) -> Found<Components> {
        let list = format!(r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\{sid}");
        let path = self.text(&list, "ProfileImagePath")?.ok_or(Failure::Absent)?;
        self.profile_components(&path)
    }

    /// Resolves a profile's path as stored, from the volume's root.
    pub(super) fn profile_components(&self, path: &str) -> Found<Components> {
        let elsewhere = || Failure::Unreadable(format!("the profile {path} is not on this volume"));
        let (mut components, rest) = match path.strip_prefix('%').and_then(|path| path.split_once('%')) {
            Some((variable, rest)) => match names::fold(variable).as_str() {
                "SYSTEMDRIVE" => (Components::new(), rest),
                "SYSTEMROOT" | "WINDIR" => (self.windows.clone(), rest),
                _ => return Err(elsewhere()),
            },
            None => {
                let (drive, rest) = split_drive(path).ok_or_else(elsewhere)?;
                if drive != self.drive() {
                    return Err(elsewhere());
                }
                (Components::new(), rest)
            }
        };
        for component in names::components(rest) {
            if component.chars().all(|character| character == '.') {
                return Err(elsewhere());
            }
            components.push(component.to_owned());
        }
        Ok(components)
    }

    /// The system drive's letter, from `SystemRoot`; `C` if the registry does not say.
    pub(super) fn drive(&self) -> char {
        let root = self.text(r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion", "SystemRoot");
        root.ok().flatten().and_then(|root| split_drive(&root).map(|(drive, _)| drive)).unwrap_or('C')
    }

    fn machine_hive(&self, name: &str, kind: HiveKind) -> Found<Arc<Hive>> {
        self.hive(&self.machine_place(name), kind)
    }

    /// The path of a machine hive's file from the volume's root.
    fn machine_place(&self, name: &str) -> Components {
        let mut place = self.windows.clone();
        place.extend(["system32", "config", name].map(str::to_owned));
        place
    }

    /// Returns the hive in a file of the volume, which must be of the given kind.
    fn hive(&self, place: &Components, kind: HiveKind) -> Found<Arc<Hive>> {
        self.hives.hive(place, |hive| identity::verify(hive, kind, &place.join("\\")))
    }

    /// The state of the hives that were opened.
    pub(super) fn conditions(&self) -> Vec<Condition> {
        self.hives.conditions()
    }
}

/// Denies access to accounts and secrets, which must not leave the host.
fn refuse_secrets(path: &str) -> Found<()> {
    if [r"HKLM\SAM", r"HKLM\SECURITY"].iter().any(|hive| below(path, hive).is_some()) {
        return Err(Failure::Denied(ACCOUNTS_DENIED.to_owned()));
    }
    Ok(())
}

/// Returns the part of a path after `prefix`, or `None` if the path does not start with it. `HKLM\SAM` is a prefix of
/// `HKLM\SAM\Domains`, but not of `HKLM\SAMPLE`.
fn below(path: &str, prefix: &str) -> Option<String> {
    let mut path = names::components(path);
    for expected in names::components(prefix) {
        if !names::same(path.next()?, expected) {
            return None;
        }
    }
    Some(path.collect::<Vec<_>>().join("\\"))
}

fn split_first(path: &str) -> (&str, &str) {
    path.split_once('\\').unwrap_or((path, ""))
}
