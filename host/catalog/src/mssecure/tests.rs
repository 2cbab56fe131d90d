//! Every rule of the format, and every kind of irregularity.

use std::collections::HashMap;
use std::path::Path;

use wardline_contract::{Change, Comparison, FileVersion, Severity, Update};

use super::level;
use super::raw::Product;
use super::values::{self, Value};
use crate::tests::{SAMPLE, figures, read, sample_with};
use crate::{Catalog, Limits, UnresolvedKind};

fn version(major: u16, minor: u16, build: u16, revision: u16) -> FileVersion {
    FileVersion { major, minor, build, revision }
}

fn first(catalog: &Catalog) -> &Update {
    &catalog.updates[0]
}

fn unresolved(catalog: &Catalog) -> Vec<(UnresolvedKind, &str)> {
    catalog.unresolved.iter().map(|item| (item.kind, item.id.as_str())).collect()
}

#[test]
fn the_sample_as_a_whole() {
    let catalog = read(SAMPLE);
    assert_eq!(unresolved(&catalog), []);
    let update = first(&catalog);
    assert_eq!(update.number, 0);
    assert_eq!((update.bulletin.as_str(), update.article.as_str()), ("MS01-901", "Q900001"));
    assert_eq!((update.title.as_str(), update.package.as_str()), ("First", "q900001_w2k.EXE"));
    assert_eq!(update.url.as_deref(), Some("http://example.test/q900001_w2k.EXE"));
    assert_eq!(update.posted.as_deref(), Some("2001-06-07"));
    assert_eq!((update.severity, update.restart, update.language), (Severity::Unrated, false, Some(0x0409)));
    assert_eq!(update.notes, ["On the patch & more", "On the bulletin"]);

    let [applies] = update.applies_to.as_slice() else { panic!("{:?}", update.applies_to) };
    assert_eq!((applies.product.id.as_str(), applies.product.name.as_str()), ("6", "Windows 2000 Server"));
    let levels: Vec<_> = applies.service_packs.iter().map(|sp| (sp.id.as_str(), sp.level)).collect();
    assert_eq!(levels, [("74", 0), ("1", 10)]);
    assert_eq!(applies.included_in.as_ref().map(|sp| sp.level), Some(20));

    assert_eq!(update.files[0].path, r"%windir%\system32\lsasrv.dll");
    assert_eq!(update.files[0].change, Change::ReplaceIfPresent);
    assert_eq!(update.files[0].version, Some(version(5, 0, 2195, 3649)));
    assert_eq!((update.files[0].checksum, update.files[0].size), (Some(93481), None));
    assert_eq!(update.files[1].path, r"%windir%\system32\extra.dll");
    assert_eq!(update.files[1].change, Change::Add);
    assert_eq!((update.files[1].version, update.files[1].checksum), (None, None));

    let [value] = update.registry.as_slice() else { panic!("{:?}", update.registry) };
    assert_eq!(value.key, r"HKLM\SOFTWARE\Microsoft\Updates\Windows 2000\SP3\Q900001");
    assert_eq!((value.name.as_str(), value.expected.as_deref()), ("Installed", Some("1")));
    assert_eq!((value.change, value.comparison), (Change::Replace, Comparison::Equal));

    let [superseding] = update.superseded_by.as_slice() else { panic!("{:?}", update.superseded_by) };
    assert_eq!(superseding.bulletin, "MS01-902");
    assert_eq!((superseding.updates.as_slice(), superseding.names_update), (&[1][..], true));

    // No location of its own and none of the bulletin; restart unless stated otherwise; the article in the package's name.
    let second = &catalog.updates[1];
    assert_eq!((second.url.as_deref(), second.restart, second.article.as_str()), (None, true, "Q900003"));
    assert!(second.superseded_by.is_empty() && second.applies_to[0].included_in.is_none());

    assert_eq!(catalog.unsupported.len(), 1);
    assert_eq!((catalog.unsupported[0].number, catalog.unsupported[0].package.as_str()), (2, "old.exe"));
    assert_eq!(figures(&catalog).1.padded_values, 3);
    assert_eq!(figures(&catalog).1.values_not_given, 4);
}

