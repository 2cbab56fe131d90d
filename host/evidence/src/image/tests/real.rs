//! Real hives and executables, compared with the output of other tools: python-registry 1.3.1, pefile 2024.8.26 and impacket
//! 0.13.1. The files are not part of the project: `cargo xtask test` runs these tests where the files exist.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use wardline_contract::AuditSetting;
use wardline_pe::{Executable, Version};

use super::*;
use crate::image::hive::Hive;
use wardline_regf::Key;

fn data(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(folder)
}

fn read(directory: &Path, name: &str) -> Vec<u8> {
    let path = directory.join(name);
    let stored = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if !name.ends_with(".xz") {
        return stored;
    }
    let mut content = Vec::new();
    lzma_rs::xz_decompress(&mut stored.as_slice(), &mut content).unwrap();
    content
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Census {
    keys: usize,
    values: usize,
    bytes: usize,
    /// The sum of all data bytes and type numbers.
    sum: u64,
}

fn count(key: &Key<'_>, census: &mut Census) {
    census.keys += 1;
    for value in key.values().unwrap() {
        let value = value.unwrap();
        let bytes = value.bytes().unwrap();
        value.data().unwrap();
        census.values += 1;
        census.bytes += bytes.len();
        census.sum += bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>() + u64::from(value.kind());
    }
    for subkey in key.subkeys().unwrap() {
        let subkey = subkey.unwrap();
        let name = subkey.name().unwrap();
        assert!(key.subkey(&wardline_upcase::fold(&name)).unwrap().is_some(), "{name} is listed and not found");
        subkey.security().unwrap().unwrap();
        count(&subkey, census);
    }
}

#[test]
#[ignore = "reads data that is not part of the project"]
fn every_value_of_real_hives_is_read() {
    let directory = data("hives");
    for (name, keys, values, bytes, sum) in [
        ("ez_SAM", 68, 73, 12_174, 387_650),
        ("ez_SECURITY", 242, 242, 9_820, 306_812),
        ("libyal_SAM", 76, 84, 12_140, 377_681),
        ("libyal_SECURITY", 101, 110, 7_626, 392_852),
        ("plaso_NTUSER.DAT", 1_127, 5_602, 269_276, 12_881_832),
        ("vr_SAM", 80, 98, 19_009, 956_144),
        ("regipy_SAM.xz", 65, 70, 9_682, 298_058),
        ("regipy_SECURITY.xz", 100, 109, 5_946, 148_020),
        ("regipy_NTUSER.DAT.xz", 1_812, 4_094, 276_160, 12_120_215),
    ] {
        let file = read(&directory, name);
        let hive = Hive::open(name, file, |_| wardline_regf::Log::Missing).unwrap();
        let mut census = Census::default();
        count(&hive.root().unwrap(), &mut census);
        assert_eq!(census, Census { keys, values, bytes, sum }, "{name}");
    }
}

/// Replaces a hive in a volume built by code with a real one.
fn target_with(hive: &str, content: &[u8]) -> Target {
    target_of(WindowsVolume::windows_7(), &[(hive, content)])
}

fn target_of(volume: WindowsVolume, hives: &[(&str, &[u8])]) -> Target {
    let put = |volume: WindowsVolume, (name, content): &(&str, &[u8])| {
        volume.file(&format!(r"%windir%\system32\config\{name}"), content.to_vec())
    };
    target(&hives.iter().fold(volume, put))
}

/// Versions, builds and service packs of real machines do not contradict each other, and no key that every Windows has is missing.
#[test]
#[ignore = "reads data that is not part of the project"]
fn real_machines_are_what_they_say() {
    let directory = data("hives");
    type Case<'a> = (WindowsVolume, &'a [(&'a str, &'a str)], (&'a str, u32, u32));
    let cases: [Case<'_>; 4] = [
        (
            WindowsVolume::windows_7().service_pack(1),
            &[("SOFTWARE", "plaso/plaso-SOFTWARE-win7sp1-x64.xz")],
            ("6.1", 7601, 1),
        ),
        (
            WindowsVolume::windows_10(),
            &[
                ("SOFTWARE", "plaso/dfwinreg-SOFTWARE-win81.xz"),
                ("SYSTEM", "plaso/dfwinreg-SYSTEM-win81.xz"),
                ("SECURITY", "libyal_SECURITY"),
                ("SAM", "libyal_SAM"),
                ("DEFAULT", "regipy_NTUSER.DAT.xz"),
            ],
            ("6.3", 9600, 0),
        ),
        (WindowsVolume::windows_10(), &[("SYSTEM", "regipy/SYSTEM_B.xz")], ("10.0", 19045, 0)),
        (WindowsVolume::windows_11(), &[("SYSTEM", "regipy/SYSTEM_WIN_10_1709.xz")], ("10.0", 22631, 0)),
    ];
    for (volume, stored, expected) in cases {
        let hives = stored.iter().map(|(hive, file)| (*hive, read(&directory, file))).collect::<Vec<_>>();
        let hives = hives.iter().map(|(hive, content)| (*hive, content.as_slice())).collect::<Vec<_>>();
        let target = target_of(volume, &hives);
        let system = known!(target.ask(Question::System), System);
        assert_eq!((system.version.as_str(), system.build, system.service_pack), expected, "{stored:?}");
        for question in [
            Question::Services,
            Question::Shares,
            Question::Accounts,
            Question::Groups,
            Question::Profiles,
            Question::AuditPolicy,
            Question::RegistryKey(r"HKU\.DEFAULT\Control Panel\Desktop".to_owned()),
        ] {
            let answer = target.ask(question.clone());
            assert!(matches!(answer, Answer::Known(_)), "{stored:?}: {question:?}: {answer:?}");
        }
    }
}

/// An account's name, RID, flags and last logon.
type Expected<'a> = (&'a str, u32, u16, Option<i64>);

#[test]
#[ignore = "reads data that is not part of the project"]
fn accounts_of_real_machines_are_read() {
    let directory = data("hives");
    let cases: [(&str, &[Expected<'_>]); 4] = [
        ("ez_SAM", &[("Administrator", 500, 0x210, None), ("Guest", 501, 0x215, None)]),
        (
            "libyal_SAM",
            &[
                ("Administrator", 500, 0x211, Some(1_395_138_047)),
                ("Guest", 501, 0x215, None),
                ("gold_administrator", 1001, 0x214, Some(1_476_215_555)),
            ],
        ),
        (
            "regipy_SAM.xz",
            &[
                ("Administrator", 500, 0x211, Some(1_290_289_692)),
                ("Guest", 501, 0x215, None),
                ("Preston", 1000, 0x010, Some(1_412_045_974)),
            ],
        ),
        (
            "vr_SAM",
            &[
                ("Administrator", 500, 0x211, None),
                ("Guest", 501, 0x215, None),
                ("DefaultAccount", 503, 0x215, None),
                ("WDAGUtilityAccount", 504, 0x011, None),
                ("test", 1001, 0x214, Some(1_638_362_421)),
            ],
        ),
    ];
    for (name, expected) in cases {
        let file = read(&directory, name);
        let target = target_with("SAM", &file);
        let accounts = known!(target.ask(Question::Accounts), Accounts);
        assert_eq!(target.volume.conditions(), [], "{name}");
        let found = accounts
            .iter()
            .map(|account| {
                let flags = [
                    (account.disabled, 0x001),
                    (account.password_not_required, 0x004),
                    (account.password_never_expires, 0x200),
                    (account.locked, 0x400),
                ];
                // All of them are ordinary accounts.
                let flags = flags.into_iter().filter(|(set, _)| *set).fold(0x010, |flags, (_, flag)| flags | flag);
                (account.name.as_str(), account.rid, flags, account.last_logon)
            })
            .collect::<Vec<_>>();
        assert_eq!(found, expected, "{name}");
        // The boot key of another machine does not decrypt its hashes; the absence of hashes is still detected.
        let guest = accounts.iter().find(|account| account.rid == 501).unwrap();
        assert_eq!(guest.password, wardline_contract::PasswordQuality::Blank, "{name}");
        let with_hash = |account: &&wardline_contract::Account| [504, 1000, 1001].contains(&account.rid);
        for account in accounts.iter().filter(with_hash) {
            assert_eq!(account.password, wardline_contract::PasswordQuality::Unknown, "{name} {}", account.name);
        }
    }
}

#[test]
#[ignore = "reads data that is not part of the project"]
fn groups_and_policies_of_real_machines_are_read() {
    let directory = data("hives");
    for (name, administrators, minimum_length, history, maximum_age, complexity) in [
        ("ez_SAM", 2, 0, 0, Some(42), false),
        ("libyal_SAM", 3, 7, 24, Some(42), true),
        ("vr_SAM", 2, 0, 0, Some(42), false),
        ("regipy_SAM.xz", 2, 0, 0, None, false),
    ] {
        let file = read(&directory, name);
        let target = target_with("SAM", &file);
        let groups = known!(target.ask(Question::Groups), Groups);
        assert_eq!(target.volume.conditions(), [], "{name}");
        let group = groups.iter().find(|group| group.rid == 544).unwrap();
        assert_eq!((group.name.as_str(), group.members.len()), ("Administrators", administrators), "{name}");
        assert_eq!(group.members[0].name.as_deref(), Some("Administrator"), "{name}");
        let policy = known!(target.ask(Question::PasswordPolicy), PasswordPolicy);
        let found = (policy.minimum_length, policy.history, policy.maximum_age, policy.complexity);
        assert_eq!(found, (minimum_length, history, maximum_age, complexity), "{name}");
        assert_eq!(policy.lockout_threshold, 0, "{name}");
    }
}

/// The settings of subcategories are not encrypted; a category has those that all of its subcategories share.
#[test]
#[ignore = "reads data that is not part of the project"]
fn audit_policies_of_real_machines_are_read() {
    use AuditSetting::{None, Success, SuccessAndFailure as Both};
    let directory = data("hives");
    for (name, expected) in [
        ("ez_SECURITY", [Both, Both, Both, None, Success, Both, Both, Both, Both]),
        ("libyal_SECURITY", [None; 9]),
        ("regipy_SECURITY.xz", [None; 9]),
    ] {
        let file = read(&directory, name);
        let policy = known!(target_with("SECURITY", &file).ask(Question::AuditPolicy), AuditPolicy);
        let found = policy.categories.iter().map(|category| category.setting).collect::<Vec<_>>();
        assert_eq!(found, expected, "{name}");
        assert!(policy.enabled, "{name}");
    }
}

#[test]
#[ignore = "reads data that is not part of the project"]
fn versions_and_checksums_of_real_executables_are_read() {
    let directory = data("pe");
    for (name, version, language, expected) in [
        ("IEAdvpack.dll", (11, 0, 18362, 1), Some(0x0409), 0x0002_83a9),
        ("VB40032.DLL", (4, 0, 29, 24), Some(0x0409), 0x000b_314c),
        ("jobexec.dll", (5, 0, 0, 1), Some(0x0409), 0x0001_707e),
        ("kernel32.dll", (10, 0, 19041, 1348), Some(0x0409), 0x000c_399d),
        ("mscorlib.dll", (5, 0, 20, 51904), None, 0x0001_d96e),
        ("msyuv.dll", (10, 0, 20152, 1000), Some(0x0409), 0x0001_4a5d),
        ("shimeng.dll", (10, 0, 17763, 1), Some(0x0409), 0x0000_1f96),
    ] {
        let file = read(&directory, name);
        let mut executable = Executable::open(Cursor::new(file)).unwrap();
        let found = executable.version(&[]).unwrap().unwrap();
        let (major, minor, build, revision) = version;
        assert_eq!(found.file_version, Version { major, minor, build, revision }, "{name}");
        assert_eq!(found.language, language, "{name}");
        assert_eq!(executable.checksum().unwrap(), expected, "{name}");
    }
}
