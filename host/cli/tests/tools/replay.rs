//! `wardline scan --record`, and `wardline replay` of its recordings.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::{Value, json};
use wardline::contract::Update;
use wardline::contract::products::Declared;
use wardline::evidence::Source as _;
use wardline::evidence::recording::{self, Recording};
use wardline::stock::stock_plugins;
use wardline_fixtures::WindowsVolume;
use wardline_fixtures::fleet::{self, Fleet};
use wardline_schemas::violations;

use crate::support::program::{Ran, wardline};
use crate::tools::components::{SAID, SAYS_NOW, file, other_iis, stock, with_remark};

/// The demo's fleet, and the folder with a recording of each of its machines.
fn recorded() -> &'static (Fleet, PathBuf) {
    static RECORDED: OnceLock<(Fleet, PathBuf)> = OnceLock::new();
    RECORDED.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tools");
        let _ = std::fs::remove_dir_all(&folder);
        let fleet = fleet::demo(&folder.join("fleet")).unwrap();
        let recordings = folder.join("recordings");
        let report = format!("json={}", folder.join("report.json").display());
        let mut arguments: Vec<&Path> = ["scan", "-o", &report, "--catalog"].map(Path::new).to_vec();
        arguments.extend([&fleet.catalog, Path::new("--record"), &recordings]);
        arguments.extend(fleet.machines.iter().map(|machine| machine.folder.as_path()));
        let ran = wardline(arguments);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        (fleet, recordings)
    })
}

fn recordings() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&recorded().1).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The recording of the machine that runs a web server.
fn web_server() -> PathBuf {
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("web-server-");
    recordings().into_iter().find(name).unwrap()
}

fn replay(recording: &Path, more: &[&Path]) -> Ran {
    wardline([Path::new("replay"), recording].into_iter().chain(more.iter().copied()))
}

fn with_catalog(recording: &Path, more: &[&Path]) -> Ran {
    let catalog = recorded().0.catalog.as_path();
    replay(recording, &[&[Path::new("--catalog"), catalog], more].concat())
}

/// A recording modified by `change`.
fn changed(folder: &Path, change: impl FnOnce(&mut Value)) -> PathBuf {
    let mut recording: Value = serde_json::from_slice(&std::fs::read(web_server()).unwrap()).unwrap();
    change(&mut recording);
    file(folder, "changed.recording", &serde_json::to_vec(&recording).unwrap())
}

fn conversation<'r>(recording: &'r mut Value, plugin: &str) -> &'r mut Value {
    let conversations = recording["conversations"].as_array_mut().unwrap();
    conversations.iter_mut().find(|conversation| conversation["plugin"]["name"] == plugin).unwrap()
}

#[test]
fn a_fleet_replays_bit_for_bit() {
    let (fleet, _) = recorded();
    let files = recordings();
    assert_eq!(files.len(), fleet.machines.len(), "one recording for each machine");
    let mut arguments: Vec<&Path> = ["replay", "-o", "json", "--catalog"].map(Path::new).to_vec();
    arguments.push(&fleet.catalog);
    arguments.extend(files.iter().map(PathBuf::as_path));
    let ran = wardline(arguments);
    let document = ran.json();
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(violations("replay", &document), [""; 0]);
    let conversations = files.len() * stock_plugins().len();
    assert_eq!(document["summary"], json!({"same": conversations, "different": 0, "not_held": 0}));

    let ran = with_catalog(&web_server(), &[]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("iis 0.1.0: the same; "), "{}", ran.stdout);
    let all = stock_plugins().len();
    let words = format!("{all} conversations: {all} the same, 0 different, 0 not held.\n");
    assert!(ran.stdout.ends_with(&words), "{}", ran.stdout);
}

#[test]
fn a_recording_is_a_target_with_the_volumes_findings() {
    let (fleet, _) = recorded();
    let targets = |target: &Path| {
        let arguments = ["scan", "-o", "json", "--catalog"].map(Path::new);
        let mut report = wardline(arguments.into_iter().chain([fleet.catalog.as_path(), target])).json();
        report["targets"][0]["source"].take();
        report["targets"].take()
    };
    let volume = fleet.machines.iter().find(|machine| machine.name == "web-server").unwrap();
    assert_eq!(targets(&web_server()), targets(&volume.folder));
}

