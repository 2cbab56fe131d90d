//! Which IIS is found on which machine.

mod support;

use support::{INETSTP, server, system, with_image, with_key, with_service, with_system};
use wardline_iis::Iis;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::Bench;

const PARAMETERS: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\W3SVC\Parameters";

const CHECKS: [&str; 8] = [
    "domain-controller",
    "logging",
    "sample-applications",
    "iisadmpwd",
    "parent-paths",
    "status",
    "lockdown-tool",
    "msadc-and-scripts",
];

#[test]
fn versions_have_the_names_of_the_catalog() {
    for (iis, name) in [
        ((3, 0), "Internet Information Server 3.0"),
        ((4, 0), "Internet Information Server 4.0"),
        ((5, 0), "Internet Information Services 5.0"),
        ((5, 1), "Internet Information Services 5.1"),
        ((6, 0), "Internet Information Services 6.0"),
        ((10, 0), "Internet Information Services 10.0"),
    ] {
        let run = server("5.0", 2, iis).run::<Iis>();
        let [product] = run.assessment.products.as_slice() else { panic!("{:?}", run.assessment.products) };
        assert_eq!(product.name, name);
        assert_eq!(product.service_pack.as_deref(), Some("Service Pack 2"));
    }
}

#[test]
fn service_pack_6a_is_told_from_6_by_what_it_leaves_behind() {
    let nt4 = server("4.0", 6, (4, 0));
    let service_pack = |bench: &Bench| bench.run::<Iis>().assessment.products[0].service_pack.clone();
    assert_eq!(service_pack(&nt4).as_deref(), Some("Service Pack 6"));
    let key = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\Q246009";
    let with_installed = |data| with_key(nt4.clone(), key, &[("Installed", data)]);
    assert_eq!(service_pack(&with_installed(RegistryData::Dword(1))).as_deref(), Some("Service Pack 6a"));
    assert_eq!(service_pack(&with_installed(RegistryData::Dword(0))).as_deref(), Some("Service Pack 6"));
    assert_eq!(service_pack(&with_key(nt4.clone(), key, &[])).as_deref(), Some("Service Pack 6"));
}

#[test]
fn the_web_service_tells_its_version_where_the_setup_does_not() {
    let bench = with_service(with_system(Bench::new(), system("5.0", 0, Role::Server)), "W3SVC");
    let parameters = r"HKLM\SYSTEM\CurrentControlSet\Services\W3SVC\Parameters";
    let run = with_key(bench.clone(), parameters, &[("MajorVersion", RegistryData::Dword(5))]).run::<Iis>();
    assert_eq!(run.assessment.products[0].name, "Internet Information Services 5.0");

    let run = bench.run::<Iis>();
    assert_eq!(run.assessment.products[0].version, None);
    assert_eq!(run.check("parent-paths").grade, Grade::UnableToScan);
}

/// `MajorVersion` is a `REG_DWORD`. One of another type is not a version, so no check passes because of it.
#[test]
fn a_version_of_another_type_is_none() {
    let bench = with_service(with_system(Bench::new(), system("5.2", 0, Role::Server)), "W3SVC");
    for data in [
        RegistryData::Text("6".into()),
        RegistryData::ExpandText("6".into()),
        RegistryData::MultiText(vec!["6".into()]),
        RegistryData::Qword(6),
        RegistryData::Binary(vec![6, 0, 0, 0]),
        RegistryData::Other(5),
    ] {
        let run = with_key(bench.clone(), INETSTP, &[("MajorVersion", data.clone())]).run::<Iis>();
        assert_eq!(run.assessment.products[0].version, None, "{data:?}");
        let passed: Vec<_> = run.assessment.checks.iter().filter(|finding| finding.grade == Grade::Passed).collect();
        let by_version = ["parent-paths", "logging", "lockdown-tool"];
        assert!(passed.iter().all(|finding| !by_version.contains(&finding.check.as_str())), "{data:?}: {passed:?}");
    }
}

