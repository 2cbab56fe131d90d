use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::*;
use crate::authenticode::Certificate;
use crate::fetch::{FetchError, Options};
use crate::store::Document;
use crate::testing::{CODE_SIGNING, CabinetBuilder, Identity, Signing, Template};

/// Noon of the first of January 2025.
const NOW: u64 = 1_735_732_800;

/// Reads `kind id date`, the catalogs of these tests.
fn recognise(_name: &str, bytes: &[u8]) -> Result<Facts, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut words = text.split_whitespace().map(str::to_owned);
    let mut next = || words.next().ok_or("too short".to_owned());
    let kind = next()?;
    if !["mssecure", "cvrf"].contains(&kind.as_str()) {
        return Err(format!("unknown kind {kind}"));
    }
    Ok(Facts { kind, id: next()?, date: Some(next()?), version: None })
}

struct Place {
    folder: tempfile::TempDir,
    trust: Trust,
    allows_unsigned: bool,
    allows_older: bool,
}

impl Place {
    fn new() -> Place {
        let trust = Trust::default();
        Place { folder: tempfile::tempdir().unwrap(), trust, allows_unsigned: false, allows_older: false }
    }

    fn store(&self) -> Store {
        Store::new(self.folder.path().join("data"))
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    fn terms(&self) -> Terms<'_> {
        Terms {
            trust: &self.trust,
            allows_unsigned: self.allows_unsigned,
            allows_older: self.allows_older,
            recognise: &recognise,
            cabinet_limits: cabinet::Limits::default(),
            file_bytes: 1 << 20,
            patience: Duration::from_secs(30),
            now: SystemTime::UNIX_EPOCH + Duration::from_secs(NOW),
        }
    }

    fn update(&self, source: &Source) -> Result<Updated, SupplyError> {
        let options = Options { attempts: 1, patience: Duration::from_secs(5), ..Options::default() };
        update(&self.store(), source, &self.terms(), &Fetcher::new(options), &mut |_| ())
    }

    fn current(&self, source: Option<&Source>) -> Result<Option<Current>, SupplyError> {
        let fetcher = Fetcher::new(Options { attempts: 1, ..Options::default() });
        let terms = self.terms();
        current(&self.store(), source.map(|source| (source, &terms, &fetcher)), &mut |_| ())
    }

    fn import(&self, name: &str, content: impl AsRef<[u8]>) -> Result<Updated, SupplyError> {
        self.update(&Source::File(self.file(name, content)))
    }

    /// Returns the identifiers and contents of the newest set.
    fn held(&self) -> Vec<(String, String)> {
        let Some(set) = self.store().newest(Check::Digests).unwrap() else { return Vec::new() };
        assert!(set.faults().is_empty() && set.damaged.is_empty());
        let read = |document: &Document| std::fs::read_to_string(set.path(document)).unwrap();
        let mut held: Vec<_> =
            set.documents().iter().map(|document| (document.facts.id.clone(), read(document))).collect();
        held.sort();
        held
    }
}

fn contents(held: &[(String, String)]) -> Vec<&str> {
    held.iter().map(|(_, content)| content.as_str()).collect()
}

