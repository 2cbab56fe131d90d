//! Pages that a person has reviewed, and what every format says of the same fleet.

// Tests report failures by panicking.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::Path;

use wardline_report::{
    Destination, Format, FormatOptions, Outputs, Rendered, Summary, Tally, TargetReport, UpdateReport, Waived, convert,
    read,
};

#[path = "../examples/fleet/generator.rs"]
mod generator;

/// Writes the report of some machines to a file, and reads the file.
fn written(format: Format, options: &FormatOptions, machines: &[TargetReport]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report");
    write(format, options, machines, &file);
    std::fs::read_to_string(file).unwrap()
}

fn write(format: Format, options: &FormatOptions, machines: &[TargetReport], file: &Path) {
    let formats = [format.renderer(options)];
    let mut outputs = Outputs::begin(&formats, vec![Destination::File(file.to_owned())], &generator::head()).unwrap();
    let mut summary = Summary::default();
    for machine in machines {
        let rendered: Rendered = formats.iter().map(|format| format.target(machine)).collect();
        outputs.append(&rendered).unwrap();
        summary.add(Tally::new(machine));
    }
    summary.finish_without_catalog();
    outputs.finish(&formats, &summary).unwrap();
}

fn fleet(count: u64) -> Vec<TargetReport> {
    (0..count).map(generator::machine).collect()
}

/// Compares with a page that was reviewed before it was committed; `WARDLINE_ACCEPT=1` replaces it with the new one.
fn expect(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected").join(name);
    let found = found.replace("\r\n", "\n");
    if std::env::var_os("WARDLINE_ACCEPT").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(expected == found, "{} differs from what was found:\n{found}", path.display());
}

/// A few machines of different kinds.
fn few() -> Vec<TargetReport> {
    let mut machines = fleet(60);
    let mut chosen = Vec::new();
    for wanted in ["legacy", "web", "sql", "ws"] {
        let place =
            machines.iter().position(|machine| machine.name.starts_with(wanted) && machine.source.kind.is_some());
        chosen.push(machines.remove(place.unwrap()));
    }
    let unopened = machines.iter().position(|machine| machine.source.kind.is_none()).unwrap();
    chosen.push(machines.remove(unopened));
    let in_part = machines.iter().position(|machine| machine.updates_judged().len() > 1).unwrap();
    chosen.push(machines.remove(in_part));
    chosen
}

#[test]
fn the_text_reads_well() {
    let options = FormatOptions::default();
    expect("few.txt", &written(Format::Text, &options, &few()));
    let narrow = FormatOptions { width: Some(80), ..options.clone() };
    expect("narrow.txt", &written(Format::Text, &narrow, &few()));
    let verbose = FormatOptions { verbose: true, ..options.clone() };
    expect("verbose.txt", &written(Format::Text, &verbose, &few()[..1]));
    let machines = fleet(120);
    let text = written(Format::Text, &options, &machines);
    let overview = text.split(&format!("\n\n{}  ", machines[0].name)).next().unwrap();
    expect("overview.txt", &format!("{overview}\n"));
}

#[test]
fn every_line_fits_the_terminal_but_for_addresses() {
    for width in [60, 80, 132] {
        let options = FormatOptions { width: Some(width), ..FormatOptions::default() };
        let text = written(Format::Text, &options, &few());
        let long = text.lines().find(|line| line.chars().count() > usize::from(width) && !line.contains("://"));
        assert_eq!(long, None, "width {width}");
    }
    let verbose = FormatOptions { verbose: true, width: Some(40), ..FormatOptions::default() };
    let text = written(Format::Text, &verbose, &few());
    let address = "https://catalog.update.microsoft.com/Search.aspx?q=";
    assert!(text.contains(address), "no address is broken");
    assert_eq!(text.matches("https://").count(), text.matches(address).count());
}

#[test]
fn the_small_formats_read_well() {
    let options = FormatOptions { date: Some("2024-03-20T06:00:00Z".to_owned()), ..FormatOptions::default() };
    let one = &few()[1..2];
    for format in [Format::Csv, Format::Tab, Format::MbsaXml, Format::Junit, Format::OpenMetrics, Format::Markdown] {
        expect(&format!("one.{}", format.word()), &written(format, &options, one));
    }
}