#[test]
fn references_that_point_nowhere_are_kept_and_noted() {
    use UnresolvedKind::*;
    for (old, new, kind, id) in [
        ("PatchLocationID=\"4\"", "PatchLocationID=\"99\"", Location, "99"),
        ("BulletinLocationID=\"3\"", "BulletinLocationID=\"99\"", Location, "99"),
        ("Name=\"lsasrv.dll\" LocationID=\"2\"", "Name=\"lsasrv.dll\" LocationID=\"99\"", Location, "99"),
        ("RegKeyID=\"5\" LocationID=\"1\"", "RegKeyID=\"5\" LocationID=\"99\"", Location, "99"),
        ("RegKeyID=\"5\" LocationID=\"1\"", "RegKeyID=\"199\" LocationID=\"1\"", RegistryKey, "199"),
        ("<AffectedProduct ProductID=\"6\"", "<AffectedProduct ProductID=\"99\"", Product, "99"),
        ("<AffectedServicePack ServicePackID=\"74\"", "<AffectedServicePack ServicePackID=\"99\"", ServicePack, "99"),
        ("FixedInSP=\"2\"", "FixedInSP=\"99\"", ServicePack, "99"),
        ("<AvailableSP ServicePackID=\"74\"", "<AvailableSP ServicePackID=\"99\"", ServicePack, "99"),
        ("CurrentServicePackID=\"2\"", "CurrentServicePackID=\"99\"", ServicePack, "99"),
        ("MinimumSupportedServicePackID=\"74\"", "MinimumSupportedServicePackID=\"99\"", ServicePack, "99"),
        ("<ProductFamily ProductFamilyID=\"2\"/>", "<ProductFamily ProductFamilyID=\"99\"/>", ProductFamily, "99"),
        ("<FileChg FileChangeID=\"1\"", "<FileChg FileChangeID=\"99\"", FileChange, "99"),
        ("<RegChg RegChangeID=\"1\"", "<RegChg RegChangeID=\"99\"", RegistryChange, "99"),
        ("<PatchComment CommentID=\"2\"", "<PatchComment CommentID=\"99\"", Comment, "99"),
        ("<BulletinComment CommentID=\"1\"", "<BulletinComment CommentID=\"99\"", Comment, "99"),
        ("SBID=\"1\" SQNumber", "SBID=\"99\" SQNumber", SupersededBy, "99"),
        ("PatchName=\"q900003_w2k.EXE\"", "PatchName=\"other.exe\"", SupersedingPatch, "other.exe"),
        ("Version=\"5.0.2195.3649\"", "Version=\"five\"", Version, "five"),
        ("Version=\"5.0.2195.3649\"", "Version=\"5.0.2195.70000\"", Version, "5.0.2195.70000"),
        ("Size=\"\"", "Size=\"v\"", Size, "v"),
        ("Checksum=\"93481\"", "Checksum=\"4294967296\"", Checksum, "4294967296"),
        ("Date=\"2001/05/17\"", "Date=\"2001/13/17\"", Date, "2001/13/17"),
        ("DatePosted=\"2001/06/07\"", "DatePosted=\"soon\"", Date, "soon"),
        ("10/04/2001", "October", Date, "October"),
        ("CommandID=\"e\"", "CommandID=\"x\"", Command, "x"),
        ("CommandID=\"r\" RegKeyID", "CommandID=\"x\" RegKeyID", Command, "x"),
        ("%windir%\\system32", "%variable", Path, "%variable"),
        ("HKLM\\SOFTWARE", "HKXX\\SOFTWARE", Path, "HKXX\\SOFTWARE\\Microsoft\\Updates\\Windows 2000\\SP3\\Q900001"),
        ("Title=\"First\"", "Title=\"A&B\"", Entity, "A&B"),
    ] {
        let catalog = read(sample_with(old, new));
        // A folder is recorded once for each file in it.
        let expected = if kind == Path && id == "%variable" { vec![(kind, id); 2] } else { vec![(kind, id)] };
        assert_eq!(unresolved(&catalog), expected, "{new}");
        assert_eq!(figures(&catalog).0.unresolved, expected.len() as u64);
        assert_eq!((catalog.updates.len(), catalog.updates[0].files.len()), (2, 2), "{new}");
        assert_eq!((catalog.updates[0].registry.len(), catalog.updates[0].applies_to.len()), (1, 1), "{new}");
    }
}

