//! Lists with one unreadable member: it is marked and does not affect the others. Also lists that are unreasonably large.

use std::fs;

use wardline_contract::{Permissions, ServiceInfo, ServiceStart};
use wardline_fixtures::{Profile, SecurityDescriptor, Service, Share, WindowsVolume};

use super::hives::cell_of;
use super::*;
use crate::State;

const SHARES: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\LanmanServer\Shares";
const PROFILES: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList";
const SID: &str = "S-1-5-21-1-2-3-1000";

/// An offset at which no hive in these tests has any data.
const OUTSIDE: [u8; 4] = 0x7fff_0000u32.to_le_bytes();

type Spoil<'a> = &'a dyn Fn(&mut Vec<u8>);

/// A volume with one hive corrupted after it was built.
fn spoilt(built: &WindowsVolume, hive: &str, spoil: Spoil<'_>) -> Target {
    let directory = tempfile::tempdir().unwrap();
    built.write_to(directory.path()).unwrap();
    let below = |folder: std::path::PathBuf, name: &str| {
        let mut paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths.find(|path| path.file_name().unwrap().eq_ignore_ascii_case(name)).unwrap()
    };
    let path = ["winnt", "system32", "config", hive].into_iter().fold(directory.path().to_owned(), below);
    let mut bytes = fs::read(&path).unwrap();
    spoil(&mut bytes);
    fs::write(path, bytes).unwrap();
    Target { volume: Volume::open(directory.path(), None).unwrap(), _directory: directory }
}

fn key_cell(hive: &[u8], name: &str) -> usize {
    cell_of(hive, b"nk", 76, name)
}

fn value_cell(hive: &[u8], name: &str) -> usize {
    cell_of(hive, b"vk", 20, name)
}

fn put(hive: &mut [u8], at: usize, bytes: &[u8]) {
    hive[at..at + bytes.len()].copy_from_slice(bytes);
}

