//! The bench answers as the host does: by the same names, and only what the checker declares.
#![cfg(feature = "testing")]

use wardline_plugin::prelude::*;
use wardline_plugin::testing::Bench;

/// Asks for one value and one file by the names that a test sets.
#[derive(Default)]
struct Asker;

struct Spelling;

const KEY: Setting<&str> = Setting::new("key", "The key to ask for.", "");
const FILE: Setting<&str> = Setting::new("file", "The file to ask for.", "");

impl Check for Spelling {
    const INFO: CheckInfo = CheckInfo::new("spelling", "Spelling").columns(&["Key", "File"]);
    const ASKS: &'static [Asks] =
        &[Asks::Registry(r"HKLM\SOFTWARE\Acme\**"), Asks::File(r"%windir%\system32\*"), Asks::File(r"C:\ÄRGER\*")];
    const SETTINGS: &'static [&'static dyn DeclaredSetting] = &[&KEY, &FILE];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let (key, file) = (cx.setting(KEY)?, cx.setting(FILE)?);
        let told = |found: Result<bool, Unable>| match found {
            Ok(true) => "found",
            Ok(false) => "absent",
            Err(_) => "denied",
        };
        let value = cx.evidence.registry_value(key, "Door").await.optional().map(|value| value.is_some());
        let file = cx.evidence.file_version(file).await.optional().map(|file| file.is_some());
        Ok(Finding::informational("Asked.").row([told(value), told(file)], Grade::Informational))
    }
}

const CHECKS: Suite = suite![Spelling];

impl Checker for Asker {
    fn describe() -> Description {
        describe("asker", "0.1.0", "").checks(CHECKS).into()
    }

    async fn detect(&self, cx: Context<'_>) -> Findings {
        CHECKS.run(cx).await.into()
    }
}

/// The host's table of names in `wardline_questions::names` is what this one follows.
#[test]
fn names_and_scopes_are_the_hosts() {
    let file = FileInfo { version: None, checksum: None, size: 1, modified: None, language: None };
    for (key, path, expected) in [
        (r"HKLM\SOFTWARE\Acme\Agent", r"%windir%\system32\acme.dll", ["found", "found"]),
        (r"hklm\software\\ACME\agent\", r"%SystemRoot%\\System32/acme.dll", ["found", "found"]),
        // A slash is part of a key's name, and separates the components of a file's path.
        (r"HKLM\SOFTWARE\Acme/Agent", r"%windir%/system32/acme.dll/", ["denied", "found"]),
        (r"HKLM\SOFTWARE\Acme", r"c:\ärger\x", ["absent", "absent"]),
        (r"HKLM\SOFTWARE\Other", r"%windir%\system32\drivers\x.sys", ["denied", "denied"]),
        (r"HKLM\SOFTWARE\Acme\..\Other", r"%windir%\system32\..\win.ini", ["denied", "denied"]),
    ] {
        let run = Bench::new()
            .value(r"HKLM\SOFTWARE\Acme\Agent", "DOOR", RegistryData::Dword(1))
            .fact(Question::File(r"%WINDIR%\System32\ACME.DLL".into()), Fact::File(file))
            .setting("key", SettingValue::Text(key.into()))
            .setting("file", SettingValue::Text(path.into()))
            .run::<Asker>();
        assert_eq!(run.check("spelling").rows[0].cells, expected, "{key} {path}");
        let denied = expected.iter().filter(|told| **told == "denied").count();
        assert_eq!(run.undeclared.len(), denied, "{key} {path}");
    }
}
