//! Machines on a bench, and the parts of a run that tests compare.

use wardline_plugin::prelude::*;
use wardline_plugin::testing::{self, Bench, Run};

/// The SIDs of two users.
pub const SCOTT: &str = "S-1-5-21-1-2-3-1001";
pub const DIANA: &str = "S-1-5-21-1-2-3-1002";
/// The program of Outlook Express.
pub const MSOE: &str = r"%programfiles%\Outlook Express\msoe.dll";

/// A person's profile; `loaded` is whether its registry is available.
pub fn profile(sid: &str, name: &str, loaded: bool) -> Profile {
    Profile { sid: sid.to_owned(), path: String::new(), name: name.to_owned(), loaded }
}

/// A machine with one user.
pub fn scott() -> Bench {
    Bench::new().fact(Question::Profiles, Fact::Profiles(vec![profile(SCOTT, "scott", true)]))
}

/// Adds a file with this version.
pub fn file(bench: Bench, path: &str, [major, minor, build, revision]: [u16; 4]) -> Bench {
    let version = Some(FileVersion { major, minor, build, revision });
    let info = FileInfo { version, checksum: None, size: 1, modified: None, language: None };
    bench.fact(Question::File(path.to_owned()), Fact::File(info))
}

/// Adds a registry key.
pub fn key(bench: Bench, path: &str, values: &[(&str, RegistryData)], subkeys: &[&str]) -> Bench {
    let values =
        values.iter().map(|(name, data)| RegistryValue { name: (*name).to_owned(), data: data.clone() }).collect();
    let subkeys = subkeys.iter().map(|&name| name.to_owned()).collect();
    let key = RegistryKey { values, subkeys, truncated: false, last_written: 0 };
    bench.fact(Question::RegistryKey(path.to_owned()), Fact::RegistryKey(key))
}

/// A `REG_SZ`.
pub fn text(text: &str) -> RegistryData {
    RegistryData::Text(text.to_owned())
}

/// The path of a key below `Software\Microsoft` of [`SCOTT`].
pub fn of_user(rest: &str) -> String {
    format!(r"HKU\{SCOTT}\Software\Microsoft\{rest}")
}

/// A `REG_DWORD` as data of the other types that can hold it, and of some that cannot.
pub fn number_in_other_types(number: u32) -> Vec<RegistryData> {
    vec![
        text(&number.to_string()),
        text(&format!("{number:#x}")),
        RegistryData::ExpandText(number.to_string()),
        RegistryData::MultiText(vec![number.to_string()]),
        RegistryData::Qword(u64::from(number)),
        RegistryData::Binary(number.to_le_bytes().to_vec()),
        RegistryData::Binary(number.to_le_bytes()[..2].to_vec()),
        RegistryData::Other(5),
        RegistryData::None,
    ]
}

/// A text as data of other types.
pub fn text_in_other_types(text: &str) -> Vec<RegistryData> {
    vec![
        RegistryData::MultiText(vec![text.to_owned()]),
        RegistryData::Dword(text.parse().unwrap_or(1)),
        RegistryData::Qword(1),
        RegistryData::Binary(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        RegistryData::None,
    ]
}

/// The rows of a check that are about a program.
pub fn rows<'r>(run: &'r Run, check: &str, program: &str) -> Vec<(&'r str, Grade)> {
    let rows = run.check(check).rows.iter().filter(|row| row.cells[1] == program);
    rows.map(|row| (row.cells[2].as_str(), row.grade)).collect()
}

/// The values that the actions set: key, name, data before and after.
///
/// # Panics
///
/// If an action's undo does not restore the earlier data.
pub fn sets(run: &Run) -> Vec<(String, String, Option<RegistryData>, RegistryData)> {
    let sets = run.actions.iter().filter_map(|action| {
        let Operation::SetRegistryValue(set) = &action.operation else { return None };
        match (&set.before, action.undo.as_slice()) {
            (Some(before), [Operation::SetRegistryValue(undo)]) => assert_eq!(&undo.after, before),
            (None, [Operation::DeleteRegistryValue(undo)]) => assert_eq!(undo.before, set.after),
            (_, undo) => panic!("{undo:?}"),
        }
        Some((set.key.clone(), set.name.clone(), set.before.clone(), set.after.clone()))
    });
    sets.collect()
}

/// The target after the actions are carried out.
pub fn mended(bench: Bench, run: &Run) -> Bench {
    sets(run).into_iter().fold(bench, |bench, (key, name, _, after)| bench.value(&key, &name, after))
}

/// The products found, with their service packs.
pub fn products(run: &Run) -> Vec<(&str, Option<&str>)> {
    run.assessment.products.iter().map(|found| (found.name.as_str(), found.service_pack.as_deref())).collect()
}

/// Windows of this version.
pub fn system(version: &str, role: Role) -> Fact {
    Fact::System(testing::system(version, 0, role))
}

/// An update of a product at a service pack's level, which replaces this file.
pub fn update(product: &str, level: u32, path: &str, [major, minor, build, revision]: [u16; 4]) -> Update {
    Update {
        bulletin: "MS99-902".to_owned(),
        article: "Q999002".to_owned(),
        package: "Q999002.exe".to_owned(),
        url: Some("https://example.com/Q999002.exe".to_owned()),
        severity: Severity::Critical,
        restart: true,
        applies_to: vec![Applicability {
            product: Product { id: "1".to_owned(), name: product.to_owned() },
            service_packs: vec![ServicePack { id: "1".to_owned(), name: format!("level {level}"), level }],
            included_in: None,
            severity: None,
            fixed_build: None,
        }],
        files: vec![FileTest {
            path: path.to_owned(),
            change: Change::Replace,
            version: Some(FileVersion { major, minor, build, revision }),
            alternates: Vec::new(),
            checksum: None,
            size: None,
        }],
        ..testing::update(1)
    }
}
