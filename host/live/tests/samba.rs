//! A machine as Samba plays it: files and registry read, and everything that goes wrong.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use wardline_fixtures::samba::{PASSWORD, Samba, Served};
use wardline_live::{
    AccountDatabase, Address, ConnectError, Credentials, EntryKind, Limits, Machine, ReadError, Registry, Root, Share,
    ValueData, start_remote_registry,
};

const KEYS: &str = "Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SOFTWARE\\Wardline]
@=\"the default\"
\"Text\"=\"Größe\"
\"Number\"=dword:0000002a
\"Bytes\"=hex:01,02,03

[HKEY_LOCAL_MACHINE\\SOFTWARE\\Wardline\\One]

[HKEY_LOCAL_MACHINE\\SOFTWARE\\Wardline\\Two]
\"A\"=\"b\"
";

fn address(port: u16) -> Address {
    Address::parse(&format!("smb://127.0.0.1:{port}")).unwrap()
}

fn limits() -> Limits {
    Limits { connect: Duration::from_secs(5), call: Duration::from_secs(5), machine: Duration::from_secs(60) }
}

fn connect(samba: &Samba) -> std::sync::Arc<Machine> {
    let credentials = Credentials::new(samba.user(), PASSWORD).unwrap();
    Machine::connect(&address(samba.port()), &credentials, limits()).unwrap()
}

#[test]
fn files_are_found_listed_and_read_by_place() {
    let (directory, volume) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let content = (0..300_000u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>();
    std::fs::create_dir_all(volume.path().join("Windows/Größe")).unwrap();
    std::fs::write(volume.path().join("Windows/big.dll"), &content).unwrap();
    for number in 0..3000 {
        std::fs::write(volume.path().join(format!("Windows/Größe/a rather long name of a file {number}")), "").unwrap();
    }
    let Some(samba) = Samba::start(directory.path(), &Served { volume: Some(volume.path()), ..Served::default() })
    else {
        return;
    };
    let machine = connect(&samba);
    let share = Share::connect(&machine, "C$").unwrap();
    let entry = share.find("WINDOWS\\BIG.DLL", None).unwrap().unwrap();
    assert_eq!((entry.kind, entry.size), (EntryKind::File, 1_200_000));
    assert_eq!(share.find("", None).unwrap().unwrap().kind, EntryKind::Folder);
    assert_eq!(share.find("Windows\\none", None).unwrap(), None);
    assert_eq!(share.find("none\\none", None).unwrap(), None);
    assert_eq!(share.find("Windows\\big.dll\\none", None).unwrap(), None);
    let (names, more) = share.list("Windows", 10, None).unwrap();
    let mut names = names.iter().map(|listed| (listed.name.as_str(), listed.folder)).collect::<Vec<_>>();
    names.sort();
    assert_eq!((names, more), (vec![("Größe", true), ("big.dll", false)], false));
    let (names, more) = share.list("Windows\\Größe", 10_000, None).unwrap();
    assert_eq!((names.len(), more), (3000, false));
    let (names, more) = share.list("Windows\\Größe", 100, None).unwrap();
    assert_eq!((names.len(), more), (100, true));
    let before = machine.bytes_read();
    let file = share.open("Windows\\big.dll").unwrap();
    for (offset, length) in [(0, 10), (1_199_990, 20), (65_530, 20), (1_200_000, 5), (u64::MAX, 5)] {
        let mut buffer = vec![0; length];
        let count = file.read_at(&mut buffer, offset).unwrap();
        let expected = content.get(offset as usize..).unwrap_or_default();
        assert!(expected.starts_with(&buffer[..count]), "{offset}");
    }
    // Two blocks of 64 KiB: the first was kept, and the last is short.
    assert!(machine.bytes_read() - before < 3 * 65_536);
    assert!(!share.security("Windows", None).unwrap().is_empty());
    assert_eq!(share.file_system(None).unwrap(), "NTFS");
}

#[test]
fn nothing_is_written() {
    let (directory, volume) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(volume.path().join("a.txt"), "text").unwrap();
    let served = Served { volume: Some(volume.path()), audited: true, ..Served::default() };
    let Some(samba) = Samba::start(directory.path(), &served) else { return };
    let share = Share::connect(&connect(&samba), "C$").unwrap();
    assert!(share.find("a.txt", None).unwrap().is_some());
    assert_eq!(share.open("a.txt").unwrap().read_at(&mut [0; 8], 0).unwrap(), 4);
    assert_eq!(share.list("", 10, None).unwrap().0.len(), 1);
    assert!(!share.security("a.txt", None).unwrap().is_empty());
    let (read, changed) = samba.audit().unwrap();
    assert!(read >= 2, "{read}");
    assert_eq!(changed, Vec::<String>::new());
}

#[test]
fn keys_and_values_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let many = (0..300).map(|number| format!("[HKEY_LOCAL_MACHINE\\SOFTWARE\\Many\\{number}]\n\n")).collect::<String>();
    let large = format!("[HKEY_LOCAL_MACHINE\\SOFTWARE\\Large]\n\"L\"=\"{}\"\n\n", "x".repeat(40_000));
    let keys = format!("{KEYS}\n{large}\n{many}");
    let Some(samba) = Samba::start(directory.path(), &Served { registry: Some(&keys), ..Served::default() }) else {
        return;
    };
    let machine = connect(&samba);
    let registry = Registry::open(&machine).unwrap();
    let key = |path: &str| registry.key(Root::LocalMachine, path, true, None).unwrap();
    let software = key("SOFTWARE\\wardline").unwrap();
    let utf16 = |text: &str| text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    for (name, kind, data) in [
        ("", 1, utf16("the default")),
        ("text", 1, utf16("Größe")),
        ("NUMBER", 4, vec![42, 0, 0, 0]),
        ("Bytes", 3, vec![1, 2, 3]),
    ] {
        let value = software.value(name, None).unwrap().unwrap();
        assert_eq!((value.kind, value.data), (kind, ValueData::Bytes(data)), "{name}");
    }
    assert_eq!(software.value("none", None).unwrap(), None);
    let room = software.room_for_values(None).unwrap();
    let values = (0..).map_while(|index| software.value_at(index, room, None).unwrap());
    let mut values = values.map(|value| (value.name, value.kind)).collect::<Vec<_>>();
    values.sort();
    let expected = [("", 1), ("Bytes", 3), ("Number", 4), ("Text", 1)].map(|(name, kind)| (name.to_owned(), kind));
    assert_eq!(values, expected);
    let names = (0..).map_while(|index| software.subkey_name(index, None).unwrap()).collect::<Vec<_>>();
    assert_eq!(names, ["One", "Two"]);
    let many = key("SOFTWARE\\Many").unwrap();
    assert_eq!((0..).map_while(|index| many.subkey_name(index, None).unwrap()).count(), 300);
    let ValueData::Bytes(data) = key("SOFTWARE\\Large").unwrap().value("L", None).unwrap().unwrap().data else {
        panic!("the value is too large")
    };
    assert_eq!(data.len(), 80_002);
    assert!(key("SOFTWARE\\None").is_none());
    assert!(key("None\\None").is_none());
    assert!(!software.security(None).unwrap().is_empty());
    assert!(software.info(None).unwrap().class.is_empty());
    // More keys than a server keeps open: each is closed when it is dropped.
    for _ in 0..2100 {
        assert!(key("SOFTWARE\\Wardline").is_some());
    }
}