#[test]
fn an_unresolved_reference_says_who_and_where() {
    let catalog = read(sample_with("<RegChg RegChangeID=\"1\"", "<RegChg RegChangeID=\"99\""));
    let item = &catalog.unresolved[0];
    assert_eq!(item.referrer, "MS01-901 q900001_w2k.EXE");
    assert_eq!(item.byte as usize, SAMPLE.find("<RegChg ").unwrap());
    assert_eq!(item.line as usize, SAMPLE[..item.byte as usize].matches('\n').count() + 1);
}

/// Tests that cannot be performed must not make the rest appear complete.
#[test]
fn what_leads_nowhere_cannot_be_judged() {
    let file = read(sample_with("<FileChg FileChangeID=\"1\"", "<FileChg FileChangeID=\"99\""));
    assert_eq!((first(&file).files[0].change, first(&file).files[0].path.as_str()), (Change::Unsupported, ""));
    let folder = read(sample_with("Name=\"lsasrv.dll\" LocationID=\"2\"", "Name=\"lsasrv.dll\" LocationID=\"99\""));
    assert_eq!(
        (first(&folder).files[0].change, first(&folder).files[0].path.as_str()),
        (Change::Unsupported, "lsasrv.dll")
    );
    let value = read(sample_with("<RegChg RegChangeID=\"1\"", "<RegChg RegChangeID=\"99\""));
    assert_eq!(first(&value).registry[0].change, Change::Unsupported);
    let key = read(sample_with("HKLM\\SOFTWARE", "SOFTWARE"));
    assert_eq!(first(&key).registry[0].change, Change::Unsupported);
    // An unknown service pack matches none, least of all the original release.
    let sp =
        read(sample_with("<AffectedServicePack ServicePackID=\"74\"", "<AffectedServicePack ServicePackID=\"99\""));
    assert_eq!(first(&sp).applies_to[0].service_packs[0].level, u32::MAX);
}

#[test]
fn commands() {
    for (letter, file, value) in [
        ("a", Change::Add, Change::Add),
        ("c", Change::Replace, Change::Replace),
        ("e", Change::ReplaceIfPresent, Change::ReplaceIfPresent),
        ("d", Change::Delete, Change::Delete),
        ("u", Change::Unsupported, Change::Unsupported),
        ("r", Change::Replace, Change::Replace),
        ("E", Change::ReplaceIfPresent, Change::ReplaceIfPresent),
        ("", Change::Unsupported, Change::Unsupported),
        ("z", Change::Unsupported, Change::Unsupported),
    ] {
        let catalog = read(sample_with("CommandID=\"e\"", &format!("CommandID=\"{letter}\"")));
        assert_eq!(first(&catalog).files[0].change, file, "{letter}");
        let catalog = read(sample_with("CommandID=\"r\" RegKeyID", &format!("CommandID=\"{letter}\" RegKeyID")));
        assert_eq!(first(&catalog).registry[0].change, value, "{letter}");
    }
}

