//! The contents of the keys, files and services on a generated target.

use wardline_contract::{
    AccessEntry, AccessType, Account, AuditCategory, AuditPolicy, AuditSetting, FileInfo, FileTest, FileVersion, Group,
    GroupMember, PasswordPolicy, PasswordQuality, Permissions, Profile, RegistryData, Role, ServiceInfo, ServiceStart,
    Share, SystemInfo, Volume,
};

use super::chance::Chance;

/// The machine part of the local accounts' SIDs.
const MACHINE: &str = "S-1-5-21-1715567821-1801674531-839522115";

/// Product, version, build, revision, service pack, architecture, Windows folder.
type Release = (&'static str, &'static str, u32, Option<u32>, u32, &'static str, &'static str);

const RELEASES: &[Release] = &[
    ("Windows NT", "4.0", 1381, None, 6, "x86", r"C:\WINNT"),
    ("Microsoft Windows 2000", "5.0", 2195, None, 4, "x86", r"C:\WINNT"),
    ("Microsoft Windows XP", "5.1", 2600, None, 2, "x86", r"C:\WINDOWS"),
    ("Microsoft Windows Server 2003", "5.2", 3790, None, 1, "x86", r"C:\WINDOWS"),
    ("Windows 7 Professional", "6.1", 7601, None, 1, "AMD64", r"C:\Windows"),
    ("Windows 10 Pro", "10.0", 19_045, Some(4_170), 0, "AMD64", r"C:\Windows"),
    ("Windows Server 2022 Standard", "10.0", 20_348, Some(2_340), 0, "AMD64", r"C:\Windows"),
    ("Windows 11 Pro", "10.0", 22_631, Some(3_296), 0, "AMD64", r"C:\Windows"),
];

pub(super) fn system(chance: Chance, name: &str) -> SystemInfo {
    let (product, version, build, revision, service_pack, architecture, folder) =
        *chance.one_of("system", "release", RELEASES);
    // Half of them have the release's last service pack.
    let service_pack = if chance.percent("system", "service pack", 50) { service_pack } else { 0 };
    SystemInfo {
        computer_name: Some(name.to_uppercase()),
        product_name: product.to_owned(),
        version: version.to_owned(),
        build,
        revision,
        service_pack_name: (service_pack > 0).then(|| format!("Service Pack {service_pack}")),
        service_pack,
        role: *chance.one_of(
            "system",
            "role",
            &[Role::Workstation, Role::Server, Role::DomainController, Role::Unknown],
        ),
        suites: if chance.percent("system", "suite", 30) { vec!["Terminal Server".to_owned()] } else { Vec::new() },
        architecture: Some(architecture.to_owned()),
        language: *chance.one_of("system", "language", &[Some(0x0409), Some(0x0407), Some(0x0411), None]),
        windows_folder: folder.to_owned(),
    }
}

/// A time between 1998 and 2025.
pub(super) fn time(chance: Chance, name: &str) -> i64 {
    883_612_800 + chance.below("time", name, 862_272_000).cast_signed()
}

/// Data of any type, mostly of the types that settings have.
pub(super) fn data(chance: Chance, name: &str) -> RegistryData {
    let number = chance.draw("number", name);
    let pick = |texts: &[&str]| chance.one_of("text", name, texts).to_string();
    match chance.below("type", name, 100) {
        0..35 => RegistryData::Dword((number % 5) as u32),
        35..40 => RegistryData::Dword(number as u32),
        40..60 => {
            RegistryData::Text(pick(&["0", "1", "Yes", "no", "true", "Default", "Administrator", "C:\\Data", ""]))
        }
        60..72 => RegistryData::Text(version(chance, name)),
        72..80 => RegistryData::ExpandText(pick(&[r"%ProgramFiles%\Common Files", r"%SystemRoot%\system32", ""])),
        80..86 => RegistryData::MultiText(match number % 3 {
            0 => Vec::new(),
            1 => vec!["MAIN".to_owned()],
            _ => vec!["MAIN".to_owned(), "SECOND".to_owned()],
        }),
        86..91 => RegistryData::Binary(number.to_le_bytes()[..(number % 9) as usize].to_vec()),
        91..94 => RegistryData::Qword(number),
        94..96 => RegistryData::Text("x".repeat(4_000)),
        96..98 => RegistryData::None,
        _ => RegistryData::Other(11 + (number % 7) as u32),
    }
}

/// Data that matches what an update expects, in the type that the text looks like.
pub(super) fn like(expected: &str) -> RegistryData {
    match expected.parse() {
        Ok(number) => RegistryData::Dword(number),
        Err(_) => RegistryData::Text(expected.to_owned()),
    }
}

