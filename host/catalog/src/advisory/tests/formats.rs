use std::io::Write as _;
use std::path::Path;

use proptest::prelude::*;
use wardline_contract::Update;
use wardline_fixtures::advisory::{DEFINITIONS_HEADING, Fix, Month};

use super::{CLIENT, SERVER, figures, month};
use crate::advisory::{csaf, cvrf, wesng};
use crate::{Catalog, CatalogError, CatalogInfo, Limits};

fn sample() -> Month {
    month("2024-Mar", "2024-03-12")
        .product("13", "R&D Tools for Windows")
        .cve("CVE-2024-21407")
        .exploited()
        .rated(SERVER, "Critical")
        .rated(CLIENT, "Critical")
        .fix(Fix::new("5035849", &[SERVER, CLIENT]).build("10.0.17763.5576"))
        .fix(Fix::new("5035857", &["13"]).build("7.0.1").restart("No"))
}

/// Reads documents as the program does, each in a file of its own.
fn read(documents: &[Vec<u8>]) -> Result<Catalog, CatalogError> {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<_> = (0..documents.len()).map(|at| folder.path().join(at.to_string())).collect();
    for (file, bytes) in files.iter().zip(documents) {
        std::fs::write(file, bytes).unwrap();
    }
    crate::read_all(&files, &Limits::default()).map(|sources| sources.catalogs.into_iter().next().unwrap())
}

