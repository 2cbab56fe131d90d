//! Reports and histories on disks that are full, or cannot be written.

use std::path::Path;
use std::process::Command;

use wardline_fixtures::WindowsVolume;
use wardline_fixtures::mounted::{self, FileSystem};

use crate::support::program::{program, run};

/// Returns the program, run where a folder is another file system; `None` where a test cannot have one.
fn program_with(folder: &Path, file_system: FileSystem) -> Option<Command> {
    let program = program();
    let mut command = mounted::command(folder, file_system, program.get_program())?;
    command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Some(command)
}

#[test]
fn a_full_disk_is_an_error_and_leaves_no_part_of_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let volume = folder.path().join("volume");
    WindowsVolume::windows_2000_server().write_to(&volume).unwrap();
    let small = folder.path().join("small");
    std::fs::create_dir(&small).unwrap();
    let Some(mut program) = program_with(&small, FileSystem::Small(16)) else { return };
    let report = format!("json={}", small.join("report.json").display());
    let ran = run(program.arg("scan").arg(&volume).args(["-o", &report]));
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("report.json") && ran.stderr.contains("No space left"), "{}", ran.stderr);
    // A history that was not named does not keep the scan from being reported.
    let other = folder.path().join("report.json");
    let Some(mut program) = program_with(&small, FileSystem::Small(16)) else { return };
    program.env("WARDLINE_HISTORY", small.join("history.sqlite"));
    let ran = run(program.arg("scan").arg(&volume).arg("-o").arg(format!("json={}", other.display())));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.complaint().contains("history.sqlite: cannot be written: no space is left"), "{}", ran.stderr);
    assert!(other.is_file());
}

#[test]
fn what_is_on_a_read_only_disk_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let volume = folder.path().join("volume");
    WindowsVolume::windows_2000_server().write_to(&volume).unwrap();
    let disk = folder.path().join("disk");
    let history = disk.join("history.sqlite");
    let report = format!("json={}", disk.join("report.json").display());
    std::fs::create_dir(&disk).unwrap();
    let first = run(program().arg("scan").arg(&volume).args(["-o", &report, "--history"]).arg(&history));
    assert_eq!((first.code, first.stderr.as_str()), (0, ""));
    let kept = || (std::fs::read(disk.join("report.json")).unwrap(), std::fs::read(&history).unwrap());
    let before = kept();
    let read_only = || program_with(&disk, FileSystem::ReadOnly);
    let Some(mut program) = read_only() else { return };
    let ran = run(program.arg("scan").arg(&volume).args(["-o", &report]));
    assert_eq!(ran.code, 1);
    assert!(ran.complaint().contains("Read-only file system"), "{}", ran.stderr);
    let ran = run(read_only().unwrap().arg("scan").arg(&volume).args(["-o", "json", "--history"]).arg(&history));
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.complaint().contains("history.sqlite: cannot be written: it is read-only"), "{}", ran.stderr);
    let ran = run(read_only().unwrap().args(["history", "list", "-o", "json", "--history"]).arg(&history));
    assert_eq!((ran.code, ran.json().as_array().unwrap().len()), (0, 1));
    assert!(kept() == before);
}