#[test]
fn accounts_and_groups_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let Some(samba) = Samba::start(directory.path(), &Served::default()) else { return };
    let database = AccountDatabase::open(&connect(&samba)).unwrap();
    let users = database.users(None).unwrap();
    let own = users.iter().find(|user| user.name == samba.user()).unwrap();
    assert!(own.rid >= 1000 && own.password_set > 0, "{own:?}");
    let groups = database.groups(None).unwrap();
    let found = groups.iter().find(|group| group.sid == "S-1-5-32-544");
    // Samba has the group only where it keeps groups of its own.
    assert!(found.is_none_or(|group| group.name == "Administrators"), "{groups:?}");
    let policy = database.policy(None).unwrap();
    assert!(policy.passwords.minimum_length <= 14, "{policy:?}");
}

#[test]
fn each_reason_not_to_get_in_has_its_own_error() {
    let directory = tempfile::tempdir().unwrap();
    let served = Served { without_registry: true, ordinary_user: true, ..Served::default() };
    let Some(samba) = Samba::start(directory.path(), &served) else { return };
    let wrong = Credentials::new(samba.user(), "wrong").unwrap();
    let refused = Machine::connect(&address(samba.port()), &wrong, limits()).unwrap_err();
    assert!(matches!(refused, ConnectError::WrongPassword { .. }), "{refused}");
    let unknown = Credentials::new("nobody-of-that-name", PASSWORD).unwrap();
    let refused = Machine::connect(&address(samba.port()), &unknown, limits()).unwrap_err();
    assert!(matches!(refused, ConnectError::WrongPassword { .. }), "{refused}");
    let machine = connect(&samba);
    let refused = Share::connect(&machine, "C$").unwrap_err();
    assert!(matches!(refused, ConnectError::NoAdministrator { .. }), "{refused}");
    let refused = Share::connect(&machine, "D$").unwrap_err();
    assert!(matches!(refused, ConnectError::NoShare { .. }), "{refused}");
    let refused = Registry::open(&machine).unwrap_err();
    assert!(matches!(refused, ConnectError::NoRemoteRegistry { .. }), "{refused}");
}