#[test]
fn another_build_that_says_the_same_is_told_apart_and_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let other = file(folder.path(), "iis.wasm", &with_remark(stock("iis"), "built later"));
    let ran = with_catalog(&web_server(), &[Path::new("--plugin"), &other, Path::new("--only"), Path::new("iis")]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.contains("the same; ") && ran.stdout.contains("held by another build"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 conversation: 1 the same"), "{}", ran.stdout);
}

#[test]
fn another_build_that_says_something_else_is_told_by_finding_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let other = file(folder.path(), "iis.wasm", &other_iis());
    let arguments = [Path::new("--plugin"), &other, Path::new("-o"), Path::new("json")];
    let ran = with_catalog(&web_server(), &arguments);
    let document = ran.json();
    assert_eq!(ran.code, 2);
    assert_eq!(violations("replay", &document), [""; 0]);
    assert_eq!(document["summary"], json!({"same": stock_plugins().len() - 1, "different": 1, "not_held": 0}));
    let conversations = document["recordings"][0]["conversations"].as_array().unwrap();
    let iis = conversations.iter().find(|conversation| conversation["recorded"]["name"] == "iis").unwrap();
    assert_eq!(
        iis["differences"],
        json!([{"of": "check lockdown-tool", "field": "summary", "recorded": SAID, "replayed": SAYS_NOW}])
    );
}

#[test]
fn what_was_changed_in_a_recording_is_found() {
    let folder = tempfile::tempdir().unwrap();
    // An answer: the plugin now judges differently.
    let answered = changed(folder.path(), |recording| {
        let answers = recording["answers"].as_array_mut().unwrap();
        let file = answers.iter_mut().find(|pair| {
            pair[0]["directory"]
                .as_str()
                .or(pair[0]["file-version"].as_str())
                .is_some_and(|path| path.contains("iissamples"))
        });
        file.unwrap()[1] = json!("absent");
    });
    let ran = with_catalog(&answered, &[]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stdout.contains("check sample-applications, "), "{}", ran.stdout);
    // A question.
    let asked = changed(folder.path(), |recording| {
        conversation(recording, "os")["asked"][1] = json!("groups");
    });
    let ran = with_catalog(&asked, &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.contains("question 1, of "), "{}", ran.stdout);
    // An outcome, with a text that would control the terminal.
    let ended = changed(folder.path(), |recording| {
        let conversation = conversation(recording, "sql");
        conversation["outcome"] = json!("trapped");
        conversation["detail"] = json!("\u{1b}[2J");
    });
    let ran = with_catalog(&ended, &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.contains("was trapped") && !ran.stdout.contains('\u{1b}'), "{}", ran.stdout);
}

#[test]
fn what_was_denied_is_denied_again() {
    let folder = tempfile::tempdir().unwrap();
    let system = json!("system");
    let denied = changed(folder.path(), |recording| {
        conversation(recording, "iis")["denied"] = json!([[system, "the operator does not allow it"]]);
    });
    let ran = with_catalog(&denied, &[Path::new("--only"), Path::new("iis")]);
    assert_eq!(ran.code, 2, "without the system nothing can be judged: {}", ran.stdout);
}

#[test]
fn a_fuel_limit_that_is_part_of_the_case_is_honoured() {
    let folder = tempfile::tempdir().unwrap();
    let limited = changed(folder.path(), |recording| {
        let conversation = conversation(recording, "iis");
        conversation["fuel_limit"] = json!(1000);
    });
    let ran = with_catalog(&limited, &[Path::new("--only"), Path::new("iis")]);
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.contains("was ok") && ran.stdout.contains("is  out-of-fuel"), "{}", ran.stdout);
}

#[test]
fn a_recording_does_not_widen_what_the_operator_allows() {
    let folder = tempfile::tempdir().unwrap();
    let unlimited = changed(folder.path(), |recording| {
        conversation(recording, "iis")["fuel_limit"] = json!(u64::MAX);
    });
    let ran = with_catalog(&unlimited, &["--only", "iis", "--fuel", "1000"].map(Path::new));
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.contains("is  out-of-fuel"), "{}", ran.stdout);
}

#[test]
fn a_recording_may_bring_its_own_updates() {
    let folder = tempfile::tempdir().unwrap();
    let updates = |recording: &mut Value, updates: Value| {
        recording["conversations"].as_array_mut().unwrap().retain(|one| one["plugin"]["name"] == "iis");
        conversation(recording, "iis")["updates"] = updates;
    };
    let forged = changed(folder.path(), |recording| updates(recording, json!([])));
    let ran = replay(&forged, &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("the recording was changed"), "{}", ran.stdout);

    let catalog = wardline::catalog::read(&recorded().0.catalog, &wardline::catalog::Limits::default()).unwrap();
    let merged = wardline::catalog::merge(vec![catalog]);
    let whole = Recording::read(&web_server()).unwrap();
    let conversations = whole.conversations().iter().map(|conversation| {
        let covered = |update: &&Update| {
            let declared = Declared::new(conversation.plugin.products.iter().map(String::as_str));
            update.applies_to.iter().any(|entry| declared.covers(&entry.product.name))
        };
        let updates: Vec<Update> = merged.updates.iter().filter(covered).cloned().collect();
        conversation.clone().on_its_own(&updates)
    });
    let mut alone = Vec::new();
    recording::write(&mut alone, whole.name(), whole.answers(), &[], &conversations.collect::<Vec<_>>()).unwrap();
    let ran = replay(&file(folder.path(), "alone.recording", &alone), &[]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains(&format!("{} the same", stock_plugins().len())), "{}", ran.stdout);
}

