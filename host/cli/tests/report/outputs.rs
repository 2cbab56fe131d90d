//! Files are replaced completely or not at all; a reader that leaves is not an error.

use std::io::{Error, ErrorKind, Write};

use wardline::report::{Destination, Json, Outputs, Render, Summary};

use crate::report::doubles::head;

struct Failing(ErrorKind);

impl Write for Failing {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(Error::from(self.0))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn formats(count: usize) -> Vec<Box<dyn Render>> {
    (0..count).map(|_| Box::new(Json) as Box<dyn Render>).collect()
}

#[test]
fn an_older_report_stays_until_the_new_one_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    std::fs::write(&path, "old").unwrap();
    let formats = formats(1);
    let begin = || Outputs::begin(&formats, vec![Destination::File(path.clone())], &head()).unwrap();

    let mut abandoned = begin();
    abandoned.append(&vec![b"{}".to_vec()]).unwrap();
    drop(abandoned);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "something was left behind");

    let mut outputs = begin();
    outputs.append(&vec![b"{}".to_vec()]).unwrap();
    outputs.append(&vec![b"{}".to_vec()]).unwrap();
    outputs.finish(&formats, &Summary::default()).unwrap();
    let report: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(report["targets"].as_array().unwrap().len(), 2);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_a_report() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    for older in [false, true] {
        let path = folder.path().join("report.json");
        if older {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        }
        let formats = formats(1);
        let outputs = Outputs::begin(&formats, vec![Destination::File(path.clone())], &head()).unwrap();
        outputs.finish(&formats, &Summary::default()).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "in place of an older one: {older}");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no such folder").join("report.json");
    let error = Outputs::begin(&formats(1), vec![Destination::File(path.clone())], &head()).unwrap_err();
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
}

#[test]
fn a_reader_that_leaves_is_no_error_but_a_full_disk_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let formats = formats(2);
    let closed = |kind| Destination::Stdout(Box::new(Failing(kind)));

    let destinations = vec![closed(ErrorKind::BrokenPipe), Destination::File(path.clone())];
    let mut outputs = Outputs::begin(&formats, destinations, &head()).unwrap();
    assert!(!outputs.closed(), "the file is still wanted");
    outputs.append(&vec![b"{}".to_vec(), b"{}".to_vec()]).unwrap();
    outputs.finish(&formats, &Summary::default()).unwrap();
    assert!(path.exists());

    let outputs = Outputs::begin(&formats[..1], vec![closed(ErrorKind::BrokenPipe)], &head()).unwrap();
    assert!(outputs.closed());

    let error = Outputs::begin(&formats[..1], vec![closed(ErrorKind::StorageFull)], &head()).unwrap_err();
    assert!(error.to_string().contains("standard output"), "{error}");
}
