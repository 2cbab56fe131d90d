//! Checks 309 and 316 on both forms of configuration.

mod support;

use support::{actions, application_host, iis6, iis7, metabase, node, rows};
use wardline_plugin::prelude::*;

const CHECKS: [&str; 2] = ["iisadmpwd", "msadc-and-scripts"];

fn site(folders: &str) -> String {
    metabase(&(node("IIsWebServer", "/LM/W3SVC/1", r#"ServerComment="Shop""#) + folders))
}

#[test]
fn sites_without_them_pass() {
    let plain = node("IIsWebDirectory", "/LM/W3SVC/1/ROOT/Scripts", "")
        + &node("IIsWebVirtualDir", "/LM/W3SVC/1/ROOT", "")
        + &node("IIsWebVirtualDir", "/LM/W3SVC/1/ROOT/ScriptsOld", "")
        + &node("IIsFtpVirtualDir", "/LM/MSFTPSVC/1/ROOT/MSADC", "");
    let config = r#"<site name="Main" id="1"><application path="/"><virtualDirectory path="/" /></application></site>"#;
    for run in [iis6(&site(&plain)), iis7(&application_host("", config, "", ""))] {
        for check in CHECKS {
            let finding = run.check(check);
            assert_eq!(finding.grade, Grade::Passed, "{check}: {}", finding.summary);
            assert_eq!(finding.evidence.len(), 1);
            assert_eq!(actions(&run, check), []);
        }
    }
}

#[test]
fn each_folder_is_named_and_removed_and_can_be_made_again() {
    for (check, name) in [
        ("iisadmpwd", "IISADMPWD"),
        ("iisadmpwd", "iisadmpwd"),
        ("msadc-and-scripts", "MSADC"),
        ("msadc-and-scripts", "scripts"),
        ("msadc-and-scripts", "old/Scripts"),
    ] {
        let path = format!("/LM/W3SVC/1/ROOT/{name}");
        let attributes = r#"AccessFlags="AccessExecute" Path="D:\web\x" UNCPassword="hunter2" UNCUserName="bob""#;
        let run = iis6(&site(&node("IIsWebVirtualDir", &path, attributes)));
        let finding = run.check(check);
        assert_eq!(finding.grade, Grade::NonCritical);
        assert_eq!(finding.evidence.len(), 1);
        assert_eq!(rows(&run, check), [["Shop", name, r"D:\web\x"]]);
        let actions = actions(&run, check);
        let [action] = actions.as_slice() else { panic!("{actions:?}") };
        let Operation::RemoveVirtualFolder(folder) = &action.operation else { panic!("{action:?}") };
        assert_eq!((folder.site.as_str(), folder.name.as_str()), ("/LM/W3SVC/1", name));
        assert_eq!(folder.path.as_deref(), Some(r"D:\web\x"));
        let undone: Vec<_> = action
            .undo
            .iter()
            .map(|operation| match operation {
                Operation::SetMetabaseProperty(set) if set.before.is_none() && set.path == path => {
                    (set.property.as_str(), set.after.as_str())
                }
                operation => panic!("{operation:?}"),
            })
            .collect();
        assert_eq!(
            undone,
            [("KeyType", "IIsWebVirtualDir"), ("Path", r"D:\web\x"), ("AccessFlags", "AccessExecute")],
            "passwords and accounts stay out of reports"
        );
        assert!(action.risk.is_some());
    }
}

#[test]
fn from_iis_7_on_appcmd_makes_them_again() {
    let config = r#"<site name="Main" id="1">
        <application path="/"><virtualDirectory path="/" /><virtualDirectory path="/Scripts" physicalPath="D:\s" /></application>
        <application path="/MSADC"><virtualDirectory path="/" physicalPath="D:\m" /></application></site>"#;
    let run = iis7(&application_host("", config, "", ""));
    assert_eq!(rows(&run, CHECKS[1]), [["Main", "MSADC", r"D:\m"], ["Main", "Scripts", r"D:\s"]]);
    assert!(run.check(CHECKS[1]).summary.starts_with("There are 2"));
    assert_eq!(run.check(CHECKS[0]).grade, Grade::Passed);
    let undone: Vec<_> = actions(&run, CHECKS[1])
        .into_iter()
        .map(|action| match action.undo.as_slice() {
            [Operation::RunTool(run)] => run.arguments.join(" "),
            undo => panic!("{undo:?}"),
        })
        .collect();
    assert_eq!(
        undone,
        [
            r"add app /site.name:Main /path:/MSADC /physicalPath:D:\m",
            r"add vdir /app.name:Main/ /path:/Scripts /physicalPath:D:\s"
        ]
    );
}

#[test]
fn a_configuration_that_cannot_be_read_never_passes() {
    for run in [iis6("<configuration>"), iis7("")] {
        for check in CHECKS.into_iter().chain(["logging"]) {
            assert_eq!(run.check(check).grade, Grade::UnableToScan);
            assert_eq!(run.check(check).evidence.len(), 1);
        }
    }
}

#[test]
fn the_configuration_is_asked_for_once() {
    for run in [iis6(&site("")), iis7(&application_host("", "", "", ""))] {
        let texts: Vec<_> = run
            .exchanges
            .iter()
            .filter_map(|(question, _)| match question {
                Question::Text(range) => Some((&range.path, range.offset)),
                _ => None,
            })
            .collect();
        let once: std::collections::BTreeSet<_> = texts.iter().collect();
        assert_eq!(once.len(), texts.len(), "{texts:?}");
    }
}

#[test]
fn the_binary_metabase_is_not_judged() {
    for (iis, words) in [((3, 0), "no metabase"), ((4, 0), "MetaBase.bin"), ((5, 0), "MetaBase.bin")] {
        let run = support::server("5.0", 0, iis).run::<wardline_iis::Iis>();
        for check in CHECKS.into_iter().chain(["logging", "parent-paths"]) {
            let finding = run.check(check);
            assert_eq!(finding.grade, Grade::NotPerformed);
            assert!(finding.summary.contains(words), "{}", finding.summary);
            assert_eq!(finding.evidence.len(), 1);
        }
    }
}
