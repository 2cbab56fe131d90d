//! No input is overwritten, and no file is written twice.

use std::path::Path;

use wardline_fixtures::{WindowsVolume, catalog};

#[cfg(target_os = "linux")]
use crate::support::program::program_after;
use crate::support::program::{program, run, wardline};

/// A folder with one of each file that a command reads.
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
    let (_, plugin) = wardline::stock::stock_plugins()[0];
    std::fs::write(root.join("plugin.wasm"), plugin).unwrap();
    std::fs::write(root.join("plugin.wasm.minisig"), "").unwrap();
    std::fs::create_dir(root.join("records")).unwrap();
    std::fs::create_dir_all(root.join("project/cases/good")).unwrap();
    std::fs::write(root.join("project/wardline.toml"), "name = \"contoso\"\n").unwrap();
    std::fs::write(root.join("project/cases/good/target.json"), "{}").unwrap();
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
        // With two reports in one file, the first would be lost.
        (format!("{scan} -o json=x -o text=x"), "write to the same file or directory"),
        (format!("{scan} -o json=x -o text=./x"), "write to the same file or directory"),
        (format!("{scan} -o json=x -o text=records/../x"), "write to the same file or directory"),
        (format!("{scan} -o json=x --record x"), "write to the same file or directory"),
        // Nothing is written to a target.
        (format!("{scan} -o json={HIVE}"), "is inside the target volume"),
        (format!("{scan} -o json=volume/report.json"), "is inside the target volume"),
        (format!("{scan} -o json=x --record volume/records"), "is inside the target volume"),
        (format!("{scan} -o json=x --cache-dir volume/cache"), "is inside the target volume"),
        // The inputs of the scan.
        (format!("{scan} -o json=catalog.xml"), "would overwrite --catalog catalog.xml"),
        (format!("{scan} --plugin plugin.wasm -o json=plugin.wasm"), "would overwrite"),
        (format!("{scan} --plugin plugin.wasm -o json=plugin.wasm.minisig"), "would overwrite"),
        (format!("{scan} --settings settings.toml -o json=settings.toml"), "would overwrite"),
        (format!("{scan} --policy policy.toml -o json=policy.toml"), "would overwrite"),
        (format!("{scan} --require-signature --trust trust.toml -o json=trust.toml"), "would overwrite"),
        ("scan records/web.recording -o json=records/web.recording".to_owned(), "would overwrite"),
        ("collect volume -o catalog.xml --catalog catalog.xml".to_owned(), "would overwrite"),
        (format!("collect volume -o {HIVE}"), "is inside"),
        ("plan report.json -o json=report.json".to_owned(), "would overwrite"),
        ("plan report.json -o json=x -o text=x".to_owned(), "write to the same file or directory"),
        ("plugin vet plugin.wasm -o json=plugin.wasm".to_owned(), "would overwrite"),
        ("plugin vet plugin.wasm -o json=x -o html=x".to_owned(), "write to the same file or directory"),
        ("plugin vet plugin.wasm --fleet records -o json=records/web.recording".to_owned(), "would overwrite"),
        ("plugin vet plugin.wasm --catalog catalog.xml -o json=catalog.xml".to_owned(), "would overwrite"),
        ("plugin policy plugin.wasm -o plugin.wasm".to_owned(), "would overwrite"),
        ("plugin policy plugin.wasm --fleet volume -o volume/policy.toml".to_owned(), "is inside"),
        ("plugin sign plugin.wasm --key plugin.wasm.minisig".to_owned(), "would overwrite"),
        // The cache is an output of every command that runs plugins.
        ("plugin diff ie ie --fleet volume --cache-dir volume/cache".to_owned(), "is inside the target volume"),
        ("plugin vet ie --fleet volume --cache-dir volume/cache".to_owned(), "is inside the target volume"),
        ("plugin policy ie --fleet volume --cache-dir volume/cache".to_owned(), "is inside the target volume"),
        ("plugin list --plugin plugin.wasm --cache-dir plugin.wasm".to_owned(), "would overwrite"),
        ("plugin inspect plugin.wasm --cache-dir plugin.wasm.minisig".to_owned(), "would overwrite"),
        ("plugin verify plugin.wasm --trust trust.toml --cache-dir trust.toml".to_owned(), "would overwrite"),
        (
            "plugin test project --plugin plugin.wasm --cache-dir project/cases/new".to_owned(),
            "is inside the cases directory",
        ),
        ("plugin build project -o project/wardline.toml".to_owned(), "is not WebAssembly"),
        ("plugin build --output report.json".to_owned(), "is not WebAssembly"),
        ("plugin keygen --no-password -o secret".to_owned(), "never overwritten"),
    ];
    if cfg!(unix) {
        table.extend([
            (format!("{scan} -o json=link"), "is inside the target volume"),
            (format!("{scan} -o json=mounted/report.json"), "is inside the target volume"),
            ("scan mounted -o json=volume/report.json".to_owned(), "is inside the target mounted"),
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
        ("scan volume -o json=x -o text >> x", "write to the same file or directory"),
        ("plan report.json >> report.json", "standard output would overwrite"),
        ("scan volume --catalog catalog.xml >> catalog.xml", "standard output would overwrite"),
        ("replay records/web.recording >> records/web.recording", "standard output would overwrite"),
        ("catalog show catalog.xml >> catalog.xml", "standard output would overwrite"),
        ("scan volume >> volume/WINNT/system32/config/SAM", "standard output is inside the target volume"),
        ("hotfixes volume >> volume/WINNT/system32/config/software", "standard output is inside the target volume"),
        ("scan mounted >> link", "standard output is inside the target mounted"),
        ("scan volume -o json=/dev/stdout >> volume/WINNT/system32/config/software", "is inside the target volume"),
        ("scan volume -o json=/dev/stdout -o text | cat", "write to the same file or directory"),
        (
            "plugin diff ie ie --fleet volume >> volume/WINNT/system32/config/system",
            "standard output is inside the target volume",
        ),
        ("plugin diff plugin.wasm ie >> plugin.wasm", "standard output would overwrite the plugin plugin.wasm"),
        ("plugin diff ie plugin.wasm >> plugin.wasm.minisig", "standard output would overwrite the plugin's file"),
        ("plugin diff ie ie --catalog catalog.xml >> catalog.xml", "standard output would overwrite --catalog"),
        ("plugin list --plugin plugin.wasm >> plugin.wasm", "standard output would overwrite --plugin plugin.wasm"),
        ("plugin list --catalog catalog.xml >> catalog.xml", "standard output would overwrite --catalog"),
        ("plugin list --settings settings.toml >> settings.toml", "standard output would overwrite --settings"),
        ("plugin inspect plugin.wasm >> plugin.wasm", "standard output would overwrite the plugin plugin.wasm"),
        ("plugin inspect plugin.wasm --trust trust.toml >> trust.toml", "standard output would overwrite --trust"),
        ("plugin verify plugin.wasm --key secret.key >> secret.key", "standard output would overwrite --key"),
        (
            "plugin verify plugin.wasm --trust trust.toml >> plugin.wasm.minisig",
            "standard output would overwrite the plugin's file",
        ),
        ("plugin sign plugin.wasm --key secret.key >> secret.key", "standard output would overwrite --key"),
        ("plugin policy plugin.wasm --fleet volume >> plugin.wasm", "standard output would overwrite the plugin"),
        ("plugin vet ie --fleet volume >> volume/WINNT/system32/config/SAM", "standard output is inside the target"),
        ("plugin keygen -o new --password-file secret.key >> secret.key", "would overwrite --password-file"),
        ("plugin test project --plugin plugin.wasm >> plugin.wasm", "standard output would overwrite --plugin"),
        ("plugin test project --plugin plugin.wasm >> project/cases/good/target.json", "is inside the cases directory"),
        ("plugin build project >> project/wardline.toml", "standard output would overwrite the project file"),
    ] {
        let before = content(folder.path());
        let shell = format!("set -o pipefail; \"{}\" {line}", env!("CARGO_BIN_EXE_wardline"));
        let ran = run(std::process::Command::new("bash").args(["-c", &shell]).current_dir(folder.path()));
        assert_eq!(ran.code, 1, "{line}");
        assert!(ran.complaint().contains(words), "{line}: {}", ran.complaint());
        let _ = std::fs::remove_file(folder.path().join("x"));
        assert_eq!(content(folder.path()), before, "{line}");
    }
}

/// `>(…)` and `/dev/stdout` are pipes behind links, and a deleted file has no path: they are written to, never replaced.
#[cfg(target_os = "linux")]
#[test]
fn an_output_may_be_a_link_to_what_has_no_path() {
    let folder = place();
    for line in [
        "-o json=/dev/stdout | cat > x",
        "-o json=/dev/fd/1 | cat > x",
        "-o json=/proc/self/fd/3 3>&1 | cat > x",
        "-o json=/dev/stdout > x",
        "-o json=>(cat > y; mv y x) && wait $! && until test -e x; do sleep 0.1; done",
        "-o json=/dev/fd/9 && cat <&8 > x",
    ] {
        let scan = format!(
            "set -o pipefail; : > removed; exec 9>> removed 8< removed; rm removed; \"$0\" scan volume --only ie {line}; code=$?; \
             wait; cat x; exit $code"
        );
        let ran = run(program_after(&scan).current_dir(folder.path()));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{line}");
        assert_eq!(ran.json()["targets"].as_array().map(Vec::len), Some(1), "{line}");
        std::fs::remove_file(folder.path().join("x")).unwrap();
    }
}

#[test]
fn a_cache_inside_a_target_is_refused_wherever_its_folder_comes_from() {
    let folder = place();
    let before = content(folder.path());
    let scan = |variable: &str, more: &[&str]| {
        let mut program = program();
        program.env_remove("WARDLINE_CACHE_DIR").env(variable, folder.path().join("volume/cache"));
        run(program.args(["scan", "volume", "--only", "ie"]).args(more).current_dir(folder.path()))
    };
    for variable in
        if cfg!(target_os = "linux") { &["WARDLINE_CACHE_DIR", "XDG_CACHE_HOME"][..] } else { &["WARDLINE_CACHE_DIR"] }
    {
        let ran = scan(variable, &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{variable}");
        assert!(ran.complaint().contains("is inside the target volume"), "{variable}: {}", ran.complaint());
    }
    // The command line takes precedence over the environment.
    let outside = concat!(env!("CARGO_TARGET_TMPDIR"), "/cache");
    assert_eq!(scan("WARDLINE_CACHE_DIR", &["--cache-dir", outside]).code, 0);
    assert_eq!(content(folder.path()), before);
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
