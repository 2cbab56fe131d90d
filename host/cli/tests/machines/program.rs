//! The program under both names, on generated machines.

use std::process::Command;

use wardline_fixtures::fleet;

use crate::support::program::{program, run, wardline};

#[test]
fn a_schedule_is_printed_for_every_list() {
    let lines = [
        "patrol",
        "web.txt",
        "all servers.txt",
        "--evidence",
        "/evidence",
        "--interval",
        "web.txt=6h",
        "--at",
        "03:15",
    ];
    let cron = wardline(lines.into_iter().chain(["--print-schedule=cron", "--", "--fail-on", "critical"]));
    assert_eq!((cron.code, cron.stderr.as_str()), (0, ""));
    let jobs: Vec<&str> = cron.stdout.lines().filter(|line| line.contains(" patrol ")).collect();
    assert!(jobs[0].starts_with("15 3-23/6 * * * cd "), "{}", cron.stdout);
    assert!(
        jobs[0].ends_with(" patrol web.txt --evidence=/evidence --logs=logs -- --fail-on critical"),
        "{}",
        cron.stdout
    );
    assert!(jobs[1].starts_with("15 3 * * * cd ") && jobs[1].contains(" patrol 'all servers.txt' "), "{}", cron.stdout);
    let all = wardline(lines.into_iter().chain(["--print-schedule"]));
    for expected in ["schtasks /Create ", "OnCalendar=", "* * * cd "] {
        assert!(all.stdout.contains(expected), "{}", all.stdout);
    }
    let wrong = wardline(["patrol", "web.txt", "--print-schedule", "--interval", "other.txt=6h"]);
    assert_eq!((wrong.code, wrong.complaint()), (1, "wardline: --interval other.txt: not one of the lists"));
}

#[test]
fn a_patrol_takes_the_options_of_its_scans_from_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let demo = fleet::demo(&folder.path().join("evidence")).unwrap();
    let machine = demo.machines.iter().find(|machine| machine.legible).unwrap();
    let evidence = machine.folder.parent().unwrap();
    std::fs::write(folder.path().join("list.txt"), machine.folder.file_name().unwrap().as_encoded_bytes()).unwrap();
    let patrol = |configuration: &str, more: &[&str]| {
        let file = folder.path().join("config.toml");
        std::fs::write(&file, format!("[scan]\n{configuration}\n")).unwrap();
        let mut program = program();
        program.current_dir(folder.path()).env("WARDLINE_CONFIG", &file);
        program.args(["patrol", "list.txt", "--overwrite", "-o", "json", "--evidence"]).arg(evidence);
        run(program.arg("--catalog").arg(&demo.catalog).args(more))
    };
    assert_eq!(patrol("", &[]).code, 0);
    assert_eq!(patrol("fail-on = \"missing\"", &[]).code, 2);
    // Options that the patrol sets itself are not taken from there, and neither are machines.
    let ran = patrol(
        "output = \"csv=other.csv\"\nmachine = \"ghost\"\nfail-on = \"missing\"",
        &["--", "--fail-on", "missing"],
    );
    assert_eq!((ran.code, folder.path().join("other.csv").exists()), (2, false), "{}", ran.stderr);
    let wrong = patrol("no-such-option = 1", &[]);
    assert!(wrong.code == 1 && wrong.stderr.contains("config.toml, line 2: no-such-option"), "{}", wrong.stderr);
}

#[test]
fn mbsacli_is_a_name_of_the_program_and_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let demo = fleet::demo(folder.path()).unwrap();
    let machine = demo.machines.iter().find(|machine| machine.legible).unwrap();
    let evidence = machine.folder.parent().unwrap();
    let name = machine.folder.file_name().unwrap().to_str().unwrap();
    let switches = |command: &mut Command| {
        command.args(["--evidence"]).arg(evidence).arg("--catalog").arg(&demo.catalog);
        run(command.args(["/hf", "-h", name, "-v"]))
    };
    let command = switches(program().arg("mbsacli"));
    assert_eq!((command.code, command.stderr.as_str()), (0, ""), "{}", command.stdout);
    assert!(command.stdout.contains(&format!("\n{name}\n-----")), "{}", command.stdout);
    let help = wardline(["mbsacli", "/?"]);
    assert!(help.code == 0 && help.stdout.contains("/c domain\\computer"), "{}", help.stdout);
    let wrong = wardline(["mbsacli", "-frobnicate"]);
    assert_eq!(wrong.code, 1);
    assert_eq!(wrong.complaint(), "wardline: -frobnicate: unknown switch; `mbsacli /?` lists those that exist");
    #[cfg(unix)]
    {
        let link = folder.path().join("mbsacli");
        std::os::unix::fs::symlink(program().get_program(), &link).unwrap();
        let environment = program();
        let mut linked = Command::new(&link);
        linked.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
        assert_eq!(switches(&mut linked).stdout, command.stdout);
    }
}
