use proptest::prelude::*;
use wardline_contract::Severity;
use wardline_fixtures::advisory::{Fix, Month};

use super::{CLIENT, SERVER, figures, fold, month, unresolved, update};
use crate::UnresolvedKind;

#[test]
fn an_article_is_one_update_with_everything_that_documents_say_of_it() {
    let fix = Fix::new("5035849", &[SERVER, CLIENT]).build("10.0.17763.5576");
    let month = month("2024-Mar", "2024-03-12")
        .cve("CVE-2024-21407")
        .rated(SERVER, "Critical")
        .rated(CLIENT, "Important")
        .fix(fix.clone())
        .cve("CVE-2024-21334")
        .exploited()
        .rated(SERVER, "Low")
        .fix(fix);
    let catalog = fold(&[month]);
    assert_eq!(catalog.updates.len(), 1);
    let update = &catalog.updates[0];
    assert_eq!((update.bulletin.as_str(), update.article.as_str()), ("KB5035849", "KB5035849"));
    assert_eq!(update.title, "2024-03 Security Update");
    assert_eq!(update.url.as_deref(), Some("https://support.example/help/5035849"));
    assert_eq!(update.posted.as_deref(), Some("2024-03-12"));
    assert_eq!(update.cves, ["CVE-2024-21334", "CVE-2024-21407"]);
    assert_eq!(update.notes, ["exploited: CVE-2024-21334"]);
    assert_eq!(update.severity, Severity::Critical);
    assert!(update.restart);
    let rows: Vec<_> = update
        .applies_to
        .iter()
        .map(|row| (row.product.id.as_str(), row.severity, row.fixed_build.as_deref()))
        .collect();
    let build = Some("10.0.17763.5576");
    assert_eq!(rows, [(SERVER, None, build), (CLIENT, Some(Severity::Important), build)]);
    assert_eq!(catalog.info.date.as_deref(), Some("2024-03-12"));
    let counts = figures(&catalog).0;
    assert_eq!((counts.vulnerabilities, counts.vendor_fixes, counts.other_remediations), (2, 2, 2));
    assert_eq!((counts.cves, counts.exploited_cves, counts.articles, counts.fixed_builds), (2, 1, 1, 2));
}