#[test]
fn what_cannot_be_held_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let said = |ran: Ran, words: &str| {
        assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
        let text = format!("{}{}", ran.stdout, ran.stderr);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(words), "{words}\n{text}");
    };
    said(replay(&web_server(), &[]), "give the same one with --catalog FILE");
    let other = file(folder.path(), "other.xml", &wardline_fixtures::catalog::demo().data_version("9.9").to_xml());
    let same_updates = replay(&web_server(), &[Path::new("--catalog"), &other]);
    assert_eq!(same_updates.code, 0, "another file with the same updates is the same catalog");

    let silent = changed(folder.path(), |recording| {
        recording.as_object_mut().unwrap().remove("conversations");
    });
    said(replay(&silent, &[]), "`wardline collect` and `wardline scan --record DIR` write both");
    let foreign = changed(folder.path(), |recording| {
        recording["conversations"].as_array_mut().unwrap().truncate(1);
        recording["conversations"][0]["plugin"]["name"] = json!("acme");
    });
    said(replay(&foreign, &[]), "no plugin has this name; give its file with --plugin FILE");
    said(with_catalog(&web_server(), &[Path::new("--only"), Path::new("acme")]), "no conversation of the plugin acme");
    said(replay(&file(folder.path(), "empty", b""), &[]), "empty: the file is empty: expected a disk image");
    said(replay(&file(folder.path(), "odd", b"{}"), &[]), "odd: neither a volume's directory nor a valid recording");
    // Another recording that can be replayed is replayed, and the exit code says that something is left.
    let odd = file(folder.path(), "odd", b"{}");
    let ran = with_catalog(&web_server(), &[&odd]);
    assert_eq!((ran.code, ran.complaint().matches("odd").count()), (3, 1), "{}", ran.stderr);
    assert!(ran.stdout.contains("the same"), "{}", ran.stdout);
    let broken = file(folder.path(), "broken.wasm", b"\0asm");
    said(with_catalog(&web_server(), &[Path::new("--plugin"), &broken]), "broken.wasm");
}

#[test]
fn a_target_that_cannot_be_opened_leaves_no_recording() {
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("new/folder");
    let machine = &recorded().0.machines[0].folder;
    let missing = folder.path().join("missing");
    let arguments = ["scan", "--only", "ie", "-o", "json", "--record"].map(Path::new);
    let ran = wardline(arguments.into_iter().chain([record.as_path(), machine, &missing]));
    assert_eq!(ran.code, 3);
    assert!(ran.complaint().ends_with("; no recording was written"), "{}", ran.complaint());
    assert_eq!(std::fs::read_dir(&record).unwrap().count(), 1);

    // A folder that cannot be created ends the scan before it begins; one that disappears costs the recording, not the report.
    let occupied = file(folder.path(), "occupied", b"mine");
    let arguments = ["scan", "--only", "ie", "-o", "json", "--record"].map(Path::new);
    let ran = wardline(arguments.into_iter().chain([occupied.as_path(), machine]));
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.complaint().contains("occupied"), "{}", ran.complaint());
    assert_eq!(std::fs::read(&occupied).unwrap(), b"mine");
}