#[test]
fn registry_values() {
    for (name, comparison) in [
        ("Installed", Comparison::Equal),
        ("ComponentID", Comparison::Equal),
        ("Version", Comparison::AtLeast),
        ("InstalledVersion", Comparison::AtLeast),
        ("version", Comparison::AtLeast),
    ] {
        let catalog = read(sample_with("Name=\"Installed\"", &format!("Name=\"{name}\"")));
        assert_eq!(first(&catalog).registry[0].comparison, comparison, "{name}");
    }
    let exists = read(sample_with("RegChangeValue=\"1\"", "RegChangeValue=\"\""));
    assert_eq!(first(&exists).registry[0].expected, None);
    // The key that contains a change is used, not the one that it refers to.
    let other = "<RegKeys><RegKey RegKeyID=\"19\" Name=\"Type\"/>";
    let xml = sample_with("<RegKeys>", other).replace("RegKeyID=\"5\" LocationID", "RegKeyID=\"19\" LocationID");
    let contradicting = read(xml);
    assert_eq!(first(&contradicting).registry[0].name, "Installed");
    assert_eq!(figures(&contradicting).1.contradicting_registry_keys, 1);
}

#[test]
fn versions() {
    for (text, expected) in [
        ("5.0.2195.3649", Value::Given(version(5, 0, 2195, 3649))),
        ("7,0,0,1956", Value::Given(version(7, 0, 0, 1956))),
        ("5, 0, 3310, 0", Value::Given(version(5, 0, 3310, 0))),
        ("4.00.1381", Value::Given(version(4, 0, 1381, 0))),
        ("6", Value::Given(version(6, 0, 0, 0))),
        ("na", Value::NotGiven),
        ("N/A", Value::NotGiven),
        ("", Value::NotGiven),
        ("1.2.3.4.5", Value::Unreadable),
        ("1..2", Value::Unreadable),
        ("1.2.3.65536", Value::Unreadable),
        ("-1.0", Value::Unreadable),
        ("+1.0", Value::Unreadable),
    ] {
        assert_eq!(values::version(text), expected, "{text}");
    }
}

#[test]
fn dates() {
    for (text, expected) in [
        ("2001/06/07", Some("2001-06-07")),
        ("10/04/2001", Some("2001-10-04")),
        ("6/6/2001", Some("2001-06-06")),
        ("4/15/2005", Some("2005-04-15")),
        ("2001-06-07", Some("2001-06-07")),
        ("2001/06/07 12:00:00", Some("2001-06-07")),
        ("15/4/2005", None),
        ("2001/00/07", None),
        ("2001/06", None),
        ("06/07/01", None),
    ] {
        let found = match values::day(text) {
            Value::Given(day) => Some(values::iso(day)),
            Value::NotGiven | Value::Unreadable => None,
        };
        assert_eq!(found.as_deref(), expected, "{text}");
        assert_eq!(values::day(text) == Value::Unreadable, expected.is_none(), "{text}");
    }
}

#[test]
fn articles() {
    for (own, listed, package, expected) in [
        ("Q296441", "Q1000000", "x.exe", "Q296441"),
        ("KB835732", "", "x.exe", "KB835732"),
        ("q246094 ", "", "x.exe", "Q246094"),
        ("", "Q216453 (FP98)", "x.exe", "Q216453"),
        ("", "Q296139 |Q296139", "x.exe", "Q296139"),
        ("", "Q274548|Q276471", "274548usam.exe", "Q274548"),
        ("", "Q231450|Q231452", "q241361.exe", "Q241361"),
        ("", "", "Windows2000-KB835732-x86-ENU.EXE", "KB835732"),
        ("", "", "CREATALS_x86.exe", ""),
        ("", "Q188806|Q105763", "iis3fixi.exe", ""),
        ("823980", "", "x.exe", "Q823980"),
    ] {
        let listed: String = listed.split('|').map(|q| format!("<QNumber QNumber=\"{q}\"/>")).collect();
        let xml = sample_with("<QNumber QNumber=\"Q900001 \"/>", &listed)
            .replacen("SQNumber=\"\"", &format!("SQNumber=\"{own}\""), 1)
            .replacen("q900001_w2k.EXE ", package, 1);
        assert_eq!(first(&read(xml)).article, expected, "{own} {listed} {package}");
    }
}