fn version(chance: Chance, name: &str) -> String {
    let part = |purpose, end| chance.below(purpose, name, end);
    format!("{}.{}.{}", part("major", 16), part("minor", 10), part("build", 30_000))
}

/// `tests` are the tests that updates make of the file.
pub(super) fn file(chance: Chance, path: &str, tests: &[FileTest]) -> FileInfo {
    let number = chance.draw("file", path);
    let random = FileVersion {
        major: (number % 11) as u16,
        minor: (number >> 8) as u16 % 60,
        build: (number >> 16) as u16 % 9_999,
        revision: (number >> 32) as u16 % 9_999,
    };
    let test = (!tests.is_empty()).then(|| chance.one_of("test", path, tests));
    let expected = test.and_then(|test| test.version);
    let version = match (chance.below("version", path, 100), expected) {
        (0..45, Some(expected)) => Some(expected),
        (45..65, Some(expected)) => Some(FileVersion { revision: expected.revision.wrapping_sub(1), ..expected }),
        (65..80, Some(expected)) => Some(FileVersion { revision: expected.revision.saturating_add(1), ..expected }),
        (80..95, _) | (0..80, None) => Some(random),
        _ => None,
    };
    let as_expected = version.is_some() && version == expected && chance.percent("checksum", path, 80);
    let checksum = test.and_then(|test| test.checksum).filter(|_| as_expected).unwrap_or(number as u32);
    let size = test.and_then(|test| test.size).filter(|_| as_expected).unwrap_or(number % 5_000_000);
    FileInfo {
        version,
        checksum: Some(checksum),
        size,
        modified: chance.percent("modified", path, 90).then(|| time(chance, path)),
        language: version.map(|_| 0x0409),
    }
}

/// The complete text of a file, in ASCII.
pub(super) fn text(chance: Chance, path: &str) -> String {
    let (number, word) = (chance.below("number", path, 3), chance.one_of("word", path, &["yes", "no", "1", "0", ""]));
    match chance.below("text", path, 6) {
        0 => String::new(),
        1 => format!(
            "[general]\r\nenabled={number}\r\n; a remark\r\npath=C:\\Data\r\n\r\n[security]\r\nrequired={word}\r\n"
        ),
        2 => format!(
            "<?xml version=\"1.0\"?>\r\n<configuration>\r\n  <setting name=\"enabled\" value=\"{word}\"/>\r\n</configuration>\r\n"
        ),
        3 => format!("{{\"enabled\": {number}, \"mode\": \"{word}\"}}\n"),
        4 => "key = value\n".repeat(2_000),
        _ => format!("<configuration><setting name=\"{word}\""),
    }
}

pub(super) fn service(chance: Chance, name: &str) -> ServiceInfo {
    let key = name.to_lowercase();
    use ServiceStart::{Automatic, Boot, Disabled, Manual, System, Unknown};
    let accounts = ["LocalSystem", r"NT AUTHORITY\LocalService", r".\operator", r"DOMAIN\service"];
    ServiceInfo {
        name: name.to_owned(),
        display_name: chance.percent("display name", &key, 80).then(|| format!("{name} Service")),
        start: *chance.one_of("start", &key, &[Automatic, Automatic, Manual, Disabled, Boot, System, Unknown]),
        account: chance.percent("has account", &key, 85).then(|| chance.one_of("account", &key, &accounts).to_string()),
        image_path: chance.percent("image", &key, 90).then(|| format!(r"%SystemRoot%\System32\{key}.exe")),
        driver: chance.percent("driver", &key, 10),
    }
}

pub(super) fn accounts(chance: Chance) -> Vec<Account> {
    let names =
        [("Administrator", 500), ("Guest", 501), ("operator", 1000), ("backup", 1001), ("Jo M\u{fc}ller", 1002)];
    let there = names.iter().filter(|(name, rid)| *rid < 1000 || chance.percent("account", name, 60));
    let account = |&(name, rid): &(&str, u32)| {
        use PasswordQuality::{AccountName, Blank, CommonWord, ComputerName, Other, Unknown};
        let percent = |purpose, percent| chance.percent(purpose, name, percent);
        Account {
            name: name.to_owned(),
            rid,
            full_name: if percent("full name", 40) { format!("{name} of the office") } else { String::new() },
            comment: String::new(),
            disabled: percent("disabled", 35),
            locked: percent("locked", 10),
            password_never_expires: percent("never expires", 40),
            password_not_required: percent("not required", 20),
            password: *chance.one_of(
                "password",
                name,
                &[Other, Other, Other, Blank, AccountName, ComputerName, CommonWord, Unknown],
            ),
            last_logon: percent("has logged on", 60).then(|| time(chance, name)),
            password_set: percent("password set", 80).then(|| time(chance, name)),
        }
    };
    there.map(account).collect()
}