#[test]
fn a_catalog_is_held_until_a_newer_revision_comes() {
    let place = Place::new();
    assert!(place.held().is_empty());
    let first = place.import("a.xml", "mssecure mssecure 2001-10-04 first").unwrap();
    assert_eq!((first.set, first.added), (Some(1), vec!["mssecure".to_owned()]));
    let again = place.import("a.xml", "mssecure mssecure 2001-10-04 first").unwrap();
    assert_eq!((again.set, again.unchanged), (None, 1));

    let older = place.import("b.xml", "mssecure mssecure 2001-09-04 older").unwrap_err();
    let SupplyError::Older { offered, held, .. } = &older else { panic!("{older}") };
    assert_eq!((offered.as_str(), held.as_str()), ("2001-09-04", "2001-10-04"));
    assert_eq!(contents(&place.held()), ["mssecure mssecure 2001-10-04 first"]);

    let newer = place.import("b.xml", "mssecure mssecure 2001-11-04 newer").unwrap();
    assert_eq!((newer.set, newer.replaced), (Some(2), vec!["mssecure".to_owned()]));
    let other = place.import("c.xml", "cvrf 2024-Mar 2024-03-12 march").unwrap();
    assert_eq!(other.added, ["2024-Mar"]);
    assert_eq!(contents(&place.held()), ["cvrf 2024-Mar 2024-03-12 march", "mssecure mssecure 2001-11-04 newer"]);

    let place = Place { allows_older: true, ..place };
    place.import("b.xml", "mssecure mssecure 2001-09-04 older").unwrap();
    assert_eq!(place.held()[1].1, "mssecure mssecure 2001-09-04 older");

    for (name, content) in [("d.xml", "text"), ("d.xml", "")] {
        assert!(matches!(place.import(name, content), Err(SupplyError::NotACatalog { .. })));
    }
    assert!(matches!(place.update(&Source::File("none".into())), Err(SupplyError::Fetch(_))));
    assert_eq!(place.held().len(), 2);
}

fn root() -> Identity {
    Template::authority("Root").root()
}

#[test]
fn a_cabinet_is_taken_if_its_signature_counts() {
    let root = root();
    let signer = Template::signer("Signer", &[CODE_SIGNING]).under(&root);
    let roots = vec![Certificate::from_der(&root.certificate).unwrap()];
    let place = Place { trust: Trust { roots, ..Trust::default() }, ..Place::new() };
    let packed = |date: &str| {
        let catalog = format!("mssecure mssecure {date} packed");
        CabinetBuilder::default().file("license.txt", "text").file("mssecure.xml", catalog).mszip().build()
    };
    let signed = |date: &str| Signing::by(&signer).sign(&packed(date));

    assert!(place.import("a.cab", signed("2024-10-04")).is_ok());
    let set = place.store().newest(Check::Digests).unwrap().unwrap();
    let document = &set.documents()[0];
    assert_eq!(document.signature.as_ref().unwrap().signer, "CN=Signer");
    assert!(document.source.ends_with("a.cab!mssecure.xml"), "{}", document.source);

    let mut payload = signed("2024-11-04");
    payload[150] ^= 1;
    let stranger = Template::signer("Signer", &[CODE_SIGNING]).under(&self::root());
    let expired = Template::signer("Signer", &[CODE_SIGNING]).valid(2010, 2015).under(&root);
    let traversal = CabinetBuilder::default().file("..\\mssecure.xml", "mssecure mssecure 2025-01-01").build();
    for (name, cabinet, reason) in [
        ("payload changed", payload, "was changed after it was signed"),
        ("wrong signer", Signing::by(&stranger).sign(&packed("2024-11-04")), "leads to none of the named roots"),
        ("expired", Signing::by(&expired).sign(&packed("2024-11-04")), "has no time stamp"),
        ("unsigned", packed("2024-11-04"), "not signed"),
        ("truncated", signed("2024-11-04")[..400].to_vec(), "truncated"),
        ("appended", [signed("2024-11-04"), b"more".to_vec()].concat(), "4 bytes follow"),
        ("traversal", Signing::by(&signer).sign(&traversal), "not a plain relative path"),
        ("older", signed("2023-11-04"), "older than the mssecure that is held"),
        ("no catalog", Signing::by(&signer).sign(&CabinetBuilder::default().file("a", "b").build()), "not a catalog"),
        ("not a cabinet", b"mssecure mssecure 2025-01-01".to_vec(), "expected `MSCF`"),
        ("empty", Signing::by(&signer).sign(&CabinetBuilder::default().file("a", "").build()), "not a catalog"),
    ] {
        let error = place.import("b.cab", cabinet).unwrap_err().to_string();
        assert!(error.contains(reason) && error.contains("b.cab"), "{name}: {error}");
        assert_eq!(contents(&place.held()), ["mssecure mssecure 2024-10-04 packed"], "{name}");
    }

    let plain = place.import("b.xml", "mssecure mssecure 2025-01-01").unwrap_err();
    assert!(matches!(&plain, SupplyError::NoLongerSigned { signer, .. } if signer == "CN=Signer"), "{plain}");

    let place = Place { allows_unsigned: true, ..place };
    assert!(place.import("b.cab", packed("2024-11-04")).is_ok());
    let changed = Signing::by(&stranger).sign(&packed("2024-12-04"));
    assert!(place.import("b.cab", changed).is_err(), "signed by a stranger is worse than unsigned");
}