#[test]
fn no_format_repeats_an_article_that_is_the_bulletin() {
    let modern = &few()[1..2];
    assert!(modern[0].updates.iter().any(|update| update.kb.as_ref() == Some(&update.bulletin)));
    for format in [Format::Text, Format::Html, Format::Markdown, Format::Junit, Format::Sarif, Format::CycloneDx] {
        let page = written(format, &FormatOptions::default(), modern);
        for update in &modern[0].updates {
            let twice = format!("{0} ({0})", update.bulletin);
            assert!(!page.contains(&twice), "{twice} in {}", format.word());
        }
    }
}

#[test]
fn a_saved_report_converts_to_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved.json");
    let mut machines = fleet(40);
    // A saved report does not say which plugins are wardline's own.
    machines.iter_mut().flat_map(|machine| &mut machine.plugins).for_each(|plugin| plugin.stock = true);
    let options = FormatOptions::default();
    write(Format::Json, &options, &machines, &saved);
    for format in Format::ALL {
        let file = folder.path().join(format.word());
        let formats = [format.renderer(&options)];
        let summary = convert(std::slice::from_ref(&saved), &formats, vec![Destination::File(file.clone())]).unwrap();
        assert_eq!(summary.targets, 40);
        let converted = std::fs::read_to_string(&file).unwrap();
        assert!(converted == written(format, &options, &machines), "{} differs", format.word());
    }
    let broken = folder.path().join("broken.json");
    let text = std::fs::read_to_string(&saved).unwrap();
    std::fs::write(&broken, &text[..text.len() / 2]).unwrap();
    let file = folder.path().join("kept");
    std::fs::write(&file, "older").unwrap();
    let formats = [Format::Html.renderer(&options)];
    let error = convert(&[broken], &formats, vec![Destination::File(file.clone())]).unwrap_err();
    assert!(error.to_string().contains("broken.json: target"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "older");
}

#[test]
fn a_report_without_machines_is_whole_in_every_format() {
    for format in Format::ALL {
        let page = written(format, &FormatOptions::default(), &[]);
        match format {
            Format::Json | Format::Sarif | Format::CycloneDx => {
                serde_json::from_str::<serde_json::Value>(&page).map(drop).unwrap_or_else(|error| {
                    panic!("{}: {error}\n{page}", format.word());
                });
            }
            Format::OpenMetrics => assert!(page.ends_with("# EOF\n")),
            _ => {}
        }
    }
}

#[test]
fn numbers_agree_between_formats() {
    let machines = fleet(60);
    let options = FormatOptions::default();
    let missing: usize = machines
        .iter()
        .flat_map(|machine| &machine.updates)
        .filter(|update| update.status == wardline_contract::UpdateStatus::Missing)
        .count();
    let count = |format, what: &str| written(format, &options, &machines).matches(what).count();
    assert_eq!(count(Format::Csv, ",missing,"), missing);
    assert_eq!(count(Format::Tab, "\tPatch NOT Found\t"), missing);
    assert_eq!(count(Format::Junit, "<failure message=\"missing: "), missing);
    let metrics = written(Format::OpenMetrics, &options, &machines);
    let sum: u64 = metrics
        .lines()
        .filter(|line| line.starts_with("wardline_updates_missing{"))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum();
    assert_eq!(sum, missing as u64);
}