#[test]
fn a_service_that_runs_is_neither_started_nor_stopped() {
    let (directory, volume) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let served = Served { volume: Some(volume.path()), registry: Some(KEYS), ..Served::default() };
    let Some(samba) = Samba::start(directory.path(), &served) else { return };
    // Samba writes a registry for its services first.
    let limits = Limits { call: Duration::from_secs(40), ..limits() };
    let credentials = Credentials::new(samba.user(), PASSWORD).unwrap();
    let machine = Machine::connect(&address(samba.port()), &credentials, limits).unwrap();
    // Its own list of services says that this one runs.
    let started = start_remote_registry(&machine).unwrap();
    assert!(!started.is_ours());
    drop(started);
    assert!(Registry::open(&machine).is_ok());
}

#[test]
fn a_machine_that_is_not_there_or_does_not_answer_costs_its_time() {
    let credentials = Credentials::new("admin", "x").unwrap();
    let limits = Limits { connect: Duration::from_millis(300), call: Duration::from_millis(300), ..limits() };
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let started = Instant::now();
    let error = Machine::connect(&address(port), &credentials, limits).unwrap_err();
    assert!(matches!(error, ConnectError::NoAnswer { .. }), "{error}");
    assert!(started.elapsed() < Duration::from_secs(5));
    drop(silent);
    let error = Machine::connect(&address(port), &credentials, limits).unwrap_err();
    assert!(matches!(error, ConnectError::Refused { .. }), "{error}");
    let nowhere = Address::parse("smb://no-such-host.invalid").unwrap();
    let error = Machine::connect(&nowhere, &credentials, Limits { connect: Duration::from_secs(5), ..limits });
    let error = error.unwrap_err();
    assert!(matches!(error, ConnectError::UnknownName { .. } | ConnectError::NoAnswer { .. }), "{error}");
}

#[test]
fn a_machine_that_sends_rubbish_is_refused_in_time() {
    let credentials = Credentials::new("admin", "x").unwrap();
    let limits = Limits { connect: Duration::from_secs(2), call: Duration::from_secs(2), ..limits() };
    let with_length = |length: u32, rest: &[u8]| [&length.to_be_bytes()[..], rest].concat();
    let smb2 = |rest: &[u8]| with_length(4 + rest.len() as u32, &[b"\xfeSMB", rest].concat());
    for (name, reply) in [
        ("nothing", Vec::new()),
        ("a short length", vec![0, 0]),
        ("a length without end", with_length(0x00ff_ffff, &[])),
        ("no SMB", with_length(8, b"HTTP/1.1")),
        ("SMB 1", with_length(36, &[&b"\xffSMB"[..], &[0; 32]].concat())),
        ("an empty message", with_length(0, &[])),
        ("a header of zeros", smb2(&[0; 124])),
        ("a header of ones", smb2(&[0xff; 124])),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer);
            let _ = stream.write_all(&reply);
        });
        let started = Instant::now();
        let error = Machine::connect(&address(port), &credentials, limits).unwrap_err();
        assert!(matches!(error, ConnectError::Protocol { .. } | ConnectError::NoAnswer { .. }), "{name}: {error}");
        assert!(started.elapsed() < Duration::from_secs(4), "{name}");
        server.join().unwrap();
    }
}

#[test]
fn a_machine_that_is_switched_off_in_the_middle_is_lost() {
    let (directory, volume) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let served = Served { volume: Some(volume.path()), registry: Some(KEYS), ..Served::default() };
    let Some(mut samba) = Samba::start(directory.path(), &served) else { return };
    let machine = connect(&samba);
    let share = Share::connect(&machine, "C$").unwrap();
    let registry = Registry::open(&machine).unwrap();
    let key = registry.key(Root::LocalMachine, "SOFTWARE\\Wardline", true, None).unwrap().unwrap();
    assert_eq!(machine.lost(), None);
    samba.kill();
    let started = Instant::now();
    assert!(matches!(key.value("Text", None), Err(ReadError::Lost(_))));
    assert!(matches!(share.find("", None), Err(ReadError::Lost(_))));
    assert!(machine.lost().is_some());
    assert!(started.elapsed() < Duration::from_secs(8));
}