/// Setup and the web service both write both numbers as `REG_DWORD`. A part that is not known is not 0, and where both tell a part
/// and differ, neither counts. A key without a `MinorVersion` means 0.
#[test]
fn a_version_is_what_both_keys_agree_on() {
    use RegistryData::{Dword, Other, Text};
    let text = |text: &str| Text(text.into());
    for (of_setup, of_service, expected) in [
        ((Some(Dword(7)), Some(Dword(5))), (Some(Dword(7)), Some(Dword(5))), Some("7.5")),
        ((Some(Dword(6)), None), (None, None), Some("6.0")),
        ((Some(Dword(7)), Some(text("5"))), (None, None), None),
        ((Some(Dword(5)), Some(text("1"))), (None, None), None),
        ((Some(Dword(8)), Some(Other(4))), (None, None), None),
        ((Some(Dword(8)), Some(RegistryData::None)), (None, None), None),
        ((None, None), (Some(Dword(7)), Some(text("5"))), None),
        ((Some(Dword(7)), Some(text("5"))), (Some(Dword(7)), Some(Dword(5))), Some("7.5")),
        ((Some(text("7")), Some(Dword(5))), (Some(Dword(7)), Some(Dword(5))), Some("7.5")),
        // They contradict each other.
        ((Some(Dword(7)), Some(Dword(0))), (Some(Dword(10)), Some(Dword(0))), None),
        ((Some(Dword(7)), Some(Dword(0))), (Some(Dword(7)), Some(Dword(5))), None),
        ((Some(Dword(7)), Some(text("5"))), (Some(Dword(10)), Some(Dword(0))), None),
    ] {
        let what = format!("{of_setup:?} {of_service:?}");
        let bench = with_service(with_system(Bench::new(), system("6.1", 0, Role::Server)), "FTPSVC");
        let bench = [(INETSTP, of_setup), (PARAMETERS, of_service)].into_iter().fold(bench, |bench, (key, told)| {
            let values = [("MajorVersion", told.0), ("MinorVersion", told.1)];
            let values: Vec<_> = values.into_iter().filter_map(|(name, data)| Some((name, data?))).collect();
            if values.is_empty() { bench } else { with_key(bench, key, &values) }
        });
        let run = bench.run::<Iis>();
        let [product] = run.assessment.products.as_slice() else { panic!("{what}: {:?}", run.assessment.products) };
        assert_eq!(product.version.as_deref(), expected, "{what}");
        let not_judged = run.check("status").summary.contains("none of its updates was judged");
        assert_eq!(not_judged, expected.is_none(), "{what}");
        if expected.is_none() {
            assert_eq!(run.check("parent-paths").grade, Grade::UnableToScan, "{what}");
        }
    }
    let bench = with_service(with_system(Bench::new(), system("6.1", 0, Role::Server)), "W3SVC");
    let bench = with_key(bench, INETSTP, &[("MajorVersion", Dword(7)), ("MinorVersion", Dword(0))]);
    let run = with_key(bench, PARAMETERS, &[("MajorVersion", Dword(10)), ("MinorVersion", Dword(0))]).run::<Iis>();
    for check in ["status", "parent-paths"] {
        let finding = run.check(check);
        assert!(finding.summary.contains(r"InetStp says 7.0, W3SVC\Parameters says 10.0"), "{}", finding.summary);
        let evidence: Vec<_> = finding.evidence.iter().map(|number| &run.exchanges[*number as usize].0).collect();
        let told = |key: &str| evidence.contains(&&Question::RegistryKey(key.into()));
        assert!(told(INETSTP) && told(PARAMETERS), "{evidence:?}");
    }
}

#[test]
fn without_iis_nothing_is_performed() {
    let bare = with_system(Bench::new(), system("5.0", 0, Role::Server));
    let left_behind = with_key(bare.clone(), INETSTP, &[("PathWWWRoot", RegistryData::Text("".into()))]);
    for bench in [bare, left_behind] {
        let run = bench.run::<Iis>();
        assert_eq!(run.assessment.products, []);
        for id in CHECKS {
            let finding = run.check(id);
            assert_eq!(finding.grade, Grade::NotPerformed);
            assert_eq!(finding.summary, "IIS is not installed.");
            assert_eq!(finding.evidence.len(), 2);
        }
    }
}

