//! The two places where installing programs record hotfixes.

use std::collections::BTreeMap;

use wardline_plugin::judge::HOTFIXES;

use super::article::{by_article, is_article};
use super::ask::{Asker, Key, data, dword, text};
use super::files::{RecordedFile, Verdict};

/// The key in which Windows NT to 2003 record a hotfix's files: one key for each hotfix, below the product's key and usually a service
/// pack's. [`HOTFIXES`] has the hotfixes of Windows once more, and those that record no files.
pub(super) const UPDATES: &str = r"HKLM\SOFTWARE\Microsoft\Updates";

/// The maximum number of keys between `Updates` and a hotfix's own: the product and the service pack; one more than any known
/// record has.
const DEEPEST: usize = 3;

/// A sibling of the products' keys, in which installing programs mark a pending restart.
const VOLATILE: &str = "UpdateExeVolatile";

/// A hotfix as the registry records it.
#[derive(Debug)]
pub(super) struct Hotfix {
    /// The record's name: `Q296441`.
    pub(super) article: String,
    /// The keys that record it.
    pub(super) keys: Vec<String>,
    /// `Windows 2000`; `None` for a hotfix recorded for Windows without a product.
    pub(super) product: Option<String>,
    /// The service pack that will include it: `SP3`.
    pub(super) service_pack: Option<String>,
    pub(super) description: Option<String>,
    /// The date as recorded, in the installing program's format: `6/18/2001`.
    pub(super) installed_on: Option<String>,
    pub(super) installed_by: Option<String>,
    /// The value `Installed`, if there is one.
    pub(super) installed: Option<bool>,
    pub(super) files: Vec<RecordedFile>,
}

impl Hotfix {
    /// `Q296441 (Windows 2000)`.
    pub(super) fn name(&self) -> String {
        match &self.product {
            Some(product) => format!("{} ({product})", self.article),
            None => self.article.clone(),
        }
    }

    /// The verdict on its worst file. `None` if the record lists no files.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        self.files.iter().map(|file| file.verdict).max()
    }

    /// Whether it is recorded as installed. The keys below `Updates` need not say so.
    pub(super) fn is_installed(&self) -> bool {
        self.installed != Some(false)
    }

    /// Whether something has replaced or removed one of its files.
    pub(super) fn is_broken(&self) -> bool {
        self.is_installed() && self.verdict() >= Some(Verdict::Older)
    }

    /// Fills in missing details from another record of the same hotfix.
    fn merge(&mut self, other: Hotfix) {
        self.keys.extend(other.keys);
        self.service_pack = self.service_pack.take().or(other.service_pack);
        self.description = self.description.take().or(other.description);
        self.installed_on = self.installed_on.take().or(other.installed_on);
        self.installed_by = self.installed_by.take().or(other.installed_by);
        self.installed = self.installed.or(other.installed);
        let same = |file: &RecordedFile| {
            format!("{}\0{}", file.path.to_ascii_lowercase(), file.recorded.as_deref().unwrap_or_default())
        };
        let known: BTreeMap<String, usize> = self.files.iter().map(same).zip(0..).collect();
        self.files.extend(other.files.into_iter().filter(|file| !known.contains_key(&same(file))));
    }
}

/// A key that is, or leads to, the record of a hotfix.
struct Place {
    path: String,
    name: String,
    /// The product's name, and the names between it and this key.
    parents: Vec<String>,
    /// Whether it is below [`HOTFIXES`], which has nothing but hotfixes.
    of_windows: bool,
}

/// Returns the records below the keys [`UPDATES`] and [`HOTFIXES`], one for each article and product, by article.
pub(super) async fn hotfixes(asker: &mut Asker<'_>, updates: Option<Key>, of_windows: Option<Key>) -> Vec<Hotfix> {
    let below = |root: Option<Key>, path: &'static str, of_windows| {
        let names = root.map(|key| key.data.subkeys).unwrap_or_default().into_iter();
        names.map(move |name| Place { path: format!(r"{path}\{name}"), name, parents: Vec::new(), of_windows })
    };
    let places = below(updates, UPDATES, false).chain(below(of_windows, HOTFIXES, true)).collect();
    let records = records(asker, places).await;
    let files = files_of(asker, &records).await;

    let mut found: Vec<Hotfix> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for ((place, key), files) in records.into_iter().zip(files) {
        let folded = place.name.to_ascii_uppercase();
        let of_windows = place.of_windows;
        let hotfix = hotfix(asker, place, &key, files);
        match known.get(&folded).and_then(|&at| found.get_mut(at)) {
            // A hotfix that is recorded in both places is listed once.
            Some(known) if of_windows => known.merge(hotfix),
            _ => {
                known.entry(folded).or_insert(found.len());
                found.push(hotfix);
            }
        }
    }
    by_article(found, |hotfix| {
        let of = [&hotfix.product, &hotfix.service_pack].map(|name| name.as_deref().unwrap_or_default());
        (Some(&hotfix.article), of.join("\0"))
    })
}

