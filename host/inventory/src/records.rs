//! The two places where installers record hotfixes.

use std::collections::{BTreeSet, HashMap, HashSet};

use wardline_contract::{Answer, Fact, FileVersion, Question, RegistryKey};

use super::article::{is_article, order};
use super::ask::{Asker, dword, reason, text};
use super::{FileVerdict, Hotfix, HotfixVerdict, RecordedFile};

/// The key in which Windows NT to 2003 record that a hotfix is installed, with one subkey per hotfix.
const HOTFIX: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix";

/// The key in which they record a hotfix's files: one key per hotfix, below the product's key and usually a service pack's.
const UPDATES: &str = r"HKLM\SOFTWARE\Microsoft\Updates";

/// The maximum number of keys between `Updates` and a hotfix's own: the product and the service pack; one more than any known
/// record has.
const DEEPEST: usize = 3;

/// A sibling of the products' keys, in which installers mark a pending restart.
const VOLATILE: &str = "UpdateExeVolatile";

/// Returns the records of both places, with one hotfix per article and product.
pub(super) fn hotfixes(asker: &mut Asker<'_>) -> Vec<Hotfix> {
    let mut found = Vec::new();
    if let Some(root) = asker.key(UPDATES) {
        below(asker, UPDATES, &root, &mut Vec::new(), &mut found);
    }
    let mut places: HashMap<String, usize> = HashMap::new();
    for (place, hotfix) in found.iter().enumerate() {
        places.entry(hotfix.article.to_ascii_uppercase()).or_insert(place);
    }
    for name in asker.key(HOTFIX).map(|key| key.subkeys).unwrap_or_default() {
        let path = format!(r"{HOTFIX}\{name}");
        let Some(key) = asker.listed_key(&path) else { continue };
        let of_windows = hotfix(asker, &name, path, &key, &[]);
        // A hotfix recorded in both places is listed once.
        match places.get(&name.to_ascii_uppercase()).and_then(|&place| found.get_mut(place)) {
            Some(known) => known.merge(of_windows),
            None => found.push(of_windows),
        }
    }
    found.sort_by_cached_key(|hotfix| (order(&hotfix.article), hotfix.product.clone(), hotfix.service_pack.clone()));
    found
}

/// Descends from a product's key to those of its hotfixes. `parents` are the names on the path.
fn below(asker: &mut Asker<'_>, path: &str, key: &RegistryKey, parents: &mut Vec<String>, found: &mut Vec<Hotfix>) {
    for name in &key.subkeys {
        let path = format!(r"{path}\{name}");
        let Some(key) = asker.listed_key(&path) else { continue };
        let in_product = !parents.is_empty();
        if is_article(name) || lists_files(&key) || (in_product && text(&key, "InstalledDate").is_some()) {
            found.push(hotfix(asker, name, path, &key, parents));
        } else if parents.len() < DEEPEST && !key.subkeys.is_empty() {
            parents.push(name.clone());
            below(asker, &path, &key, parents, found);
            parents.pop();
        } else if !key.subkeys.is_empty() {
            asker.note_unread(&path, "is too deep: hotfixes are recorded below a product and a service pack");
        } else if !key.values.is_empty() && !name.eq_ignore_ascii_case(VOLATILE) {
            asker.note_unread(&path, "is not the record of a hotfix: no article, files or date");
        }
    }
}

/// Reads one record. `parents` are the product's name and the names between it and the hotfix.
fn hotfix(asker: &mut Asker<'_>, name: &str, path: String, key: &RegistryKey, parents: &[String]) -> Hotfix {
    let files = if lists_files(key) { files(asker, &path) } else { Vec::new() };
    // Windows 2000 and later write value names as one word, Windows NT as two.
    let either = |one: &str, other: &str| text(key, one).or_else(|| text(key, other));
    let number_of_pack = dword(key, "Service Pack").filter(|number| *number > 0);
    let service_pack = match parents.get(1..) {
        Some(between) if !between.is_empty() => Some(between.join(" ")),
        _ => number_of_pack.map(|number| format!("SP{number}")),
    };
    let has = |name: &str| key.values.iter().any(|value| value.name.eq_ignore_ascii_case(name));
    if has("Installed") && dword(key, "Installed").is_none() {
        asker.note_unread(&path, "bad type of Installed: expected REG_DWORD");
    }
    Hotfix {
        article: name.to_owned(),
        keys: vec![path],
        product: parents.first().cloned(),
        service_pack,
        description: either("Description", "Fix Description").or_else(|| text(key, "Comments")),
        installed_on: either("InstalledDate", "Installed On"),
        installed_by: either("InstalledBy", "Installed By"),
        installed: dword(key, "Installed").map(|number| number != 0),
        verdict: HotfixVerdict::of(&files),
        files,
    }
}

