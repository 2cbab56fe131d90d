//! The operator's settings, from the file to the finding, with the stock plugins.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use wardline::cli::{self, CacheArgs, ExitStatus, LimitArgs, OperatorSettings, Parts as _, PluginRequest, Product};
use wardline::contract::{Description, SettingValue};
use wardline::stock::stock_plugins;
use wardline_fixtures::WindowsVolume;

fn carries_plugins() -> bool {
    let carries = !stock_plugins().is_empty();
    if !carries {
        println!("skipped: built without stock plugins");
    }
    carries
}

/// The plugins are compiled once for all end-to-end tests.
fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")
}

fn wardline(arguments: &[&Path]) -> ExitStatus {
    let arguments = arguments.iter().map(|argument| argument.as_os_str().to_owned());
    cli::run([OsString::from("wardline")].into_iter().chain(arguments), &Product)
}

/// The grade of the check for whether Windows is still supported, with these settings.
fn graded(folder: &Path, settings: Option<&str>) -> Result<String, ExitStatus> {
    let (volume, file, report) = (folder.join("volume"), folder.join("settings.toml"), folder.join("report.json"));
    let mut output = OsString::from("json=");
    output.push(&report);
    let mut arguments: Vec<&Path> = ["scan", "--no-history", "--only", "os", "-o"].map(Path::new).to_vec();
    let cache = cache();
    arguments.extend([Path::new(&output), &volume, Path::new("--cache-dir"), &cache]);
    if let Some(settings) = settings {
        std::fs::write(&file, settings).unwrap();
        arguments.extend([Path::new("--settings"), &file]);
    }
    match wardline(&arguments) {
        ExitStatus::Success => {}
        other => return Err(other),
    }
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    let checks = report["targets"][0]["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check.to_string().contains("windows-version")).unwrap();
    Ok(check["grade"].as_str().unwrap().to_owned())
}

#[test]
fn a_setting_reaches_its_plugin_and_changes_the_finding() {
    if !carries_plugins() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    WindowsVolume::windows_2000_server().service_pack(4).write_to(&folder.path().join("volume")).unwrap();
    let graded = |settings| graded(folder.path(), settings);
    assert_eq!(graded(None).as_deref(), Ok("best-practice"));
    assert_eq!(graded(Some("[os]\nsupport-date = \"2004-01-01\"\n")).as_deref(), Ok("passed"));
    assert_eq!(graded(Some("[os]\nsupport-date = \"soon\"\n")).as_deref(), Ok("unable-to-scan"));
    assert_eq!(graded(Some("[iis]\n[sql]\n")).as_deref(), Ok("best-practice"), "plugins that --only leaves out");
    for mistake in ["[os]\nsupport = 1\n", "[os]\nsupport-date = 1\n", "[solitaire]\n", "[iis]\nx = 1\n", "[os"] {
        assert_eq!(graded(Some(mistake)), Err(ExitStatus::Fatal), "{mistake}");
    }
}

fn shown(value: &SettingValue) -> (&'static str, String) {
    match value {
        SettingValue::Text(text) => ("string", format!("`\"{text}\"`")),
        SettingValue::Number(number) => ("integer", format!("`{number}`")),
        SettingValue::Flag(flag) => ("boolean", format!("`{flag}`")),
        SettingValue::Texts(texts) => ("array of strings", format!("`{texts:?}`")),
    }
}

/// Chapters for the book: the possible settings of each plugin.
fn chapters(descriptions: &[&Description]) -> String {
    let mut text = String::new();
    for plugin in descriptions {
        let _ = writeln!(text, "\n## `[{}]`\n", plugin.name);
        if plugin.settings.is_empty() {
            text.push_str("Nothing may be set.\n");
            continue;
        }
        text.push_str("| setting | type | default | meaning |\n|---|---|---|---|\n");
        for setting in &plugin.settings {
            let (kind, default) = shown(&setting.default);
            let explanation = setting.explanation.replace('|', r"\|");
            let _ = writeln!(text, "| `{}` | {kind} | {default} | {explanation} |", setting.name);
        }
    }
    text
}

#[test]
fn the_book_lists_every_setting() {
    if !carries_plugins() {
        return;
    }
    let request = PluginRequest {
        files: &[],
        only: &[],
        settings: OperatorSettings::default(),
        policy: None,
        requirements: None,
        cache: &CacheArgs { cache_dir: Some(cache()), no_cache: false },
        limits: &LimitArgs::default(),
        conversations: 1,
    };
    let plugins = Product.plugins(&request, &[]).unwrap().plugins;
    let descriptions: Vec<&Description> = plugins.iter().map(|plugin| plugin.examiner.description()).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/settings.md");
    let book = std::fs::read_to_string(&path).unwrap();
    let (introduction, _) = book.split_once("rewrites it. -->\n").expect("the marker before the chapters");
    let expected = format!("{introduction}rewrites it. -->\n{}", chapters(&descriptions));
    if std::env::var_os("WARDLINE_ACCEPT").is_some() {
        std::fs::write(&path, expected).unwrap();
    } else {
        assert_eq!(book, expected, "docs/settings.md is out of date; WARDLINE_ACCEPT=1 rewrites it");
    }
}
