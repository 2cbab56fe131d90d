//! Follows a catalog's references and parses its values; records those that cannot be resolved or parsed.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use wardline_contract::{
    Applicability, Change, Comparison, FileTest, FileVersion, RegistryTest, Severity, Superseding, Update,
};

use super::level;
use super::raw::*;
use super::read::Reading;
use super::values::{self, Value};
use crate::error::printable;
use crate::{CatalogError, DEFAULT_LANGUAGE, Dirt, Limits, Unresolved, UnresolvedKind};

/// The variables that the contract's `question.file` supports; a folder with any other one cannot be inspected on any target.
const PATH_VARIABLES: [&str; 7] = [
    "systemdrive",
    "windir",
    "systemroot",
    "programfiles",
    "commonprogramfiles",
    "programfiles(x86)",
    "commonprogramfiles(x86)",
];

/// The level of a service pack that the catalog refers to but does not contain: no installed one ever has this level.
const UNKNOWN_LEVEL: u32 = u32::MAX;

/// Returns an identifier that refers to something: `0` and the empty string mean none.
pub(super) fn given_id(id: &str) -> Option<&str> {
    (!id.is_empty() && id != "0").then_some(id)
}

/// Formats `MS01-022 Rbupdate.exe`.
pub(super) fn referrer_of_patch(tables: &Tables, patch: &Patch) -> String {
    let bulletin = tables.bulletins.get(patch.bulletin).map_or("", |bulletin| &bulletin.id);
    format!("{} {}", printable(bulletin), printable(&patch.name)).trim().to_owned()
}

/// The index of the first row with each identifier.
type Index<'a> = HashMap<&'a str, usize>;