#[test]
fn the_books_example_is_a_recording() {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/replay.md");
    let book = std::fs::read_to_string(book).unwrap();
    let (_, example) = book.split_once("```json\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let recording = Recording::parse(example.as_bytes(), Path::new("docs/replay.md")).unwrap();
    assert_eq!((recording.answers().count(), recording.conversations().len()), (4, 1));
    let own = recording.conversations()[0].updates.as_ref().unwrap();
    assert_eq!(recording::digest_of(own), recording.conversations()[0].updates_digest);
}

#[test]
fn collect_writes_what_replays() {
    let folder = tempfile::tempdir().unwrap();
    let (fleet, _) = recorded();
    let output = folder.path().join("one.recording");
    let arguments = ["collect", "--no-checksums", "--only", "os,ie", "-o"].map(Path::new);
    let more = [output.as_path(), &fleet.machines[0].folder, Path::new("--catalog"), &fleet.catalog];
    let ran = wardline(arguments.into_iter().chain(more));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let ran = with_catalog(&output, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("2 conversations: 2 the same"), "{}", ran.stdout);
}

/// Scans volumes with these names by the plugin that breaks a promise depending on its target's name, and records it.
fn misbehaved(folder: &Path, names: &[&str]) -> (PathBuf, PathBuf) {
    let guests = std::env::var_os("WARDLINE_GUESTS_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/guests")), PathBuf::from);
    let guest = guests.join("wardline-misbehaving.wasm");
    let record = folder.join("recordings");
    let report = format!("json={}", folder.join("report.json").display());
    let mut arguments: Vec<&Path> =
        ["scan", "--only", "misbehaving", "--fuel", "20000000", "-o", &report].map(Path::new).to_vec();
    let volumes: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
    for volume in &volumes {
        WindowsVolume::windows_2000_server().write_to(volume).unwrap();
        arguments.push(volume);
    }
    arguments.extend([Path::new("--plugin"), &guest, Path::new("--record"), &record]);
    let ran = wardline(arguments);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    (guest, record)
}

#[test]
fn every_way_to_end_is_recorded_and_replays() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["outside", "trap-later", "loop", "rounds", "undeclared-check", "long-questions", "escapes", "fine"];
    let (guest, record) = misbehaved(folder.path(), &names);
    let mut arguments: Vec<&Path> = ["replay", "-o", "json", "--plugin"].map(Path::new).to_vec();
    arguments.push(&guest);
    let files: Vec<PathBuf> = std::fs::read_dir(&record).unwrap().map(|entry| entry.unwrap().path()).collect();
    arguments.extend(files.iter().map(PathBuf::as_path));
    let ran = wardline(arguments);
    let document = ran.json();
    assert_eq!((ran.code, &document["summary"]["same"]), (0, &json!(names.len())), "{}", ran.stdout);
    let recorded = |name: &str| {
        let file = files.iter().find(|file| file.file_name().unwrap().to_str().unwrap().starts_with(name)).unwrap();
        Recording::read(file).unwrap()
    };
    let said = |name: &str| recorded(name).conversations()[0].clone();
    assert_eq!(said("loop").outcome.word(), "out-of-fuel");
    assert_eq!(said("loop").fuel_limit, Some(20_000_000));
    assert_eq!(said("rounds").outcome.word(), "too-many-rounds");
    let outside = said("outside");
    assert_eq!((outside.denied.len(), outside.outcome.word()), (1, "ok"));
    assert!(
        recorded("outside").answers().all(|(question, _)| *question != outside.denied[0].0),
        "a denial is no answer"
    );
}

#[cfg(unix)]
#[test]
fn a_targets_name_cannot_choose_where_its_recording_lands() {
    let folder = tempfile::tempdir().unwrap();
    let (_, record) = misbehaved(folder.path(), &["\u{1b}[2J\n\u{202e}exe", "..\\..\\up", "twice", "more/twice"]);
    let files = std::fs::read_dir(&record).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> = files.collect();
    files.sort();
    assert_eq!(files.len(), 4, "{files:?}");
    let plain = |file: &String| file.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    assert!(files.iter().all(plain), "{files:?}");
    assert_eq!(files.iter().filter(|file| file.starts_with("twice-")).count(), 2);
}

#[test]
fn a_scan_under_a_policy_replays_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let (fleet, _) = recorded();
    let machine = fleet.machines.iter().find(|machine| machine.name == "web-server").unwrap();
    let inspected = wardline(["plugin", "inspect", "iis", "--static", "-o", "json"]).json();
    let digest = inspected["digest"].as_str().unwrap();
    let policy = format!(
        "format = \"wardline.policy/1\"\n[[plugin]]\nname = \"iis\"\nversion = \"0.1.0\"\nsha256 = \"{digest}\"\n\
         grants = [\"system\", \"services\"]\n[plugin.limits]\nfuel = 100_000_000\n"
    );
    let policy = file(folder.path(), "policy.toml", policy.as_bytes());
    let output = folder.path().join("one.recording");
    let arguments = ["collect", "--only", "iis", "--policy"].map(Path::new);
    let more = [&policy, Path::new("-o"), &output, Path::new("--catalog"), &fleet.catalog, &machine.folder];
    let ran = wardline(arguments.into_iter().chain(more));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let recording = Recording::read(&output).unwrap();
    let [conversation] = recording.conversations() else { panic!("one plugin, one conversation") };
    assert!(!conversation.denied.is_empty());
    assert_eq!(conversation.fuel_limit, Some(100_000_000));
    let ran = with_catalog(&output, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}