/// IIS is recognised by its services (W3SVC, FTP, and the one that administers both). The key of its setup stays where IIS was
/// removed, and some programs write it for themselves.
#[test]
fn a_leftover_is_no_installation() {
    const INETINFO: &str = r"%windir%\system32\inetsrv\inetinfo.exe";
    const IMAGE: &str = r"C:\WINNT\System32\inetsrv\inetinfo.exe";
    let bare = || with_system(Bench::new(), system("5.0", 2, Role::Server));
    let version = [("MajorVersion", RegistryData::Dword(5)), ("MinorVersion", RegistryData::Dword(0))];
    let setup = |bench| with_key(bench, INETSTP, &version);
    let service = |bench, name: &str| with_service(bench, name);
    let image = |bench| with_image(bench, "W3SVC", Some(IMAGE));
    let svchost = |bench| with_image(bench, "W3SVC", Some(r"%windir%\system32\svchost.exe -k iissvcs"));
    let file = |bench: Bench| {
        let info = FileInfo { version: None, checksum: None, size: 1, modified: None, language: None };
        bench.fact(Question::FileVersion(INETINFO.into()), Fact::File(info))
    };
    let unread = |bench: Bench, question| bench.answer(question, Answer::Unreadable("damaged".into()));
    let unread_service = |bench, name: &str| unread(bench, Question::Service(name.into()));
    use Expected::*;
    for (what, bench, expected) in [
        ("the setup's key and nothing else", setup(bare()), Leftover("none of the services W3SVC")),
        ("files that were left", file(setup(bare())), Leftover("none of the services W3SVC")),
        ("the service's own key", with_key(bare(), PARAMETERS, &version), Leftover("none of the services W3SVC")),
        ("a service without program and version", image(bare()), Leftover("neither its program")),
        ("the web service", service(setup(bare()), "W3SVC"), Installed),
        ("an FTP server only", service(setup(bare()), "MSFTPSVC"), Installed),
        ("a later FTP server only", service(setup(bare()), "FTPSVC"), Installed),
        ("the administering service only", service(setup(bare()), "IISADMIN"), Installed),
        ("a service and its program", file(image(bare())), Installed),
        ("a service in a host", svchost(bare()), Installed),
        ("one service that cannot be read", unread_service(setup(bare()), "W3SVC"), Unknown),
        ("another one", unread_service(setup(bare()), "IISADMIN"), Unknown),
        ("a program that cannot be read", unread(image(bare()), Question::FileVersion(INETINFO.into())), Unknown),
        (
            "a service, and a setup that cannot be read",
            unread(image(bare()), Question::RegistryKey(INETSTP.into())),
            Unknown,
        ),
    ] {
        let run = bench.run::<Iis>();
        assert_eq!(run.assessment.products.len(), usize::from(expected == Installed), "{what}");
        let status = run.check("status");
        match expected {
            Installed => assert!(status.summary.contains("is installed"), "{what}: {}", status.summary),
            Unknown => assert_eq!(run.check("parent-paths").grade, Grade::UnableToScan, "{what}"),
            Leftover(words) => {
                assert_eq!(status.grade, Grade::Informational, "{what}");
                assert!(
                    status.summary.contains("leftover") && status.summary.contains(words),
                    "{what}: {}",
                    status.summary
                );
                assert!(!status.evidence.is_empty(), "{what}");
                assert_eq!(run.check("parent-paths").grade, Grade::NotPerformed, "{what}");
            }
        }
        assert_eq!(run.undeclared, [], "{what}");
    }
    let without_program = image(setup(bare())).run::<Iis>();
    assert_eq!(without_program.assessment.products.len(), 1);
    assert!(
        without_program.check("status").summary.ends_with(&format!("Its program is gone: there is no {INETINFO}."))
    );
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    Installed,
    /// Its finding says this.
    Leftover(&'static str),
    Unknown,
}

#[test]
fn what_cannot_be_read_is_not_taken_for_absent() {
    for bench in [
        Bench::new().unreadable_by_default("the hive is damaged"),
        with_system(Bench::new(), system("5.0", 0, Role::Server))
            .answer(Question::Service("W3SVC".into()), Answer::Unreadable("the hive is damaged".into())),
        Bench::new().answer(Question::RegistryKey(INETSTP.into()), Answer::Denied("policy".into())),
    ] {
        let run = bench.run::<Iis>();
        for id in CHECKS {
            assert_eq!(run.check(id).grade, Grade::UnableToScan, "{id}");
        }
    }
}

#[test]
fn one_proof_is_enough() {
    let bench = with_service(Bench::new().unreadable_by_default("damaged"), "W3SVC");
    assert_eq!(bench.run::<Iis>().assessment.products.len(), 1);
}

#[test]
fn nothing_is_asked_that_is_not_declared() {
    let moved = [("MajorVersion", RegistryData::Dword(6)), ("PathWWWRoot", RegistryData::Text(r"D:\wwwroot".into()))];
    for bench in [
        Bench::new(),
        server("5.0", 2, (5, 0)),
        with_key(server("5.2", 0, (6, 0)), INETSTP, &moved),
        server("6.1", 0, (7, 5)),
    ] {
        let run = bench.run::<Iis>();
        assert_eq!(run.undeclared, []);
    }
}
