//! The image checksum, case by case.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use wardline_fixtures::pe::image_checksum;
use wardline_fixtures::{Ne, Pe};
use wardline_pe::{Error, Executable};

#[test]
fn checksums_are_those_of_their_definition() {
    let pe = || Pe::version(5, 0, 2195, 3649);
    for (what, bytes) in [
        ("an image", pe().build()),
        ("a 64-bit image", pe().plus().build()),
        ("an image of odd length", pe().size(9001).build()),
        ("a wrong checksum in the header", pe().wrong_header_checksum().build()),
        ("no checksum in the header", pe().zero_header_checksum().build()),
        ("a 16-bit executable", Ne::version(3, 10, 0, 103).build()),
        ("text", b"text of odd length.".to_vec()),
        ("nothing", Vec::new()),
    ] {
        let mut file = Executable::open(Cursor::new(&bytes)).unwrap();
        assert_eq!(file.checksum().unwrap(), image_checksum(&bytes), "{what}");
    }
}

#[test]
fn the_checksum_in_the_header_is_told() {
    let right = Pe::version(5, 0, 2195, 3649).build();
    let stored = |bytes: Vec<u8>| Executable::open(Cursor::new(bytes)).unwrap().stored_checksum();
    assert_eq!(stored(right.clone()), Some(image_checksum(&right)));
    assert_eq!(stored(Pe::version(5, 0, 2195, 3649).zero_header_checksum().build()), Some(0));
    assert_eq!(stored(Ne::version(3, 10, 0, 103).build()), None);
}

/// A file of zeros of any length; fails if more bytes are read than headers have.
struct Sparse {
    length: u64,
    at: u64,
}

impl Read for Sparse {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        assert!(self.at < 4096, "reads what cannot be summed up");
        buffer.fill(0);
        self.at += buffer.len() as u64;
        Ok(buffer.len())
    }
}

impl Seek for Sparse {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.at = match position {
            SeekFrom::Start(at) => at,
            SeekFrom::End(_) => self.length,
            SeekFrom::Current(_) => self.at,
        };
        Ok(self.at)
    }
}

#[test]
fn files_too_large_for_a_checksum_are_refused_unread() {
    for length in [1 << 32, 8 << 40, u64::MAX] {
        let mut file = Executable::open(Sparse { length, at: 0 }).unwrap();
        assert_eq!(file.version(&[]).unwrap(), None);
        let error = file.checksum().unwrap_err();
        assert!(matches!(error, Error::TooLargeForChecksum { size } if size == length), "{error}");
    }
}
