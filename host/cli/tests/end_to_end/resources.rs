//! What the system does not give: memory, address space, files, threads.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use wardline_fixtures::WindowsVolume;

use crate::program::{program, program_after, run, wardline};

/// Bytes that a target may hold by default, and what wardline takes besides.
const BUDGET: u64 = 256 << 20;
const BESIDES: u64 = 64 << 20;

/// The most memory that a command ever had resident, in bytes, its exit code and what it said.
fn peak_of(command: &mut Command) -> (u64, i32, String) {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = 0;
    let ended = loop {
        // A process that has ended has no memory any more: the last look before counts, and the peak never falls.
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        if let Some(kilobytes) = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()) {
            peak = peak.max(kilobytes << 10);
        }
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let said = std::io::read_to_string(child.stderr.take().unwrap()).unwrap();
    (peak, ended.code().unwrap_or(-1), said)
}

/// A recording of 128 MiB whose answers are `one` again and again, given its number.
fn recording(folder: &Path, name: &str, begin: &str, one: &dyn Fn(usize) -> String, end: &str) -> PathBuf {
    let path = folder.join(format!("{name}.recording"));
    let mut out = BufWriter::new(File::create(&path).unwrap());
    let mut size = 0;
    out.write_all(begin.as_bytes()).unwrap();
    for number in 0.. {
        let text = one(number);
        out.write_all(text.as_bytes()).unwrap();
        size += text.len();
        if size > 128 << 20 {
            break;
        }
    }
    out.write_all(end.as_bytes()).unwrap();
    out.flush().unwrap();
    path
}