impl Hotfix {
    /// Fills in missing details from another record of the same hotfix.
    fn merge(&mut self, other: Hotfix) {
        self.keys.extend(other.keys);
        self.service_pack = self.service_pack.take().or(other.service_pack);
        self.description = self.description.take().or(other.description);
        self.installed_on = self.installed_on.take().or(other.installed_on);
        self.installed_by = self.installed_by.take().or(other.installed_by);
        self.installed = self.installed.or(other.installed);
        let same = |file: &RecordedFile| (file.path.to_lowercase(), file.recorded.clone());
        let known: HashSet<_> = self.files.iter().map(same).collect();
        self.files.extend(other.files.into_iter().filter(|file| !known.contains(&same(file))));
        self.verdict = HotfixVerdict::of(&self.files);
    }
}

fn lists_files(key: &RegistryKey) -> bool {
    key.subkeys.iter().any(|name| name.eq_ignore_ascii_case("Filelist"))
}

/// Returns the files below `Filelist`, whose keys are numbered from 0 or 1.
fn files(asker: &mut Asker<'_>, path: &str) -> Vec<RecordedFile> {
    let list = format!(r"{path}\Filelist");
    let Some(key) = asker.listed_key(&list) else { return Vec::new() };
    let numbered: BTreeSet<(u32, String)> =
        key.subkeys.into_iter().map(|name| (name.parse().unwrap_or(u32::MAX), name)).collect();
    let mut files = Vec::new();
    for (_, name) in numbered {
        if let Some(entry) = asker.listed_key(&format!(r"{list}\{name}")) {
            files.push(file(asker, &entry, &name));
        }
    }
    files
}

fn file(asker: &mut Asker<'_>, entry: &RegistryKey, number: &str) -> RecordedFile {
    let (name, folder) = (text(entry, "FileName"), text(entry, "Location"));
    let mut file = RecordedFile {
        path: match (&folder, &name) {
            (Some(folder), Some(name)) => format!("{}\\{name}", folder.trim_end_matches('\\')),
            (_, Some(name)) => name.clone(),
            _ => format!(r"Filelist\{number}"),
        },
        recorded: text(entry, "Version"),
        found: None,
        built: text(entry, "BuildDate"),
        verdict: FileVerdict::CannotBeRead,
        reason: None,
    };
    if folder.is_none() || name.is_none() {
        file.reason = Some("the record does not name the file".to_owned());
        return file;
    }
    let expected = file.recorded.as_deref().and_then(parse);
    match asker.ask(&Question::FileVersion(file.path.clone())) {
        Answer::Absent => file.verdict = FileVerdict::FileGone,
        Answer::Known(Fact::File(info)) => {
            file.found = info.version.as_ref().map(shown);
            match (info.version.as_ref().map(numbers), expected) {
                (_, None) => file.reason = Some("the record has no version to compare with".to_owned()),
                (Some(found), Some(expected)) if found >= expected => file.verdict = FileVerdict::Current,
                (_, Some(_)) => file.verdict = FileVerdict::Reinstall,
            }
        }
        other => file.reason = Some(reason(&other)),
    }
    file
}

/// Parses up to four numbers separated by dots; missing ones are 0.
fn parse(version: &str) -> Option<[u16; 4]> {
    let mut parsed = [0; 4];
    let mut parts = version.trim().split('.');
    for number in &mut parsed {
        match parts.next() {
            Some(part) => *number = part.trim().parse().ok()?,
            None => break,
        }
    }
    parts.next().is_none().then_some(parsed)
}

fn numbers(version: &FileVersion) -> [u16; 4] {
    [version.major, version.minor, version.build, version.revision]
}

fn shown(version: &FileVersion) -> String {
    numbers(version).map(|number| number.to_string()).join(".")
}
