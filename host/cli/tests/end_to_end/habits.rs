//! Configuration files and the environment, quiet scans, logs, completions and manual pages.

use std::path::{Path, PathBuf};
use std::process::Command;

use wardline_fixtures::WindowsVolume;

use crate::support::program::{Ran, program, run, wardline};

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        WindowsVolume::windows_2000_server().write_to(&folder.path().join("server")).unwrap();
        std::fs::create_dir(folder.path().join("user")).unwrap();
        Place(folder)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        std::fs::write(self.at(name), content).unwrap();
        self.at(name)
    }

    /// A scan of the volume by a user whose configuration folder is `user`.
    fn scan(&self, more: &[&str]) -> Command {
        let mut program = program();
        program.env("WARDLINE_CONFIG_DIR", self.at("user")).arg("scan").arg(self.at("server")).args(more);
        program
    }

    fn configured(&self, config: &str, more: &[&str]) -> Ran {
        self.write("user/config.toml", config);
        run(&mut self.scan(more))
    }
}

#[test]
fn options_come_from_the_command_line_then_the_environment_then_the_files() {
    let place = Place::new();
    let config = "[scan]\noutput = \"csv\"\nonly = [\"os\", \"iis\"]\nverbose = true\nstrict = false\njobs = 2\nfail-on = \"critical\"\n";
    let ran = place.configured(config, &[]);
    assert!(ran.stdout.starts_with("computer,"), "{}", ran.stdout);
    assert!(ran.complaint().contains("--fail-on critical"), "{}", ran.stderr);
    assert!(place.configured(config, &["-o", "tab"]).stdout.starts_with("Machine Name\t"));
    let by_environment = run(place.scan(&[]).env("WARDLINE_OUTPUT", "json").env("WARDLINE_FAIL_ON", "missing"));
    assert!(by_environment.stdout.starts_with("{\"schema\""));
    assert!(by_environment.stderr.contains("--fail-on missing"), "{}", by_environment.stderr);
    assert!(!by_environment.stderr.contains("--fail-on critical"), "{}", by_environment.stderr);
    // A file that is named is read instead of the usual ones.
    let other = place.write("other.toml", "[scan]\noutput = \"markdown\"\n");
    let named = run(&mut place.scan(&["--config", other.to_str().unwrap()]));
    assert!(named.stdout.starts_with("# wardline report"), "{}", named.stdout);
    assert_eq!(run(place.scan(&[]).env("WARDLINE_CONFIG", &other)).stdout, named.stdout);
    // An option that excludes one of the file's replaces it.
    assert_eq!(place.configured("[scan]\nno-checksums = true\n", &["--force-checksums"]).code, 0);
    // In either direction, and also in the environment.
    let catalogs = "[scan]\ncatalog = \"absent.xml\"\n";
    let updated = place.configured(catalogs, &["--update-catalog=nowhere.xml"]);
    assert!(updated.complaint().contains("nowhere.xml"), "{}", updated.stderr);
    let updated = run(place.scan(&[]).env("WARDLINE_UPDATE_CATALOG", "nowhere.xml"));
    assert!(updated.complaint().contains("nowhere.xml"), "{}", updated.stderr);
    let both = place.configured(&format!("{catalogs}update-catalog = true\n"), &[]);
    assert!(both.complaint().contains("cannot be used with"), "{}", both.stderr);
    // Files are beside the configuration.
    place.write(
        "user/waivers.toml",
        "[[waiver]]\nfinding = \"MS99-999\"\nreason = \"r\"\nowner = \"o\"\nexpires = \"never\"\n",
    );
    let ran = place.configured("[scan]\nwaivers = \"waivers.toml\"\n", &[]);
    assert!(ran.complaint().contains("MS99-999"), "{}", ran.stderr);
    // Other commands have no configuration.
    let ran = run(program()
        .env("WARDLINE_CONFIG_DIR", place.at("user"))
        .env("WARDLINE_JOBS", "many")
        .args(["plugin", "list"]));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn a_bad_configuration_is_told_with_line_and_option() {
    let place = Place::new();
    for (config, words) in [
        (
            "[scan]\n\nfail-onn = \"low\"\n",
            "config.toml, line 3: fail-onn: unexpected argument '--fail-onn' found; did you mean `fail-on`?",
        ),
        ("[scan]\njobs = \"many\"\n", "config.toml, line 2: jobs: invalid value 'many' for '--jobs <N>'"),
        ("[scan]\nstrict = \"yes\"\n", "config.toml, line 2: strict: unexpected value 'yes' for '--strict' found"),
        ("[scan]\nconfig = \"a\"\n", "config.toml, line 2: config: a configuration cannot name another one"),
        (
            "[scan]\nonly = { a = 1 }\n",
            "config.toml, line 2: only: bad type: expected a string, a number, a boolean or an array",
        ),
        ("[scans]\n", "config.toml, line 1: unknown field `scans`, expected `scan`"),
        ("scan\n", "config.toml, line 1: "),
    ] {
        let ran = place.configured(config, &[]);
        assert_eq!(ran.code, 1, "{config}");
        assert!(ran.complaint().contains(words), "{}", ran.stderr);
    }
    place.write("user/config.toml", "");
    let ran = run(place.scan(&[]).env("WARDLINE_STRICT", "perhaps"));
    assert_eq!((ran.code, ran.complaint()), (1, "wardline: WARDLINE_STRICT: bad value: expected `true` or `false`"));
    let ran = run(place.scan(&[]).env("WARDLINE_JOBS", "many"));
    assert!(ran.complaint().starts_with("wardline: WARDLINE_JOBS: invalid value 'many'"), "{}", ran.stderr);
    let ran = run(&mut place.scan(&["--config", "absent.toml"]));
    assert!(ran.complaint().contains("absent.toml: cannot be read"), "{}", ran.stderr);
}

#[test]
fn a_quiet_scan_says_only_why_it_failed_and_the_log_has_everything() {
    let place = Place::new();
    let log = place.at("wardline.log");
    let (server, empty) = (place.at("server"), place.at("user"));
    let scan = |more: &[&str]| {
        run(program().arg("scan").args([&server, &empty]).args(["-o", "csv", "--log"]).arg(&log).args(more))
    };
    let loud = scan(&["--fail-on", "missing"]);
    assert_eq!((loud.code, loud.stderr.lines().count()), (3, 2), "{}", loud.stderr);
    let quiet = scan(&["--quiet", "--fail-on", "missing"]);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (3, ""));
    assert_eq!(quiet.stdout, loud.stdout);
    let error = scan(&["--quiet", "--waivers", "absent.toml"]);
    assert!(error.complaint().contains("absent.toml"), "{}", error.stderr);
    let text = std::fs::read_to_string(&log).unwrap();
    for words in
        ["scan of 2 targets", "gate passed: --fail-on missing", "absent.toml", "the scan ended with exit code 3"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(text.lines().all(|line| line.get(..20).is_some_and(|time| time.ends_with('Z'))), "{text}");
    let nowhere = scan(&["--log", Path::new("no/such/folder/log").to_str().unwrap()]);
    assert_eq!(nowhere.code, 1);
}

#[test]
fn completions_and_manual_pages_are_made_for_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = wardline(["completions", shell]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert!(ran.stdout.contains("fail-coverage-below"), "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    let ran = wardline(["man".as_ref(), pages.as_os_str()]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""));
    for name in ["wardline", "wardline-scan", "wardline-plugin-vet", "wardline-catalog-update", "wardline-man"] {
        let page = std::fs::read_to_string(pages.join(format!("{name}.1"))).unwrap();
        assert!(page.contains(".TH"), "{name}");
    }
}

#[test]
fn the_help_of_every_command_has_examples() {
    let help = |path: &[&str]| wardline(path.iter().chain(&["--help"])).stdout;
    for path in [&["scan"][..], &["plan"], &["hotfixes"], &["plugin", "vet"], &["catalog", "update"], &["completions"]]
    {
        let text = help(path);
        assert!(text.contains(&format!("Examples:\n  wardline {}", path.join(" "))), "{text}");
    }
    let typo = wardline(["scan", "--fail-onn", "low", "host"]);
    assert!(typo.stderr.contains("a similar argument exists: '--fail-on'"), "{}", typo.stderr);
}
