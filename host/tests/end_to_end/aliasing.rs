//! No file is written that is read, and none twice.

use std::path::Path;

use wardline_fixtures::{WindowsVolume, catalog};

use crate::program::{program, run, wardline};

/// A folder with one of everything that a command reads.
fn place() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    WindowsVolume::windows_2000_server().write_to(&root.join("volume")).unwrap();
    std::fs::write(root.join("catalog.xml"), catalog::demo().to_xml()).unwrap();
    std::fs::write(root.join("settings.toml"), "").unwrap();
    std::fs::write(root.join("policy.toml"), "").unwrap();
    std::fs::write(root.join("trust.toml"), "").unwrap();
    std::fs::write(root.join("secret.key"), "").unwrap();
    std::fs::write(root.join("report.json"), "{}").unwrap();
    let (_, plugin) = wardline::sandbox::stock::stock_plugins()[0];
    std::fs::write(root.join("plugin.wasm"), plugin).unwrap();
    std::fs::write(root.join("plugin.wasm.minisig"), "").unwrap();
    std::fs::create_dir(root.join("records")).unwrap();
    std::fs::write(root.join("records/web.recording"), "{}").unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("volume/WINNT/system32/config/software", root.join("link")).unwrap();
        std::os::unix::fs::symlink("volume", root.join("mounted")).unwrap();
        std::fs::hard_link(root.join("catalog.xml"), root.join("same.xml")).unwrap();
    }
    folder
}

/// Everything in a folder, with its content.
fn content(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => files.push((path.clone(), std::fs::read(path).unwrap())),
            }
        }
    }
    files.sort();
    files
}

#[test]
fn an_output_that_is_an_input_or_another_output_is_refused_before_anything_is_opened() {
    let folder = place();
    let before = content(folder.path());
    const HIVE: &str = "volume/WINNT/system32/config/software";
    let scan = "scan volume --catalog catalog.xml";
    let mut table = vec![
        // Two reports in one file lose the first of them.
        (format!("{scan} -o json=x -o text=x"), "write to the same place"),
        (format!("{scan} -o json=x -o text=./x"), "write to the same place"),
        (format!("{scan} -o json=x -o text=records/../x"), "write to the same place"),
        (format!("{scan} -o json=x --record x"), "write to the same place"),
        // Nothing is written to a target.
        (format!("{scan} -o json={HIVE}"), "lies inside the target volume"),
        (format!("{scan} -o json=volume/report.json"), "lies inside the target volume"),
        (format!("{scan} -o json=x --record volume/records"), "lies inside the target volume"),
        (format!("{scan} -o json=x --cache-dir volume/cache"), "lies inside the target volume"),
        // What the scan goes by.
        (format!("{scan} -o json=catalog.xml"), "would overwrite --catalog catalog.xml"),
        (format!("{scan} --plugin plugin.wasm -o json=plugin.wasm"), "would overwrite"),
        (format!("{scan} --plugin plugin.wasm -o json=plugin.wasm.minisig"), "would overwrite"),
        (format!("{scan} --settings settings.toml -o json=settings.toml"), "would overwrite"),
        (format!("{scan} --policy policy.toml -o json=policy.toml"), "would overwrite"),
        (format!("{scan} --require-signature --trust trust.toml -o json=trust.toml"), "would overwrite"),
        ("scan records/web.recording -o json=records/web.recording".to_owned(), "would overwrite"),
        ("collect volume -o catalog.xml --catalog catalog.xml".to_owned(), "would overwrite"),
        (format!("collect volume -o {HIVE}"), "lies inside"),
        ("plan report.json -o json=report.json".to_owned(), "would overwrite"),
        ("plan report.json -o json=x -o text=x".to_owned(), "write to the same place"),
        ("plugin vet plugin.wasm -o json=plugin.wasm".to_owned(), "would overwrite"),
        ("plugin vet plugin.wasm -o json=x -o html=x".to_owned(), "write to the same place"),
        ("plugin vet plugin.wasm --fleet records -o json=records/web.recording".to_owned(), "would overwrite"),
        ("plugin vet plugin.wasm --catalog catalog.xml -o json=catalog.xml".to_owned(), "would overwrite"),
        ("plugin policy plugin.wasm -o plugin.wasm".to_owned(), "would overwrite"),
        ("plugin policy plugin.wasm --fleet volume -o volume/policy.toml".to_owned(), "lies inside"),
        ("plugin sign plugin.wasm --key plugin.wasm.minisig".to_owned(), "would overwrite"),
        ("plugin build --output report.json".to_owned(), "is no WebAssembly"),
        ("plugin keygen --no-password -o secret".to_owned(), "never overwritten"),
    ];
    if cfg!(unix) {
        table.extend([
            (format!("{scan} -o json=link"), "lies inside the target volume"),
            (format!("{scan} -o json=mounted/report.json"), "lies inside the target volume"),
            ("scan mounted -o json=volume/report.json".to_owned(), "lies inside the target mounted"),
            (format!("{scan} -o json=same.xml"), "would overwrite --catalog catalog.xml"),
        ]);
    }
    for (line, words) in table {
        let ran = run(program().args(line.split_whitespace()).current_dir(folder.path()));
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{line}: {}", ran.stderr);
        assert!(ran.complaint().contains(words), "{line}: {}", ran.complaint());
    }
    assert_eq!(content(folder.path()), before);
}

#[cfg(unix)]
#[test]
fn standard_output_is_an_output_as_any_other() {
    let folder = place();
    for (line, words) in [
        ("scan volume -o json=x -o text >> x", "write to the same place"),
        ("plan report.json >> report.json", "standard output would overwrite"),
        ("scan volume --catalog catalog.xml >> catalog.xml", "standard output would overwrite"),
        ("replay records/web.recording >> records/web.recording", "standard output would overwrite"),
    ] {
        let before = content(folder.path());
        let shell = format!("\"{}\" {line}", env!("CARGO_BIN_EXE_wardline"));
        let ran = run(std::process::Command::new("sh").args(["-c", &shell]).current_dir(folder.path()));
        assert_eq!(ran.code, 1, "{line}");
        assert!(ran.complaint().contains(words), "{line}: {}", ran.complaint());
        let _ = std::fs::remove_file(folder.path().join("x"));
        assert_eq!(content(folder.path()), before, "{line}");
    }
}

#[test]
fn outputs_of_their_own_are_written_beside_everything_else() {
    let folder = place();
    let root = folder.path();
    let at = |path: &str| root.join(path).into_os_string();
    let mut arguments = vec!["scan".into(), at("volume"), "--catalog".into(), at("catalog.xml")];
    for output in ["json=one.json", "text=two.txt"] {
        let (format, file) = output.split_once('=').unwrap();
        arguments.push("-o".into());
        arguments.push(format!("{format}={}", root.join(file).display()).into());
    }
    arguments.extend(["--record".into(), at("records")]);
    let ran = wardline(arguments);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(root.join("one.json").is_file() && root.join("two.txt").is_file());
    let recordings = std::fs::read_dir(root.join("records")).unwrap().count();
    assert_eq!(recordings, 2);
}
