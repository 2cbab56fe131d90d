//! The tests of files and registry values by which an update is detected.

use wardline_contract::{Change, Comparison, FileTest, FileVersion, RegistryTest};

use super::raw::*;
use super::referrer::Referrer;
use super::resolver::{Resolver, given_id};
use super::values::{self, Value};
use crate::{CatalogError, UnresolvedKind};

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

impl Resolver<'_> {
    /// Returns the test of each `FileChange`, by its index.
    pub(super) fn file_tests(&mut self) -> Result<Vec<FileTest>, CatalogError> {
        let mut folders = Vec::with_capacity(self.tables.files.len());
        for file in &self.tables.files {
            let referrer = Referrer::named(file, file.name);
            let folder = self.location(file.location, referrer);
            if let Some(folder) = folder.filter(|folder| !can_be_looked_at(folder)) {
                self.note(UnresolvedKind::Path, folder, referrer);
            }
            folders.push(folder);
        }
        let mut tests = Vec::with_capacity(self.tables.file_changes.len());
        for row in &self.tables.file_changes {
            let file = row.file.and_then(|at| self.tables.files.get(at));
            let folder = row.file.and_then(|at| folders.get(at).copied().flatten());
            let name = file.map_or("", |file| file.name);
            let referrer = Referrer::named(row, name);
            let command = values::file_command(row.command);
            let command = self.take(command, UnresolvedKind::Command, row.command, referrer);
            let (version, size, checksum) =
                (values::version(row.version), values::size(row.size), values::checksum(row.checksum));
            self.dirt.comma_versions += u64::from(row.version.contains(','));
            self.dirt.values_not_given += u64::from(version == Value::NotGiven)
                + u64::from(size == Value::NotGiven)
                + u64::from(checksum == Value::NotGiven);
            let version = self.take(version, UnresolvedKind::Version, row.version, referrer);
            let size = self.take(size, UnresolvedKind::Size, row.size, referrer);
            let checksum = self.take(checksum, UnresolvedKind::Checksum, row.checksum, referrer);
            self.day(row.date, referrer);
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
    pub(super) fn alternates(&mut self, alternates: &[Alternate], referrer: Referrer<'_>) -> Vec<FileVersion> {
        let mut versions = Vec::new();
        for alternate in alternates {
            match alternate {
                Alternate::Version(Reference { id, place }) => {
                    for text in id.split(';').map(str::trim) {
                        let value = values::version(text);
                        versions.extend(self.take(value, UnresolvedKind::Version, text, referrer.at(*place)));
                    }
                }
                Alternate::Change(Reference { id, place }) => {
                    let Some(id) = given_id(id) else { continue };
                    match self.file_changes.get(id).map(|row| values::version(row.version)) {
                        Some(Value::Given(version)) => versions.push(version),
                        // If its version is unreadable, that is recorded with its own row.
                        Some(_) => {}
                        None => self.note(UnresolvedKind::FileChange, id, referrer.at(*place)),
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
            let referrer = Referrer::row(row);
            let outer = row.key.and_then(|at| self.tables.reg_keys.get(at));
            let named = given_id(row.key_id).and_then(|id| {
                let found = self.reg_keys.get(id);
                if found.is_none() {
                    self.note(UnresolvedKind::RegistryKey, id, referrer);
                }
                found
            });
            if let (Some(outer), Some(named)) = (outer, named)
                && outer.id != named.id
            {
                self.dirt.contradicting_registry_keys += 1;
            }
            let name = outer.or(named).map(|key| key.name);
            let key = self.location(row.location, referrer).and_then(|path| {
                let key = registry_key(path);
                if key.is_none() {
                    self.note(UnresolvedKind::Path, path, referrer);
                }
                key
            });
            let command = values::file_command(row.command);
            let command = self.take(command, UnresolvedKind::Command, row.command, referrer);
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

    /// Returns the tests of the files that a patch refers to.
    pub(super) fn files_of(&mut self, patch: &Patch, tests: &[FileTest]) -> Result<Vec<FileTest>, CatalogError> {
        let referrer = Referrer::patch(self.tables, patch);
        let mut files = Vec::with_capacity(patch.files.len());
        for FileReference { id, place, alternates } in &patch.files {
            let found = self.file_changes.position(id).and_then(|at| tests.get(at));
            let mut test = found.cloned().unwrap_or_else(|| {
                self.note(UnresolvedKind::FileChange, id, referrer.at(*place));
                untestable_file()
            });
            test.alternates.extend(self.alternates(alternates, referrer));
            self.spend(cost_of_file(&test))?;
            files.push(test);
        }
        Ok(files)
    }

    /// Returns the tests of the registry values that a patch refers to.
    pub(super) fn registry_of(
        &mut self,
        patch: &Patch,
        tests: &[RegistryTest],
    ) -> Result<Vec<RegistryTest>, CatalogError> {
        let referrer = Referrer::patch(self.tables, patch);
        let mut registry = Vec::with_capacity(patch.registry.len());
        for Reference { id, place } in &patch.registry {
            let found = self.reg_changes.position(id).and_then(|at| tests.get(at));
            let test = found.cloned().unwrap_or_else(|| {
                self.note(UnresolvedKind::RegistryChange, id, referrer.at(*place));
                untestable_value()
            });
            self.spend(cost_of_registry(&test))?;
            registry.push(test);
        }
        Ok(registry)
    }
}

/// Returns whether a registry value of this name holds a version, for which a higher one is sufficient.
fn is_version(value_name: &str) -> bool {
    value_name.eq_ignore_ascii_case("Version") || value_name.eq_ignore_ascii_case("InstalledVersion")
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
