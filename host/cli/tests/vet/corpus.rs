//! The fleet that wardline carries matches its description here; with `WARDLINE_ACCEPT=1` it is rewritten.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wardline::catalog::{Limits, merge, parse};
use wardline::contract::Examiner as _;
use wardline::contract::{Answer, Fact, Grants, Question, Update, names};
use wardline::evidence::image::Volume;
use wardline::evidence::{Source, recording};
use wardline::sandbox::{Backend, Prepared};
use wardline::vet::fleet::corpus;
use wardline::vet::observation::converse;
use wardline_fixtures::volume::{Damage, Iis, InternetExplorer, Role, SqlServer, WindowsVolume};
use wardline_fixtures::{Account, catalog, fleet};

use crate::vet::plugins::{options, prepared_with};

/// The maximum size of all recordings together, in bytes: they are part of the program.
const MOST: usize = 1_500_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vet/src/corpus")
}

/// Machines that the demo's fleet does not have: other releases, other roles, products installed twice, truncated files.
fn others() -> Vec<(&'static str, WindowsVolume)> {
    let nt4 = WindowsVolume::windows_nt4_server().service_pack(6).iis(Iis::v4().samples().parent_paths());
    let server_2003 = || WindowsVolume::windows_server_2003().service_pack(1);
    vec![
        ("nt4-web-server", nt4.account(Account::new("webadmin", 1002).password("webadmin"))),
        (
            "xp-workstation",
            WindowsVolume::windows_xp().service_pack(2).internet_explorer(InternetExplorer::v6(1)).language(0x0407),
        ),
        ("domain-controller", server_2003().role(Role::DomainController).iis(Iis::v6())),
        (
            "metabase-cut-off",
            server_2003().iis(Iis::v6()).truncated_file(r"%windir%\system32\inetsrv\MetaBase.xml", 200),
        ),
        (
            "sql-instances",
            WindowsVolume::windows_2000_server()
                .service_pack(4)
                .sql(SqlServer::v2000(3).mixed_mode())
                .sql(SqlServer::v2000(1).instance("ACCOUNTS").local_system()),
        ),
        ("windows-7", WindowsVolume::windows_7().service_pack(1)),
        ("windows-10", WindowsVolume::windows_10().revision(4170)),
        (
            "server-2022",
            WindowsVolume::windows_server_2022()
                .revision(2340)
                .damaged_hive(wardline_fixtures::Hive::Security, Damage::GarbledBins),
        ),
        ("products-of-today", fleet::with_products()),
    ]
}

/// Removes the times of files just created, which have no place in a file that is compared.
fn without_times(answer: &mut Answer) {
    if let Answer::Known(Fact::File(file)) = answer {
        file.modified = Some(1_000_000_000);
    }
}

/// One recording: every answer that a stock plugin asked for, sorted by question.
fn recorded(name: &str, volume: &Volume, plugins: &[(Prepared, Vec<Update>)]) -> Vec<u8> {
    let mut answers = BTreeMap::new();
    for (plugin, updates) in plugins {
        let grants = Grants::declared(plugin.description(), updates);
        let examination = converse(plugin, &options(), &grants, volume);
        for (question, mut answer) in examination.exchanges {
            if grants.check(&question).is_ok() {
                without_times(&mut answer);
                answers.entry(format!("{:?}", names::folded(&question))).or_insert((question, answer));
            }
        }
    }
    // The question that the host itself asks of every target.
    let system = volume.answer(&Question::System);
    answers.entry(format!("{:?}", Question::System)).or_insert((Question::System, system));
    let mut json = Vec::new();
    let exchanges = answers.values().map(|(question, answer)| (question, answer));
    recording::write(&mut json, name, exchanges, &[], &[]).unwrap();
    json
}

#[test]
fn the_built_in_fleet_is_what_it_is_built_from() {
    let place = tempfile::tempdir().unwrap();
    let demo = fleet::demo(place.path()).unwrap();
    let xml = catalog::demo().to_xml();
    let updates = merge(vec![parse(xml.as_slice(), Path::new("mssecure.xml"), &Limits::default()).unwrap()]).updates;
    let plugins = prepared_with(Backend::Compiled, &updates);
    let mut files = vec![("mssecure.xml".to_owned(), xml)];
    let described = others().into_iter().map(|(name, volume)| {
        let folder = place.path().join(name);
        volume.computer_name(&name.to_uppercase()[..name.len().min(15)]).write_to(&folder).unwrap();
        (name, folder)
    });
    let machines = demo.machines.iter().map(|machine| (machine.name, machine.folder.clone())).chain(described);
    for (name, folder) in machines {
        let volume = Volume::open(&folder, None).unwrap();
        files.push((format!("{name}.json"), recorded(name, &volume, &plugins)));
    }
    let size: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(size <= MOST, "{size} bytes are too many for a part of the program");
    for (name, bytes) in &files {
        let path = folder().join(name);
        if std::env::var_os("WARDLINE_ACCEPT").is_some() {
            std::fs::write(&path, bytes).unwrap();
        }
        let carried = std::fs::read(&path).unwrap_or_default();
        assert!(carried == *bytes, "{}: differs; WARDLINE_ACCEPT=1 rewrites it", path.display());
    }
    // The list in `corpus.rs` matches the files.
    assert_eq!(corpus::recordings().unwrap().len() + 1, files.len());
}

/// An instance that grows its memory changes the process's memory map, for which all threads wait: the SDK sets memory aside
/// before the snapshot is taken.
#[test]
fn no_conversation_grows_its_memory() {
    // As many updates as a real catalog has: what a few leave room for would show nothing.
    let updates = corpus::updates().unwrap();
    let many: Vec<Update> = (0..)
        .zip(updates.iter().cycle())
        .take(1_500)
        .map(|(number, update)| Update { number, superseded_by: Vec::new(), ..update.clone() })
        .collect();
    for (plugin, updates) in prepared_with(Backend::Compiled, &many) {
        let grants = Grants::declared(plugin.description(), &updates);
        let recordings = corpus::recordings().unwrap();
        let peaks: Vec<u64> =
            recordings.iter().map(|recording| converse(&plugin, &options(), &grants, recording).memory).collect();
        let nothing = recording::Recording::parse(
            br#"{"format":"wardline.recording/1","name":"EMPTY","answers":[]}"#,
            Path::new("empty.json"),
        );
        let least = converse(&plugin, &options(), &grants, &nothing.unwrap()).memory;
        assert_eq!(peaks, vec![least; peaks.len()], "{}", plugin.description().name);
    }
}
