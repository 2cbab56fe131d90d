//! Updates of IIS, judged from the machine to the package that installs them.

mod support;

use support::*;
use wardline_iis::Iis;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::{Bench, Run};

const FILE: &str = r"%windir%\system32\inetsrv\httpext.dll";
const HOTFIX: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\Q900001";

fn service_pack(level: u32) -> ServicePack {
    ServicePack { id: level.to_string(), name: String::new(), level }
}

/// An update of one product that is wanted at some service packs, held by another, and tested by a file and a key.
fn update(product: &str, levels: &[u32], included_in: Option<u32>) -> Update {
    Update {
        bulletin: "EX01-004".into(),
        article: "Q900001".into(),
        title: "An example".into(),
        package: "Q900001_W2K_SP3_x86_en.EXE".into(),
        severity: Severity::Critical,
        restart: true,
        applies_to: vec![Applicability {
            product: Product { id: "1".into(), name: product.into() },
            service_packs: levels.iter().copied().map(service_pack).collect(),
            included_in: included_in.map(service_pack),
            severity: None,
            fixed_build: None,
        }],
        files: vec![FileTest {
            path: FILE.into(),
            change: Change::Replace,
            version: Some(version(3649)),
            alternates: Vec::new(),
            checksum: None,
            size: None,
        }],
        registry: vec![RegistryTest {
            key: HOTFIX.into(),
            name: "Installed".into(),
            change: Change::Add,
            expected: Some("1".into()),
            comparison: Comparison::Equal,
        }],
        language: Some(0x0409),
        ..wardline_plugin::testing::update(4)
    }
}

fn version(revision: u16) -> FileVersion {
    FileVersion { major: 5, minor: 0, build: 2195, revision }
}

fn with_file(bench: Bench, revision: u16) -> Bench {
    let info =
        FileInfo { version: Some(version(revision)), checksum: None, size: 1, modified: None, language: Some(0x0409) };
    bench.fact(Question::File(FILE.into()), Fact::File(info))
}

fn run(bench: Bench, update: Update) -> Run {
    bench.updates(vec![update]).run::<Iis>()
}

#[test]
fn a_missing_update_comes_with_its_package() {
    let wanted = || update("Internet Information Services 5.0", &[0, 10, 20], Some(30));
    let run = run(with_file(server("5.0", 2, (5, 0)), 2103), wanted());
    let finding = run.update(4).expect("it concerns this machine");
    assert_eq!(finding.status, UpdateStatus::Missing);
    assert_eq!(finding.product, "Internet Information Services 5.0");
    let installs: Vec<_> = run
        .actions
        .iter()
        .filter_map(|action| match &action.operation {
            Operation::InstallUpdate(install) => Some((install.update, install.switches.join(" "), action.restart)),
            _ => None,
        })
        .collect();
    assert_eq!(installs, [(4, "-q -z".to_owned(), true)]);
}

#[test]
fn an_update_is_installed_when_file_and_key_are_as_it_leaves_them() {
    let bench = with_file(server("5.0", 2, (5, 0)), 3649).value(HOTFIX, "Installed", RegistryData::Dword(1));
    let run = run(bench, update("Internet Information Services 5.0", &[20], None));
    assert_eq!(run.update(4).map(|finding| finding.status), Some(UpdateStatus::Installed));
    let mends_it = |action: &Action| matches!(action.mends, FindingId::Update(_));
    assert!(!run.actions.iter().any(mends_it));
}

#[test]
fn the_service_pack_that_counts_is_the_one_of_windows() {
    let key = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\Q246009";
    let nt4 = || server("4.0", 6, (4, 0));
    let installed = |data| with_key(nt4(), key, &[("Installed", data)]);
    let cut_off = || {
        let key_of_6a = RegistryKey { values: Vec::new(), subkeys: Vec::new(), truncated: true, last_written: 0 };
        nt4().fact(Question::RegistryKey(key.into()), Fact::RegistryKey(key_of_6a))
    };
    let unreadable = || nt4().answer(Question::RegistryKey(key.into()), Answer::Unreadable("damaged".into()));
    let of_six_a = || update("Internet Information Server 4.0", &[50, 60], Some(61));
    for (bench, update, status) in [
        (nt4(), of_six_a(), Some(UpdateStatus::Missing)),
        // As for every hotfix, `Installed` is a REG_DWORD of 1; in another type it means nothing.
        (installed(RegistryData::Dword(1)), of_six_a(), Some(UpdateStatus::Included)),
        (installed(RegistryData::Dword(0)), of_six_a(), Some(UpdateStatus::Missing)),
        (with_key(nt4(), key, &[]), of_six_a(), Some(UpdateStatus::Missing)),
        (installed(RegistryData::Text("1".into())), of_six_a(), Some(UpdateStatus::UnableToScan)),
        (installed(RegistryData::Qword(1)), of_six_a(), Some(UpdateStatus::UnableToScan)),
        (installed(RegistryData::Other(4)), of_six_a(), Some(UpdateStatus::UnableToScan)),
        (cut_off(), of_six_a(), Some(UpdateStatus::UnableToScan)),
        (unreadable(), of_six_a(), Some(UpdateStatus::UnableToScan)),
        (
            server("5.0", 3, (5, 0)),
            update("Internet Information Services 5.0", &[20], Some(30)),
            Some(UpdateStatus::Included),
        ),
        (server("5.0", 1, (5, 0)), update("Internet Information Services 5.0", &[20], Some(30)), None),
        (server("5.0", 2, (5, 0)), update("Internet Information Server 4.0", &[], None), None),
    ] {
        assert_eq!(run(bench, update).update(4).map(|finding| finding.status), status);
    }
}

#[test]
fn index_server_came_with_the_option_pack_of_windows_nt_4() {
    let wanted = || update("Index Server 2.0", &[60], None);
    let with_indexing = run(with_service(server("4.0", 6, (4, 0)), "cisvc"), wanted());
    assert_eq!(with_indexing.update(4).map(|finding| finding.status), Some(UpdateStatus::Missing));
    assert_eq!(with_indexing.assessment.products[1].name, "Index Server 2.0");
    assert!(run(server("4.0", 6, (4, 0)), wanted()).update(4).is_none());
    assert!(run(with_service(server("5.0", 0, (5, 0)), "cisvc"), wanted()).update(4).is_none());
}

#[test]
fn without_iis_no_update_concerns_the_machine() {
    let bench = with_system(Bench::new(), system("5.0", 2, Role::Server));
    let run = run(bench, update("Internet Information Services 5.0", &[], None));
    assert!(run.assessment.updates.is_empty());
}