/// Descends to the records, one level of keys in a round; those of [`HOTFIXES`] come last.
async fn records(asker: &mut Asker<'_>, mut places: Vec<Place>) -> Vec<(Place, Key)> {
    let (mut records, mut of_windows) = (Vec::new(), Vec::new());
    while !places.is_empty() {
        let keys = asker.listed_keys(places.iter().map(|place| place.path.clone()).collect()).await;
        let mut below = Vec::new();
        for (place, key) in places.into_iter().zip(keys) {
            let Some(key) = key else { continue };
            let Place { path, name, parents, .. } = &place;
            let is_dated = !parents.is_empty() && text(&key.data, "InstalledDate").is_some();
            if place.of_windows {
                of_windows.push((place, key));
            } else if is_article(name) || lists_files(&key) || is_dated {
                records.push((place, key));
            } else if !key.data.subkeys.is_empty() && parents.len() < DEEPEST {
                let parents: Vec<String> = parents.iter().chain([name]).cloned().collect();
                below.extend(key.data.subkeys.into_iter().map(|name| Place {
                    path: format!(r"{path}\{name}"),
                    name,
                    parents: parents.clone(),
                    of_windows: false,
                }));
            } else if !key.data.subkeys.is_empty() {
                const TOO_DEEP: &str = "is too deep: hotfixes are recorded below a product and a service pack";
                asker.note_unread(path.clone(), TOO_DEEP, Some(key.question));
            } else if !key.data.values.is_empty() && !name.eq_ignore_ascii_case(VOLATILE) {
                const UNKNOWN: &str = "is not the record of a hotfix: no article, files or date";
                asker.not_understood.push((path.clone(), UNKNOWN));
            }
        }
        places = below;
    }
    records.extend(of_windows);
    records
}

fn lists_files(key: &Key) -> bool {
    key.data.subkeys.iter().any(|name| name.eq_ignore_ascii_case("Filelist"))
}

/// Returns the files of each record, which are below `Filelist`, in keys that are numbered from 0 or 1.
async fn files_of(asker: &mut Asker<'_>, records: &[(Place, Key)]) -> Vec<Vec<RecordedFile>> {
    let with_list = records.iter().enumerate().filter(|(_, (_, key))| lists_files(key));
    let (at, lists): (Vec<usize>, Vec<String>) =
        with_list.map(|(at, (place, _))| (at, format!(r"{}\Filelist", place.path))).unzip();
    let keys = asker.listed_keys(lists.clone()).await;
    let mut entries = Vec::new();
    for ((at, list), key) in at.into_iter().zip(lists).zip(keys) {
        let names = key.map(|key| key.data.subkeys).unwrap_or_default();
        let mut numbered: Vec<(u32, String)> =
            names.into_iter().map(|name| (name.parse().unwrap_or(u32::MAX), name)).collect();
        numbered.sort_unstable();
        entries.extend(numbered.into_iter().map(|(_, name)| (at, format!(r"{list}\{name}"))));
    }
    let keys = asker.listed_keys(entries.iter().map(|(_, path)| path.clone()).collect()).await;
    let mut files: Vec<Vec<RecordedFile>> = records.iter().map(|_| Vec::new()).collect();
    for ((at, path), key) in entries.into_iter().zip(keys) {
        let Some(key) = key else { continue };
        asker.note_unread_values(&path, &key, &["FileName", "Location", "Version"]);
        if let Some(files) = files.get_mut(at) {
            files.push(RecordedFile::new(&key.data, &path));
        }
    }
    files
}

fn hotfix(asker: &mut Asker<'_>, place: Place, key: &Key, files: Vec<RecordedFile>) -> Hotfix {
    let Place { path, name, parents, .. } = place;
    let key = &key.data;
    // Windows 2000 and later write value names as one word, Windows NT as two.
    let either = |one: &str, other: &str| text(key, one).or_else(|| text(key, other));
    let number_of_pack = dword(key, "Service Pack").filter(|number| *number > 0);
    let service_pack = match parents.get(1..) {
        Some(between) if !between.is_empty() => Some(between.join(" ")),
        _ => number_of_pack.map(|number| format!("SP{number}")),
    };
    let installed = dword(key, "Installed");
    if installed.is_none() && data(key, "Installed").is_some() {
        asker.not_understood.push((path.clone(), "bad type of Installed: expected REG_DWORD"));
    }
    Hotfix {
        article: name,
        keys: vec![path],
        product: parents.into_iter().next(),
        service_pack,
        description: either("Description", "Fix Description").or_else(|| text(key, "Comments")),
        installed_on: either("InstalledDate", "Installed On"),
        installed_by: either("InstalledBy", "Installed By"),
        installed: installed.map(|number| number != 0),
        files,
    }
}
