//! A scan that was killed is continued, and its report is that of an undisturbed one. The history loses nothing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use wardline::history::{History, Scan};
use wardline::report::ReportPart;
use wardline_fixtures::WindowsVolume;

use crate::support::program::{program, run};

/// The number of times that each of the volumes is scanned.
const ROUNDS: usize = 12;

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        WindowsVolume::windows_2000_server().write_to(&folder.path().join("server")).unwrap();
        std::fs::create_dir(folder.path().join("empty")).unwrap();
        Place(folder)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// A scan of many targets, of which some cannot be opened.
    fn scan(&self, report: &str) -> Command {
        let mut program = program();
        program.env("WARDLINE_HISTORY", self.at("history.sqlite"));
        program.arg("scan").args(["--jobs", "2", "--log"]).arg(self.at("log"));
        for round in 0..ROUNDS {
            program.arg(self.at("server"));
            if round % 4 == 0 {
                program.arg(self.at("empty"));
            }
        }
        for format in ["json", "text", "sarif"] {
            program.arg("-o").arg(format!("{format}={}", self.at(&format!("{report}.{format}")).display()));
        }
        program
    }

    fn journal(&self, report: &str) -> PathBuf {
        self.at(&format!("{report}.json.journal"))
    }

    /// The scans of the history, each of which has all machines.
    fn scans(&self) -> Vec<Scan> {
        let history = History::open(self.at("history.sqlite")).unwrap();
        let scans = history.scans().unwrap();
        for scan in &scans {
            let mut read = 0;
            let count = &mut |part| {
                read += u64::from(matches!(part, ReportPart::Target(_)));
                std::ops::ControlFlow::Continue(())
            };
            history.read(scan, count).unwrap();
            assert_eq!((read, scan.totals), (scan.totals.machines, scans[0].totals));
        }
        scans
    }

    fn reports(&self, report: &str) -> Vec<String> {
        let read = |format| std::fs::read_to_string(self.at(&format!("{report}.{format}"))).unwrap();
        ["json", "text", "sarif"].map(read).into()
    }
}

/// Kills scans at times spread over their duration, and resumes each until it ends by itself.
fn killed_and_resumed(times: u32) {
    let place = Place::new();
    let begun = Instant::now();
    assert_eq!(run(&mut place.scan("whole")).code, 3);
    let duration = begun.elapsed();
    assert_eq!(run(place.scan("resumed").arg("--resume")).code, 3);
    let expected = place.reports("whole");
    assert!(place.reports("resumed") == expected, "a journal changes nothing");
    assert_eq!(place.scans().len(), 2);
    let mut seen = 0;
    for (whole, time) in (2..).zip(0..times) {
        let mut wait = duration * (time * 7 % times + 1) / times;
        let mut ended = false;
        while !ended {
            let mut child = place.scan("resumed").arg("--resume").stderr(std::process::Stdio::null()).spawn().unwrap();
            std::thread::sleep(wait);
            ended = child.try_wait().unwrap().is_some();
            if !ended {
                child.kill().unwrap();
                let status = child.wait().unwrap();
                ended = status.code().is_some();
                seen += u32::from(place.journal("resumed").exists());
                // It may have been killed between its entry in the history and the removal of the journal, or just before it exits.
                let scans = place.scans().len();
                assert!((whole..=whole + 1).contains(&scans), "kill {time}: {scans} scans, not {whole}");
                ended |= scans > whole && !place.journal("resumed").exists();
            }
            // The next attempt is given more time, so that one of them ends.
            wait = wait * 3 / 2 + Duration::from_millis(20);
        }
        assert!(!place.journal("resumed").exists());
        assert!(place.reports("resumed") == expected, "kill {time}: the reports differ");
        assert_eq!(place.scans().len(), whole + 1, "kill {time}");
        ["json", "text", "sarif"]
            .iter()
            .for_each(|format| std::fs::remove_file(place.at(&format!("resumed.{format}"))).unwrap());
    }
    assert!(seen > 0, "no scan was killed while it had a journal");
}

#[test]
fn a_killed_scan_goes_on_where_it_was() {
    killed_and_resumed(4);
}

#[test]
#[ignore = "takes minutes: `cargo xtask soak`"]
fn a_scan_killed_a_hundred_times_goes_on_each_time() {
    killed_and_resumed(100);
}

#[test]
fn a_journal_of_another_scan_is_not_used() {
    let place = Place::new();
    let report = format!("json={}", place.at("report.json").display());
    let journal = place.at("report.json.journal");
    let scan = |target: &Path, more: &[&str]| run(program().arg("scan").arg(target).args(["-o", &report]).args(more));
    std::fs::write(&journal, "something else\n").unwrap();
    let ran = scan(&place.at("server"), &["--resume"]);
    assert_eq!(ran.code, 1);
    assert!(ran.complaint().contains("report.json.journal: not a journal of wardline"), "{}", ran.stderr);
    assert!(!place.at("report.json").exists());
    assert_eq!(std::fs::read_to_string(&journal).unwrap(), "something else\n");
    let ran = scan(&place.at("server"), &[]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.complaint().contains("the journal of an interrupted scan is not used; --resume does"),
        "{}",
        ran.stderr
    );
    let ran = run(program().arg("scan").arg(place.at("server")).arg("--resume"));
    assert_eq!(
        (ran.code, ran.complaint()),
        (1, "wardline: --resume keeps a journal beside a report: add `-o FORMAT=FILE`")
    );
}
