use wardline_contract::{AccessType, Question};
use wardline_fixtures::volume::LogFormat;
use wardline_fixtures::{Profile, SecurityDescriptor, Value, WindowsVolume};

use super::*;

const CURRENT_VERSION: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";

#[test]
fn keys_and_values_are_found_without_regard_to_case() {
    let target =
        target(&WindowsVolume::windows_2000_server().registry(r"HKLM\SOFTWARE\Vendor\Größe", "Läuft", 7).registry(
            r"HKLM\SOFTWARE\Vendor\Größe",
            "",
            "the default",
        ));
    assert_eq!(target.value(r"hklm\software\VENDOR\GRÖßE\", "LÄUFT"), number(7));
    assert_eq!(target.value(r"HKLM\Software\Vendor\Größe", ""), text("the default"));
    assert_eq!(target.value(r"HKLM\Software\Vendor\Größe", "other"), Answer::Absent);
    assert_eq!(target.value(r"HKLM\Software\Vendor\Other", "x"), Answer::Absent);
    let key = known!(target.key(r"HKLM\Software\Vendor"), RegistryKey);
    assert_eq!((key.values.len(), key.subkeys, key.truncated), (0, vec!["Größe".to_owned()], false));
}

#[test]
fn values_keep_their_types() {
    let key = r"HKLM\SOFTWARE\Vendor";
    let large = (0..70_000u32).map(|number| number as u8).collect::<Vec<_>>();
    for volume in [WindowsVolume::windows_2000_server(), WindowsVolume::windows_10()] {
        let target = target(
            &volume
                .registry(key, "expand", Value::expand(r"%SystemRoot%\x"))
                .registry(key, "multi", Value::multi(["one", "two"]))
                .registry(key, "multi with gaps", Value::multi(["one", "", "two", "", "three", ""]))
                .registry(key, "raw", Value::Raw(3, vec![1, 2, 3]))
                .registry(key, "large", Value::Raw(3, large.clone()))
                .registry(key, "qword", Value::Raw(11, 5u64.to_le_bytes().to_vec()))
                .registry(key, "short dword", Value::Raw(4, vec![1, 2]))
                .registry(key, "resource", Value::Raw(8, vec![1, 2]))
                .registry(key, "none", Value::Raw(0, Vec::new()))
                .registry(key, "rest behind the end", Value::Raw(1, b"a\0b\0\0\0c\0".to_vec())),
        );
        for (name, expected) in [
            ("expand", RegistryData::ExpandText(r"%SystemRoot%\x".to_owned())),
            ("multi", RegistryData::MultiText(vec!["one".to_owned(), "two".to_owned()])),
            ("multi with gaps", RegistryData::MultiText(["one", "", "two", "", "three"].map(str::to_owned).to_vec())),
            ("raw", RegistryData::Binary(vec![1, 2, 3])),
            ("large", RegistryData::Binary(large.clone())),
            ("qword", RegistryData::Qword(5)),
            ("short dword", RegistryData::Binary(vec![1, 2])),
            ("resource", RegistryData::Other(8)),
            ("none", RegistryData::None),
            ("rest behind the end", RegistryData::Text("ab".to_owned())),
        ] {
            assert_eq!(target.value(key, name), Answer::Known(Fact::RegistryValue(expected)), "{name}");
        }
    }
}

#[test]
fn the_current_control_set_is_the_one_that_was_started() {
    let target = target(&WindowsVolume::windows_2000_server().control_set(2));
    assert_eq!(
        target.value(r"HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions", "ProductType"),
        target.value(r"HKLM\SYSTEM\ControlSet002\Control\ProductOptions", "ProductType"),
    );
    assert_eq!(target.value(r"HKLM\SYSTEM\currentcontrolset\Control\ProductOptions", "ProductType"), text("ServerNT"));
}

#[test]
fn classes_and_users_have_roots_of_their_own() {
    let sid = "S-1-5-21-1078081533-842925246-1202660629-500";
    let target = target(
        &WindowsVolume::windows_2000_server()
            .registry(r"HKLM\SOFTWARE\Classes\.txt", "", "txtfile")
            .registry(r"HKU\.DEFAULT\Software\Vendor", "who", "nobody")
            .profile(Profile::of_sid("away", "S-1-5-21-1-2-3-1000").without_hive())
            .registry(&format!(r"HKU\{sid}\Software\Vendor"), "who", "admin"),
    );
    assert_eq!(target.value(r"HKCR\.txt", ""), text("txtfile"));
    assert_eq!(target.value(r"HKU\.default\Software\Vendor", "who"), text("nobody"));
    assert_eq!(target.value(r"HKU\S-1-5-18\Software\Vendor", "who"), text("nobody"));
    assert_eq!(target.value(&format!(r"HKU\{sid}\Software\Vendor"), "who"), text("admin"));
    assert_eq!(target.key(r"HKU\S-1-5-21-9-9-9-9\Software"), Answer::Absent);
    assert!(is_unreadable(&target.key(r"HKU\S-1-5-21-1-2-3-1000\Software")));
    for key in ["HKLM", r"HKLM\HARDWARE\DESCRIPTION", r"HKCU\Software", "Software", ""] {
        assert_eq!(target.key(key), Answer::Unsupported, "{key}");
    }
    assert_eq!(target.key(r"HKLM\Elsewhere"), Answer::Absent);
}

#[test]
fn what_was_logged_and_not_written_counts() {
    for (name, volume) in [
        ("2000", WindowsVolume::windows_2000_server()),
        ("XP", WindowsVolume::windows_xp()),
        ("10", WindowsVolume::windows_10()),
    ] {
        let target = target(
            &volume
                .registry(r"HKLM\SOFTWARE\Vendor", "state", "before")
                .registry_in_log(r"HKLM\SOFTWARE\Vendor", "state", "after")
                .registry_in_log(r"HKLM\SYSTEM\CurrentControlSet\Services\Added", "Type", 16),
        );
        assert_eq!(target.value(r"HKLM\SOFTWARE\Vendor", "state"), text("after"), "{name}");
        assert_eq!(target.value(r"HKLM\SYSTEM\CurrentControlSet\Services\Added", "Type"), number(16), "{name}");
    }
}

#[test]
fn a_log_of_the_new_format_counts_wherever_it_is() {
    let target = target(&WindowsVolume::windows_7().log_format(LogFormat::New).registry_in_log(
        r"HKLM\SOFTWARE\Vendor",
        "state",
        "after",
    ));
    assert_eq!(target.value(r"HKLM\SOFTWARE\Vendor", "state"), text("after"));
}

#[test]
fn accounts_and_secrets_are_denied_however_the_key_is_written() {
    let target = target(&WindowsVolume::windows_2000_server().autologon_with_secret("Administrator"));
    for key in [
        r"HKLM\SAM",
        r"hklm\sam\SAM\Domains\Account\Users\000001F4",
        r"HKLM\\SAM\SAM",
        r"HKLM\SECURITY\Policy\Secrets",
        r"HKLM\SECURITY\Policy\Secrets\DefaultPassword\CurrVal",
    ] {
        assert!(matches!(target.key(key), Answer::Denied(_)), "{key}");
        assert!(matches!(target.value(key, "V"), Answer::Denied(_)), "{key}");
        assert!(matches!(target.ask(Question::RegistryPermissions(key.to_owned())), Answer::Denied(_)), "{key}");
    }
    let secret = r"HKLM\Security\Policy\Secrets\defaultpassword";
    let key = known!(target.key(secret), RegistryKey);
    assert_eq!((key.values, key.subkeys), (Vec::new(), Vec::new()));
    assert!(matches!(target.value(secret, ""), Answer::Denied(_)));
}

#[test]
fn the_password_of_the_automatic_logon_is_withheld() {
    const WINLOGON: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon";
    let on_64_bit = r"HKLM\SOFTWARE\Wow6432Node\Microsoft\Windows NT\CurrentVersion\Winlogon";
    let target = target(
        &WindowsVolume::windows_2000_server()
            .registry(WINLOGON, "DefaultUserName", "scott")
            .registry(WINLOGON, "DEFAULTpassword", "s3cret")
            .registry(on_64_bit, "DefaultPassword", Value::multi(["s3cret", "second"]))
            .registry(r"HKLM\SOFTWARE\Expand", "DefaultPassword", Value::expand("s3cret"))
            .registry(r"HKLM\SOFTWARE\Raw", "DefaultPassword", Value::Raw(3, b"s3cret".to_vec()))
            .registry(r"HKLM\SOFTWARE\Number", "DefaultPassword", 1_234)
            .registry(r"HKLM\SOFTWARE\Empty", "DefaultPassword", "")
            .registry(r"HKLM\SOFTWARE\No bytes", "DefaultPassword", Value::Raw(3, Vec::new())),
    );
    assert_eq!(target.value(WINLOGON, "DefaultUserName"), text("scott"));
    let no_bytes = Answer::Known(Fact::RegistryValue(RegistryData::Binary(Vec::new())));
    for (key, expected) in [
        (WINLOGON, text("(withheld)")),
        (on_64_bit, text("(withheld)")),
        (r"HKLM\SOFTWARE\Expand", text("(withheld)")),
        (r"HKLM\SOFTWARE\Raw", text("(withheld)")),
        (r"HKLM\SOFTWARE\Number", text("(withheld)")),
        (r"HKLM\SOFTWARE\Empty", text("")),
        (r"HKLM\SOFTWARE\No bytes", no_bytes),
    ] {
        assert_eq!(target.value(key, "defaultPassword"), expected, "{key}");
        let values = known!(target.key(key), RegistryKey).values;
        let value = values.into_iter().find(|value| value.name.eq_ignore_ascii_case("DefaultPassword")).unwrap();
        assert_eq!(Answer::Known(Fact::RegistryValue(value.data)), expected, "{key}");
    }
}

#[test]
fn links_between_keys_are_followed_but_not_into_what_is_denied() {
    let goal = |goal: &str| Value::Raw(6, goal.encode_utf16().flat_map(u16::to_le_bytes).collect());
    let directory = tempfile::tempdir().unwrap();
    WindowsVolume::windows_2000_server()
        .registry(r"HKLM\SOFTWARE\Vendor\Product", "state", "found")
        .registry(r"HKLM\SOFTWARE\Link one", "SymbolicLinkValue", goal(r"\Registry\Machine\Software\Vendor"))
        .registry(r"HKLM\SOFTWARE\Link sam", "SymbolicLinkValue", goal(r"\REGISTRY\MACHINE\SAM\SAM"))
        .registry(r"HKLM\SOFTWARE\Link own", "SymbolicLinkValue", goal(r"\REGISTRY\MACHINE\SOFTWARE\Link own"))
        .registry(r"HKLM\SOFTWARE\Link off", "SymbolicLinkValue", goal(r"\Device\Elsewhere"))
        .write_to(directory.path())
        .unwrap();
    let hive = directory.path().join("WINNT/system32/config/software");
    let mut bytes = std::fs::read(&hive).unwrap();
    let name_at = 76;
    for at in 0..bytes.len() - name_at - 5 {
        if bytes[at..].starts_with(b"nk") && bytes[at + name_at..].starts_with(b"Link ") {
            bytes[at + 2] |= 0x10;
        }
    }
    std::fs::write(hive, bytes).unwrap();
    let target = Target { volume: Volume::open(directory.path(), None).unwrap(), _directory: directory };
    assert_eq!(target.value(r"HKLM\SOFTWARE\Link one\Product", "state"), text("found"));
    assert!(matches!(target.key(r"HKLM\SOFTWARE\Link sam"), Answer::Denied(_)));
    assert!(matches!(target.key(r"HKLM\SOFTWARE\Link sam\Domains\Account"), Answer::Denied(_)));
    assert!(is_unreadable(&target.key(r"HKLM\SOFTWARE\Link own")));
    assert!(is_unreadable(&target.key(r"HKLM\SOFTWARE\Link off\x")));
}

#[test]
fn without_a_secret_for_the_automatic_logon_its_key_is_absent() {
    let target = target(&WindowsVolume::windows_2000_server());
    assert_eq!(target.key(r"HKLM\SECURITY\Policy\Secrets\DefaultPassword"), Answer::Absent);
}

#[test]
fn a_key_tells_who_may_do_what_with_it() {
    let key = r"HKLM\SOFTWARE\Vendor";
    let descriptor = SecurityDescriptor::owned_by("S-1-5-32-544")
        .deny("S-1-5-32-546", 0x0002_0019)
        .allow("S-1-1-0", 0x000f_003f)
        .allow_inside("S-1-3-0", 0x1000_0000);
    let target =
        target(&WindowsVolume::windows_2000_server().registry(key, "x", 1).registry_security(key, &descriptor));
    let permissions = known!(target.ask(Question::RegistryPermissions(key.to_owned())), Permissions);
    assert_eq!(permissions.owner.as_deref(), Some("S-1-5-32-544"));
    let access = permissions.access.unwrap();
    let entries = access
        .iter()
        .map(|entry| (entry.access_type, entry.sid.as_str(), entry.mask, entry.inherit_only))
        .collect::<Vec<_>>();
    assert_eq!(
        entries,
        [
            (AccessType::Deny, "S-1-5-32-546", 0x0002_0019, false),
            (AccessType::Allow, "S-1-1-0", 0x000f_003f, false),
            (AccessType::Allow, "S-1-3-0", 0x1000_0000, true),
        ]
    );
    assert_eq!(target.ask(Question::RegistryPermissions(r"HKLM\SOFTWARE\Nothing".to_owned())), Answer::Absent);
}

#[test]
fn a_key_hands_out_a_bounded_amount() {
    let mut volume = WindowsVolume::windows_2000_server();
    for index in 0..5000 {
        volume = volume.registry(r"HKLM\SOFTWARE\Vendor", &format!("value {index}"), index);
    }
    let target = target(&volume);
    let key = known!(target.key(r"HKLM\SOFTWARE\Vendor"), RegistryKey);
    assert_eq!((key.values.len(), key.truncated), (4096, true));
    assert_eq!(target.value(r"HKLM\SOFTWARE\Vendor", "value 4999"), number(4999));
    assert!(known!(target.key(CURRENT_VERSION), RegistryKey).last_written > 0);
}