pub(super) struct Resolver<'a> {
    tables: &'a Tables,
    origin: &'a Path,
    limits: &'a Limits,
    spent: u64,
    pub(super) unresolved: Vec<Unresolved>,
    pub(super) dirt: Dirt,
    bulletins: HashSet<String>,
    products: Index<'a>,
    service_packs: Index<'a>,
    locations: Index<'a>,
    comments: Index<'a>,
    severities: Index<'a>,
    file_changes: Index<'a>,
    reg_changes: Index<'a>,
    reg_keys: Index<'a>,
    /// The level implied by each service pack's name, by index in the table.
    named_levels: Vec<u32>,
    /// The levels of each product's own service packs, by index in the table of products.
    levels: Vec<HashMap<&'a str, u32>>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(reading: &'a Reading, origin: &'a Path, limits: &'a Limits) -> Self {
        let tables = &reading.tables;
        let mut dirt = reading.dirt;
        let repeated = &mut dirt.repeated_ids;
        let service_packs = index(&tables.service_packs, repeated, |row| &row.id);
        // File changes belong to the file that contains them, so the identifiers of files are indexed only to count repeated ones.
        index(&tables.files, repeated, |row| &row.id);
        index(&tables.families, repeated, |row| &row.id);
        index(&tables.superseded_by, repeated, |row| &row.id);
        let named_levels: Vec<u32> = tables.service_packs.iter().map(|row| level::of_name(&row.name)).collect();
        let levels = tables
            .products
            .iter()
            .map(|product| {
                let named = product.available.iter().filter_map(|reference| {
                    let at = *service_packs.get(&*reference.id)?;
                    Some((&*tables.service_packs.get(at)?.id, *named_levels.get(at)?))
                });
                level::of_sequence(&named.collect::<Vec<_>>())
            })
            .collect();
        Self {
            tables,
            origin,
            limits,
            spent: 0,
            unresolved: reading.unresolved.clone(),
            bulletins: tables.bulletins.iter().map(|bulletin| bulletin.id.to_lowercase()).collect(),
            products: index(&tables.products, repeated, |row| &row.id),
            service_packs,
            locations: index(&tables.locations, repeated, |row| &row.id),
            comments: index(&tables.comments, repeated, |row| &row.id),
            severities: index(&tables.severities, repeated, |row| &row.id),
            file_changes: index(&tables.file_changes, repeated, |row| &row.id),
            reg_changes: index(&tables.reg_changes, repeated, |row| &row.id),
            reg_keys: index(&tables.reg_keys, repeated, |row| &row.id),
            named_levels,
            levels,
            dirt,
        }
    }

    pub(super) fn tables(&self) -> &'a Tables {
        self.tables
    }

    pub(super) fn knows_bulletin(&self, id: &str) -> bool {
        self.bulletins.contains(&id.to_lowercase())
    }

    pub(super) fn note(&mut self, kind: UnresolvedKind, id: &str, referrer: String, place: Place) {
        let id = id.chars().take(200).collect();
        self.unresolved.push(Unresolved { kind, id, referrer, line: place.line, byte: place.byte });
    }

    /// Accounts for the size of data before it is added to an update.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), CatalogError> {
        self.spent = self.spent.saturating_add(bytes as u64);
        if self.spent > self.limits.resolved_bytes {
            return Err(CatalogError::Overgrown { path: self.origin.into(), limit: self.limits.resolved_bytes });
        }
        Ok(())
    }

    /// Returns a value that is given. Records one that cannot be read.
    fn take<T>(
        &mut self,
        value: Value<T>,
        kind: UnresolvedKind,
        text: &str,
        referrer: impl Fn() -> String,
        place: Place,
    ) -> Option<T> {
        match value {
            Value::Given(value) => return Some(value),
            Value::NotGiven => {}
            Value::Unreadable => self.note(kind, text, referrer(), place),
        }
        None
    }

    pub(super) fn read_date(&mut self, text: &str, referrer: impl Fn() -> String, place: Place) -> Option<String> {
        self.take(values::date(text), UnresolvedKind::Date, text, referrer, place)
    }

    /// Returns the path of a location, if it is given.
    fn location(&mut self, id: &str, referrer: impl Fn() -> String, place: Place) -> Option<&'a str> {
        let id = given_id(id)?;
        match self.locations.get(id).and_then(|at| self.tables.locations.get(*at)) {
            Some(location) => (!values::not_given(&location.text)).then_some(&*location.text),
            None => {
                self.note(UnresolvedKind::Location, id, referrer(), place);
                None
            }
        }
    }

    fn check_service_pack(&mut self, id: &str, referrer: impl Fn() -> String, place: Place) {
        if let Some(id) = given_id(id).filter(|id| !self.service_packs.contains_key(id)) {
            self.note(UnresolvedKind::ServicePack, id, referrer(), place);
        }
    }

    pub(super) fn check_products(&mut self) {
        let families: HashSet<&str> = self.tables.families.iter().map(|family| &*family.id).collect();
        for product in &self.tables.products {
            let referrer = || format!("Product {} {}", printable(&product.id), printable(&product.name));
            for id in [&product.minimum, &product.current] {
                self.check_service_pack(id, referrer, product.place);
            }
            for reference in &product.available {
                self.check_service_pack(&reference.id, referrer, reference.place);
            }
            for reference in &product.families {
                if let Some(id) = given_id(&reference.id).filter(|id| !families.contains(id)) {
                    self.note(UnresolvedKind::ProductFamily, id, referrer(), reference.place);
                }
            }
        }
        for row in &self.tables.service_packs {
            self.read_date(&row.released, || format!("ServicePack {}", printable(&row.id)), row.place);
        }
    }

    pub(super) fn check_bulletins(&mut self) {
        let mut with_patches = vec![false; self.tables.bulletins.len()];
        for patch in &self.tables.patches {
            if let Some(with_patches) = with_patches.get_mut(patch.bulletin) {
                *with_patches = true;
            }
        }
        self.dirt.bulletins_without_patches = with_patches.iter().filter(|with| !**with).count() as u64;
        for row in &self.tables.bulletins {
            let referrer = || format!("Bulletin {}", printable(&row.id));
            self.location(&row.location, referrer, row.place);
            self.location(&row.questions_location, referrer, row.place);
            self.read_date(&row.posted, referrer, row.place);
            for comment in &row.comments {
                if let Some(id) = given_id(&comment.id).filter(|id| !self.comments.contains_key(id)) {
                    self.note(UnresolvedKind::Comment, id, referrer(), comment.place);
                }
            }
        }
    }

    /// Returns the test of each `FileChange`, by its index.
    pub(super) fn file_tests(&mut self) -> Result<Vec<FileTest>, CatalogError> {
        let mut folders = Vec::with_capacity(self.tables.files.len());
        for file in &self.tables.files {
            let referrer = || format!("File {} {}", printable(&file.id), printable(&file.name));
            let folder = self.location(&file.location, referrer, file.place);
            if let Some(folder) = folder.filter(|folder| !can_be_looked_at(folder)) {
                self.note(UnresolvedKind::Path, folder, referrer(), file.place);
            }
            folders.push(folder);
        }
        let mut tests = Vec::with_capacity(self.tables.file_changes.len());
        for row in &self.tables.file_changes {
            let file = row.file.and_then(|at| self.tables.files.get(at));
            let folder = row.file.and_then(|at| folders.get(at).copied().flatten());
            let name = file.map_or("", |file| &file.name);
            let referrer = || format!("FileChange {} {}", printable(&row.id), printable(name));
            let command = self.take(
                values::file_command(&row.command),
                UnresolvedKind::Command,
                &row.command,
                referrer,
                row.place,
            );
            let version =
                self.take(values::version(&row.version), UnresolvedKind::Version, &row.version, referrer, row.place);
            let size = self.take(values::size(&row.size), UnresolvedKind::Size, &row.size, referrer, row.place);
            let checksum = self.take(
                values::checksum(&row.checksum),
                UnresolvedKind::Checksum,
                &row.checksum,
                referrer,
                row.place,
            );
            self.read_date(&row.date, referrer, row.place);
            self.dirt.comma_versions += u64::from(row.version.contains(','));
            self.dirt.values_not_given += [
                values::version(&row.version) == Value::NotGiven,
                values::size(&row.size) == Value::NotGiven,
                values::checksum(&row.checksum) == Value::NotGiven,
            ]
            .map(u64::from)
            .iter()
            .sum::<u64>();
            // Without a folder it is unknown which file of that name is meant.
            let (path, change) = match folder {
                Some(folder) => (format!("{folder}\\{name}"), command.unwrap_or(Change::Unsupported)),
                None => (name.to_owned(), Change::Unsupported),
            };
            let alternates = self.alternates(&row.alternates, referrer);
            let test = FileTest { path, change, version, alternates, checksum, size };
            self.spend(cost_of_file(&test))?;
            tests.push(test);
        }
        Ok(tests)
    }

    /// Returns the versions of alternates.
    fn alternates(&mut self, alternates: &[Alternate], referrer: impl Fn() -> String) -> Vec<FileVersion> {
        let mut versions = Vec::new();
        for alternate in alternates {
            match alternate {
                Alternate::Version(Reference { id, place }) => {
                    for text in id.split(';').map(str::trim) {
                        let value = values::version(text);
                        versions.extend(self.take(value, UnresolvedKind::Version, text, &referrer, *place));
                    }
                }
                Alternate::Change(Reference { id, place }) => {
                    let Some(id) = given_id(id) else { continue };
                    match self.file_changes.get(id).and_then(|at| self.tables.file_changes.get(*at)) {
                        Some(row) => {
                            // If its version is unreadable, that is recorded with its own row.
                            if let Value::Given(version) = values::version(&row.version) {
                                versions.push(version);
                            }
                        }
                        None => self.note(UnresolvedKind::FileChange, id, referrer(), *place),
                    }
                }
            }
        }
        versions
    }

    /// Returns the test of each `RegChange`, by its index.
    pub(super) fn registry_tests(&mut self) -> Result<Vec<RegistryTest>, CatalogError> {
        let mut tests = Vec::with_capacity(self.tables.reg_changes.len());
        for row in &self.tables.reg_changes {
            let referrer = || format!("RegChange {}", printable(&row.id));
            let stands_in = row.key.and_then(|at| self.tables.reg_keys.get(at));
            let named = given_id(&row.key_id).and_then(|id| {
                let found = self.reg_keys.get(id).and_then(|at| self.tables.reg_keys.get(*at));
                if found.is_none() {
                    self.note(UnresolvedKind::RegistryKey, id, referrer(), row.place);
                }
                found
            });
            if let (Some(outer), Some(named)) = (stands_in, named)
                && outer.id != named.id
            {
                self.dirt.contradicting_registry_keys += 1;
            }
            let name = stands_in.or(named).map(|key| &*key.name);
            let key = self.location(&row.location, referrer, row.place).and_then(|path| {
                let key = registry_key(path);
                if key.is_none() {
                    self.note(UnresolvedKind::Path, path, referrer(), row.place);
                }
                key
            });
            let command = self.take(
                values::file_command(&row.command),
                UnresolvedKind::Command,
                &row.command,
                referrer,
                row.place,
            );
            let change = match (&key, name) {
                (Some(_), Some(_)) => command.unwrap_or(Change::Unsupported),
                _ => Change::Unsupported,
            };
            let name = name.unwrap_or_default();
            self.dirt.comma_versions += u64::from(is_version(name) && row.value.contains(','));
            let test = RegistryTest {
                key: key.unwrap_or_default(),
                name: name.to_owned(),
                change,
                expected: (!row.value.is_empty()).then(|| row.value.to_string()),
                comparison: if is_version(name) { Comparison::AtLeast } else { Comparison::Equal },
            };
            self.spend(cost_of_registry(&test))?;
            tests.push(test);
        }
        Ok(tests)
    }

    pub(super) fn update(
        &mut self,
        patch: &Patch,
        number: u32,
        superseded_by: Vec<Superseding>,
        file_tests: &[FileTest],
        registry_tests: &[RegistryTest],
    ) -> Result<Update, CatalogError> {
        let unknown = Bulletin::default();
        let bulletin = self.tables.bulletins.get(patch.bulletin).unwrap_or(&unknown);
        let tables = self.tables;
        let referrer = || referrer_of_patch(tables, patch);

        let own_rating = match self.severity(&patch.severity, referrer, patch.place) {
            Some(rating) => Some(rating),
            None => self.severity(&bulletin.severity, referrer, bulletin.place),
        };
        let mut applies_to = self.applies_to(patch)?;
        let severity = own_rating
            .or_else(|| applies_to.iter().filter_map(|row| row.severity).min_by_key(|severity| gravity(*severity)))
            .unwrap_or(Severity::Unrated);
        for row in &mut applies_to {
            row.severity = row.severity.filter(|own| *own != severity);
        }

        let mut files = Vec::with_capacity(patch.files.len());
        for reference in &patch.files {
            let found = self.file_changes.get(&*reference.change.id).and_then(|at| file_tests.get(*at));
            let mut test = match found {
                Some(test) => test.clone(),
                None => {
                    self.note(UnresolvedKind::FileChange, &reference.change.id, referrer(), reference.change.place);
                    untestable_file()
                }
            };
            test.alternates.extend(self.alternates(&reference.alternates, referrer));
            self.spend(cost_of_file(&test))?;
            files.push(test);
        }
        let mut registry = Vec::with_capacity(patch.registry.len());
        for reference in &patch.registry {
            let test = match self.reg_changes.get(&*reference.id).and_then(|at| registry_tests.get(*at)) {
                Some(test) => test.clone(),
                None => {
                    self.note(UnresolvedKind::RegistryChange, &reference.id, referrer(), reference.place);
                    untestable_value()
                }
            };
            self.spend(cost_of_registry(&test))?;
            registry.push(test);
        }

        let is_url = |path: &&str| {
            ["http://", "https://", "ftp://"]
                .iter()
                .any(|scheme| path.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
        };
        let url = self.location(&patch.location, referrer, patch.place).filter(is_url).or_else(|| {
            let at = self.locations.get(&*bulletin.location)?;
            self.tables.locations.get(*at).map(|location| &*location.text).filter(is_url)
        });
        // The cost that a bulletin adds to each of its patches, however little it contributes.
        self.spend(bulletin.articles.len() * (size_of::<String>() + patch.name.len()) + bulletin.cves.len())?;
        self.spend(bulletin.comments.len() * size_of::<Reference>())?;
        let mut seen = HashSet::new();
        let cves: Vec<String> = [&patch.cves]
            .into_iter()
            .chain(patch.products.iter().map(|product| &product.cves))
            .chain([&bulletin.cves])
            .flat_map(|text| values::cves(text))
            .filter(|cve| seen.insert(cve.clone()))
            .collect();
        let notes = self.notes(patch, bulletin);
        let texts = notes.iter().chain(&cves).map(|text| text.len() + size_of::<String>()).sum::<usize>();
        self.spend(size_of::<Update>() + bulletin.title.len() + bulletin.id.len() + url.map_or(0, str::len) + texts)?;
        let posted = match values::date(&bulletin.posted) {
            Value::Given(date) => Some(date),
            _ => None,
        };
        Ok(Update {
            number,
            bulletin: bulletin.id.to_string(),
            article: article(patch, bulletin),
            title: bulletin.title.to_string(),
            package: patch.name.to_string(),
            url: url.map(str::to_owned),
            posted,
            severity,
            cves,
            restart: &*patch.no_reboot != "1",
            applies_to,
            files,
            registry,
            superseded_by,
            notes,
            language: Some(DEFAULT_LANGUAGE),
        })
    }

    fn severity(&mut self, id: &str, referrer: impl Fn() -> String, place: Place) -> Option<Severity> {
        let word = self.severities.get(id).and_then(|at| self.tables.severities.get(*at)).map(|row| &*row.text);
        self.take(values::severity(id, word), UnresolvedKind::Severity, id, referrer, place)
    }

    fn applies_to(&mut self, patch: &Patch) -> Result<Vec<Applicability>, CatalogError> {
        let tables = self.tables;
        let referrer = || referrer_of_patch(tables, patch);
        let mut rows: Vec<Applicability> = Vec::with_capacity(patch.products.len());
        // If the same product occurs twice, its service packs are merged, so that nothing is judged twice.
        let mut seen: HashMap<(&str, &str, &str), usize> = HashMap::new();
        for affected in &patch.products {
            let at = self.products.get(&*affected.product).copied();
            let product = at.and_then(|at| self.tables.products.get(at));
            if product.is_none() {
                self.note(UnresolvedKind::Product, &affected.product, referrer(), affected.place);
            }
            let product = wardline_contract::Product {
                id: affected.product.to_string(),
                name: product.map_or_else(String::new, |product| product.name.to_string()),
            };
            let included_in = match given_id(&affected.fixed_in) {
                Some(id) => self.service_pack(at, id),
                None => None,
            };
            if included_in.is_none() {
                self.check_service_pack(&affected.fixed_in, referrer, affected.place);
            }
            let severity = self.severity(&affected.severity, referrer, affected.place);
            let mut service_packs = Vec::with_capacity(affected.service_packs.len());
            for reference in &affected.service_packs {
                let service_pack = self.service_pack(at, &reference.id).unwrap_or_else(|| {
                    self.note(UnresolvedKind::ServicePack, &reference.id, referrer(), reference.place);
                    wardline_contract::ServicePack {
                        id: reference.id.to_string(),
                        name: String::new(),
                        level: UNKNOWN_LEVEL,
                    }
                });
                self.spend(
                    size_of::<wardline_contract::ServicePack>() + service_pack.name.len() + service_pack.id.len(),
                )?;
                service_packs.push(service_pack);
            }
            self.spend(size_of::<Applicability>() + product.name.len() + product.id.len())?;
            let key = (&*affected.product, &*affected.fixed_in, &*affected.severity);
            match seen.get(&key).and_then(|at| rows.get_mut(*at)) {
                // No service packs means all of them.
                Some(row) if row.service_packs.is_empty() || service_packs.is_empty() => row.service_packs.clear(),
                Some(row) => row.service_packs.extend(service_packs),
                None => {
                    seen.insert(key, rows.len());
                    rows.push(Applicability { product, service_packs, included_in, severity, fixed_build: None });
                }
            }
        }
        for row in &mut rows {
            let mut ids = HashSet::new();
            row.service_packs.retain(|service_pack| ids.insert(service_pack.id.clone()));
        }
        Ok(rows)
    }

    fn service_pack(&self, product: Option<usize>, id: &str) -> Option<wardline_contract::ServicePack> {
        let at = *self.service_packs.get(id)?;
        let row = self.tables.service_packs.get(at)?;
        let own = product.and_then(|at| self.levels.get(at)).and_then(|levels| levels.get(id)).copied();
        // Patches may also name service packs that the product does not list.
        let level = own.or_else(|| self.named_levels.get(at).copied())?;
        Some(wardline_contract::ServicePack { id: row.id.to_string(), name: row.name.to_string(), level })
    }

    fn notes(&mut self, patch: &Patch, bulletin: &Bulletin) -> Vec<String> {
        let mut notes: Vec<&str> = Vec::new();
        let mut used = HashSet::new();
        for (reference, of_patch) in
            patch.comments.iter().map(|row| (row, true)).chain(bulletin.comments.iter().map(|row| (row, false)))
        {
            let Some(id) = given_id(&reference.id) else { continue };
            match self.comments.get(id).and_then(|at| self.tables.comments.get(*at)) {
                Some(comment) if !comment.text.is_empty() && used.insert(&*comment.id) => notes.push(&comment.text),
                Some(_) => {}
                // A bulletin's own comments are recorded once, not for each of its patches.
                None if of_patch => {
                    let referrer = referrer_of_patch(self.tables, patch);
                    self.note(UnresolvedKind::Comment, id, referrer, reference.place);
                }
                None => {}
            }
        }
        if !patch.note.is_empty() {
            notes.push(&patch.note);
        }
        notes.into_iter().map(str::to_owned).collect()
    }
}