#[test]
fn a_recording_takes_no_more_memory_than_its_budget() {
    const HEAD: &str = r#"{"format":"wardline.recording/1","name":"web","answers":["#;
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let multi_text = format!(r#"{HEAD}["groups",{{"known":{{"registry-value":{{"multi-text":["#);
    let profiles = format!(r#"{HEAD}["profiles",{{"known":{{"profiles":["#);
    let asked = r#"{"format":"wardline.recording/1","name":"web","answers":[],"conversations":[{"plugin":{"name":"os","version":"1",
        "digest":""},"options":{"checksums":"never","registry":true,"settings":[]},"updates_digest":"","asked":["#;
    let known = r#"["groups","absent"]]}"#;
    // JSON that becomes many times as much in memory, and how many times it does.
    for (name, begin, one, end) in [
        // 3 bytes and 24.
        ("texts", multi_text.as_str(), &(|_| r#""","#.to_owned()) as &dyn Fn(usize) -> String, r#"""]}}}]]}"#),
        ("answers", HEAD, &|number| format!(r#"[{{"service":"{number}"}},"absent"],"#), known),
        ("profiles", &profiles, &|_| r#"{"sid":"","path":"","name":"","loaded":false},"#.to_owned(), r#"]}}]]}"#),
        ("questions", asked, &|_| r#""groups","#.to_owned(), r#""groups"]}]}"#),
        ("one text", &format!(r#"{HEAD}["groups",{{"denied":""#), &|_| "x".repeat(1 << 16), r#""}]]}"#),
        ("one number", &format!(r#"{HEAD}["groups","#), &|_| "1".repeat(1 << 16), "]]}"),
        (
            "unknown fields",
            r#"{"format":"wardline.recording/1","#,
            &|_| r#""more":[{"a":[]}],"#.to_owned(),
            r#""name":""}"#,
        ),
        ("depth", HEAD, &|_| "[".repeat(1 << 16), "]]}"),
    ] {
        let path = recording(at, name, begin, one, end);
        let (peak, code, said) = peak_of(program().arg("hotfixes").arg(&path));
        println!("{name}: {} MiB", peak >> 20);
        assert!(peak <= BUDGET + BESIDES, "{name}: {peak} bytes");
        assert_eq!(code, 1, "{name}: {said}");
        assert!(said.lines().count() == 1 && said.contains(name), "{name}: {said}");
        std::fs::remove_file(path).unwrap();
    }
}

/// A volume, whose scan has compiled the plugins before a limit is set.
fn volume(folder: &Path) -> PathBuf {
    let volume = folder.join("volume");
    WindowsVolume::windows_2000_server().write_to(&volume).unwrap();
    let ran = wardline(["scan".as_ref(), volume.as_os_str()]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    volume
}

#[test]
fn a_scan_needs_little_address_space() {
    let folder = tempfile::tempdir().unwrap();
    let volume = volume(folder.path());
    let usual = run(program().arg("scan").arg(&volume).args(["-o", "json"])).json();
    // In KiB: with the least of them not even one memory of four gigabytes can be reserved.
    for limit in [64 << 20, 16 << 20, 3 << 20] {
        let ran = run(program_after(&format!("ulimit -v {limit}")).arg("scan").arg(&volume).args(["-o", "json"]));
        assert_eq!(ran.code, 0, "{limit}: {}", ran.stderr);
        assert!(ran.complaint().contains("address space"), "{limit}: {}", ran.complaint());
        assert_eq!(ran.json()["targets"], usual["targets"], "{limit}");
    }
    // Compiling takes more of it than anything else.
    let mut cold = program_after("ulimit -v 500000");
    let ran = run(cold.arg("scan").arg(&volume).args(["--no-cache", "-o", "json"]));
    match ran.code {
        0 => assert_eq!(ran.json()["targets"], usual["targets"]),
        1 => assert!(ran.stderr.contains("address space"), "{}", ran.stderr),
        code => panic!("{code}: {}", ran.stderr),
    }
}

#[test]
fn why_there_is_no_pool_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let volume = volume(folder.path());
    for (arguments, code, words) in [
        // More than a place in the pool holds.
        (["--max-memory", "5000"], 0, "--max-memory may help"),
        (["--jobs", "1024"], 0, "--jobs"),
        (["--jobs", "50000000"], 1, "1024"),
        (["--jobs", "4294967296"], 1, "1024"),
    ] {
        let ran = run(program().arg("scan").arg(&volume).args(["--only", "ie"]).args(arguments));
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.stderr);
        // A machine with address space enough reserves what another cannot.
        assert!(ran.stderr.is_empty() && code == 0 || ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("ulimit"), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn what_the_system_does_not_give_is_not_the_plugins_fault() {
    let folder = tempfile::tempdir().unwrap();
    let volume = volume(folder.path());
    // Whatever the limit is, the scan succeeds, or wardline says that it was it that could not go on.
    let mut failed = 0;
    for files in [4, 5, 6, 7, 8, 9, 10, 12, 16, 24] {
        let mut scan = program_after(&format!("ulimit -n {files}"));
        let ran = run(scan.arg("scan").arg(&volume).args(["--jobs", "2", "--only", "ie"]));
        for word in ["invalid-output", "out-of-time", "incompatible", "trapped", "panicked", "compile-timeout"] {
            assert!(!ran.stderr.contains(word) && !ran.stdout.contains(word), "{files}: {}{}", ran.stdout, ran.stderr);
        }
        match ran.code {
            0 => {}
            1 => failed += 1,
            // It was not even begun.
            127 if ran.stderr.contains("error while loading shared libraries") => {}
            code => panic!("{files}: {code}: {}{}", ran.stdout, ran.stderr),
        }
    }
    assert!(failed > 0, "no limit was met");
}

/// Threads are counted for each user, and not for root: so the program runs as somebody else, where that is possible.
#[test]
fn without_a_thread_wardline_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let volume = volume(folder.path());
    let is_root = run(Command::new("id").arg("-u")).stdout.trim() == "0";
    let cache = folder.path().join("cache");
    std::fs::create_dir(&cache).unwrap();
    let program = folder.path().join("wardline");
    std::fs::copy(env!("CARGO_BIN_EXE_wardline"), &program).unwrap();
    let mut failed = 0;
    for threads in [1, 2, 3, 4, 5, 6, 8, 12] {
        let mut command = match is_root {
            true => {
                // A user that nobody is.
                let mut command = Command::new("setpriv");
                command.args(["--reuid", "54321", "--regid", "54321", "--clear-groups"]);
                command.args(["bash", "-c"]);
                command
            }
            false => {
                let mut command = Command::new("bash");
                command.arg("-c");
                command
            }
        };
        if is_root {
            assert!(Command::new("chown").args(["-R", "54321:54321"]).arg(folder.path()).status().unwrap().success());
        }
        command.arg(format!("ulimit -u {threads}; exec \"$0\" \"$@\"")).arg(&program).arg("scan").arg(&volume);
        command.args(["--jobs", "2", "--only", "ie", "--cache-dir"]).arg(&cache).env("HOME", folder.path());
        if command.output().is_err() {
            println!("skipped: there is no setpriv");
            return;
        }
        let ran = run(&mut command);
        for word in ["invalid-output", "out-of-time", "incompatible", "trapped", "panicked", "compile-timeout"] {
            assert!(
                !ran.stderr.contains(word) && !ran.stdout.contains(word),
                "{threads}: {}{}",
                ran.stdout,
                ran.stderr
            );
        }
        match ran.code {
            0 => {}
            1 => failed += 1,
            code => panic!("{threads}: {code}: {}{}", ran.stdout, ran.stderr),
        }
    }
    // A user who runs other programs has no threads left at all.
    assert!(failed > 0, "no limit was met");
}