/// Returns the only damage reported.
fn damage_of(target: &Target) -> String {
    match &target.volume.conditions()[..] {
        [crate::Condition { state: State::Damaged { reason }, .. }] => reason.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_service_that_cannot_be_read_costs_no_other() {
    let built = WindowsVolume::windows_2000_server()
        .service(Service::new("Spoilt").disabled())
        .service(Service::new("Whole").disabled());
    let cases: [(&str, Spoil<'_>, &str); 2] = [
        (
            "the key",
            &|hive| {
                let at = key_cell(hive, "Spoilt");
                hive[at] = b'x';
            },
            "(unreadable)",
        ),
        (
            "its values",
            &|hive| {
                let at = key_cell(hive, "Spoilt");
                put(hive, at + 40, &OUTSIDE);
            },
            "Spoilt",
        ),
    ];
    for (what, spoil, name) in cases {
        let target = spoilt(&built, "system", spoil);
        let services = known!(target.ask(Question::Services), Services);
        let service = |name: &str| services.iter().find(|service| service.name == name).cloned();
        let unknown = ServiceInfo {
            name: name.to_owned(),
            display_name: None,
            start: ServiceStart::Unknown,
            account: None,
            image_path: None,
            driver: false,
        };
        assert_eq!(service(name), Some(unknown), "{what}");
        assert_eq!(service("Whole").map(|service| service.start), Some(ServiceStart::Disabled), "{what}");
        assert!(is_unreadable(&target.ask(Question::Service("Spoilt".to_owned()))), "{what}");
        known!(target.ask(Question::Service("Whole".to_owned())), Service);
        let reason = damage_of(&target);
        assert!(reason.starts_with(r"HKLM\SYSTEM\CurrentControlSet\Services: the hive "), "{what}: {reason}");
    }
}

#[test]
fn a_share_that_cannot_be_read_costs_no_other() {
    let built = WindowsVolume::windows_2000_server()
        .share(Share::new("spoilt", r"C:\spoilt").remark("for all"))
        .share(Share::new("whole", r"C:\whole").remark("(unreadable: no)"));
    let damaged = built.clone().registry(&format!(r"{SHARES}\Security"), "spoilt", vec![1u8, 0, 4, 128]);
    let cases: [(&str, &WindowsVolume, Spoil<'_>, &str, &str, &str); 3] = [
        (
            "the value",
            &built,
            &|hive| {
                let at = value_cell(hive, "spoilt");
                hive[at] = b'x';
            },
            "(unreadable)",
            "",
            "(unreadable: the hive ",
        ),
        (
            "its data",
            &built,
            &|hive| {
                let at = value_cell(hive, "spoilt");
                put(hive, at + 8, &OUTSIDE);
            },
            "spoilt",
            "",
            "(unreadable: the hive ",
        ),
        (
            "its permissions",
            &damaged,
            &|_| {},
            "spoilt",
            r"C:\spoilt",
            "(unreadable: the permissions of the share spoilt are damaged: ",
        ),
    ];
    for (what, built, spoil, name, path, remark) in cases {
        let target = spoilt(built, "system", spoil);
        let shares = known!(target.ask(Question::Shares), Shares);
        let share = |name: &str| shares.iter().find(|share| share.name == name).unwrap();
        assert_eq!(shares.len(), 2, "{what}");
        // Windows' default, used if no permissions are stored, may be more restrictive.
        assert_eq!(share(name).permissions, Some(Permissions { owner: None, access: None }), "{what}");
        assert_eq!(share(name).path, path, "{what}");
        let found = share(name).remark.as_deref().unwrap();
        assert!(found.starts_with(remark), "{what}: {found}");
        assert_eq!(found.ends_with(") for all"), !path.is_empty(), "{what}: {found}");
        assert_eq!((share("whole").path.as_str(), &share("whole").permissions), (r"C:\whole", &None), "{what}");
        assert_eq!(share("whole").remark.as_deref(), Some("((unreadable: no)"), "{what}");
        assert!(damage_of(&target).starts_with(SHARES), "{what}: {}", damage_of(&target));
    }
}

#[test]
fn a_profile_that_cannot_be_read_costs_no_other() {
    let built = WindowsVolume::windows_2000_server().profile(Profile::of_sid("scott", SID));
    let cases: [(&str, Spoil<'_>, &str); 2] = [
        (
            "the key",
            &|hive| {
                let at = key_cell(hive, SID);
                hive[at] = b'x';
            },
            "S-1-5-21-(unreadable)",
        ),
        (
            "its values",
            &|hive| {
                let at = key_cell(hive, SID);
                put(hive, at + 40, &OUTSIDE);
            },
            SID,
        ),
    ];
    for (what, spoil, sid) in cases {
        let target = spoilt(&built, "software", spoil);
        let profiles = known!(target.ask(Question::Profiles), Profiles);
        let profile = profiles.iter().find(|profile| profile.sid == sid).unwrap();
        assert_eq!((profile.loaded, profile.path.as_str(), profile.name.as_str()), (false, "", sid), "{what}");
        assert!(profiles.iter().any(|profile| profile.loaded), "{what}: the others are lost");
        assert!(damage_of(&target).starts_with(PROFILES), "{what}: {}", damage_of(&target));
    }
}

/// Keys and values may share their data, so that a small hive can have large lists.
#[test]
fn lists_of_long_texts_are_refused() {
    // More than 16 MiB in total, of half a MiB each.
    let long = "x".repeat(510_000);
    let names = (0..40).map(|number| format!("many{number:02}")).collect::<Vec<_>>();
    let sids = (0..40).map(|number| format!("S-1-5-21-1-2-3-10{number:02}")).collect::<Vec<_>>();
    let volume = WindowsVolume::windows_2000_server;
    let services = names.iter().fold(volume().service(Service::new("Long").display_name(&long)), |volume, name| {
        volume.service(Service::new(name))
    });
    let profiles = sids
        .iter()
        .fold(volume(), |volume, sid| volume.registry(&format!(r"{PROFILES}\{sid}"), "ProfileImagePath", r"C:\x"));
    let profiles = profiles.registry(&format!(r"{PROFILES}\S-1-5-21-1-2-3-2000"), "ProfileImagePath", long.as_str());
    let shares =
        |first: Share| names.iter().fold(volume().share(first), |volume, name| volume.share(Share::new(name, r"C:\x")));
    let remarks = shares(Share::new("Long", r"C:\x").remark(&long));
    // The lists of values: their length and offset.
    let same_values = |from: &str, to: &[String]| {
        let (from, to) = (from.to_owned(), to.to_vec());
        move |hive: &mut Vec<u8>| {
            let at = key_cell(hive, &from) + 36;
            let values = hive[at..at + 8].to_vec();
            for name in &to {
                let at = key_cell(hive, name) + 36;
                put(hive, at, &values);
            }
        }
    };
    // The length and offset of the data.
    let same_data = |hive: &mut Vec<u8>| {
        let at = value_cell(hive, "Long") + 4;
        let data = hive[at..at + 8].to_vec();
        for name in &names {
            let at = value_cell(hive, name) + 4;
            put(hive, at, &data);
        }
    };
    let cases: [(&WindowsVolume, &str, Spoil<'_>, Question, &str); 3] = [
        (&services, "system", &same_values("Long", &names), Question::Services, "the texts of services"),
        (
            &profiles,
            "software",
            &same_values("S-1-5-21-1-2-3-2000", &sids),
            Question::Profiles,
            "the names and paths of profiles",
        ),
        (&remarks, "system", &same_data, Question::Shares, "the settings of shares"),
    ];
    for (built, hive, spoil, question, what) in cases {
        let plain = spoilt(built, hive, &|_| {});
        assert!(matches!(plain.ask(question.clone()), Answer::Known(_)), "{what}: {:?}", plain.ask(question));
        let Answer::Unreadable(reason) = spoilt(built, hive, spoil).ask(question) else { panic!("{what}: read") };
        assert_eq!(reason, format!("{what} take more than {} bytes", 16 << 20));
    }
}

#[test]
fn shares_with_long_lists_of_permissions_are_refused() {
    let entries = (0..1500).fold(SecurityDescriptor::owned_by("S-1-5-32-544"), |descriptor, number| {
        descriptor.allow(&format!("S-1-5-21-{number}-2000000000-2000000000-2000000000-2000000000"), 1)
    });
    let ask = |shares: usize| {
        let built = (0..shares).fold(WindowsVolume::windows_2000_server(), |volume, number| {
            volume.share(Share::new(&format!("share{number}"), r"C:\x").security(entries.clone()))
        });
        target(&built).ask(Question::Shares)
    };
    assert_eq!(known!(ask(10), Shares).len(), 10);
    let Answer::Unreadable(reason) = ask(150) else { panic!("read") };
    assert!(reason.starts_with("the settings of shares take more than "), "{reason}");
}