/// A machine lacks exactly the fixes that its own product's row lists.
#[test]
fn products_for_which_an_article_closes_other_vulnerabilities_are_another_update() {
    let fix = |products: &[&str]| Fix::new("5035849", products).build("10.0.17763.5576");
    let month = month("2024-Mar", "2024-03-12")
        .cve("CVE-2024-0001")
        .fix(fix(&[SERVER, CLIENT]))
        .cve("CVE-2024-0002")
        .fix(fix(&[SERVER]));
    let catalog = fold(&[month]);
    let found: Vec<(&str, usize)> =
        catalog.updates.iter().map(|update| (update.applies_to[0].product.id.as_str(), update.cves.len())).collect();
    assert_eq!(found, [(SERVER, 2), (CLIENT, 1)]);
    assert!(catalog.updates.iter().all(|update| update.applies_to.len() == 1 && update.bulletin == "KB5035849"));
    assert_eq!(catalog.updates.iter().map(|update| update.number).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn a_later_revision_replaces_an_earlier_one_and_other_months_add_to_it() {
    let first = month("2024-Mar", "2024-03-12").cve("CVE-2024-0001").fix(Fix::new("5035849", &[SERVER]));
    let second = month("2024-MAR", "2024-03-12")
        .revised("2024-03-27")
        .cve("CVE-2024-0002")
        .fix(Fix::new("5035849", &[SERVER]).build("10.0.17763.5576"));
    let other = month("2024-Feb", "2024-02-13").cve("CVE-2024-0003").fix(Fix::new("5035849", &[SERVER]));
    for order in [[&first, &second, &other], [&other, &second, &first]] {
        let catalog = fold(&order.map(Month::clone));
        assert_eq!(update(&catalog, "KB5035849").cves, ["CVE-2024-0002", "CVE-2024-0003"]);
        let counts = figures(&catalog).0;
        assert_eq!((counts.documents, counts.replaced_documents), (2, 1));
        assert_eq!(catalog.info.date.as_deref(), Some("2024-03-27"));
    }
}

#[test]
fn a_hotpatch_is_an_update_of_its_own_for_the_same_product_and_vulnerabilities() {
    for kind in ["AzureHotpatch", "Azure Hotpatch", "SecurityHotpatchUpdate", "Security Hotpatch Update"] {
        let month = month("2026-May", "2026-05-12")
            .cve("CVE-2026-0001")
            .fix(Fix::new("5089549", &[SERVER]).build("10.0.26100.8457"))
            .fix(Fix::new("5089466", &[SERVER]).build("10.0.26100.8390").kind(kind));
        let catalog = fold(&[month]);
        let (cumulative, hotpatch) = (update(&catalog, "KB5089549"), update(&catalog, "KB5089466"));
        assert_eq!(cumulative.cves, hotpatch.cves);
        assert_eq!(hotpatch.applies_to[0].fixed_build.as_deref(), Some("10.0.26100.8390"));
        assert_eq!((hotpatch.notes.as_slice(), hotpatch.restart), (&["hotpatch".to_owned()][..], false));
        assert_eq!(hotpatch.title, "2026-05 Security Hotpatch Update");
        assert!(cumulative.notes.is_empty() && cumulative.restart);
    }
}

#[test]
fn supersedence_is_turned_around() {
    let february = month("2024-Feb", "2024-02-13")
        .cve("CVE-2024-0001")
        .fix(Fix::new("5034768", &[SERVER]).build("10.0.17763.5458"))
        .cve("CVE-2024-0002")
        .fix(Fix::new("5034768", &[SERVER, CLIENT]).build("10.0.17763.5458"));
    let march = month("2024-Mar", "2024-03-12")
        .cve("CVE-2024-0003")
        .fix(Fix::new("5035849", &[SERVER]).build("10.0.17763.5576").supersedes("5034768; 4999999"));
    let catalog = fold(&[march, february]);
    let newer = update(&catalog, "KB5035849").number;
    for update in catalog.updates.iter().filter(|update| update.bulletin == "KB5034768") {
        assert_eq!(update.superseded_by.len(), 1);
        let superseding = &update.superseded_by[0];
        assert_eq!((superseding.bulletin.as_str(), superseding.names_update), ("KB5035849", true));
        assert_eq!(superseding.updates, [newer]);
    }
    assert_eq!(unresolved(&catalog), [(UnresolvedKind::SupersededArticle, "KB4999999", "KB5035849")]);
    assert_eq!(figures(&catalog).0.superseded, 2);
    assert_eq!(catalog.unresolved[0].document.as_deref(), Some("2024-Mar"));
    assert!(catalog.unresolved[0].line > 1);
}

#[test]
fn strange_supersedence_is_listed_and_harmless() {
    let fix = |article: &str, by: &str, build: &str| Fix::new(article, &[SERVER]).supersedes(by).build(build);
    let month = month("2024-Mar", "2024-03-12")
        .cve("CVE-2024-0001")
        .fix(fix("5000001", "5000001", "10.0.17763.1"))
        .fix(fix("5000002", "5000003", "10.0.17763.2"))
        .fix(fix("5000003", "5000002", "10.0.17763.2"))
        .fix(fix("5000004", "MS16-029", "10.0.17763.4"))
        // Says that it replaces an update with a higher build.
        .fix(fix("5000005", "5000004", "10.0.17763.3"));
    let catalog = fold(&[month]);
    assert!(update(&catalog, "KB5000001").superseded_by.is_empty());
    assert!(update(&catalog, "KB5000004").superseded_by.is_empty());
    assert_eq!(update(&catalog, "KB5000002").superseded_by[0].bulletin, "KB5000003");
    assert_eq!(update(&catalog, "KB5000003").superseded_by[0].bulletin, "KB5000002");
    let mut found = unresolved(&catalog);
    found.sort();
    assert_eq!(
        found,
        [
            (UnresolvedKind::SupersededArticle, "MS16-029", "KB5000004"),
            (UnresolvedKind::SupersedenceCycle, "KB5000002, KB5000003", "KB5000002"),
            (UnresolvedKind::SupersedesHigherBuild, "KB5000004", "KB5000005"),
            (UnresolvedKind::SupersedesItself, "KB5000001", "KB5000001"),
        ]
    );
    assert_eq!(figures(&catalog).0.superseded_higher_numbers, 1);
}

#[test]
fn builds_are_mended_where_only_one_reading_is_possible() {
    let one = |build: &str| {
        let catalog = fold(&[month("2024-Oct", "2024-10-08")
            .cve("CVE-2024-0001")
            .fix(Fix::new("5044281", &[SERVER]).build(build))]);
        let fixed = update(&catalog, "KB5044281").applies_to[0].fixed_build.clone();
        let kinds: Vec<_> = catalog.unresolved.iter().map(|item| item.kind).collect();
        (fixed, kinds, figures(&catalog).1.mended_builds)
    };
    assert_eq!(one("10.0.20348..2762"), (Some("10.0.20348.2762".to_owned()), vec![], 1));
    assert_eq!(one("10.00.20348.02762"), (Some("10.0.20348.2762".to_owned()), vec![], 0));
    assert_eq!(one("V1.003"), (None, vec![UnresolvedKind::Build], 0));
    assert_eq!(one("4.8.9334.0 and 4.8.4802.0"), (None, vec![UnresolvedKind::Build], 0));
    assert_eq!(one(""), (None, vec![], 0));
}

/// Updates that make a product's own branch known.
fn with_branch() -> Month {
    (1..=3).fold(month("2024-Jan", "2024-01-09"), |month, number| {
        let fix = Fix::new(&format!("500000{number}"), &[SERVER]).build(&format!("10.0.17763.{number}"));
        month.cve(&format!("CVE-2024-100{number}")).fix(fix)
    })
}

#[test]
fn a_build_of_another_products_branch_stays_and_is_listed() {
    let catalog =
        fold(&[with_branch().cve("CVE-2024-0001").fix(Fix::new("5000009", &[SERVER]).build("10.0.14393.7000"))]);
    assert_eq!(update(&catalog, "KB5000009").applies_to[0].fixed_build.as_deref(), Some("10.0.14393.7000"));
    assert_eq!(
        unresolved(&catalog),
        [(UnresolvedKind::Branch, "10.0.14393.7000 for Windows Server 2019", "KB5000009")]
    );
}

#[test]
fn of_several_builds_the_one_of_the_products_branch_counts() {
    let several = |builds: [&str; 2]| {
        let month = builds.iter().enumerate().fold(with_branch(), |month, (at, build)| {
            month.cve(&format!("CVE-2024-000{at}")).fix(Fix::new("5000009", &[SERVER]).build(build))
        });
        let catalog = fold(&[month]);
        (update(&catalog, "KB5000009").applies_to[0].fixed_build.clone(), catalog.unresolved.len())
    };
    assert_eq!(several(["10.0.14393.7000", "10.0.17763.9"]), (Some("10.0.17763.9".to_owned()), 0));
    assert_eq!(several(["10.0.17763.8", "10.0.17763.9"]), (None, 1));
    assert_eq!(several(["10.0.14393.7000", "10.0.20348.9"]), (None, 1));
}

#[test]
fn a_fix_without_an_article_is_named_by_its_build_or_only_counted() {
    let month = Month::new("2024-Mar", "2024-03-14")
        .product("11655", "Microsoft Edge (Chromium-based)")
        .product("11762", "Microsoft 365 Apps for Enterprise for 32-bit Systems")
        .cve("CVE-2024-2400")
        .fix(Fix::new("Release Notes", &["11655"]).build("122.0.2365.92"))
        .fix(Fix::new("Click to Run", &["11762"]).build("https://aka.ms/OfficeSecurityReleases"));
    let catalog = fold(&[month]);
    assert_eq!(catalog.updates.len(), 1);
    let edge = update(&catalog, "Microsoft Edge (Chromium-based) 122.0.2365.92");
    assert_eq!((edge.article.as_str(), edge.url.as_deref()), ("", None));
    assert_eq!(edge.applies_to[0].fixed_build.as_deref(), Some("122.0.2365.92"));
    let counts = figures(&catalog).0;
    assert_eq!((counts.updates_named_by_build, counts.fixes_without_update), (1, 1));
    assert!(catalog.unresolved.is_empty());
}

#[test]
fn the_date_is_that_of_the_month_that_says_most_about_the_update() {
    // An earlier month is revised to name the update, too.
    let earlier = month("2023-Jan", "2023-01-10").cve("CVE-2023-0001").fix(Fix::new("5035849", &[SERVER]));
    let own = month("2024-Mar", "2024-03-12")
        .cve("CVE-2024-0001")
        .fix(Fix::new("5035849", &[SERVER]))
        .cve("CVE-2024-0002")
        .fix(Fix::new("5035849", &[SERVER]));
    assert_eq!(update(&fold(&[earlier, own]), "KB5035849").posted.as_deref(), Some("2024-03-12"));
}

#[test]
fn the_newest_name_of_a_product_counts() {
    let old = Month::new("2021-Nov", "2021-11-09").product("11926", "Windows 11 for  x64-based Systems");
    let new = Month::new("2024-Mar", "2024-03-12").product("11926", "Windows 11 version 21H2 for x64-based Systems");
    let old = old.cve("CVE-2021-0001").fix(Fix::new("5007215", &["11926"]));
    let catalog = fold(&[new, old]);
    assert_eq!(catalog.updates[0].applies_to[0].product.name, "Windows 11 version 21H2 for x64-based Systems");
    let dirt = figures(&catalog).1;
    assert_eq!((dirt.renamed_products, dirt.spaced_names), (1, 1));
}

#[test]
fn products_with_the_same_name_are_one() {
    let old = Month::new("2026-Apr", "2026-04-14").product("20853", "Windows 11 version 26H1 for x64-based Systems");
    let new = Month::new("2026-May", "2026-05-12")
        .product("20853", "Windows 11 version 26H1 for x64-based Systems")
        .product("21196", "Windows 11 Version  26H1 for x64-based Systems");
    let old = old.cve("CVE-2026-0001").fix(Fix::new("5089548", &["20853"]).build("10.0.28000.2113"));
    let new = new
        .cve("CVE-2026-0002")
        .fix(Fix::new("5089548", &["20853", "21196"]).build("10.0.28000.2113"))
        .cve("CVE-2026-0003")
        .fix(Fix::new("5089548", &["21196"]).build("10.0.28000.2113"));
    let catalog = fold(&[old, new]);
    assert_eq!(catalog.updates.len(), 1);
    let update = update(&catalog, "KB5089548");
    assert_eq!(update.cves, ["CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003"]);
    let [row] = &update.applies_to[..] else { panic!("{:?}", update.applies_to) };
    assert_eq!(row.product.name, "Windows 11 Version 26H1 for x64-based Systems");
    assert_eq!(row.product.id, "20853");
    assert_eq!(row.fixed_build.as_deref(), Some("10.0.28000.2113"));
    assert_eq!(figures(&catalog).0.products, 1);
}

#[test]
fn a_vulnerability_without_a_readable_name_does_not_lose_its_fix() {
    let catalog = fold(&[month("2016-Dec", "2016-12-13").cve("CVE-2016-7257M").fix(Fix::new("3205408", &[SERVER]))]);
    assert!(update(&catalog, "KB3205408").cves.is_empty());
    assert_eq!(unresolved(&catalog), [(UnresolvedKind::Vulnerability, "CVE-2016-7257M", "Vulnerability")]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// What the updates say of a product and a vulnerability is what the documents say, no more and no less, whatever the order of
    /// the documents.
    #[test]
    fn folding_keeps_every_statement(
        statements in prop::collection::vec((0..4u8, 0..3u8, 0..4u8, 0..3u8), 1..40),
        reversed: bool,
    ) {
        let mut months: Vec<Month> =
            (0..3).map(|at| month(&format!("2024-{at}"), &format!("2024-0{}-01", at + 1))).collect();
        let mut expected = std::collections::BTreeSet::new();
        for (article, product, cve, at) in statements {
            let product = [SERVER, CLIENT, "1"][usize::from(product)];
            let (article, cve) = (format!("500000{article}"), format!("CVE-2024-000{cve}"));
            let month = &mut months[usize::from(at)];
            *month = std::mem::take(month).cve(&cve).fix(Fix::new(&article, &[product]));
            expected.insert((format!("KB{article}"), product.to_owned(), cve));
        }
        if reversed {
            months.reverse();
        }
        let catalog = fold(&months);
        let mut found = std::collections::BTreeSet::new();
        for update in &catalog.updates {
            for row in &update.applies_to {
                for cve in &update.cves {
                    prop_assert!(found.insert((update.bulletin.clone(), row.product.id.clone(), cve.clone())));
                }
            }
        }
        prop_assert_eq!(found, expected);
    }
}