pub(super) fn archive(files: &[(&str, String)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn definitions(months: &[Month]) -> Vec<u8> {
    let rows: String = months.iter().map(Month::definitions).collect();
    archive(&[
        ("CVEs_20240328.csv", format!("{DEFINITIONS_HEADING}# a remark\n{rows}")),
        ("Version_0.94.txt", "This definition file requires …".to_owned()),
    ])
}

/// The update without what only some of the formats say.
fn common(update: &Update) -> (String, Vec<String>, Option<String>, Vec<String>) {
    let products = update.applies_to.iter().map(|row| row.product.name.clone()).collect();
    (update.bulletin.clone(), update.cves.clone(), update.posted.clone(), products)
}

#[test]
fn the_same_facts_in_cvrf_and_csaf_make_the_same_updates() {
    let month = sample();
    let cvrf = read(&[month.cvrf().into_bytes()]).unwrap();
    let csaf = read(&month.csaf().into_iter().map(String::into_bytes).collect::<Vec<_>>()).unwrap();
    assert_eq!((cvrf.info.format, csaf.info.format), ("cvrf", "csaf"));
    assert_eq!(cvrf.updates.len(), 2);
    for (left, right) in cvrf.updates.iter().zip(&csaf.updates) {
        assert_eq!(common(left), common(right));
        let builds = |update: &Update| update.applies_to.iter().map(|row| row.fixed_build.clone()).collect::<Vec<_>>();
        assert_eq!(builds(left), builds(right));
        assert_eq!((left.restart, &left.notes, &left.url), (right.restart, &right.notes, &right.url));
        assert_eq!(left.applies_to[0].product.id, right.applies_to[0].product.id);
    }
    assert_eq!(cvrf.updates[1].applies_to[0].product.name, "R&D Tools for Windows");
    assert!(!cvrf.updates[1].restart);
}

#[test]
fn the_same_facts_in_definitions_make_updates_without_builds() {
    let month = sample();
    let cvrf = read(&[month.cvrf().into_bytes()]).unwrap();
    let wesng = read(&[definitions(&[month])]).unwrap();
    assert_eq!((wesng.info.format, wesng.info.date.as_deref()), ("wesng", Some("2024-03-28")));
    assert_eq!(
        cvrf.updates.iter().map(common).collect::<Vec<_>>(),
        wesng.updates.iter().map(common).collect::<Vec<_>>()
    );
    assert_eq!(figures(&wesng).0.fixed_builds, 0);
}

/// Rows differ in columns that are not used, and some name no article: they count, and change nothing else.
#[test]
fn rows_that_say_nothing_new_are_only_counted() {
    let rows = sample().definitions();
    let once = read(&[archive(&[("CVEs_20240328.csv", format!("{DEFINITIONS_HEADING}{rows}"))])]).unwrap();
    let row = rows.lines().next().unwrap();
    let fields: Vec<&str> = row.split(',').collect();
    let without_article = [&fields[..2], &["\"\""], &fields[3..]].concat().join(",");
    let twice: String = rows.lines().map(|row| format!("{row}\n{row}\n")).collect();
    let more = format!("{DEFINITIONS_HEADING}{twice}{without_article}\n{rows}");
    let more = read(&[archive(&[("CVEs_20240328.csv", more)])]).unwrap();
    assert_eq!(more.updates, once.updates);
    let (once, more, given) = (figures(&once).0, figures(&more).0, rows.lines().count() as u64);
    assert_eq!((once.vendor_fixes, once.fixed_products, once.fixes_without_update), (given, given, 0));
    let all = 3 * given + 1;
    assert_eq!((more.vendor_fixes, more.fixed_products, more.fixes_without_update), (all, all, 1));
}

/// Rows of which some have a component that is a product of its own.
fn rows_with_components() -> String {
    let row = |cve: &str, article: &str, product: &str, component: &str| {
        format!("\"20150811\",\"{cve}\",\"{article}\",\"\",\"{product}\",\"{component}\",\"Critical\",\"\",\"\",\"\"\n")
    };
    let windows = "Windows Server 2012 R2";
    let rows = [
        row("CVE-2015-2455", "3078601", windows, ""),
        row("CVE-2015-2455", "3072307", windows, "Microsoft .NET Framework 3.5"),
        row("CVE-2015-2423", "3078071", "Windows Server 2012 r2", "Windows Internet Explorer 11"),
        row("CVE-2015-2423", "3078071", windows, "Windows Shell"),
        row("CVE-2016-0001", "3078071", "Internet Explorer 11 on Windows Server 2012 R2", "Internet Explorer"),
        row("CVE-2016-0002", "3078071", "Internet Explorer 11", windows),
        row("CVE-2016-0003", "3124275", "Internet Explorer 11", windows),
    ];
    format!("{DEFINITIONS_HEADING}{}", rows.concat())
}

/// The oldest rows name what is updated on Windows as a component; others name both as documents do.
#[test]
fn rows_with_a_component_are_for_the_product_of_documents() {
    let windows = "Windows Server 2012 R2";
    let text = rows_with_components();
    let catalog = read(&[archive(&[("CVEs_20240328.csv", text)])]).unwrap();
    let mut found: Vec<_> = catalog
        .updates
        .iter()
        .flat_map(|update| update.applies_to.iter().map(|row| (&*update.article, &*row.product.name, &*update.cves)))
        .map(|(article, product, cves)| (article, product, cves.join(" ")))
        .collect();
    found.sort_unstable();
    let explorer = "Internet Explorer 11 on Windows Server 2012 R2";
    assert_eq!(
        found,
        [
            ("KB3072307", "Microsoft .NET Framework 3.5 on Windows Server 2012 R2", "CVE-2015-2455".to_owned()),
            // A row from a document says what it closes there.
            ("KB3078071", explorer, "CVE-2016-0001".to_owned()),
            ("KB3078071", windows, "CVE-2015-2423".to_owned()),
            ("KB3078601", windows, "CVE-2015-2455".to_owned()),
            ("KB3124275", explorer, "CVE-2016-0003".to_owned()),
        ]
    );
}

/// Products without identifiers are those that other documents name in the same way.
#[test]
fn all_formats_together_are_one_catalog() {
    let month = sample();
    let mut documents = vec![month.cvrf().into_bytes(), definitions(std::slice::from_ref(&month))];
    documents.extend(month.csaf().into_iter().map(String::into_bytes));
    let alone = read(&documents[..1]).unwrap();
    let together = read(&documents).unwrap();
    assert_eq!(together.info.format, "advisories");
    assert_eq!(together.documents.len(), 3);
    let facts = |catalog: &Catalog| {
        let rows = catalog.updates.iter().map(|update| (common(update), update.applies_to.clone()));
        rows.collect::<Vec<_>>()
    };
    assert_eq!(facts(&together), facts(&alone));
}

#[test]
fn texts_with_references_and_other_encodings() {
    let xml = sample().cvrf().replace("Windows Server 2019", "Windows &#x26; S&quot;rv<![CDATA[&]]>r");
    let utf16: Vec<u8> = format!("\u{FEFF}{xml}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [xml.clone().into_bytes(), utf16] {
        let catalog = read(&[bytes]).unwrap();
        assert_eq!(catalog.updates[0].applies_to[0].product.name, "Windows & S\"rv&r");
    }
}

/// The contents of elements without a meaning are passed over, and cannot end them early.
#[test]
fn elements_that_are_not_used_may_hold_anything() {
    let xml = sample().cvrf();
    let expected = read(&[xml.clone().into_bytes()]).unwrap().updates;
    for note in ["<b>&unknown; &lt;/vuln:Notes&gt;</b>", "<vuln:NotesOther></vuln:NotesOther>", "<![CDATA[</a>]]>"] {
        let xml = xml.replacen("<vuln:Notes>", &format!("<vuln:Notes>{note}"), 1);
        assert_eq!(read(&[xml.into_bytes()]).unwrap().updates, expected, "{note}");
    }
    for note in ["<!-- </vuln:Notes> -->", "<vuln:Notes></vuln:Notes>", "</vuln:Notes >"] {
        let xml = xml.replacen("<vuln:Notes>", &format!("<vuln:Notes>{note}"), 1);
        let message = read(&[xml.into_bytes()]).unwrap_err().to_string();
        assert!(message.contains("is not well-formed"), "{message}");
    }
}

#[test]
fn damaged_documents_are_refused_with_one_line() {
    let cvrf = sample().cvrf();
    let csaf = sample().csaf().remove(0);
    let zipped = definitions(&[sample()]);
    let cut = &cvrf[..cvrf.find("CVE-2024").unwrap()];
    let other = archive(&[("a.txt", "text".to_owned())]);
    let columns = archive(&[("a.csv", "one,two\n1,2\n".to_owned())]);
    let uneven = archive(&[("a.csv", format!("{DEFINITIONS_HEADING}1,2\n"))]);
    for (bytes, expected) in [
        (cut.as_bytes().to_vec(), "ends in the middle of <vuln:CVE>"),
        (cvrf.replace("</vuln:Vulnerability>", "").into_bytes(), "is not well-formed"),
        (format!("{cvrf}<a/>").into_bytes(), "a second root"),
        (csaf.as_bytes()[..csaf.len() / 2].to_vec(), "is not a CSAF document: EOF"),
        (csaf.replace("\"2.0\"", "\"1.1\"").into_bytes(), "it has version 1.1"),
        (b"{\"document\":{}}".to_vec(), "missing field"),
        (zipped[..zipped.len() / 2].to_vec(), "cannot be decompressed"),
        (other, "it holds no CSV file"),
        (columns, "no column is named DatePosted"),
        (uneven, "at line 2: 2 columns; expected 10"),
    ] {
        let message = read(&[bytes]).unwrap_err().to_string();
        assert!(message.contains(expected) && !message.contains('\n'), "{message}");
    }
}

#[test]
fn limits_hold() {
    let month = sample();
    let all = Limits::default;
    let small = Limits { document_bytes: 500, ..all() };
    let few = Limits { statements: 2, ..all() };
    let info = CatalogInfo::default;
    let origin = Path::new("test");
    let deep = format!("<cvrfdoc><ProductTree>{}", "<Branch>".repeat(100));
    let long = month.cvrf().replace("Windows Server 2019", &"x".repeat(70_000));
    let nested = format!("{{\"product_tree\":{}", "{\"branches\":[".repeat(1_000));
    let zipped = definitions(std::slice::from_ref(&month));
    let unclosed = archive(&[("a.csv", format!("{DEFINITIONS_HEADING}\"{}", "x\n".repeat(1 << 20)))]);
    for (result, expected) in [
        (cvrf::parse(&month.cvrf(), info(), origin, &few), "more fixes and ratings than allowed"),
        (cvrf::parse(&deep, info(), origin, &all()), "nested too deeply"),
        (cvrf::parse(&long, info(), origin, &all()), "a text that is too long"),
        (csaf::parse(&month.csaf()[0], info(), origin, &few), "more fixes and ratings than allowed"),
        (csaf::parse(&nested, info(), origin, &all()), "recursion limit"),
        (wesng::parse(&zipped, info(), origin, &few), "more fixes and ratings than allowed"),
        (wesng::parse(&zipped, info(), origin, &Limits { definition_bytes: 100, ..all() }), "more bytes than allowed"),
        (wesng::parse(&unclosed, info(), origin, &all()), "a row that is too long at line 2"),
    ] {
        let message = result.unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
    let error = crate::parse(month.cvrf().as_bytes(), origin, &small).unwrap_err().to_string();
    assert!(error.contains("more bytes than allowed"), "{error}");
    // One long name with many rows.
    let name = "x".repeat(60_000);
    let many = (0..50).fold(Month::new("2024-Mar", "2024-03-12").product("1", &name), |month, at| {
        month.cve(&format!("CVE-2024-00{at:02}")).fix(Fix::new(&format!("50000{at:02}"), &["1"]))
    });
    let limits = Limits { resolved_bytes: 1 << 20, ..all() };
    let error = crate::parse(many.cvrf().as_bytes(), origin, &limits).unwrap_err().to_string();
    assert!(error.contains("grows beyond"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is done to a document, reading it ends, with a catalog that can be shown or a one-line error.
    #[test]
    fn mutated_documents(format in 0..3usize, mutations in prop::collection::vec(crate::tests::mutation(), 1..6)) {
        let mut bytes = match format {
            0 => sample().cvrf().into_bytes(),
            1 => sample().csaf().remove(0).into_bytes(),
            _ => definitions(&[sample()]),
        };
        mutations.into_iter().for_each(|mutation| crate::tests::apply(&mut bytes, mutation));
        match crate::parse(bytes.as_slice(), Path::new("test"), &Limits::default()) {
            Ok(catalog) => {
                let mut page = Vec::new();
                crate::show::text(&catalog, &mut page).unwrap();
                crate::show::json(&catalog, &mut page).unwrap();
                prop_assert!(!page.iter().any(|byte| byte.is_ascii_control() && *byte != b'\n'));
            }
            Err(error) => prop_assert!(!error.to_string().contains('\n')),
        }
    }

    /// What rows say does not depend on the order of a map, whatever is done to them.
    #[test]
    fn mutated_rows(mutations in prop::collection::vec(crate::tests::mutation(), 0..6)) {
        let mut bytes = rows_with_components().into_bytes();
        mutations.into_iter().for_each(|mutation| crate::tests::apply(&mut bytes, mutation));
        let zipped = archive(&[("CVEs_20240328.csv", String::from_utf8_lossy(&bytes).into_owned())]);
        let parse = || crate::parse(zipped.as_slice(), Path::new("test"), &Limits::default());
        match (parse(), parse()) {
            (Ok(first), Ok(second)) => prop_assert_eq!(first.updates, second.updates),
            (Err(first), Err(second)) => prop_assert_eq!(first.to_string(), second.to_string()),
            (first, second) => prop_assert!(false, "{:?} and {:?}", first.err(), second.err()),
        }
    }
}
