//! A hive of the wrong kind reveals as little as a damaged one: each check reports the same for both.

use serde_json::Value;
use wardline_fixtures::hive::{HiveBuilder, HiveVersion};
use wardline_fixtures::{Damage, Hive, InternetExplorer, SecurityDescriptor, Share, Sid, Value as Data, WindowsVolume};

use crate::support::program::wardline;

const SELECT: &str = r"HKLM\SYSTEM\Select";

/// A volume with something to find for most checks.
fn volume() -> WindowsVolume {
    let public = Share::new("public", r"C:\public")
        .security(SecurityDescriptor::owned_by(Sid::ADMINISTRATORS).allow(Sid::EVERYONE, 0x0012_00a9));
    WindowsVolume::windows_2000_server()
        .service_pack(4)
        .restrict_anonymous(2)
        .internet_explorer(InternetExplorer::v6(1))
        .share(public)
}

fn user(volume: &WindowsVolume) -> Hive {
    let mut hives = volume.hives().into_keys();
    hives.find(|hive| matches!(hive, Hive::User(_))).unwrap()
}

fn place(hive: &Hive) -> &'static str {
    match hive {
        Hive::Software => r"%windir%\system32\config\software",
        Hive::System => r"%windir%\system32\config\system",
        Hive::Sam => r"%windir%\system32\config\SAM",
        Hive::Security => r"%windir%\system32\config\SECURITY",
        Hive::Default => r"%windir%\system32\config\default",
        Hive::User(_) => r"C:\Documents and Settings\Administrator\NTUSER.DAT",
    }
}

/// The result of each check, by name.
fn grades(target: &Value) -> Vec<(String, String)> {
    let text = |check: &Value, name: &str| check[name].as_str().unwrap().to_owned();
    let checks = target["checks"].as_array().unwrap().iter();
    let mut grades: Vec<_> = checks.map(|check| (text(check, "id"), text(check, "grade"))).collect();
    grades.sort();
    grades
}

#[test]
fn checks_say_the_same_of_a_foreign_hive_as_of_a_damaged_one() {
    let user = user(&volume());
    let built = volume().hives();
    let empty = HiveBuilder::new("EMPTY", HiveVersion::V1_3).build();
    let mut cases = vec![("whole".to_owned(), None, volume())];
    for hive in [Hive::Software, Hive::System, Hive::Sam, Hive::Security, user.clone()] {
        cases.push((format!("{hive:?} damaged"), None, volume().damaged_hive(hive.clone(), Damage::GarbledBins)));
        let damaged = cases.len() - 1;
        let mut add = |words: &str, volume| cases.push((format!("{hive:?}: {words}"), Some(damaged), volume));
        add("an empty hive", volume().file(place(&hive), empty.clone()));
        for other in [Hive::Software, Hive::System, Hive::Security, user.clone()] {
            if other != hive {
                add(&format!("{other:?} in its place"), volume().file(place(&hive), built[&other].build()));
            }
        }
        if hive == Hive::System {
            for current in [Data::Dword(0), Data::Dword(3), Data::Dword(1000), "1".into()] {
                let words = format!("current control set {current:?}");
                add(&words, volume().registry(SELECT, "Current", current));
            }
            add("no current control set", volume().without_registry_key(SELECT));
            add("no services", volume().without_registry_key(r"HKLM\SYSTEM\CurrentControlSet\Services"));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = vec!["scan".to_owned(), "-o".to_owned(), "json".to_owned()];
    for (number, (_, _, volume)) in cases.iter().enumerate() {
        let place = folder.path().join(format!("{number:03}"));
        volume.write_to(&place).unwrap();
        arguments.push(place.to_str().unwrap().to_owned());
    }
    let report = wardline(arguments).json();
    let targets = report["targets"].as_array().unwrap();
    assert_eq!(targets.len(), cases.len());
    let whole = grades(&targets[0]);
    assert!(whole.iter().any(|(check, grade)| check == "os.restrict-anonymous" && grade == "passed"), "{whole:?}");
    for ((words, damaged, _), target) in cases.iter().zip(targets) {
        let Some(damaged) = damaged else { continue };
        assert_eq!(grades(target), grades(&targets[*damaged]), "{words}");
        assert_ne!(grades(target), whole, "{words}");
    }
}
