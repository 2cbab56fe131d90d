use super::*;

fn document(id: &str) -> Document {
    let facts = Facts { kind: "cvrf".to_owned(), id: id.to_owned(), date: None, version: None };
    Document {
        file: String::new(),
        bytes: 0,
        sha256: String::new(),
        facts,
        source: "test".to_owned(),
        etag: None,
        last_modified: None,
        released: None,
        fetched: "2025-01-01T12:00:00Z".to_owned(),
        signature: None,
    }
}

/// Puts a set of one document into the store.
fn put(store: &Store, text: &str) -> u64 {
    let right = store.begin(Duration::from_secs(10)).unwrap();
    let new = NewSet::begin(store, &right).unwrap();
    let mut document = document("a");
    document.file = new.add("a", "a.xml", text.as_bytes()).unwrap();
    document.bytes = text.len() as u64;
    document.sha256 = sha256(text.as_bytes());
    new.finish(vec![document]).unwrap()
}

fn text(set: &Set) -> String {
    std::fs::read_to_string(&set.paths()[0]).unwrap()
}

#[test]
fn the_newest_sound_set_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().join("data"));
    assert!(store.newest(Check::Digests).unwrap().is_none());
    assert_eq!((put(&store, "one"), put(&store, "two")), (1, 2));
    let newest = store.newest(Check::Digests).unwrap().unwrap();
    assert_eq!((newest.number(), text(&newest).as_str()), (2, "two"));
    let path = newest.paths()[0].clone();
    drop(newest);

    // Of the same size, which only the digest shows.
    std::fs::write(&path, "TWO").unwrap();
    assert_eq!(store.newest(Check::Sizes).unwrap().unwrap().number(), 2);
    assert_eq!(store.newest(Check::Sizes).unwrap().unwrap().faults().len(), 1);
    let newest = store.newest(Check::Digests).unwrap().unwrap();
    assert_eq!((newest.number(), newest.damaged.len()), (1, 1));
    drop(newest);
    std::fs::write(&path, "longer").unwrap();
    assert_eq!(store.newest(Check::Sizes).unwrap().unwrap().number(), 1);

    let manifest = folder.path().join("data/sets/00000001/manifest.json");
    for damage in ["", "{}", r#"{"format": 2, "documents": []}"#] {
        std::fs::write(&manifest, damage).unwrap();
        assert!(store.newest(Check::Sizes).is_err(), "{damage}");
    }
}

#[test]
fn a_crash_leaves_the_sets_that_were_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    put(&store, "one");
    let half = folder.path().join("sets/.partial-00000002");
    std::fs::create_dir(&half).unwrap();
    std::fs::write(half.join("c-a.xml"), "half").unwrap();
    assert_eq!(store.newest(Check::Digests).unwrap().unwrap().number(), 1);
    assert_eq!(put(&store, "two"), 2);
    assert!(!half.exists());
    // A set that is dropped before it is finished leaves nothing.
    let right = store.begin(Duration::ZERO).unwrap();
    drop(NewSet::begin(&store, &right).unwrap());
    assert!(!folder.path().join("sets/.partial-00000003").exists());
}

#[test]
fn one_process_writes_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    let right = store.begin(Duration::ZERO).unwrap();
    assert!(matches!(store.begin(Duration::from_millis(60)), Err(StoreError::Busy { .. })));
    drop(right);
    assert!(store.begin(Duration::ZERO).is_ok());
}

#[test]
fn old_sets_are_removed_once_nobody_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    put(&store, "one");
    let read = store.newest(Check::Sizes).unwrap().unwrap();
    for number in 2..5 {
        assert_eq!(put(&store, &number.to_string()), number);
        assert_eq!(text(&read), "one");
    }
    assert_eq!(store.numbers().unwrap(), [1, 3, 4]);
    drop(read);
    put(&store, "five");
    assert_eq!(store.numbers().unwrap(), [4, 5]);
}

#[test]
fn a_manifest_names_no_files_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    put(&store, "one");
    let manifest = folder.path().join("sets/00000001/manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    for name in ["../../secret", "/etc/passwd", "C:secret", "", ".", "manifest.json"] {
        std::fs::write(&manifest, text.replace("c-a.xml", &name.replace('\\', "\\\\"))).unwrap();
        assert!(matches!(store.newest(Check::Sizes), Err(StoreError::Damaged { .. })), "{name}");
    }
}

#[test]
fn times_of_checks_are_kept_for_each_source() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    assert!(store.checked().unwrap().is_empty());
    let right = store.begin(Duration::ZERO).unwrap();
    for (source, time) in [("a", "1"), ("b", "2"), ("a", "3")] {
        store.note_checked(&right, source, time).unwrap();
    }
    let checked: Vec<_> = store.checked().unwrap().into_iter().collect();
    assert_eq!(checked, [("a".to_owned(), "3".to_owned()), ("b".to_owned(), "2".to_owned())]);
}
