//! The command line with in-memory parts.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser;
use wardline::cli::{
    self, CacheArgs, Catalogs, Cli, Command, ExitStatus, Fatal, LoadedPlugins, OutputFormat, Parts, PluginRequest,
};
use wardline::contract::Update;
use wardline::evidence::recording::Recording;
use wardline::evidence::{Condition, Source, State};
use wardline::scan::{OpenError, TargetSpec};

use crate::report::doubles::{Detector, Ending, Gauge, SOFTWARE, open, updates};

struct Memory;

impl Parts for Memory {
    fn catalogs(&self, files: &[PathBuf], _: &CacheArgs) -> Result<Catalogs, Fatal> {
        match files {
            [] => Ok(Catalogs::default()),
            [file] if file == Path::new("broken.xml") => Err("broken.xml: not a catalog".into()),
            _ => Ok(Catalogs { updates: updates(), ..Catalogs::default() }),
        }
    }

    fn show_catalog(&self, _: &[PathBuf], _: OutputFormat, out: &mut dyn Write) -> Result<(), Fatal> {
        Ok(writeln!(out, "shown")?)
    }

    fn plugins(&self, request: &PluginRequest<'_>, updates: &[Update]) -> Result<LoadedPlugins, Fatal> {
        let ending = match request.only {
            [only] if only == "tired" => Ending::OutOfFuel,
            // As `wardline hotfixes` asks for it.
            [only] if only == "os" => Ending::Lists,
            _ => Ending::Finds,
        };
        // Every file given is one that cannot be loaded.
        Ok(LoadedPlugins {
            plugins: vec![Detector::plugin("os", &["Windows 2000*"], updates, ending)],
            left_out: Vec::new(),
            not_loaded: request.files.len() as u64,
        })
    }

    fn open(&self, target: &TargetSpec) -> Result<Box<dyn Source>, OpenError> {
        open(target, &Arc::new(Gauge::default()))
    }
}

fn run(line: &str, folder: &Path) -> ExitStatus {
    let line = line.replace("OUT", &folder.join("out").display().to_string());
    cli::run(line.split_whitespace().map(OsString::from), &Memory)
}

#[test]
fn a_command_ends_with_the_code_that_the_book_names() {
    let folder = tempfile::tempdir().unwrap();
    let table = [
        ("wardline --help", ExitStatus::Success),
        ("wardline --version", ExitStatus::Success),
        ("wardline scan", ExitStatus::Fatal),
        ("wardline scan host --invented", ExitStatus::Fatal),
        ("wardline scan host -o invented", ExitStatus::Fatal),
        ("wardline scan host -o json=", ExitStatus::Fatal),
        ("wardline scan host -o json -o text", ExitStatus::Fatal),
        ("wardline scan host --no-checksums --force-checksums", ExitStatus::Fatal),
        ("wardline scan host -o json=OUT --catalog broken.xml", ExitStatus::Fatal),
        ("wardline scan host -o json=OUT/no/such/folder", ExitStatus::Fatal),
        ("wardline scan missing -o json=OUT", ExitStatus::Fatal),
        ("wardline scan host missing -o json=OUT", ExitStatus::Incomplete),
        ("wardline scan host missing -o json=OUT --fail-on critical", ExitStatus::Incomplete),
        ("wardline scan host opening-panics -o json=OUT", ExitStatus::Incomplete),
        ("wardline scan host -o json=OUT --plugin broken.wasm", ExitStatus::Incomplete),
        ("wardline scan host -o json=OUT --plugin broken.wasm --fail-on low", ExitStatus::Incomplete),
        ("wardline scan missing -o json=OUT --plugin broken.wasm", ExitStatus::Fatal),
        ("wardline scan host missing -o json=OUT --strict", ExitStatus::Incomplete),
        ("wardline scan host -o json=OUT --only tired --strict", ExitStatus::Incomplete),
        ("wardline scan host -o json=OUT --strict --catalog a.xml", ExitStatus::Success),
        ("wardline scan patched-recovered -o json=OUT --strict --catalog a.xml", ExitStatus::Success),
        ("wardline scan patched-stale -o json=OUT --strict --catalog a.xml", ExitStatus::Incomplete),
        ("wardline scan patched-stale -o json=OUT --catalog a.xml", ExitStatus::Success),
        ("wardline hotfixes stale", ExitStatus::Success),
        // Without a catalog, updates are not judged.
        ("wardline scan host -o json=OUT --strict", ExitStatus::Incomplete),
        ("wardline scan host -o json=OUT", ExitStatus::Success),
        ("wardline scan host -o json=OUT --fail-on critical", ExitStatus::Findings),
        ("wardline scan patched -o json=OUT --fail-on low --catalog a.xml", ExitStatus::Success),
        ("wardline scan host missing -o json=OUT --fail-on low --strict", ExitStatus::Incomplete),
        ("wardline scan host -o json=OUT --settings no/such/file.toml", ExitStatus::Fatal),
        ("wardline collect host -o OUT --settings no/such/file.toml", ExitStatus::Fatal),
        ("wardline plugin list --settings no/such/file.toml", ExitStatus::Fatal),
        ("wardline hotfixes", ExitStatus::Fatal),
        ("wardline hotfixes host -o xml", ExitStatus::Fatal),
        ("wardline hotfixes missing", ExitStatus::Fatal),
        ("wardline hotfixes host missing", ExitStatus::Incomplete),
        ("wardline hotfixes missing missing", ExitStatus::Fatal),
        ("wardline hotfixes host host -o json", ExitStatus::Success),
        ("wardline catalog show a.xml", ExitStatus::Success),
        ("wardline catalog show a.xml -o json", ExitStatus::Success),
        ("wardline plugin list", ExitStatus::Success),
        ("wardline plugin list --plugin broken.wasm", ExitStatus::Incomplete),
        ("wardline collect missing -o OUT", ExitStatus::Fatal),
        ("wardline collect host -o OUT --plugin broken.wasm", ExitStatus::Incomplete),
        ("wardline collect host -o OUT", ExitStatus::Success),
    ];
    for (line, expected) in table {
        assert_eq!(run(line, folder.path()), expected, "{line}");
    }
    let recording = Recording::read(&folder.path().join("out")).unwrap();
    let [conversation] = recording.conversations() else { panic!("one plugin, one conversation") };
    assert_eq!((conversation.plugin.name.as_str(), conversation.asked.len()), ("os", 4));
}

