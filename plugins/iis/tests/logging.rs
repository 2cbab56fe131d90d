//! Check 307 on both forms of configuration.

mod support;

use support::{actions, application_host, iis6, iis7, metabase, node, operations, rows};
use wardline_plugin::prelude::*;
use wardline_plugin::testing::Run;

const W3C: &str = "{FF160663-DE82-11CF-BC0A-00AA006111E0}";
const NCSA: &str = "{FF16065F-DE82-11CF-BC0A-00AA006111E0}";

/// IIS 6 with these attributes at the service, at the site, and at a folder below it.
fn metabase_with(service: &str, site: &str, folder: &str) -> String {
    metabase(
        &[
            node("IIsWebService", "/LM/W3SVC", service),
            node("IIsWebServer", "/LM/W3SVC/1", &format!(r#"ServerComment="Shop" {site}"#)),
            node("IIsWebVirtualDir", "/LM/W3SVC/1/ROOT", ""),
            node("IIsWebVirtualDir", "/LM/W3SVC/1/ROOT/pictures", folder),
            node("IIsFtpServer", "/LM/MSFTPSVC/1", r#"LogType="0""#),
        ]
        .concat(),
    )
}

fn usual() -> String {
    format!(r#"LogType="1" LogPluginClsid="{W3C}""#)
}

/// Path, property, value before and after.
type Mended<'m> = (&'m str, &'m str, &'m str, &'m str);

/// Whether every action is undone by the same with before and after changed round, and has a risk.
fn assert_mends(run: &Run, expected: &[Mended<'_>]) {
    let actions = actions(run, "logging");
    let mended: Vec<_> = actions
        .iter()
        .map(|action| {
            assert!(action.risk.is_some() && !action.restart);
            let Operation::SetMetabaseProperty(set) = &action.operation else { panic!("{action:?}") };
            let [Operation::SetMetabaseProperty(undo)] = action.undo.as_slice() else { panic!("{action:?}") };
            assert_eq!((&undo.path, &undo.property), (&set.path, &set.property));
            assert_eq!((undo.before.as_ref(), Some(&undo.after)), (Some(&set.after), set.before.as_ref()));
            (set.path.as_str(), set.property.as_str(), set.before.as_deref().unwrap_or_default(), set.after.as_str())
        })
        .collect();
    assert_eq!(mended, expected);
}

#[test]
fn sites_that_log_in_extended_format_pass() {
    for text in [
        metabase_with(&usual(), "", ""),
        metabase_with("", &usual(), r#"DontLog="FALSE""#),
        metabase_with(r#"LogType="0" CentralW3CLoggingEnabled="TRUE""#, "", ""),
        metabase_with(&usual(), r#"LogPluginClsid="""#, ""),
    ] {
        let run = iis6(&text);
        let finding = run.check("logging");
        assert_eq!(finding.grade, Grade::Passed, "{}", finding.summary);
        assert_eq!(finding.evidence.len(), 1);
        assert_eq!(actions(&run, "logging"), []);
    }
}

#[test]
fn each_weakness_is_mended_where_it_is_set() {
    let usual = usual();
    let ncsa = format!(r#"LogPluginClsid="{NCSA}""#);
    let unknown_format = r#"LogPluginClsid="{00000000-0000-0000-0000-000000000001}""#;
    let table: [(&str, &str, &str, [&str; 3], Mended<'_>); 7] = [
        (&usual, r#"LogType="0""#, "", ["Shop", "/LM/W3SVC/1", "not logged"], ("/LM/W3SVC/1", "LogType", "0", "1")),
        (r#"LogType="0""#, "", "", ["Shop", "/LM/W3SVC/1", "not logged"], ("/LM/W3SVC", "LogType", "0", "1")),
        (
            &usual,
            &ncsa,
            "",
            ["Shop", "/LM/W3SVC/1", "logged in NCSA common format"],
            ("/LM/W3SVC/1", "LogPluginClsid", NCSA, W3C),
        ),
        (
            &usual,
            unknown_format,
            "",
            ["Shop", "/LM/W3SVC/1", "logged in {00000000-0000-0000-0000-000000000001}"],
            ("/LM/W3SVC/1", "LogPluginClsid", "{00000000-0000-0000-0000-000000000001}", W3C),
        ),
        (
            &usual,
            "",
            r#"DontLog="TRUE""#,
            ["Shop", "/LM/W3SVC/1/ROOT/pictures", "left out of the site's log"],
            ("/LM/W3SVC/1/ROOT/pictures", "DontLog", "TRUE", "FALSE"),
        ),
        (
            &usual,
            r#"DontLog="TRUE""#,
            "",
            ["Shop", "/LM/W3SVC/1/ROOT", "left out of the site's log"],
            ("/LM/W3SVC/1", "DontLog", "TRUE", "FALSE"),
        ),
        (
            r#"CentralBinaryLoggingEnabled="TRUE""#,
            "",
            "",
            ["Shop", "/LM/W3SVC/1", "logged in one binary log for all sites"],
            ("/LM/W3SVC", "CentralBinaryLoggingEnabled", "TRUE", "FALSE"),
        ),
    ];
    for (service, site, folder, row, mended) in table {
        let run = iis6(&metabase_with(service, site, folder));
        let finding = run.check("logging");
        assert_eq!(finding.grade, Grade::BestPractice, "{}", finding.summary);
        assert_eq!(finding.evidence.len(), 1);
        assert_eq!(rows(&run, "logging"), [row]);
        assert_mends(&run, &[mended]);
    }
}

#[test]
fn a_property_may_stand_under_its_number() {
    let custom = r#"<Custom Name="UnknownName_6023" ID="6023" Value="1" Type="DWORD" />"#;
    let folder = format!(r#"<IIsWebVirtualDir Location="/LM/W3SVC/1/ROOT/a">{custom}</IIsWebVirtualDir>"#);
    let service = node("IIsWebService", "/LM/W3SVC", &usual());
    let run = iis6(&metabase(&(service + &folder)));
    assert_eq!(rows(&run, "logging"), [["site 1", "/LM/W3SVC/1/ROOT/a", "left out of the site's log"]]);
}

#[test]
fn one_setting_for_all_sites_is_mended_once() {
    let sites: String = (1..4).map(|site| node("IIsWebServer", &format!("/LM/W3SVC/{site}"), "")).collect();
    let run = iis6(&metabase(&(node("IIsWebService", "/LM/W3SVC", r#"LogType="0""#) + &sites)));
    assert_eq!(rows(&run, "logging").len(), 3);
    assert_mends(&run, &[("/LM/W3SVC", "LogType", "0", "1")]);
}

#[test]
fn a_metabase_that_does_not_say_never_passes() {
    for service in ["", r#"LogType="1""#] {
        let run = iis6(&metabase_with(service, "", ""));
        assert_eq!(run.check("logging").grade, Grade::UnableToScan);
        assert_eq!(run.check("logging").evidence.len(), 1);
    }
    let run = iis6(&metabase_with(r#"LogType="MAYBE""#, "", ""));
    assert!(run.check("logging").summary.contains("LogType is neither"), "{}", run.check("logging").summary);
    // A known weakness is reported all the same.
    assert_eq!(iis6(&metabase_with("", "", r#"DontLog="1""#)).check("logging").grade, Grade::BestPractice);
}

/// Two sites, the first of which has this inside.
fn sites(inside: &str, defaults: &str) -> String {
    format!(
        r#"<site name="Main" id="1">{inside}</site><site name="Shop" id="2"><logFile directory="D:\logs" /></site>
           <siteDefaults>{defaults}<ftpServer><logFile enabled="false" logFormat="IIS" /></ftpServer></siteDefaults>"#
    )
}

#[test]
fn from_iis_7_on_logging_is_on_unless_something_says_otherwise() {
    let ftp = r#"<ftpServer><logFile enabled="false" /></ftpServer>"#;
    for (log, sites) in [
        ("", sites("", "")),
        ("", sites(r#"<logFile enabled="true" />"#, r#"<logFile logFormat="w3c" />"#)),
        (r#"<log centralLogFileMode="Site"><centralW3CLogFile enabled="false" /></log>"#, sites(ftp, "")),
        (r#"<log centralLogFileMode="CentralW3C" />"#, sites(r#"<logFile enabled="false" />"#, "")),
        ("", String::new()),
    ] {
        let finding = iis7(&application_host(log, &sites, "<httpLogging />", "")).check("logging").clone();
        assert_eq!(finding.grade, Grade::Passed, "{}", finding.summary);
    }
}

#[test]
fn from_iis_7_on_appcmd_mends_it() {
    let location = r#"<location path="Shop/pictures"><system.webServer><httpLogging dontLog="true" /></system.webServer></location>"#;
    let off = r#"<logFile enabled="false" />"#;
    let binary = r#"<log centralLogFileMode="CentralBinary" />"#;
    let central_off = r#"<log centralLogFileMode="CentralW3C"><centralW3CLogFile enabled="false" /></log>"#;
    let section = "/section:system.applicationHost/log";
    for (text, places, arguments) in [
        (
            application_host("", &sites(off, ""), "", ""),
            &[("Main", "not logged")][..],
            &["set", "site", "Main", "/logFile.enabled:true"][..],
        ),
        (
            application_host("", &sites("", r#"<logFile logFormat="NCSA" />"#), "", ""),
            &[("Main", "logged in NCSA"), ("Shop", "logged in NCSA")],
            &["set", "config", "/section:system.applicationHost/sites", "/siteDefaults.logFile.logFormat:W3C"],
        ),
        (
            application_host("", &sites("", ""), "", location),
            &[("Shop/pictures", "left out of the site's log")],
            &[
                "set",
                "config",
                "Shop/pictures",
                "/section:system.webServer/httpLogging",
                "/dontLog:false",
                "/commit:apphost",
            ],
        ),
        (
            application_host(binary, &sites("", ""), "", ""),
            &[("Main", "logged in one binary log for all sites"), ("Shop", "logged in one binary log for all sites")],
            &["set", "config", section, "/centralLogFileMode:Site", "/commit:apphost"],
        ),
        (
            application_host(central_off, &sites("", ""), "", ""),
            &[
                ("Main", "assigned to the central log for all sites, which is turned off"),
                ("Shop", "assigned to the central log for all sites, which is turned off"),
            ],
            &["set", "config", section, "/centralW3CLogFile.enabled:true", "/commit:apphost"],
        ),
    ] {
        let run = iis7(&text);
        assert_eq!(run.check("logging").grade, Grade::BestPractice, "{}", run.check("logging").summary);
        let rows = rows(&run, "logging");
        let found: Vec<_> = rows.iter().map(|row| (row[1].as_str(), row[2].as_str())).collect();
        assert_eq!(found, places);
        let operations = operations(&run, "logging");
        let [Operation::RunTool(tool)] = operations.as_slice() else { panic!("{operations:?}") };
        assert_eq!(tool.arguments, arguments);
        assert_eq!(actions(&run, "logging")[0].undo.len(), 1);
    }
    let odd = r#"<log centralLogFileMode="Elsewhere" />"#;
    assert_eq!(iis7(&application_host(odd, "", "", "")).check("logging").grade, Grade::UnableToScan);
}