/// A server of documents.
#[derive(Clone, Default)]
struct Service(Arc<Mutex<Published>>);

#[derive(Default)]
struct Published {
    files: Vec<File>,
    /// How many documents were sent; the index does not count.
    sent: usize,
}

#[derive(Clone)]
struct File {
    path: String,
    etag: String,
    content: String,
}

impl Service {
    fn start(&self) -> Source {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let service = self.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
                let _ = stream.write_all(service.answer(&head.join("\n")).as_bytes());
            }
        });
        Source::Service { base }
    }

    fn answer(&self, request: &str) -> String {
        let mut published = self.0.lock().unwrap();
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        let Some(File { etag, content, .. }) = published.files.iter().find(|file| file.path == path).cloned() else {
            return "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned();
        };
        if path != "/updates" && request.contains(&etag) {
            return "HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n".to_owned();
        }
        published.sent += usize::from(path != "/updates");
        let length = content.len();
        format!("HTTP/1.1 200 OK\r\netag: {etag}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{content}")
    }

    /// Publishes months: identifier, date of its release, and content.
    fn publish(&self, months: &[(&str, &str, &str)]) {
        let rows: Vec<_> = months
            .iter()
            .map(|(id, released, _)| serde_json::json!({"ID": id, "CurrentReleaseDate": released}))
            .collect();
        let index = serde_json::json!({"value": rows}).to_string();
        let index = File { path: "/updates".to_owned(), etag: String::new(), content: index };
        let published = months.iter().filter(|(_, _, content)| !content.is_empty());
        let documents = published.map(|(id, _, content)| File {
            path: format!("/cvrf/{id}"),
            etag: format!("\"{content}\""),
            content: (*content).to_owned(),
        });
        *self.0.lock().unwrap() = Published { files: std::iter::once(index).chain(documents).collect(), sent: 0 };
    }

    fn sent(&self) -> usize {
        self.0.lock().unwrap().sent
    }
}

#[test]
fn only_months_that_changed_are_fetched() {
    let service = Service::default();
    let source = service.start();
    let place = Place::new();
    let (february, march) = ("cvrf 2024-Feb 2024-02-13 february", "cvrf 2024-Mar 2024-03-12 march");
    service.publish(&[("2024-Feb", "2024-02-13", february), ("2024-Mar", "2024-03-12", march)]);
    let first = place.update(&source).unwrap();
    assert_eq!((first.added.len(), service.sent()), (2, 2));
    assert_eq!(contents(&place.held()), [february, march]);

    // The index alone says that nothing is new.
    service.publish(&[("2024-Feb", "2024-02-13", february), ("2024-Mar", "2024-03-12", march)]);
    let second = place.update(&source).unwrap();
    assert_eq!((second.set, second.unchanged, service.sent()), (None, 2, 0));

    // One month changed; another has a new date only, which the server denies by its tag.
    let revised = "cvrf 2024-Mar 2024-04-01 revised";
    service.publish(&[("2024-Feb", "2024-05-01", february), ("2024-Mar", "2024-04-01", revised)]);
    let third = place.update(&source).unwrap();
    assert_eq!((third.replaced, third.unchanged, service.sent()), (vec!["2024-Mar".to_owned()], 1, 1));
    assert_eq!(contents(&place.held()), [february, revised]);

    // A month that is missing and one that is not a catalog leave the held copies; the others are taken.
    let april = "cvrf 2024-Apr 2024-04-09 april";
    service.publish(&[
        ("2024-Feb", "2024-06-01", ""),
        ("2024-Mar", "2024-06-01", "<html>"),
        ("2024-Apr", "2024-04-09", april),
    ]);
    let fourth = place.update(&source).unwrap();
    assert_eq!((fourth.added, fourth.failures.len()), (vec!["2024-Apr".to_owned()], 2));
    assert_eq!(contents(&place.held()), [april, february, revised]);
}