/// Names as written in catalogs, and the levels that they imply.
#[test]
fn levels_of_names() {
    for (name, level) in [
        ("None Available", 0),
        ("Windows 2000 Gold", 0),
        ("Windows NT 4 Terminal Server Gold", 0),
        ("Windows 2000 Service Pack 1", 10),
        ("Windows 2000 Service Pack 3 (when available)", 30),
        ("Windows NT4 Service Pack 6", 60),
        ("Windows NT4 Service Pack 6a", 61),
        ("Office 2000 SR-1", 10),
        ("Office 2000 SR-1a", 11),
        ("Office 97 SR-2/SR-2b", 20),
        ("SQL Server 7.0 SP3", 30),
        ("SQL Server Desktop Engine (MSDE) 2000 SP1", 10),
        ("Windows 95 SR 2.1", 21),
        ("Windows 95 SR 2.5", 25),
        ("Visual Studio 6.0 SP 5", 50),
        ("Internet Explorer 6 SP10", 100),
        ("Windows XP Service Pack 1a", 11),
        ("Crispy 5", 0),
        ("SP", 0),
        ("SP99999999999999999999", 0),
        ("", 0),
    ] {
        assert_eq!(level::of_name(name), level, "{name}");
    }
}

#[test]
fn equal_levels_of_one_product_are_told_apart_by_order() {
    let levels = level::of_sequence(&[("a", 0), ("b", 10), ("c", 11), ("d", 10), ("e", 0), ("a", 0)]);
    let level = |id| levels.get(id).copied();
    assert_eq!(
        [level("a"), level("b"), level("c"), level("d"), level("e")],
        [Some(0), Some(10), Some(11), Some(12), Some(1)]
    );
}

#[test]
fn a_service_pack_that_the_product_does_not_list_has_its_names_level() {
    let xml = sample_with(
        "<ServicePacks>",
        "<ServicePacks><ServicePack ServicePackID=\"8\" Name=\"Windows 2000 Terminal Service Pack 1\"/>",
    )
    .replacen("<AffectedServicePack ServicePackID=\"74\"", "<AffectedServicePack ServicePackID=\"8\"", 1);
    assert_eq!(first(&read(xml)).applies_to[0].service_packs[0].level, 10);
}

#[test]
fn the_same_product_twice_in_a_patch_is_one() {
    let again = "<AffectedProduct ProductID=\"6\" FixedInSP=\"2\"><AffectedServicePack ServicePackID=\"1\"/>\
                 <AffectedServicePack ServicePackID=\"2\"/></AffectedProduct></Patch>";
    let catalog = read(sample_with("</Patch>", again));
    let [row] = first(&catalog).applies_to.as_slice() else { panic!("{:?}", first(&catalog).applies_to) };
    let ids: Vec<&str> = row.service_packs.iter().map(|sp| sp.id.as_str()).collect();
    assert_eq!(ids, ["74", "1", "2"]);
    assert_eq!(figures(&catalog).0.affected_products, 3);
}

