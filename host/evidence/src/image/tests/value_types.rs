//! Values of another type than Windows expects, in the facts that the host derives from the registry.

use wardline_contract::{Answer, Permissions, Question, ServiceStart};
use wardline_fixtures::{Profile, Service, Share, Value, WindowsVolume};

use super::{known, target};
use crate::Source as _;

const SERVICES: &str = r"HKLM\SYSTEM\CurrentControlSet\Services";

/// The number as data of other types that could hold it.
fn number_in_other_types(number: u32) -> Vec<Value> {
    vec![
        Value::Text(number.to_string()),
        Value::expand(&number.to_string()),
        Value::multi([number.to_string().as_str()]),
        Value::Qword(u64::from(number)),
        Value::Binary(number.to_le_bytes().to_vec()),
        Value::DwordBigEndian(number),
        // Too short, and too long.
        Value::Raw(4, number.to_le_bytes()[..2].to_vec()),
        Value::Raw(4, [number.to_le_bytes(), [0; 4]].concat()),
        Value::None,
    ]
}

/// `CreateService` writes `Type` and `Start` as `REG_DWORD`.
#[test]
fn a_service_whose_numbers_are_of_another_type_starts_nobody_knows_how() {
    for name in ["Type", "Start"] {
        for value in number_in_other_types(if name == "Type" { 16 } else { 4 }) {
            let key = format!(r"{SERVICES}\TlntSvr");
            let volume = WindowsVolume::windows_2000_server().service(Service::new("TlntSvr").start(4));
            let target = target(&volume.registry(&key, name, value.clone()));
            let service = known!(target.ask(Question::Service("TlntSvr".to_owned())), Service);
            assert_eq!(service.start, ServiceStart::Unknown, "{name} as {value:?}");
            let services = known!(target.ask(Question::Services), Services);
            let listed = services.iter().find(|service| service.name == "TlntSvr");
            assert_eq!(listed.map(|service| service.start), Some(ServiceStart::Unknown), "{name} as {value:?}");
        }
    }
}

/// The server service stores each share as `REG_MULTI_SZ`.
#[test]
fn a_share_of_another_type_is_not_left_out() {
    for value in [Value::Text(r"Path=C:\open".to_owned()), Value::Binary(vec![0; 8]), Value::None, Value::Dword(1)] {
        let volume = WindowsVolume::windows_2000_server().share(Share::new("public", r"C:\public")).registry(
            &format!(r"{SERVICES}\LanmanServer\Shares"),
            "open",
            value.clone(),
        );
        let target = target(&volume);
        let shares = known!(target.ask(Question::Shares), Shares);
        let share = |name: &str| shares.iter().find(|share| share.name == name).unwrap();
        // The share is marked as unreadable and does not affect the others.
        let remark = share("open").remark.as_deref();
        assert_eq!(remark, Some("(unreadable: bad type of the share open: expected REG_MULTI_SZ)"), "{value:?}");
        assert_eq!(share("open").permissions, Some(Permissions { owner: None, access: None }), "{value:?}");
        assert_eq!((share("public").path.as_str(), &share("public").remark), (r"C:\public", &None), "{value:?}");
        assert_eq!(target.volume.conditions().len(), 1, "{value:?}");
    }
}

/// `ProfileImagePath` is a `REG_EXPAND_SZ`, and up to NT 4 a `REG_SZ`.
#[test]
fn a_profile_whose_folder_is_of_another_type_is_there_and_cannot_be_asked() {
    const SID: &str = "S-1-5-21-1-2-3-1000";
    let list = format!(r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\{SID}");
    for value in [Value::Dword(1), Value::Binary(vec![0; 8]), Value::multi([r"C:\x"]), Value::None] {
        let volume = WindowsVolume::windows_2000_server().profile(Profile::of_sid("scott", SID)).registry(
            &list,
            "ProfileImagePath",
            value.clone(),
        );
        let target = target(&volume);
        let profiles = known!(target.ask(Question::Profiles), Profiles);
        let profile = profiles.iter().find(|profile| profile.sid == SID).expect("the profile is listed");
        assert!(!profile.loaded, "{value:?}");
        let answer = target.key(&format!(r"HKU\{SID}\Software"));
        assert!(matches!(answer, Answer::Unreadable(_)), "{value:?}: {answer:?}");
        assert!(profiles.iter().any(|profile| profile.loaded), "{value:?}: the others are lost");
    }
}
