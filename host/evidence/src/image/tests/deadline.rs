//! Volumes whose contents take longer to read than the deadline allows.

use std::fs::File;
use std::time::{Duration, Instant};

use wardline_contract::{Deadline, Passed};
use wardline_fixtures::{Pe, WindowsVolume};

use super::*;

/// Much longer than the work left after a deadline, much shorter than computing the checksum of a file of this size.
const SOON: Duration = Duration::from_secs(20);

/// A volume with files that begin like executables and are sparse otherwise.
fn sparse(files: &[(&str, u64)]) -> Target {
    let directory = tempfile::tempdir().unwrap();
    WindowsVolume::windows_2000_server().write_to(directory.path()).unwrap();
    for (name, size) in files {
        let path = directory.path().join(name);
        std::fs::write(&path, Pe::version(5, 0, 2195, 1).build()).unwrap();
        File::options().write(true).open(path).unwrap().set_len(*size).unwrap();
    }
    let volume = Volume::open(directory.path(), None).unwrap();
    Target { volume, _directory: directory }
}

#[test]
fn a_file_too_large_for_a_checksum_is_refused_at_once() {
    let files = [("4g.dll", 1 << 32), ("8t.dll", 8 << 40)];
    let target = sparse(&files);
    let begun = Instant::now();
    for (name, size) in files {
        let path = format!(r"C:\{name}");
        let Answer::Unreadable(reason) = target.file(&path) else { panic!("read") };
        assert!(reason.starts_with(&format!("{path}: no image checksum for a file of {size} bytes")), "{reason}");
        let file = known!(target.ask(Question::FileVersion(path)), File);
        assert_eq!((file.version.map(|version| version.major), file.size), (Some(5), size));
    }
    assert!(begun.elapsed() < SOON);
}

#[test]
fn a_checksum_ends_with_its_deadline() {
    let target = sparse(&[("large.dll", u64::from(u32::MAX))]);
    let question = Question::File(r"C:\large.dll".to_owned());
    let begun = Instant::now();
    let answer = target.volume.answer_by(&question, Deadline::after(Duration::from_millis(20)));
    assert_eq!(answer, Answer::Unreadable(Passed.to_string()));
    assert!(begun.elapsed() < SOON);
}

/// A late answer is not a fact about the target: later questions are answered.
#[test]
fn a_deadline_that_has_passed_leaves_nothing_behind() {
    let volume =
        WindowsVolume::windows_2000_server().file(r"C:\many\a.txt", "a").file(r"C:\a.dll", Pe::version(5, 0, 0, 1));
    let late = target(&volume);
    let in_time = target(&volume);
    let questions = [
        Question::System,
        Question::Services,
        Question::Accounts,
        Question::Groups,
        Question::Shares,
        Question::Profiles,
        Question::RegistryKey(r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion".to_owned()),
        Question::Directory(r"C:\many".to_owned()),
        Question::File(r"C:\a.dll".to_owned()),
    ];
    for question in &questions {
        let answer = late.volume.answer_by(question, Deadline::after(Duration::ZERO));
        assert_eq!(answer, Answer::Unreadable(Passed.to_string()), "{question:?}");
    }
    for question in questions {
        assert_eq!(late.ask(question.clone()), in_time.ask(question));
    }
}
