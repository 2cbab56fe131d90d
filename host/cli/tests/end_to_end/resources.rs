//! Exhausted system resources: memory, address space, files, threads.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use wardline_fixtures::{WindowsVolume, catalog};

use crate::support::program::{Ran, program, program_after, run, wardline};

/// The number of bytes that a target may hold by default, and what wardline takes in addition.
const BUDGET: u64 = 256 << 20;
const BESIDES: u64 = 64 << 20;

/// The peak resident memory of a command, in bytes, with its exit code and output.
fn peak_of(command: &mut Command) -> (u64, i32, String) {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = 0;
    let ended = loop {
        // A process that has ended has no memory any more. The previous reading counts, since the peak never falls.
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

/// A recording of 128 MiB whose answers repeat `one`, which is called with the answer's number.
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
    const MORE: &str = r#"{"format":"wardline.recording/1","more":"#;
    // JSON that expands in memory: its shape, parts, and the reason that is given.
    type Row<'a> = (&'a str, &'a str, &'a dyn Fn(usize) -> String, &'a str, &'a str);
    let table: [Row<'_>; 8] = [
        // 3 bytes of JSON become 24 in memory.
        ("texts", &multi_text, &|_| r#""","#.to_owned(), r#"""]}}}]]}"#, "--target-memory"),
        ("answers", HEAD, &|number| format!(r#"[{{"service":"{number}"}},"absent"],"#), known, "--target-memory"),
        (
            "profiles",
            &profiles,
            &|_| r#"{"sid":"","path":"","name":"","loaded":false},"#.to_owned(),
            r#"]}}]]}"#,
            "--target-memory",
        ),
        ("questions", asked, &|_| r#""groups","#.to_owned(), r#""groups"]}]}"#, "--target-memory"),
        (
            "one text",
            &format!(r#"{HEAD}["groups",{{"denied":""#),
            &|_| "x".repeat(1 << 16),
            r#""}]]}"#,
            "a text of more than",
        ),
        // JSON that is read into no field is skipped, whatever its shape.
        ("one number", MORE, &|_| "1".repeat(1 << 16), r#","name":""}"#, "missing field `answers`"),
        (
            "unknown fields",
            r#"{"format":"wardline.recording/1","#,
            &|_| r#""more":[{"a":[]}],"#.to_owned(),
            r#""name":""}"#,
            "missing field `answers`",
        ),
        ("depth", MORE, &|_| "[".repeat(1 << 16), r#","name":""}"#, "expected value"),
    ];
    for (name, begin, one, end, reason) in table {
        let path = recording(at, name, begin, one, end);
        let (peak, code, said) = peak_of(program().arg("hotfixes").arg(&path));
        println!("{name}: {} MiB", peak >> 20);
        assert!(peak <= BUDGET + BESIDES, "{name}: {peak} bytes");
        assert_eq!(code, 1, "{name}: {said}");
        assert!(said.lines().count() == 1 && said.contains(reason), "{name}: {said}");
        std::fs::remove_file(path).unwrap();
    }
}

/// Plugins get copies of answers, and the answers given are kept until the report is made.
#[test]
fn a_scan_of_large_answers_takes_no_more_memory_than_its_budget() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    volume(at);
    let path = at.join("large.recording");
    let catalog = at.join("catalog.xml");
    std::fs::write(&catalog, catalog::demo().to_xml()).unwrap();
    let with_catalog = |command: &str| {
        let mut program = program();
        program.arg(command).arg("--catalog").arg(&catalog);
        program
    };
    let collected = run(with_catalog("collect").arg(at.join("volume")).arg("-o").arg(&path));
    assert_eq!((collected.code, collected.stderr.as_str()), (0, ""));
    let mut recording: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    recording.as_object_mut().unwrap().remove("conversations");
    // Close to the maximum size of an answer.
    let large = serde_json::json!({"known": {"registry-value": {"multi-text": vec!["x".repeat(1_000); 3_700]}}});
    let mut enlarged = 0;
    for exchange in recording["answers"].as_array_mut().unwrap() {
        if exchange[0].get("registry-value").is_some() && enlarged < 16 {
            exchange[1] = large.clone();
            enlarged += 1;
        }
    }
    assert!(enlarged >= 12, "{enlarged}");
    std::fs::write(&path, serde_json::to_vec(&recording).unwrap()).unwrap();
    let (peak, code, said) = peak_of(with_catalog("scan").arg(&path).args(["-o", "json"]));
    println!("{enlarged} large answers: {} MiB", peak >> 20);
    assert_eq!((code, said.as_str()), (0, ""));
    assert!(peak <= BUDGET + BESIDES, "{peak} bytes");
}

/// A volume, scanned once so that the plugins are compiled before a limit is set.
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
    // In KiB: under the smallest limit, not even one memory of four gigabytes can be reserved.
    for limit in [64 << 20, 16 << 20, 3 << 20] {
        let ran = run(program_after(&format!("ulimit -v {limit}")).arg("scan").arg(&volume).args(["-o", "json"]));
        assert_eq!(ran.code, 0, "{limit}: {}", ran.stderr);
        assert!(ran.complaint().contains("address space"), "{limit}: {}", ran.complaint());
        assert_eq!(ran.json()["targets"], usual["targets"], "{limit}");
    }
    // Compiling takes more address space than anything else.
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
    for line in [
        "scan volume --only ie",
        "plugin vet ie --fleet volume --quick --generated 1 --tried 1",
        "plugin policy ie --fleet volume",
        "plugin diff ie ie --fleet volume --generated 1",
        "plugin inspect ie",
        "plugin list",
    ] {
        let mut limited = program_after("ulimit -v 4000000");
        let ran = run(limited.args(line.split_whitespace()).current_dir(folder.path()));
        assert_eq!(ran.code, 0, "{line}: {}", ran.stderr);
        assert!(ran.complaint().contains("cannot reserve a pool of instances"), "{line}: {}", ran.complaint());
    }
    // The arguments, the exit code, the message, and whether a machine with enough address space may stay silent.
    for (arguments, code, words, may_be_silent) in [
        // More than a slot in the pool holds.
        (["--max-memory", "5000"], 0, "a smaller --jobs or --max-memory", false),
        (["--jobs", "1024"], 0, "--jobs", true),
        (["--jobs", "50000000"], 1, "1024", false),
        (["--jobs", "4294967296"], 1, "1024", false),
    ] {
        let ran = run(program().arg("scan").arg(&volume).args(["--only", "ie"]).args(arguments));
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.stderr);
        let is_silent = may_be_silent && ran.stderr.is_empty();
        assert!(is_silent || ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("ulimit"), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn what_the_system_does_not_give_is_not_the_plugins_fault() {
    let folder = tempfile::tempdir().unwrap();
    let volume = volume(folder.path());
    // Under any limit, either the scan succeeds, or wardline says that wardline itself could not continue.
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
            // It was not even started.
            127 if ran.stderr.contains("error while loading shared libraries") => {}
            code => panic!("{files}: {code}: {}{}", ran.stdout, ran.stderr),
        }
    }
    assert!(failed > 0, "no limit was met");
}

/// The result of a command limited to this many file handles. None if there were not even enough for the loader.
fn with_files(files: u32, arguments: &[&str], at: &Path) -> Option<Ran> {
    let ran = run(program_after(&format!("ulimit -n {files}")).args(arguments).current_dir(at));
    (ran.code != 127 || !ran.stderr.contains("error while loading shared libraries")).then_some(ran)
}

#[test]
fn what_the_system_does_not_give_is_not_the_targets_fault() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    volume(at);
    std::fs::write(at.join("catalog.xml"), catalog::demo().to_xml()).unwrap();
    let recorded = run(program().args(["collect", "volume", "--only", "ie", "-o", "usual.recording"]).current_dir(at));
    assert_eq!((recorded.code, recorded.stderr.as_str()), (0, ""));
    std::fs::create_dir(at.join("fleet")).unwrap();
    std::fs::rename(at.join("volume"), at.join("fleet/volume")).unwrap();
    // Under any limit, either the result is the same as without one, or wardline says that wardline itself could not continue.
    let mut failed = 0;
    // Commands that run plugins need more handles than those that only read.
    for (line, least) in [
        ("scan fleet/volume --catalog catalog.xml --jobs 2 -o json=out", 7),
        ("scan fleet/volume --only ie --jobs 1 -o json=x --record out", 7),
        ("scan usual.recording --only ie --jobs 1 -o json=out", 7),
        ("collect fleet/volume --only ie -o out", 7),
        ("hotfixes fleet/volume -o json", 7),
        ("plugin policy ie --fleet fleet", 7),
        ("plugin diff ie ie --fleet fleet -o json", 7),
    ] {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        // Without the parts that differ from one run to another.
        let written = || -> Vec<String> {
            let out = at.join("out");
            let files = match out.is_dir() {
                true => std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect(),
                false => vec![out],
            };
            files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).collect()
        };
        let clear = || {
            let _ = std::fs::remove_file(at.join("out"));
            let _ = std::fs::remove_dir_all(at.join("out"));
        };
        let usual = run(program().args(&arguments).current_dir(at));
        assert_eq!(usual.code, 0, "{line}: {}", usual.stderr);
        let usual = (usual.stdout, written());
        for files in (least..16).chain([20, 30]) {
            clear();
            let Some(ran) = with_files(files, &arguments, at) else { continue };
            println!("{files}: {line}: {} {}", ran.code, ran.stderr);
            match ran.code {
                0 => assert_eq!((ran.stdout, written()), usual, "{files}: {line}"),
                1 => {
                    failed += 1;
                    let said = ["the system is out of a resource", "cannot be set up here", "Too many open files"];
                    assert!(said.iter().any(|said| ran.stderr.contains(said)), "{files}: {line}: {}", ran.stderr);
                    assert!(
                        !line.contains("-o out") && !line.contains("--record") || written().is_empty(),
                        "{files}: {line}"
                    );
                }
                code => panic!("{files}: {line}: {code}: {}{}", ran.stdout, ran.stderr),
            }
        }
        clear();
    }
    assert!(failed > 10, "{failed}: no limits were met");
}

/// Threads are counted per user, and not for root, so the program runs as another user if possible.
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
                // A user ID that is not in use.
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
            1 => {
                failed += 1;
                let said = ["cannot start a thread", "cannot start 2 worker threads"];
                assert!(said.iter().any(|said| ran.stderr.contains(said)), "{threads}: {}", ran.stderr);
            }
            code => panic!("{threads}: {code}: {}{}", ran.stdout, ran.stderr),
        }
    }
    // A user who runs other programs has no threads left at all.
    assert!(failed > 0, "no limit was met");
}
