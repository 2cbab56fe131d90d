//! Command lines of mbsacli in, files and exit codes out.

use wardline::cli::ExitStatus;

use super::doubles::Place;

const MBSA: &str = "mbsacli --evidence DIR/evidence --reports DIR/reports --catalog c.xml";
const HF: &str = "/opt/MBSACLI.EXE --evidence DIR/evidence --catalog c.xml /hf";

#[test]
fn each_machine_gets_a_report_by_its_name() {
    let place = Place::new();
    assert_eq!(place.run(&format!(r"{MBSA} /c CONTOSO\fp01 /q")), ExitStatus::Success);
    assert_eq!(place.run(&format!("{MBSA} -C web01 -O %computername%_%ip% -Q")), ExitStatus::Success);
    assert_eq!(
        place.run(&format!("{MBSA} /r 10.0.0.1-10.0.0.9 /o %computername%-%ip%-%date% /q")),
        ExitStatus::Success
    );
    assert_eq!(place.run(&format!("{MBSA} /d contoso /o %domain% /n OS+updates /q")), ExitStatus::Success);
    let reports = place.files("reports");
    let ip = reports.iter().find(|name| name.contains("-10.0.0.5-11-27-2026 06-05 PM.xml"));
    assert!(ip.is_some() && reports.contains(&"contoso.xml".to_owned()), "{reports:?}");
    let first = reports.iter().find(|name| name.starts_with("CONTOSO - ")).unwrap();
    let xml = place.read(&format!("reports/{first}"));
    assert!(xml.contains(r#"Domain="CONTOSO" IP="" Grade="2""#) && xml.contains("MS01-030"), "{xml}");
    assert!(xml.contains(r#"Date="2026-11-27 18:05:09""#), "{xml}");
    // Windows' checks and updates were left out of the last one, and the plugin has no others.
    let xml = place.read("reports/contoso.xml");
    assert!(!xml.contains("<Check "), "{xml}");
    for show in ["/l", "/ls", "/lr contoso", "/ld contoso.xml", "/e", "/l /unicode"] {
        assert_eq!(place.run(&format!("{MBSA} {show}")), ExitStatus::Success, "{show}");
    }
    assert_eq!(place.run(&format!("{MBSA} /ld nothing")), ExitStatus::Fatal);
}

#[test]
fn a_machine_without_evidence_is_an_error_of_the_scan_and_not_its_end() {
    let place = Place::new();
    place.write("names.txt", "web01\r\nghost\r\n");
    assert_eq!(place.run(&format!("{HF} -fh DIR/names.txt -o tab -f DIR/out.txt")), ExitStatus::Incomplete);
    let text = place.read("out.txt");
    assert!(
        text.starts_with("Machine Name\t")
            && text.contains("\r\nghost\t\t\t\tWARNING\tcould not be scanned: no evidence"),
        "{text}"
    );
    assert!(text.contains("\r\nweb01\tWindows 2000 Server\tMS01-030\tQ300000\tPatch NOT Found\t"), "{text}");
    assert_eq!(place.run(&format!("{MBSA} /c ghost /q")), ExitStatus::Fatal);
    let latest = place.read("reports/latest-scan.json");
    assert!(latest.contains("ghost: no evidence"), "{latest}");
}

#[test]
fn hfnetchk_writes_what_it_is_asked_for() {
    let place = Place::new();
    let text = |switches: &str| {
        assert_eq!(place.run(&format!("{HF} {switches} -f DIR/out.txt")), ExitStatus::Success, "{switches}");
        place.read("out.txt")
    };
    let web = text("-h web01");
    assert!(web.contains("web01\n----") && web.contains("    * WINDOWS 2000 SERVER SP2\n"), "{web}");
    assert!(web.contains("    Patch NOT Found     MS01-030    Q300000\n") && web.contains("    NOTE "), "{web}");
    assert!(!text("-h web01 -s 1").contains("NOTE "));
    assert!(!text("-h web01 -b").contains("MS01-033"));
    place.write("hide.txt", "Q300000\n");
    let hidden = text("-h web01 -fq DIR/hide.txt");
    assert!(!hidden.contains("MS01-030") && hidden.contains("1 hotfix is hidden."), "{hidden}");
    assert!(text("-h sql01-patched -history 1").contains("Patch Found"));
    assert!(text("-n -o tab").contains("10.0.0.5\t"));
    assert!(text("-i 10.0.0.5 -v -t 2 -z -nosum").contains("idq.dll"));
}

#[test]
fn what_cannot_be_honoured_ends_before_anything_is_written() {
    let place = Place::new();
    place.write("out.txt", "of an earlier scan");
    for switches in [
        "-u admin -p secret -h web01",
        "-ver",
        "-x mssecure.cab -h web01",
        "-x https://localhost/mssecure.cab -h web01",
        "",
        "-h web01 /ld x",
        "-r 10.9.0.1-10.9.0.2",
        "-d FABRIKAM",
        "-fh DIR/nowhere.txt",
        "-h web01 -fq DIR/nowhere.txt",
        "-h web01 -sus nowhere",
    ] {
        assert_eq!(place.run(&format!("{HF} {switches} -f DIR/out.txt")), ExitStatus::Fatal, "{switches}");
        assert_eq!(place.read("out.txt"), "of an earlier scan", "{switches}");
    }
    // An output that is also an input.
    place.write("names.txt", "web01");
    assert_eq!(place.run(&format!("{HF} -fh DIR/names.txt -f DIR/names.txt")), ExitStatus::Fatal);
    assert_eq!(place.read("names.txt"), "web01");
    assert_eq!(place.run(&format!("{HF} -h web01 -f DIR/evidence/web01.txt")), ExitStatus::Fatal);
    assert_eq!(place.read("evidence/web01.txt"), "");
    assert_eq!(place.run("mbsacli --reports DIR/reports --evidence DIR/evidence"), ExitStatus::Fatal);
    assert!(!place.exists("reports"));
}