pub(super) fn groups(chance: Chance) -> Vec<Group> {
    let members = accounts(chance);
    let group = |name: &str, rid: u32, percent| Group {
        name: name.to_owned(),
        rid,
        sid: format!("S-1-5-32-{rid}"),
        members: members
            .iter()
            .filter(|account| account.rid == 500 || chance.percent(name, &account.name, percent))
            .map(|account| GroupMember {
                sid: format!("{MACHINE}-{}", account.rid),
                name: chance.percent("known member", &account.name, 90).then(|| account.name.clone()),
            })
            .collect(),
    };
    vec![group("Administrators", 544, 40), group("Users", 545, 80), group("Guests", 546, 10)]
}

pub(super) fn permissions(chance: Chance, name: &str) -> Permissions {
    let entry = |sid: &str, access_type, mask| AccessEntry {
        access_type,
        sid: sid.to_owned(),
        mask,
        inherit_only: chance.percent("inherit only", &format!("{name}/{sid}"), 15),
    };
    let mut access = vec![entry("S-1-5-32-544", AccessType::Allow, 0x001F_01FF)];
    if chance.percent("everyone", name, 40) {
        let mask = *chance.one_of("mask", name, &[0x001F_01FF, 0x0012_00A9, 0x0013_01BF]);
        access.push(entry("S-1-1-0", AccessType::Allow, mask));
    }
    if chance.percent("guests denied", name, 20) {
        access.insert(0, entry("S-1-5-32-546", AccessType::Deny, 0x001F_01FF));
    }
    Permissions {
        owner: chance.percent("owner", name, 90).then(|| "S-1-5-32-544".to_owned()),
        access: chance.percent("access", name, 90).then_some(access),
    }
}

pub(super) fn shares(chance: Chance) -> Vec<Share> {
    let shares = [("ADMIN$", r"C:\WINNT"), ("C$", r"C:\"), ("Public", r"C:\Public"), ("Data", r"D:\Data")];
    let there = shares.iter().filter(|(name, _)| chance.percent("share", name, 60));
    there
        .map(|(name, path)| Share {
            name: (*name).to_owned(),
            path: (*path).to_owned(),
            remark: chance.percent("remark", name, 40).then(|| "For all".to_owned()),
            permissions: chance.percent("share permissions", name, 70).then(|| permissions(chance, name)),
        })
        .collect()
}

pub(super) fn volumes(chance: Chance) -> Vec<Volume> {
    let volume = |drive: &str| Volume {
        drive: drive.to_owned(),
        file_system: chance
            .one_of("file system", drive, &[Some("NTFS"), Some("NTFS"), Some("FAT32"), None])
            .map(str::to_owned),
        fixed: drive == "C:" || chance.percent("fixed", drive, 70),
    };
    let count = 1 + chance.below("volumes", "", 3) as usize;
    ["C:", "D:", "E:"].into_iter().take(count).map(volume).collect()
}

pub(super) fn audit_policy(chance: Chance) -> AuditPolicy {
    use AuditSetting::{Failure, None, Success, SuccessAndFailure};
    let names = ["Logon/Logoff", "Account Logon", "Account Management", "Policy Change", "System"];
    let category = |name: &str| AuditCategory {
        name: name.to_owned(),
        setting: *chance.one_of("audit", name, &[None, Success, Failure, SuccessAndFailure]),
    };
    let enabled = chance.percent("audit", "enabled", 70);
    AuditPolicy { enabled, categories: names.into_iter().map(category).collect() }
}

pub(super) fn password_policy(chance: Chance) -> PasswordPolicy {
    let below = |purpose, end| chance.below("password policy", purpose, end) as u32;
    PasswordPolicy {
        minimum_length: below("length", 15),
        history: below("history", 25),
        maximum_age: chance.percent("password policy", "expires", 70).then(|| 1 + below("age", 180)),
        complexity: chance.percent("password policy", "complexity", 50),
        lockout_threshold: below("lockout", 6),
    }
}

pub(super) fn profiles(chance: Chance) -> Vec<Profile> {
    let profile = |account: Account| Profile {
        sid: format!("{MACHINE}-{}", account.rid),
        path: format!(r"%SystemDrive%\Documents and Settings\{}", account.name),
        loaded: chance.percent("loaded", &account.name, 40),
        name: account.name,
    };
    let all = accounts(chance).into_iter();
    all.filter(|account| chance.percent("profile", &account.name, 60)).map(profile).collect()
}