#[test]
fn supersedence() {
    let children = "<SupercededBulletins><SupercededBulletin BulletinID=\"MS01-902\">\n      \
                    <SupercededPatches><SupercededPatch PatchName=\"q900003_w2k.EXE\"/></SupercededPatches>\n    \
                    </SupercededBulletin></SupercededBulletins>";
    let superseded_by = |children_now: &str, description: &str| {
        let xml = sample_with(children, children_now).replace("Description=\"MS01-902\"", description);
        let catalog = read(xml);
        (first(&catalog).superseded_by.clone(), catalog.unresolved.iter().map(|item| item.kind).collect::<Vec<_>>())
    };
    let (named, noted) = superseded_by(children, "Description=\"whatever\"");
    assert_eq!(
        (named[0].bulletin.as_str(), named[0].updates.as_slice(), named[0].names_update),
        ("MS01-902", &[1][..], true)
    );
    assert_eq!(noted, []);

    let (described, noted) = superseded_by("<SupercededBulletins/>", "Description=\"see ms01-902 (NT4)\"");
    assert_eq!((described.len(), described[0].bulletin.as_str(), described[0].names_update), (1, "MS01-902", false));
    assert_eq!(noted, []);

    let child = "<SupercededBulletin BulletinID=\"MS01-902\"><SupercededPatches/></SupercededBulletin>";
    let (bulletin, noted) = superseded_by(child, "Description=\"\"");
    assert_eq!((bulletin.len(), bulletin[0].bulletin.as_str(), bulletin[0].names_update), (1, "MS01-902", false));
    assert_eq!(noted, []);

    let (elsewhere, noted) = superseded_by("<SupercededBulletins/>", "Description=\"MS05-001\"");
    assert_eq!((elsewhere.len(), elsewhere[0].bulletin.as_str()), (1, "MS05-001"));
    assert_eq!(noted, [UnresolvedKind::Bulletin]);

    let (nothing, noted) = superseded_by("", "Description=\"something newer\"");
    assert!(nothing.is_empty());
    assert_eq!(noted, [UnresolvedKind::Bulletin]);

    let own = children.replace("MS01-902", "MS01-901").replace("q900003", "q900001");
    let (own, noted) = superseded_by(&own, "Description=\"\"");
    assert_eq!((own.len(), own[0].updates.len(), own[0].names_update), (1, 0, true));
    assert_eq!(noted, [UnresolvedKind::SupersedingPatch]);

    let two = children.replace(
        "</SupercededBulletins>",
        "<SupercededBulletin BulletinID=\"MS99-903\"><SupercededPatch PatchName=\"OLD.EXE \"/></SupercededBulletin>\
         </SupercededBulletins>",
    );
    let (two, _) = superseded_by(&two, "Description=\"\"");
    assert_eq!(two.iter().map(|s| s.updates.clone()).collect::<Vec<_>>(), [vec![1], vec![2]]);
}

#[test]
fn repeated_identifiers_are_counted_and_the_first_counts() {
    let again = "</FileChanges></File><File FileID=\"1\" Name=\"other.dll\" LocationID=\"2\"><FileChanges>\
                 <FileChange FileChangeID=\"1\" Version=\"9.9\" CommandID=\"c\"/></FileChanges></File>";
    let catalog = read(sample_with("</FileChanges></File>", again));
    assert_eq!(
        (figures(&catalog).0.files, figures(&catalog).0.file_changes, figures(&catalog).1.repeated_ids),
        (3, 3, 2)
    );
    assert_eq!(first(&catalog).files[0].path, r"%windir%\system32\lsasrv.dll");
}

#[test]
fn elements_outside_what_they_belong_to_are_counted_and_noted() {
    let stray = "<AffectedProduct ProductID=\"6\"/><AffectedServicePack ServicePackID=\"1\"/><FileChg FileChangeID=\"1\"/>\
                 <RegChg RegChangeID=\"1\"/><Patch PatchName=\"stray.exe\"/><QNumber QNumber=\"Q1\"/>\
                 <AvailableSP ServicePackID=\"1\"/><SupercededPatch PatchName=\"x\"/>\
                 <FileChange FileChangeID=\"50\"/></BulletinDatastore>";
    let catalog = read(sample_with("</BulletinDatastore>", stray));
    assert_eq!(catalog.unresolved.len(), 9);
    assert!(catalog.unresolved.iter().all(|item| item.kind == UnresolvedKind::Parent));
    assert_eq!((figures(&catalog).0.patches, figures(&catalog).0.qnumbers), (4, 4));
    assert_eq!(catalog.updates, read(SAMPLE).updates);
}