#[test]
fn a_source_that_was_asked_is_current() {
    let service = Service::default();
    let source = service.start();
    let place = Place::new();
    service.publish(&[("2024-Mar", "2024-03-12", "cvrf 2024-Mar 2024-03-12 march")]);
    place.update(&source).unwrap();
    let freshness = |place: &Place| {
        let set = place.store().newest(Check::Sizes).unwrap().unwrap();
        Freshness::of(&place.store(), &set).unwrap().current_until().unwrap().to_string()
    };
    assert_eq!(freshness(&place), "2025-01-01T12:00:00Z");
    let imported = Place::new();
    imported.import("a.xml", "cvrf 2024-Mar 2024-03-12 march").unwrap();
    assert_eq!(freshness(&imported), "2024-03-12T00:00:00Z");
}

#[test]
fn a_server_that_cannot_be_reached_leaves_everything_as_it_is() {
    let place = Place::new();
    place.import("a.xml", "mssecure mssecure 2001-10-04").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for source in [Source::Service { base: base.clone() }, Source::Url(format!("{base}/mssecure.cab"))] {
        assert!(matches!(place.update(&source), Err(SupplyError::Fetch(FetchError::Unreachable { .. }))));
        assert_eq!(place.held().len(), 1);
    }
}

#[test]
fn a_scan_falls_back_to_what_is_held() {
    let place = Place::new();
    let none = Source::File("none".into());
    assert!(place.current(None).unwrap().is_none());
    assert!(place.current(Some(&none)).is_err());
    let source = Source::File(place.file("a.xml", "mssecure mssecure 2001-10-04"));
    let current = place.current(Some(&source)).unwrap().unwrap();
    assert!(matches!(current.updated, Some(Ok(_))));
    let current = place.current(Some(&none)).unwrap().unwrap();
    assert!(matches!(current.updated, Some(Err(SupplyError::Fetch(_)))));
    assert_eq!((current.set.number(), current.set.documents().len()), (1, 1));
    assert_eq!(current.freshness.current_until().unwrap().to_string(), "2001-10-04T00:00:00Z");
}

#[test]
fn a_folder_is_a_mirror() {
    let place = Place::new();
    let folder = place.file("mirror/2024-Mar.xml", "cvrf 2024-Mar 2024-03-12 march").parent().unwrap().to_owned();
    place.file("mirror/2024-Apr.xml", "cvrf 2024-Apr 2024-04-09 april");
    place.file("mirror/readme.txt", "text");
    place.file("mirror/below/2024-May.xml", "cvrf 2024-May 2024-05-14 may");
    let updated = place.update(&Source::Folder(folder)).unwrap();
    assert_eq!((updated.added.len(), updated.failures.len()), (2, 1));
    assert_eq!(place.held().len(), 2);
}

#[test]
fn processes_that_update_at_once_lose_nothing() {
    let place = Place::new();
    std::thread::scope(|scope| {
        for number in 0..6 {
            let place = &place;
            scope.spawn(move || {
                place.import(&format!("{number}.xml"), format!("cvrf document-{number} 2024-03-12")).unwrap();
            });
        }
    });
    assert_eq!(place.held().len(), 6);
}