fn index<'a, T>(rows: &'a [T], repeated: &mut u64, id: impl Fn(&'a T) -> &'a str) -> Index<'a> {
    let mut found = Index::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        match found.entry(id(row)) {
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(at);
            }
            std::collections::hash_map::Entry::Occupied(_) => *repeated += 1,
        }
    }
    found
}

/// Returns whether a registry value of this name holds a version, for which a higher one is sufficient.
fn is_version(value_name: &str) -> bool {
    value_name.eq_ignore_ascii_case("Version") || value_name.eq_ignore_ascii_case("InstalledVersion")
}

fn gravity(severity: Severity) -> u8 {
    match severity {
        Severity::Critical => 0,
        Severity::Important => 1,
        Severity::Moderate => 2,
        Severity::Low => 3,
        Severity::Unrated => 4,
    }
}

/// Returns the patch's own article, else the bulletin's only one, else the one in the package's name.
fn article(patch: &Patch, bulletin: &Bulletin) -> String {
    if !values::not_given(&patch.article) {
        return values::article(&patch.article);
    }
    let mut articles: Vec<String> =
        bulletin.articles.iter().filter(|text| !values::not_given(text)).map(|text| values::article(text)).collect();
    let mut seen = HashSet::new();
    articles.retain(|article| seen.insert(article.clone()));
    if let [only] = articles.as_slice() {
        return only.clone();
    }
    articles
        .into_iter()
        .find(|article| {
            let number = values::article_number(article);
            number.len() >= 5 && patch.name.contains(number)
        })
        .or_else(|| values::article_in(&patch.name))
        .unwrap_or_default()
}