#[test]
fn a_recording_keeps_the_state_of_the_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = folder.path().join("recordings");
    let scan = format!("wardline scan stale -o json=OUT --record {}", recordings.display());
    assert_eq!(run(&scan, folder.path()), ExitStatus::Success);
    let recorded = std::fs::read_dir(&recordings).unwrap().next().unwrap().unwrap().path();
    assert_eq!(run("wardline collect stale -o OUT", folder.path()), ExitStatus::Success);
    let state = State::Stale { entries: 0, reason: "its log is not there".into() };
    let expected = [Condition { part: SOFTWARE.into(), state }];
    for file in [recorded, folder.path().join("out")] {
        assert_eq!(Recording::read(&file).unwrap().conditions(), expected, "{}", file.display());
    }
}

#[test]
fn an_older_report_outlives_a_scan_that_fails() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    std::fs::write(&out, "old").unwrap();
    assert_eq!(run("wardline scan host -o json=OUT --catalog broken.xml", folder.path()), ExitStatus::Fatal);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "old");
    assert_eq!(run("wardline scan missing -o json=OUT", folder.path()), ExitStatus::Fatal);
    assert!(std::fs::read_to_string(&out).unwrap().contains("no such folder"), "the report says why");
}

#[test]
fn limits_are_checked_where_they_are_given() {
    for (line, fits) in [
        ("--timeout 2.5 --max-memory 64 --fuel 1000 --max-rounds 3", true),
        ("--compile-timeout 600", true),
        ("--compile-timeout 0", false),
        ("--timeout 0", false),
        ("--timeout -1", false),
        ("--timeout NaN", false),
        ("--timeout 1e300", false),
        ("--max-memory 0", false),
        ("--cache-dir a --no-cache", false),
    ] {
        let arguments = format!("wardline scan host {line}");
        assert_eq!(Cli::try_parse_from(arguments.split_whitespace()).is_ok(), fits, "{line}");
    }
    let cli = Cli::try_parse_from(["wardline", "scan", "a", "b", "--only", "os,iis", "-o", "json=x=y"]).unwrap();
    let Command::Scan(scan) = cli.command else { panic!("not a scan") };
    assert_eq!(scan.plugins.only, ["os", "iis"]);
    assert_eq!(scan.outputs[0].file.as_deref(), Some(Path::new("x=y")));
}
