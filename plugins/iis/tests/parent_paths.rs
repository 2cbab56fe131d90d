//! Check 311 on both forms of configuration.

mod support;

use support::{
    APPLICATION_HOST, METABASE, REDIRECTION, actions, application_host_with, iis6, iis7, metabase, node, server,
    with_text,
};
use wardline_iis::Iis;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::{Bench, Run};

fn rows(run: &Run) -> Vec<Vec<String>> {
    support::rows(run, "parent-paths")
}

#[test]
fn off_everywhere_passes() {
    for text in [
        metabase(
            &(node("IIsWebService", "/LM/W3SVC", r#"AspEnableParentPaths="FALSE""#)
                + &node("IIsWebServer", "/LM/W3SVC/1", r#"ServerComment="Shop""#)
                + &node("IIsWebVirtualDir", "/LM/W3SVC/1/ROOT", r#"AppRoot="/LM/W3SVC/1/ROOT""#)),
        ),
        metabase(&node("IIsWebVirtualDir", "/LM/W3SVC/1/ROOT", "")),
    ] {
        let run = iis6(&text);
        let finding = run.check("parent-paths");
        assert_eq!(finding.grade, Grade::Passed, "{}", finding.summary);
        assert_eq!(finding.evidence.len(), 1);
        assert_eq!(actions(&run, "parent-paths"), []);
    }
}

/// `IMSAdminBase::GetData` finds data only in the type that it is asked for; IIS asks for a DWORD.
#[test]
fn a_property_of_another_type_is_not_the_setting() {
    for (kind, grade) in [
        ("DWORD", Grade::Passed),
        ("dword", Grade::Passed),
        ("STRING", Grade::UnableToScan),
        ("EXPANDSZ", Grade::UnableToScan),
        ("MULTISZ", Grade::UnableToScan),
        ("BINARY", Grade::UnableToScan),
    ] {
        let custom = format!(r#"<Custom Name="UnknownName_7008" ID="7008" Value="0" Type="{kind}" />"#);
        let service = format!(r#"<IIsWebService Location="/LM/W3SVC">{custom}</IIsWebService>"#);
        let run = iis6(&metabase(&(service + &node("IIsWebVirtualDir", "/LM/W3SVC/1/ROOT", ""))));
        assert_eq!(run.check("parent-paths").grade, grade, "{kind}: {}", run.check("parent-paths").summary);
    }
}

#[test]
fn a_setting_is_inherited_until_a_path_has_its_own() {
    let text = metabase(
        &[
            node("IIsWebService", "/LM/W3SVC", r#"AspEnableParentPaths="TRUE""#),
            node("IIsWebServer", "/LM/W3SVC/1", r#"ServerComment="Shop &amp; more""#),
            node("IIsWebVirtualDir", "/LM/W3SVC/1/Root", ""),
            node("IIsWebVirtualDir", "/LM/W3SVC/1/ROOT/Old", r#"AppRoot="/LM/W3SVC/1/ROOT/Old""#),
            node("IIsWebVirtualDir", "/LM/W3SVC/1/ROOT/plain", r#"AppRoot="/LM/W3SVC/1/ROOT""#),
            node("IIsWebServer", "/LM/W3SVC/22", r#"AspEnableParentPaths="false""#),
            node("IIsWebVirtualDir", "/LM/W3SVC/22/ROOT", r#"AppRoot="/LM/W3SVC/22/ROOT""#),
            node("IIsWebDirectory", "/LM/W3SVC/22/ROOT/deep/er", r#"AspEnableParentPaths="TRUE""#),
            node("IIsWebServer", "/LM/W3SVC/Info/Templates/Public", r#"AspEnableParentPaths="TRUE""#),
        ]
        .concat(),
    );
    let run = iis6(&text);
    assert_eq!(run.check("parent-paths").grade, Grade::NonCritical);
    assert_eq!(
        rows(&run),
        [
            ["every site without a setting of its own", "/LM/W3SVC", "/LM/W3SVC"],
            ["Shop & more", "/LM/W3SVC/1/Root", "/LM/W3SVC"],
            ["Shop & more", "/LM/W3SVC/1/ROOT/Old", "/LM/W3SVC"],
            ["site 22", "/LM/W3SVC/22/ROOT/deep/er", "/LM/W3SVC/22/ROOT/deep/er"],
        ]
    );
    let set: Vec<_> = run
        .actions
        .iter()
        .map(|action| {
            let [Operation::SetMetabaseProperty(undo)] = action.undo.as_slice() else { panic!("{action:?}") };
            let Operation::SetMetabaseProperty(set) = &action.operation else { panic!("{action:?}") };
            assert_eq!((set.before.as_deref(), set.after.as_str()), (Some("TRUE"), "FALSE"));
            assert_eq!((undo.before.as_deref(), undo.after.as_str()), (Some("FALSE"), "TRUE"));
            assert_eq!((undo.path.as_str(), set.property.as_str()), (set.path.as_str(), "AspEnableParentPaths"));
            set.path.as_str()
        })
        .collect();
    assert_eq!(set, ["/LM/W3SVC", "/LM/W3SVC/22/ROOT/deep/er"]);
}

#[test]
fn a_property_may_stand_under_its_number() {
    let custom = r#"<Custom Name="UnknownName_7008" ID="7008" Value="1" Type="DWORD" />"#;
    let text = metabase(&format!(r#"<IIsWebVirtualDir Location="/LM/W3SVC/1/ROOT">{custom}</IIsWebVirtualDir>"#));
    assert_eq!(rows(&iis6(&text)), [["site 1", "/LM/W3SVC/1/ROOT", "/LM/W3SVC/1/ROOT"]]);
}

#[test]
fn a_long_metabase_is_read_in_two_rounds_and_the_deciding_stretch_is_named() {
    let filler: String =
        (2..3000).map(|site| node("IIsWebServer", &format!("/LM/W3SVC/{site}"), "ServerSize=\"1\"")).collect();
    let weak = node("IIsWebVirtualDir", "/LM/W3SVC/1/ROOT", r#"AspEnableParentPaths="TRUE""#);
    let text = metabase(&(filler + &weak));
    assert!(text.len() > 3 * 65_536 && text.len() < 4 * 65_536);
    let run = iis6(&text);
    let finding = run.check("parent-paths");
    assert_eq!(finding.rows.len(), 1);
    let [question] = finding.evidence.as_slice() else { panic!("{:?}", finding.evidence) };
    let Question::Text(range) = &run.exchanges[*question as usize].0 else { panic!() };
    assert_eq!(range.offset, 3 * 65_536);
    assert_eq!(run.rounds, 3);
}

#[test]
fn what_cannot_be_understood_is_unable_to_scan() {
    let whole = metabase(&node("IIsWebVirtualDir", "/LM/W3SVC/1/ROOT", r#"AspEnableParentPaths="FALSE""#));
    let elsewhere = whole.replace("W3SVC", "NNTPSVC");
    let neither = whole.replace("FALSE", "MAYBE");
    for text in ["", "\0\0\0\0", "MetaBase", &whole[..whole.len() / 2], &neither, &elsewhere] {
        let finding = iis6(text).check("parent-paths").clone();
        assert_eq!(finding.grade, Grade::UnableToScan, "{text:?}");
        assert!(finding.summary.contains("MetaBase.xml"), "{}", finding.summary);
        assert_eq!(iis7(text).check("parent-paths").grade, Grade::UnableToScan, "{text:?}");
    }
}

#[test]
fn paths_that_iis_would_never_write_are_not_followed() {
    for path in [format!("/LM/W3SVC/1/ROOT/{}", "a".repeat(2_000)), format!("/LM/W3SVC/1/ROOT{}", "/a".repeat(200))] {
        let run = iis6(&metabase(&node("IIsWebVirtualDir", &path, &format!(r#"AppRoot="{path}""#))));
        assert_eq!(run.check("parent-paths").grade, Grade::UnableToScan);
    }
}

#[test]
fn what_cannot_be_read_is_unable_to_scan() {
    let range = |offset| Question::Text(TextRange { path: METABASE.into(), offset, length: 65_536 });
    let text = |size| Fact::Text(TextInfo { text: metabase(""), size });
    let server = || server("5.2", 0, (6, 0));
    for (bench, words) in [
        (server(), "is missing"),
        (server().answer(range(0), Answer::Unreadable("sharing violation".into())), "sharing violation"),
        (server().fact(range(0), text(5 << 20)), "5242880 bytes long"),
        (server().fact(range(0), text(70_000)), "holds no such thing"),
    ] {
        let run = bench.run::<Iis>();
        let finding = run.check("parent-paths");
        assert_eq!(finding.grade, Grade::UnableToScan);
        assert!(finding.summary.contains(words), "{}", finding.summary);
        assert!(!finding.evidence.is_empty());
    }
}

#[test]
fn the_binary_metabase_is_not_judged() {
    for iis in [(4, 0), (5, 0), (5, 1)] {
        let run = server("5.0", 0, iis).run::<Iis>();
        let finding = run.check("parent-paths");
        assert_eq!(finding.grade, Grade::NotPerformed);
        assert!(finding.summary.contains("MetaBase.bin"));
    }
}

#[test]
fn locations_override_what_holds_for_the_server() {
    let old = r#"<location path="Default Web Site/old"><system.webServer><asp enableParentPaths="true" /></system.webServer></location>"#;
    let shop = r#"<location path="Shop"><system.webServer><asp enableParentPaths="false"><limits /></asp></system.webServer></location>"#;
    let on = r#"<asp enableParentPaths="true" />"#;

    assert_eq!(iis7(&application_host_with("", "")).check("parent-paths").grade, Grade::Passed);
    assert_eq!(iis7(&application_host_with("<asp />", shop)).check("parent-paths").grade, Grade::Passed);
    assert_eq!(
        rows(&iis7(&application_host_with("<asp />", old))),
        [["Default Web Site", "Default Web Site/old", "Default Web Site/old"]]
    );
    assert_eq!(
        rows(&iis7(&application_host_with(on, shop))),
        [
            ["every site without a setting of its own", "(server)", "(server)"],
            ["Default Web Site", "Default Web Site", "(server)"],
            ["Default Web Site", "Default Web Site/old", "(server)"],
        ]
    );
}

#[test]
fn appcmd_turns_it_off_where_it_is_set() {
    let old =
        r#"<location path="Shop/old"><system.webServer><asp enableParentPaths="true" /></system.webServer></location>"#;
    let run = iis7(&application_host_with("", old));
    let [action] = run.actions.as_slice() else { panic!("{:?}", run.actions) };
    let Operation::RunTool(tool) = &action.operation else { panic!("{action:?}") };
    assert_eq!(
        tool.arguments,
        ["set", "config", "Shop/old", "/section:system.webServer/asp", "/enableParentPaths:false", "/commit:apphost"]
    );
    assert!(matches!(action.undo.as_slice(), [Operation::RunTool(undo)] if undo.arguments[4].ends_with("true")));
}

#[test]
fn a_shared_configuration_is_not_on_this_machine() {
    let bench = |enabled: &str| -> Bench {
        let redirection = format!(r#"<configuration><configurationRedirection enabled="{enabled}" /></configuration>"#);
        let bench = with_text(server("6.1", 0, (7, 5)), REDIRECTION, &redirection);
        with_text(bench, APPLICATION_HOST, &application_host_with("", ""))
    };
    assert_eq!(bench("false").run::<Iis>().check("parent-paths").grade, Grade::Passed);
    assert_eq!(bench("true").run::<Iis>().check("parent-paths").grade, Grade::UnableToScan);
}

/// A metabase of a real server.
#[test]
#[ignore = "reads data that is not part of the project"]
fn a_real_metabase_is_read() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/iis/metabaseSample.xml");
    let text = std::fs::read_to_string(file).unwrap();
    let finding = iis6(&text).check("parent-paths").clone();
    assert_eq!(finding.grade, Grade::Passed, "{}", finding.summary);
    for check in ["logging", "iisadmpwd", "msadc-and-scripts"] {
        let finding = iis6(&text).check(check).clone();
        assert_eq!(finding.grade, Grade::Passed, "{}", finding.summary);
    }
    assert_eq!(iis6(&text.replace(r#"LogType="1""#, r#"LogType="0""#)).check("logging").grade, Grade::BestPractice);
    let on = text.replace(r#"AspEnableParentPaths="FALSE""#, r#"AspEnableParentPaths="TRUE""#);
    assert_eq!(rows(&iis6(&on)).len(), 2);
}

mod hostile {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,400}") {
            iis6(&text);
            iis7(&text);
        }

        #[test]
        fn a_damaged_configuration_is_never_a_panic(
            at in 0.0_f64..1.0, length in 0_usize..40, insert in "[<>=\"/&; a-zA-Z0-9]{0,10}", new in any::<bool>(),
        ) {
            let old = node("IIsWebVirtualDir", "/LM/W3SVC/1/ROOT", r#"AspEnableParentPaths="TRUE""#);
            let mut text = if new { application_host_with("<asp enableParentPaths='true'/>", "") } else { metabase(&old) };
            let mut start = (at * text.len() as f64) as usize;
            while !text.is_char_boundary(start) { start -= 1; }
            let mut end = text.len().min(start + length);
            while !text.is_char_boundary(end) { end += 1; }
            text.replace_range(start..end, &insert);
            iis6(&text);
            iis7(&text);
        }
    }
}
