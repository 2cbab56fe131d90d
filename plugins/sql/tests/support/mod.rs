//! Database servers as answers.
#![allow(dead_code, reason = "each test uses a part of it")]

use wardline_plugin::prelude::*;
use wardline_plugin::testing::{self, Bench, Run};

pub(crate) const DEFAULT: &str = r"HKLM\SOFTWARE\Microsoft\MSSQLServer";
pub(crate) const LISTS: &str = r"HKLM\SOFTWARE\Microsoft\Microsoft SQL Server";

pub(crate) fn text(text: &str) -> RegistryData {
    RegistryData::Text(text.into())
}

pub(crate) fn machine(role: Role) -> Bench {
    Bench::new().fact(
        Question::System,
        Fact::System(SystemInfo {
            computer_name: Some("DB1".into()),
            product_name: "Microsoft Windows 2000".into(),
            language: Some(0x0409),
            windows_folder: r"C:\WINNT".into(),
            ..testing::system("5.0", 2195, role)
        }),
    )
}

pub(crate) fn with_key(bench: Bench, key: &str, values: &[(&str, RegistryData)], subkeys: &[&str]) -> Bench {
    let bench = values.iter().fold(bench, |bench, (name, data)| bench.value(key, name, data.clone()));
    let fact = Fact::RegistryKey(RegistryKey {
        values: values.iter().map(|(name, data)| RegistryValue { name: (*name).into(), data: data.clone() }).collect(),
        subkeys: subkeys.iter().map(|&subkey| subkey.to_owned()).collect(),
        truncated: false,
        last_written: 0,
    });
    bench.fact(Question::RegistryKey(key.into()), fact)
}

/// An instance's keys below `key`, and the program where they name it.
pub(crate) fn with_instance(
    bench: Bench,
    key: &str,
    current: &str,
    service_pack: Option<&str>,
    edition: &str,
) -> Bench {
    with_program(with_keys_of_instance(bench, key, current, service_pack, edition), r"D:\MSSQL7\Binn\sqlservr.exe")
}

/// A program without a version.
pub(crate) fn with_program(bench: Bench, path: &str) -> Bench {
    let info = FileInfo { version: None, checksum: None, size: 1, modified: None, language: None };
    bench.fact(Question::FileVersion(path.into()), Fact::File(info))
}

/// Only the keys; the program is named and not there.
pub(crate) fn with_keys_of_instance(
    bench: Bench,
    key: &str,
    current: &str,
    service_pack: Option<&str>,
    edition: &str,
) -> Bench {
    let mut versions = vec![("CurrentVersion", text(current))];
    versions.extend(service_pack.map(|version| ("CSDVersion", text(version))));
    let bench = with_key(bench, &format!(r"{key}\MSSQLServer\CurrentVersion"), &versions, &[]);
    with_key(bench, &format!(r"{key}\Setup"), &[("SQLPath", text(r"D:\MSSQL7")), ("Edition", text(edition))], &[])
}

pub(crate) fn with_service(bench: Bench, name: &str, account: Option<&str>) -> Bench {
    with_image(bench, name, account, None)
}

/// A service that starts this program.
pub(crate) fn with_image(bench: Bench, name: &str, account: Option<&str>, image: Option<&str>) -> Bench {
    let service = ServiceInfo {
        name: name.into(),
        display_name: None,
        start: ServiceStart::Automatic,
        account: account.map(str::to_owned),
        image_path: image.map(str::to_owned),
        driver: false,
    };
    bench.fact(Question::Service(name.into()), Fact::Service(service))
}

/// Members are names, or SIDs of which the host knows no name.
pub(crate) fn with_administrators(bench: Bench, members: &[&str]) -> Bench {
    let members = members.iter().zip(1000..).map(|(&member, number)| member_of_group(member, number)).collect();
    let group = Group { name: "Administratoren".into(), rid: 544, sid: "S-1-5-32-544".into(), members };
    bench.fact(Question::Groups, Fact::Groups(vec![group]))
}

fn member_of_group(member: &str, number: u32) -> GroupMember {
    let named = |sid: String| GroupMember { sid, name: Some(member.into()) };
    match member {
        "(unreadable)" => named(String::new()),
        "Administrator" => named("S-1-5-21-1-2-3-500".into()),
        "LOCAL SERVICE" => named("S-1-5-19".into()),
        "NETWORK SERVICE" => named("S-1-5-20".into()),
        sid if sid.starts_with("S-1-") => GroupMember { sid: sid.into(), name: None },
        _ => named(format!("S-1-5-21-1-2-3-{number}")),
    }
}

/// The default instance of SQL Server 7.0 as it was shipped.
pub(crate) fn sql7(role: Role) -> Bench {
    with_instance(machine(role), DEFAULT, "7.00.623", None, "Standard Edition")
}

/// The actions that mend a check's finding.
pub(crate) fn actions(run: &Run, check: &str) -> Vec<Action> {
    let of_check = |action: &&Action| match action.mends {
        FindingId::Check(place) => run.assessment.checks[place as usize].check == check,
        FindingId::Update(_) => false,
    };
    run.actions.iter().filter(of_check).cloned().collect()
}

pub(crate) fn damaged() -> Answer {
    Answer::Unreadable("damaged".into())
}
