//! Command lines in, requests or messages out.

// Tests report failures by panicking.
#![allow(clippy::unwrap_used)]

use std::ffi::OsString;
use std::path::PathBuf;

use wardline_mbsacli::hfnetchk::History;
use wardline_mbsacli::{Catalog, Hide, Layout, Quiet, Request, Show, Skip, SwitchError, parse};

/// Parses a line whose words are separated by spaces; `_` is a space in a word.
fn parsed(line: &str) -> Result<Request, String> {
    let words = line.split_whitespace().map(|word| OsString::from(word.replace('_', " ")));
    parse(words).map_err(|error: SwitchError| error.to_string())
}

fn mbsa(line: &str) -> wardline_mbsacli::MbsaScan {
    match parsed(line) {
        Ok(Request::Scan(scan)) => *scan,
        other => panic!("{line}: {other:?}"),
    }
}

fn hf(line: &str) -> wardline_mbsacli::HfNetChk {
    match parsed(line) {
        Ok(Request::HfNetChk(scan)) => *scan,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn the_mbsa_style_has_its_switches() {
    assert!(mbsa("").machines.is_this_computer());
    let names = |line: &str| mbsa(line).machines.names.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(r"/c CONTOSO\WEB01"), [r"CONTOSO\WEB01"]);
    assert_eq!(names("-I 10.0.0.5"), ["10.0.0.5"]);
    assert_eq!(mbsa("/r 10.0.0.1-10.0.0.9").machines.ranges[0].to_string(), "10.0.0.1-10.0.0.9");
    assert_eq!(mbsa("/d CONTOSO").machines.domains, ["CONTOSO"]);
    assert_eq!(mbsa("/n IIS+os+Hotfix").skip, Skip { iis: true, os: true, updates: true, ..Skip::default() });
    assert_eq!(mbsa("/N password+SQL").skip, Skip { passwords: true, sql: true, ..Skip::default() });
    assert_eq!(mbsa("/sus http://sus/list.txt").approved.unwrap(), "http://sus/list.txt");
    assert_eq!(
        (mbsa("").hide, mbsa("/s 1").hide, mbsa("/s 2").hide),
        (Hide::Nothing, Hide::Notes, Hide::NotesAndWarnings)
    );
    assert!(mbsa("/nosum").no_checksums && !mbsa("").no_checksums);
    assert_eq!(mbsa("/qp /QR").quiet, Quiet { progress: true, errors: false, reports: true });
    assert_eq!(mbsa("/q").quiet, Quiet { progress: true, errors: true, reports: true });
    assert!(mbsa("/unicode /nvc").unicode);
    let own = mbsa("--evidence /mnt/evidence --reports out --catalog a.xml --catalog b.xml /c A").own;
    assert_eq!((own.evidence, own.reports), (Some("/mnt/evidence".into()), Some("out".into())));
    assert_eq!(own.catalogs, [PathBuf::from("a.xml"), PathBuf::from("b.xml")]);
    for (line, expected) in [
        ("/l", Show::List),
        ("-LS", Show::ListLatest),
        ("/lr A_(x)", Show::Overview("A (x)".to_owned())),
        ("/ld A", Show::Detail("A".to_owned())),
        ("/e", Show::Errors),
    ] {
        assert!(matches!(parsed(line), Ok(Request::Show { show, .. }) if show == expected), "{line}");
    }
    assert!(matches!(parsed("/c A /?"), Ok(Request::Help { hfnetchk: false })));
    assert!(matches!(parsed("--help"), Ok(Request::Help { hfnetchk: false })));
}

#[test]
fn the_hfnetchk_style_has_its_switches() {
    let scan = hf(
        "/hf -h WEB01,web02 -i 10.0.0.5,10.0.0.6 -fh names.txt -fip addresses.txt -r 10.0.0.1-10.0.0.9 -d CONTOSO -n",
    );
    assert_eq!(scan.machines.names.len(), 4);
    assert_eq!(scan.machines.name_files, [PathBuf::from("names.txt")]);
    assert_eq!(scan.machines.address_files, [PathBuf::from("addresses.txt")]);
    assert!(scan.machines.network && scan.machines.ranges.len() == 1 && scan.machines.domains == ["CONTOSO"]);
    let scan = hf("-HF /b /fq hide.txt /s 2 /nosum /z /history 3 /v /f out.txt /t 128");
    assert!(scan.baseline_only && scan.no_checksums && scan.no_registry && scan.verbose);
    assert_eq!((scan.hidden_file, scan.file), (Some("hide.txt".into()), Some("out.txt".into())));
    assert_eq!((scan.hide, scan.history, scan.threads), (Hide::NotesAndWarnings, Some(History::Both), Some(128)));
    let (wrap, tab) = (hf("/hf"), hf("/hf -o TAB"));
    assert_eq!((wrap.layout, wrap.verbose, tab.layout, tab.verbose), (Layout::Wrap, false, Layout::Tab, true));
    assert!(hf("/hf -sum").force_checksums);
    for (value, expected) in [
        ("mssecure.xml", Catalog::File("mssecure.xml".into())),
        ("mssecure.CAB", Catalog::Cabinet("mssecure.CAB".into())),
        ("https://x/mssecure.cab", Catalog::Address("https://x/mssecure.cab".to_owned())),
    ] {
        assert_eq!(hf(&format!("/hf -x {value}")).catalog, Some(expected));
    }
    assert!(hf("/hf -trace -v").trace && hf("--evidence e /hf -trace").trace);
    assert!(matches!(parsed("/hf -?"), Ok(Request::Help { hfnetchk: true })));
    assert!(matches!(parsed("/hf -about"), Ok(Request::About)));
}

#[test]
fn a_switch_that_cannot_be_used_is_named_with_the_reason() {
    for (line, expected) in [
        ("/x", "/x is a switch of HFNetChk: put /hf before it"),
        ("/foo", "/foo: unknown switch; `mbsacli /?` lists those that exist"),
        ("/hf -foo", "-foo: unknown switch; `mbsacli /hf -?` lists those that exist"),
        ("WEB01", "WEB01: expected a switch; switches begin with / or -"),
        ("-", "-: expected a switch; switches begin with / or -"),
        ("/c", r"/c: missing value: expected domain\computer"),
        ("/c /nosum", r"/c: missing value: expected domain\computer"),
        ("/c A /c B", "/c is given twice"),
        ("/c A /i 10.0.0.1", "/c and /i exclude each other"),
        ("/c A,B", "/c A,B: expected one computer"),
        ("/c ../A", r"/c ../A: expected the name of a machine, such as WEB01 or CONTOSO\WEB01, found `../A`"),
        ("/i web01", "/i web01: expected IPv4 addresses"),
        ("/r 10.0.0.1", "/r 10.0.0.1: expected two IPv4 addresses, such as 10.0.0.1-10.0.0.50"),
        ("/r 10.0.0.9-10.0.0.1", "/r 10.0.0.9-10.0.0.1: the first address is higher than the last"),
        ("/n IIS+DNS", "/n IIS+DNS: expected IIS, OS, Password, SQL or Updates, joined by +"),
        ("/s 3", "/s 3: expected 1 (hide notes) or 2 (hide notes and warnings)"),
        (
            "/o %machine%",
            "/o %machine%: unknown variable `%machine%`: expected %domain%, %computername%, %ip% or %date%",
        ),
        ("/l /c A", "/l and /c exclude each other"),
        ("/l /e", "/l and /e exclude each other"),
        ("/c A /hf", "/hf has to be the first switch"),
        ("/hf /ld A", "/ld is a switch of the MBSA style, which cannot be used beside /hf"),
        ("/hf -o csv", "-o csv: expected tab or wrap"),
        ("/hf -t 129", "-t 129: expected a number from 1 to 128"),
        ("/hf -t 0", "-t 0: expected a number from 1 to 128"),
        ("/hf -history 4", "-history 4: expected 1 (installed), 2 (not installed) or 3 (both)"),
        ("/hf -sum -nosum", "-sum and -nosum exclude each other"),
        ("/hf -v -trace", "-trace has to be the first switch after /hf"),
        ("/hf -u admin", "-u and -p are only used together"),
        ("/hf -p secret", "-p and -u are only used together"),
        ("--evidence", "--evidence: missing value: expected a folder"),
        ("--evidence a --evidence b", "--evidence is given twice"),
        ("--folder a", "--folder: unknown switch; `mbsacli /?` lists those that exist"),
    ] {
        assert_eq!(parsed(line).unwrap_err(), expected, "{line}");
    }
    // Those that MBSA could honour and wardline cannot.
    for (line, switch) in
        [("/hf -u admin -p secret", "-u: "), ("/hf -ver", "-ver: "), ("/sus SUS01", "/sus SUS01: not a file;")]
    {
        let message = parsed(line).unwrap_err();
        assert!(message.starts_with(switch), "{message}");
        assert!(!message.contains("secret"), "{message}");
    }
}

#[test]
fn both_styles_have_help_for_every_switch() {
    use wardline_mbsacli::help;
    for switch in "/c /i /r /d /n /sus /s /nosum /o /e /l /ls /lr /ld /qp /qe /qr /q /unicode /nvc /? /hf --evidence --reports --catalog".split(' ') {
        assert!(help::MBSA.contains(switch), "{switch}");
    }
    for switch in
        "-h -fh -i -fip -r -d -n -sus -b -fq -s -nosum -sum -z -history -v -o -f -t -u -p -x -ver -trace -about -?"
            .split(' ')
    {
        assert!(
            help::HFNETCHK.contains(&format!("{switch} "))
                || help::HFNETCHK.contains(&format!("{switch},"))
                || help::HFNETCHK.contains(&format!("{switch}.")),
            "{switch}"
        );
    }
    assert!(help::MBSA.lines().chain(help::HFNETCHK.lines()).all(|line| line.len() <= 80));
}