/// Returns whether a folder begins with no variable, or with one that targets can resolve.
fn can_be_looked_at(folder: &str) -> bool {
    let Some(rest) = folder.strip_prefix('%') else { return true };
    rest.split_once('%')
        .is_some_and(|(variable, _)| PATH_VARIABLES.iter().any(|known| variable.eq_ignore_ascii_case(known)))
}

/// Returns the key with the short name of its root, or `None` if the root is unknown.
fn registry_key(path: &str) -> Option<String> {
    let (root, rest) = path.split_once('\\')?;
    let roots = [("HKLM", "HKEY_LOCAL_MACHINE"), ("HKU", "HKEY_USERS"), ("HKCR", "HKEY_CLASSES_ROOT")];
    let (short, _) =
        roots.iter().find(|(short, long)| root.eq_ignore_ascii_case(short) || root.eq_ignore_ascii_case(long))?;
    Some(format!("{short}\\{rest}"))
}

/// Returns a placeholder for a file that a patch refers to but the catalog does not contain: without it, the patch would be judged
/// by its other files alone and be reported as installed.
fn untestable_file() -> FileTest {
    FileTest {
        path: String::new(),
        change: Change::Unsupported,
        version: None,
        alternates: Vec::new(),
        checksum: None,
        size: None,
    }
}

/// Like [`untestable_file`], for a registry value.
fn untestable_value() -> RegistryTest {
    RegistryTest {
        key: String::new(),
        name: String::new(),
        change: Change::Unsupported,
        expected: None,
        comparison: Comparison::Equal,
    }
}

fn cost_of_file(test: &FileTest) -> usize {
    size_of::<FileTest>() + test.path.len() + test.alternates.len() * size_of::<FileVersion>()
}

fn cost_of_registry(test: &RegistryTest) -> usize {
    size_of::<RegistryTest>() + test.key.len() + test.name.len() + test.expected.as_ref().map_or(0, String::len)
}
