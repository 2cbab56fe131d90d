//! Volumes for the checks of Office.

use wardline_fixtures::volume::Damage;
use wardline_fixtures::{Hive, InternetExplorer, Pe, Profile, WindowsVolume};

use super::Case;

fn with(profile: Profile) -> WindowsVolume {
    WindowsVolume::windows_2000_server().service_pack(4).internet_explorer(InternetExplorer::v55(2)).profile(profile)
}

fn user() -> Profile {
    Profile::new("scott", 1001)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = of_outlook_zones();
    cases.extend(of_macro_security());
    cases.extend(of_click_to_run());
    cases.extend(of_support());
    cases
}

fn of_outlook_zones() -> Vec<Case> {
    const CHECK: &str = "office.outlook-zones";
    const EXPRESS: &str = r"%ProgramFiles%\Outlook Express\msoe.dll";
    let express = |profile: Profile| with(profile).file(EXPRESS, Pe::version(5, 50, 4807, 1700));
    let reading_in = |zone: u32| {
        let key = r"Identities\{5C1D1E4A-0B1C-4F57-9D3C-2C1B7A5E8F60}\Software\Microsoft\Outlook Express\5.0";
        express(user().registry(key, "Security Zone", zone))
    };
    let outlook = |zone: u32| {
        let key = r"Software\Microsoft\Office\10.0\Outlook\Options\General";
        office_xp("Outlook", "outlook.exe", user().registry(key, "Security Zone", zone))
    };
    vec![
        Case::new(CHECK, "passed", "Outlook Express in the zone of restricted sites", reading_in(4)),
        Case::new(CHECK, "passed", "Outlook 2002 in the zone of restricted sites", outlook(4)),
        Case::new(CHECK, "critical", "Outlook Express in the Internet zone", reading_in(3)),
        Case::new(CHECK, "critical", "Outlook 2002 in the Internet zone", outlook(3)),
        Case::new(CHECK, "not-performed", "no mail program", with(user())),
        Case::new(CHECK, "unable-to-scan", "the user's hive has gone", express(user().without_hive())),
    ]
}

fn of_macro_security() -> Vec<Case> {
    const CHECK: &str = "office.macro-security";
    let word = |profile: Profile| office_xp("Word", "winword.exe", profile);
    let at_level = |level: u32| word(user().registry(r"Software\Microsoft\Office\10.0\Word\Security", "Level", level));
    vec![
        Case::new(CHECK, "passed", "Word 2002 at its default level", word(user())),
        Case::new(CHECK, "passed", "Word 2002 at medium", at_level(2)),
        Case::new(CHECK, "critical", "Word 2002 at low", at_level(1)),
        Case::new(CHECK, "not-performed", "no Office", with(user())),
        Case::new(CHECK, "unable-to-scan", "the user's hive has gone", word(user().without_hive())),
    ]
}

/// One program of Office XP.
fn office_xp(name: &str, file: &str, profile: Profile) -> WindowsVolume {
    let folder = r"C:\Program Files\Microsoft Office\Office10";
    with(profile)
        .registry(&format!(r"HKLM\SOFTWARE\Microsoft\Office\10.0\{name}\InstallRoot"), "Path", format!(r"{folder}\"))
        .file(&format!(r"{folder}\{file}"), Pe::version(10, 0, 4219, 0))
}

/// Office as Click-to-Run installs it.
fn click_to_run(ids: &str) -> WindowsVolume {
    const KEY: &str = r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration";
    WindowsVolume::windows_11()
        .registry(KEY, "VersionToReport", "16.0.17932.20400")
        .registry(KEY, "ProductReleaseIds", ids)
        .registry(KEY, "Platform", "x64")
}

fn of_click_to_run() -> Vec<Case> {
    const CHECK: &str = "office.click-to-run-updates";
    const KEY: &str = r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration";
    let office = || click_to_run("O365ProPlusRetail");
    vec![
        Case::new(CHECK, "passed", "Microsoft 365 Apps", office()),
        Case::new(
            CHECK,
            "non-critical",
            "its updates are turned off",
            office().registry(KEY, "UpdatesEnabled", "False"),
        ),
        Case::new(CHECK, "not-performed", "no Office", WindowsVolume::windows_11()),
        Case::new(
            CHECK,
            "unable-to-scan",
            "SOFTWARE is damaged",
            office().damaged_hive(Hive::Software, Damage::GarbledBins),
        ),
    ]
}

fn of_support() -> Vec<Case> {
    const CHECK: &str = "office.end-of-support";
    vec![
        Case::new(CHECK, "passed", "Office LTSC 2024", click_to_run("ProPlus2024Volume")),
        Case::new(CHECK, "informational", "Microsoft 365 Apps", click_to_run("O365ProPlusRetail")),
        Case::new(CHECK, "best-practice", "Word 2002", office_xp("Word", "winword.exe", user())),
        Case::new(CHECK, "not-performed", "no Office", WindowsVolume::windows_11()),
        Case::new(
            CHECK,
            "unable-to-scan",
            "SOFTWARE is damaged",
            click_to_run("ProPlus2024Volume").damaged_hive(Hive::Software, Damage::GarbledBins),
        ),
    ]
}