/// Schema 1.1: ratings, CVE names, remarks and alternates; unknown attributes and elements.
#[test]
fn schema_1_1() {
    let xml = sample_with("SchemaVersion=\"1.0.0.11\"", "SchemaVersion=\"1.1.2.0\" Unknown=\"1\"")
        .replacen(
            "NoReboot=\"1\"",
            "NoReboot=\"1\" MSSeverityID=\"2\" BugtraqID=\"8205\" CVEID=\"CAN-2003-0352, CVE-2003-0353\" \
             ShavlikPatchComment=\"Superseded\"",
            1,
        )
        .replacen("FixedInSP=\"2\"", "FixedInSP=\"2\" MSSeverityID=\"1\" CVEID=\"CVE-2003-0352\"", 1)
        .replacen("NoReboot=\"0\"", "NoReboot=\"0\" MSSeverityID=\"7\"", 1)
        .replacen("FixedInSP=\"0\"", "FixedInSP=\"0\" MSSeverityID=\"3\"", 1)
        .replacen("<FileChg FileChangeID=\"1\"/>", "<FileChg FileChangeID=\"1\"><AlternateFileChange FileChangeID=\"3\"/></FileChg>", 1)
        .replacen(
            "</FileChanges></File>",
            "<FileChange FileChangeID=\"3\" Version=\"5.0.2195.4000\" CommandID=\"c\"/></FileChanges></File>",
            1,
        )
        .replacen("Size=\"\"", "Size=\"\" AlternateVersion=\"5.0.2195.5000\"", 1)
        .replacen(
            "<Commands>",
            "<WellKnownURLs><URL Some=\"thing\"/></WellKnownURLs><MSSeverities><MSSeverity MSSeverityID=\"2\" Name=\"Important\"/>\
             </MSSeverities><Commands>",
            1,
        );
    let catalog = read(xml);
    assert_eq!(unresolved(&catalog), [(UnresolvedKind::Severity, "7")]);
    let update = first(&catalog);
    assert_eq!((update.severity, update.applies_to[0].severity), (Severity::Important, Some(Severity::Critical)));
    assert_eq!(update.cves, ["CVE-2003-0352", "CVE-2003-0353"]);
    assert_eq!(update.notes.last().map(String::as_str), Some("Superseded"));
    assert_eq!(update.files[0].alternates, [version(5, 0, 2195, 5000), version(5, 0, 2195, 4000)]);
    // Without its own rating, an update has the most severe of its products'.
    let second = &catalog.updates[1];
    assert_eq!((second.severity, second.applies_to[0].severity), (Severity::Moderate, None));
}

#[test]
fn the_language_can_be_told() {
    let catalog = read(SAMPLE).with_language(Some(0x0407));
    assert!(catalog.updates.iter().chain(&catalog.unsupported).all(|update| update.language == Some(0x0407)));
}

/// Returns each product's name and the levels of the service packs that it lists, in the catalog's order.
pub(crate) fn levels_by_product(xml: &[u8]) -> Vec<(String, Vec<u32>)> {
    let limits = Limits::default();
    let texts = bumpalo::Bump::new();
    let reading = super::read::read(xml, &texts, Path::new("test.xml"), &limits).unwrap();
    let named: HashMap<&str, u32> =
        reading.tables.service_packs.iter().map(|row| (row.id, level::of_name(row.name))).collect();
    let levels = |product: &Product| {
        let sequence: Vec<_> = product.available.iter().map(|sp| (sp.id, named[sp.id])).collect();
        let levels = level::of_sequence(&sequence);
        sequence.iter().map(|(id, _)| levels[id]).collect()
    };
    reading.tables.products.iter().map(|product| (product.name.to_string(), levels(product))).collect()
}