#[test]
fn the_reader_of_targets_alone_sees_each() {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved.json");
    write(Format::Json, &FormatOptions::default(), &fleet(3), &saved);
    let mut seen = 0;
    read(&saved, &mut |_| {
        seen += 1;
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(seen, 3);
}

/// A machine of which two findings are waived: the first missing update, and the first check that failed.
fn partly_waived() -> TargetReport {
    let mut machine = few().remove(1);
    let waived = Waived {
        source: "waivers.toml, line 12".into(),
        reason: Some("Behind the proxy until the move.".into()),
        owner: Some("Ann".into()),
        expires: Some("2027-03-31".into()),
    };
    let missing = |update: &&mut UpdateReport| update.status == wardline_contract::UpdateStatus::Missing;
    machine.updates.iter_mut().find(missing).unwrap().waived = Some(waived.clone());
    machine.checks.iter_mut().find(|check| check.can_be_waived()).unwrap().waived = Some(waived);
    machine.grade_again();
    machine
}

#[test]
fn what_is_waived_is_out_of_the_work_in_every_format() {
    let machine = partly_waived();
    let update = machine.updates.iter().find(|update| update.waived.is_some()).unwrap();
    let check = machine.checks.iter().find(|check| check.waived.is_some()).unwrap();
    let reason = "until 2027-03-31 by Ann (waivers.toml, line 12): Behind the proxy until the move.";
    for format in Format::ALL {
        let hidden = written(format, &FormatOptions::default(), std::slice::from_ref(&machine));
        let shown = FormatOptions { show_waived: true, ..FormatOptions::default() };
        let shown = written(format, &shown, std::slice::from_ref(&machine));
        let (names, says): (bool, bool) = match format {
            // Always there, marked.
            Format::Json | Format::Sarif | Format::Junit | Format::CycloneDx => (true, true),
            Format::OpenMetrics => (false, false),
            Format::Text | Format::Html | Format::Markdown | Format::Csv | Format::Tab | Format::MbsaXml => {
                let unbroken = |page: &str| page.split_whitespace().collect::<Vec<_>>().join(" ").replace('\\', "");
                assert!(unbroken(&shown).contains(reason), "{}: {shown}", format.word());
                (false, false)
            }
        };
        assert_eq!(hidden.contains(&*update.bulletin), names, "{}: {hidden}", format.word());
        assert_eq!(hidden.contains("Behind the proxy"), says, "{}: {hidden}", format.word());
    }
    let json = written(Format::Json, &FormatOptions::default(), std::slice::from_ref(&machine));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["summary"]["waived"], serde_json::json!({"findings": 2, "targets": 1}));
    let sarif = written(Format::Sarif, &FormatOptions::default(), std::slice::from_ref(&machine));
    let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let suppressed: Vec<_> = results.iter().filter(|result| !result["suppressions"].is_null()).collect();
    assert_eq!(suppressed.len(), 2);
    assert_eq!(suppressed[0]["ruleId"], check.id);
    assert_eq!(
        suppressed[0]["suppressions"][0],
        serde_json::json!({"kind": "external", "status": "accepted", "justification": reason})
    );
    let metrics = written(Format::OpenMetrics, &FormatOptions::default(), std::slice::from_ref(&machine));
    assert!(metrics.contains(&format!("wardline_findings_waived{{machine=\"{}\"}} 2\n", machine.name)), "{metrics}");
}

/// Machines that lack one package for two products, or for either of them.
fn one_package_for_two_products() -> Vec<TargetReport> {
    let mut machine = few().remove(1);
    let mut update = machine
        .updates
        .iter()
        .find(|update| update.status == wardline_contract::UpdateStatus::Missing)
        .unwrap()
        .clone();
    machine.updates.clear();
    let mut entry = |number: u32, product: &str, severity, cve: &str| {
        update.number = number;
        update.bulletin = "KB3205383".into();
        update.kb = Some("KB3205383".into());
        update.product = product.to_owned();
        update.title = format!("Cumulative update for {product}").into();
        update.severity = severity;
        update.cves = vec![cve.into()];
        update.clone()
    };
    let windows = entry(7, "Windows 10", wardline_contract::Severity::Important, "CVE-2016-7202");
    let browser = entry(9, "Internet Explorer 11", wardline_contract::Severity::Critical, "CVE-2016-7278");
    [vec![windows.clone(), browser.clone()], vec![browser], vec![windows]]
        .into_iter()
        .enumerate()
        .map(|(place, updates)| TargetReport { name: format!("pc{place}"), updates, ..machine.clone() })
        .collect()
}

#[test]
fn a_package_for_several_products_is_installed_once() {
    let machines = one_package_for_two_products();
    let mut summary = Summary::default();
    machines.iter().for_each(|machine| summary.add(Tally::new(machine)));
    summary.finish_without_catalog();
    let [install] = summary.work.installs()[..] else { panic!("{:?}", summary.work.installs()) };
    assert_eq!(install.machines.places(), [0, 1, 2]);
    assert_eq!(install.severity, wardline_contract::Severity::Critical);
    assert_eq!(install.cves, ["CVE-2016-7202", "CVE-2016-7278"]);
    assert_eq!(summary.missing.iter().map(|missing| missing.targets).collect::<Vec<_>>(), [3]);
    for (format, heading) in [(Format::Text, "  Install\n"), (Format::Markdown, "## What to install")] {
        let page = written(format, &FormatOptions::default(), &machines);
        let list = page.split(heading).nth(1).unwrap_or_else(|| panic!("{page}"));
        let list = list.split("\n\n").find(|part| part.contains("KB3205383")).unwrap_or_default();
        assert_eq!(list.matches("KB3205383").count(), 1, "{page}");
    }
    // The machine's own list, too.
    let page = written(Format::Text, &FormatOptions::default(), &machines[..1]);
    assert_eq!(page.matches("KB3205383").count(), 1, "{page}");
    // The script finds the machines that lack any of its entries.
    let page = written(Format::Html, &FormatOptions::default(), &machines);
    assert!(page.contains(r#"data-update="7 9""#), "{page}");
}

/// Machines that lack the newest update. On the first, one and a half older ones are missing too, which the newest replaces: of the
/// second, an installed update fixes one of two vulnerabilities. The others are newer.
fn older_updates_are_missing(count: usize) -> Vec<TargetReport> {
    use wardline_contract::UpdateStatus::{Installed, Missing, Superseded};
    let mut machine = few().remove(1);
    let built = |update: &&UpdateReport| {
        update.status == Missing && update.tests.iter().any(|test| test.kind == wardline_report::TestKind::Build)
    };
    let update = machine.updates.iter().find(built).unwrap().clone();
    machine.updates.clear();
    machine.actions.clear();
    let entry = |number: u32, status, by: Option<&str>, cves: &[&str]| UpdateReport {
        number,
        bulletin: format!("KB{number}").into(),
        kb: Some(format!("KB{number}").into()),
        status,
        superseded_by: by.map(str::to_owned),
        cves: cves.iter().map(|cve| (*cve).into()).collect(),
        ..update.clone()
    };
    let newest = entry(5_000_005, Missing, None, &["CVE-2026-0005", "CVE-2026-0050"]);
    let by = Some("KB5000005");
    let old = vec![
        newest.clone(),
        entry(5_000_004, Superseded, by, &["CVE-2026-0004", "CVE-2026-0005"]),
        entry(5_000_003, Superseded, by, &["CVE-2026-0003", "CVE-2026-0001"]),
        entry(5_000_002, Superseded, Some("KB5000001"), &["CVE-2026-0002"]),
        entry(5_000_001, Installed, None, &["CVE-2026-0001"]),
    ];
    let new = vec![newest, entry(5_000_004, Installed, None, &["CVE-2026-0004", "CVE-2026-0005"])];
    (0..count)
        .map(|place| TargetReport {
            name: format!("pc{place}"),
            updates: if place == 0 { old.clone() } else { new.clone() },
            ..machine.clone()
        })
        .collect()
}

/// The machines on which a file for trackers says that each vulnerability is open.
fn affected(machines: &[TargetReport]) -> std::collections::BTreeMap<String, Vec<String>> {
    let page = written(Format::CycloneDx, &FormatOptions::default(), machines);
    let bom: serde_json::Value = serde_json::from_str(&page).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let mut dependents: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
    for dependency in bom["dependencies"].as_array().unwrap() {
        for group in dependency["dependsOn"].as_array().unwrap() {
            dependents.entry(text(group)).or_default().push(text(&dependency["ref"]));
        }
    }
    let components: Vec<String> =
        bom["components"].as_array().unwrap().iter().map(|component| text(&component["bom-ref"])).collect();
    let vulnerabilities = bom["vulnerabilities"].as_array().unwrap().iter().map(|vulnerability| {
        assert!(text(&vulnerability["recommendation"]).contains("KB5000005"), "{vulnerability}");
        let affected = vulnerability["affects"].as_array().unwrap().iter().map(|affected| text(&affected["ref"]));
        let affected = affected.flat_map(|reference| {
            assert!(components.contains(&reference), "{reference}");
            dependents.get(&reference).cloned().unwrap_or(vec![reference])
        });
        (text(&vulnerability["id"]), affected.collect())
    });
    vulnerabilities.collect()
}

#[test]
fn what_an_older_missing_update_fixes_is_open() {
    let machines = older_updates_are_missing(2);
    let both = vec!["machine-0".to_owned(), "machine-1".to_owned()];
    let first = vec!["machine-0".to_owned()];
    let open =
        [("CVE-2026-0003", &first), ("CVE-2026-0004", &first), ("CVE-2026-0005", &both), ("CVE-2026-0050", &both)];
    let open: std::collections::BTreeMap<String, Vec<String>> =
        open.into_iter().map(|(cve, machines)| (cve.to_owned(), machines.clone())).collect();
    assert_eq!(affected(&machines), open);

    let page = written(Format::Html, &FormatOptions::default(), &machines);
    assert!(page.contains(" · fixes 2 vulnerabilities, and 2 of older updates"), "{page}");
    let verbose = FormatOptions { verbose: true, width: Some(200), ..FormatOptions::default() };
    let page = written(Format::Text, &verbose, &machines[..1]);
    let listed = "CVE-2026-0005, CVE-2026-0050, CVE-2026-0003, CVE-2026-0004";
    assert!(page.contains(&format!("Fixes 2 vulnerabilities, and 2 of older updates: {listed}")), "{page}");
    let page = written(Format::Csv, &FormatOptions::default(), &machines);
    let rows: Vec<&str> = page.lines().filter(|line| line.contains("KB5000005")).collect();
    assert!(rows[0].ends_with(&format!(",{}", listed.replace(',', ""))), "{}", rows[0]);
    assert!(rows[1].ends_with(",CVE-2026-0005 CVE-2026-0050"), "{}", rows[1]);
}

#[test]
fn a_machine_is_not_open_to_what_its_update_fixes_for_another_product() {
    let mut machines = older_updates_are_missing(4);
    for (place, machine) in machines.iter_mut().enumerate() {
        machine.updates.truncate(1);
        if place % 2 == 1 {
            machine.updates[0].cves.push("CVE-2026-0060".into());
        }
    }
    let found = affected(&machines);
    assert_eq!(found["CVE-2026-0060"], ["machine-1", "machine-3"]);
    assert_eq!(found["CVE-2026-0050"].len(), 4);
    machines.reverse();
    assert_eq!(affected(&machines)["CVE-2026-0060"], ["machine-0", "machine-2"]);
}

#[test]
fn a_list_of_vulnerabilities_is_whole_or_ends_after_a_name() {
    let mut machines = older_updates_are_missing(1);
    machines[0].updates.truncate(1);
    let mut last_cell = |count: usize| {
        machines[0].updates[0].cves = (0..count).map(|number| format!("CVE-2026-{number:05}").into()).collect();
        let page = written(Format::Csv, &FormatOptions::default(), &machines);
        let row = page.lines().find(|line| line.contains("KB5000005")).unwrap().to_owned();
        row.rsplit_once(',').unwrap().1.to_owned()
    };
    assert_eq!(last_cell(8_000).split(' ').count(), 8_000);
    assert!(last_cell(8_000).ends_with(" CVE-2026-07999"));
    let cell = last_cell(10_000);
    let (listed, more) = cell.strip_suffix(" more").unwrap().split_once(" and ").unwrap();
    assert!(listed.split(' ').all(|name| name.len() == 14), "{listed}");
    assert_eq!(listed.split(' ').count() + more.parse::<usize>().unwrap(), 10_000);
}

#[test]
fn a_waived_update_leaves_what_it_replaces_open() {
    let mut machines = older_updates_are_missing(1);
    machines[0].updates[0].waived =
        Some(Waived { source: "waivers.toml, line 3".into(), reason: None, owner: None, expires: None });
    let page = written(Format::CycloneDx, &FormatOptions::default(), &machines);
    let found = affected(&machines);
    assert_eq!(found.keys().map(|cve| &cve[9..]).collect::<Vec<_>>(), ["0003", "0004", "0005", "0050"]);
    assert_eq!(page.matches("will_not_fix").count(), 4, "{page}");
}

#[test]
fn a_large_fleet_is_not_named_for_each_vulnerability() {
    let machines = older_updates_are_missing(300);
    let found = affected(&machines);
    assert_eq!(found["CVE-2026-0003"], ["machine-0"]);
    assert_eq!((found["CVE-2026-0005"].len(), found["CVE-2026-0050"].len()), (300, 300));
    let page = written(Format::CycloneDx, &FormatOptions::default(), &machines);
    assert_eq!(page.matches("\"machine-7\"").count(), 2, "once as a component and once as one that depends");
}
