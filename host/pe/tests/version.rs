//! The version that Windows reads from a file, case by case.

#![allow(clippy::unwrap_used, reason = "helpers of tests stand outside of `#[test]` functions")]

use std::io::Cursor;

use wardline_fixtures::pe::{truncated, vxd};
use wardline_fixtures::{Ne, Pe};
use wardline_pe::{Error, Executable, Format, Version, VersionResource};

const GERMAN: u16 = 0x0407;
const AUSTRIAN: u16 = 0x0c07;
const GERMAN_WITHOUT_REGION: u16 = 0x0007;
const ENGLISH: u16 = 0x0409;
const BRITISH: u16 = 0x0809;
const FRENCH: u16 = 0x040c;
const JAPANESE: u16 = 0x0411;

/// Offsets in [`Pe`]: headers, table of sections, and the resources.
const COFF: usize = 132;
const OPTIONAL: usize = 152;
const SECTIONS: usize = OPTIONAL + 224;
const RSRC_SECTION: usize = SECTIONS + 40;
const RSRC: usize = 1536;
const RSRC_ADDRESS: u32 = 0x2000;
/// Offsets for a single version resource.
const TYPE_ENTRY: usize = RSRC + 16;
const NAME_ENTRY: usize = RSRC + 40;
const LANGUAGE_ENTRY: usize = RSRC + 64;
const DATA_ENTRY: usize = RSRC + 72;
const BLOCK: usize = RSRC + 88;
const FIXED: usize = BLOCK + 40;

fn read(bytes: &[u8], languages: &[u16]) -> Result<Option<VersionResource>, Error> {
    Executable::open(Cursor::new(bytes))?.version(languages)
}

fn major(found: Result<Option<VersionResource>, Error>) -> Option<u16> {
    found.unwrap().map(|found| found.file_version.major)
}

fn is_damaged(found: &Result<Option<VersionResource>, Error>) -> bool {
    matches!(found, Err(Error::Damaged { .. }))
}

/// An image with the version 1.0.0.0 in the first of these languages, 2.0.0.0 in the second, and so on.
fn in_languages(languages: &[u16]) -> Vec<u8> {
    let add = |image: Pe, (major, language): (u16, &u16)| image.version_in(*language, major, 0, 0, 0);
    (1..).zip(languages).fold(Pe::without_version(), add).build()
}

fn patched(mut bytes: Vec<u8>, changes: &[(usize, &[u8])]) -> Vec<u8> {
    for (at, change) in changes {
        bytes[*at..at + change.len()].copy_from_slice(change);
    }
    bytes
}

fn image() -> Vec<u8> {
    Pe::version(5, 0, 2195, 3649).build()
}

/// The order is that of `LdrFindResource_U` without a language (Wine, dlls/ntdll/resource.c; ReactOS has the same), which
/// `GetFileVersionInfo` reaches through `FindResource`.
#[test]
fn of_several_languages_the_one_that_windows_finds_is_read() {
    for (stored, preferred, expected) in [
        // The neutral language takes precedence over all others.
        ([0, GERMAN, ENGLISH].as_slice(), [GERMAN].as_slice(), 0),
        (&[0, ENGLISH], &[ENGLISH], 0),
        // The user's language takes precedence over the system's, and both over English.
        (&[GERMAN, ENGLISH], &[GERMAN], GERMAN),
        (&[GERMAN, ENGLISH, FRENCH], &[FRENCH, GERMAN], FRENCH),
        (&[GERMAN, ENGLISH, FRENCH], &[JAPANESE, FRENCH], FRENCH),
        (&[GERMAN, ENGLISH], &[ENGLISH, GERMAN], ENGLISH),
        // A language without its region is a substitute, another region is not.
        (&[GERMAN_WITHOUT_REGION, ENGLISH], &[AUSTRIAN], GERMAN_WITHOUT_REGION),
        (&[GERMAN_WITHOUT_REGION, GERMAN, ENGLISH], &[GERMAN], GERMAN),
        (&[GERMAN, ENGLISH], &[AUSTRIAN], ENGLISH),
        (&[ENGLISH, BRITISH], &[BRITISH], BRITISH),
        // English, whatever the order in the directory.
        (&[GERMAN, ENGLISH], &[], ENGLISH),
        (&[GERMAN, ENGLISH, FRENCH], &[JAPANESE], ENGLISH),
        // The first one in the directory.
        (&[GERMAN, FRENCH], &[JAPANESE], GERMAN),
        (&[GERMAN, FRENCH], &[ENGLISH], GERMAN),
        (&[FRENCH], &[GERMAN], FRENCH),
        // British English is not US English.
        (&[GERMAN, BRITISH], &[JAPANESE], GERMAN),
    ] {
        let found = read(&in_languages(stored), preferred).unwrap().unwrap();
        let place = usize::from(found.file_version.major) - 1;
        assert_eq!(stored[place], expected, "{stored:04x?} for {preferred:04x?}");
        // A neutral resource states its own language; that of the fixtures is 0.
        assert_eq!(found.language, Some(expected).filter(|language| *language != 0), "{stored:04x?}");
    }
}

#[test]
fn whether_languages_matter_is_known_beforehand() {
    for (bytes, expected) in [
        (in_languages(&[GERMAN, ENGLISH]), true),
        (in_languages(&[0, ENGLISH]), false),
        (in_languages(&[GERMAN]), false),
        (in_languages(&[]), false),
        (Ne::version(3, 10, 0, 103).build(), false),
        (b"text".to_vec(), false),
    ] {
        let mut file = Executable::open(Cursor::new(bytes)).unwrap();
        assert_eq!(file.version_depends_on_language().unwrap(), expected);
    }
}

/// `GetFileVersionInfo` looks for `MAKEINTRESOURCE(VS_VERSION_INFO)` of the type `RT_VERSION` (winver.h, verrsrc.h).
#[test]
fn of_several_names_number_one_is_read() {
    for (what, bytes, expected) in [
        ("a name before it", Pe::without_version().version_named("A", [9; 4]).version_numbered(1, [1; 4]), Some(1)),
        ("a number before it", Pe::without_version().version_numbered(0, [9; 4]).version_numbered(1, [1; 4]), Some(1)),
        ("a number behind it", Pe::without_version().version_numbered(1, [1; 4]).version_numbered(2, [9; 4]), Some(1)),
        ("only another number", Pe::without_version().version_numbered(2, [9; 4]), None),
        ("only a name", Pe::without_version().version_named("VS_VERSION_INFO", [9; 4]), None),
        ("its digit as a name", Pe::without_version().version_named("1", [9; 4]), None),
    ] {
        assert_eq!(major(read(&bytes.build(), &[])), expected, "{what}");
    }
    // A type named "16" is not the type 16.
    let named_type = patched(image(), &[(RSRC + 12, &[1, 0, 0, 0]), (TYPE_ENTRY + 3, &[0x80])]);
    assert_eq!(major(read(&named_type, &[])), None);
}

/// The loader uses a binary search in a directory (Wine, `find_entry_by_id`).
#[test]
fn a_directory_whose_order_hides_the_version_is_damaged() {
    let numbered = |numbers: &[u16]| {
        numbers
            .iter()
            .fold(Pe::without_version(), |image, number| image.version_numbered(*number, [*number; 4]))
            .build()
    };
    assert_eq!(major(read(&numbered(&[1, 2, 3]), &[])), Some(1));
    // The middle one is compared first.
    assert_eq!(major(read(&numbered(&[3, 1, 2]), &[])), Some(1));
    assert!(is_damaged(&read(&numbered(&[2, 3, 1]), &[])));
    assert_eq!(major(read(&numbered(&[4, 3, 2]), &[])), None);

    assert_eq!(major(read(&in_languages(&[ENGLISH, GERMAN]), &[])), Some(1));
    assert!(is_damaged(&read(&in_languages(&[ENGLISH, GERMAN]), &[GERMAN])));
    assert!(is_damaged(&read(&in_languages(&[ENGLISH, GERMAN, 0]), &[])));
    assert!(is_damaged(&read(&in_languages(&[ENGLISH, ENGLISH]), &[])));
}

#[test]
fn what_the_loader_reads_is_read() {
    let u16s = |value: u16| value.to_le_bytes();
    let u32s = |value: u32| value.to_le_bytes();
    let offset = |bytes| Pe::version(5, 0, 2195, 3649).section_offset(bytes).build();
    let flat = patched(
        image(),
        // Without pages the file is mapped as it is: addresses are offsets.
        &[
            (OPTIONAL + 32, &u32s(16)),
            (OPTIONAL + 36, &u32s(16)),
            (OPTIONAL + 96 + 16, &u32s(RSRC as u32)),
            (RSRC_SECTION + 12, &u32s(RSRC as u32)),
            (DATA_ENTRY, &u32s(BLOCK as u32)),
        ],
    );
    let mut overlapping = image();
    overlapping.copy_within(128..SECTIONS + 80, 4);
    let overlapping = patched(overlapping, &[(60, &u32s(4))]);
    let overlapping = patched(
        overlapping,
        &[
            (4 + 24 + 96 + 16, &u32s(RSRC as u32)),
            (DATA_ENTRY, &u32s(BLOCK as u32)),
            (4 + 24 + 224 + 52, &u32s(RSRC as u32)),
        ],
    );
    let mut moved = image();
    moved.copy_within(128..SECTIONS + 80, 131);
    let moved = patched(moved, &[(60, &u32s(131))]);

    for (what, bytes) in [
        ("64-bit", Pe::version(5, 0, 2195, 3649).plus().build()),
        // Sections begin at whole sectors (corkami, PE; pefile, `adjust_file_alignment`).
        ("a section one byte into its sector", offset(1)),
        ("a section in the middle of its sector", offset(0x110)),
        ("a section at the end of its sector", offset(511)),
        // The DOS header's relocations matter only to DOS.
        ("relocations at an odd offset", Pe::version(5, 0, 2195, 3649).dos_relocations(0x1d).build()),
        ("relocations within the header", Pe::version(5, 0, 2195, 3649).dos_relocations(0x3c).build()),
        ("relocations behind the file", Pe::version(5, 0, 2195, 3649).dos_relocations(0xffff).build()),
        ("a header at an odd offset", moved),
        ("a header over the DOS header", overlapping),
        ("sections without pages", flat.clone()),
        ("no sections without pages", patched(flat, &[(COFF + 2, &u16s(0))])),
        ("an optional header of an odd size", {
            let mut bytes = image();
            bytes.copy_within(SECTIONS..SECTIONS + 80, SECTIONS + 13);
            patched(bytes, &[(COFF + 16, &u16s(224 + 13))])
        }),
        ("more data directories than there are", patched(image(), &[(OPTIONAL + 92, &u32s(u32::MAX))])),
        ("resources without a size", patched(image(), &[(OPTIONAL + 96 + 20, &u32s(0))])),
        // Bytes in the page after the section's size in memory are mapped, too.
        ("a section smaller in memory", patched(image(), &[(RSRC_SECTION + 8, &u32s(16))])),
        ("a section without a size in memory", patched(image(), &[(RSRC_SECTION + 8, &u32s(0))])),
        ("a section larger in memory", patched(image(), &[(RSRC_SECTION + 8, &u32s(0x10_0000))])),
        ("a wrong checksum", Pe::version(5, 0, 2195, 3649).wrong_header_checksum().build()),
        ("data behind the sections", Pe::version(5, 0, 2195, 3649).size(10_001).build()),
        ("a resource larger than its section", patched(image(), &[(DATA_ENTRY + 4, &u32s(u32::MAX))])),
        ("another length of the block", patched(image(), &[(BLOCK, &u16s(7))])),
        ("another key", patched(image(), &[(BLOCK + 6, b"v")])),
        ("another version of the structure", patched(image(), &[(FIXED + 4, &u32s(0))])),
        ("a length counted in characters", patched(image(), &[(BLOCK + 2, &u16s(26)), (BLOCK + 4, &u16s(1))])),
        ("a machine that Windows does not run on", patched(image(), &[(COFF, &u16s(0xbeef))])),
    ] {
        let found = read(&bytes, &[]).unwrap_or_else(|error| panic!("{what}: {error}"));
        let version = Version { major: 5, minor: 0, build: 2195, revision: 3649 };
        assert_eq!(found, Some(VersionResource { file_version: version, language: Some(ENGLISH) }), "{what}");
    }
}

#[test]
fn resources_in_the_headers_are_read() {
    let mut bytes = image();
    let section = bytes[RSRC..RSRC + 512].to_vec();
    bytes[512..1024].copy_from_slice(&section);
    let bytes =
        patched(bytes, &[(OPTIONAL + 96 + 16, &512u32.to_le_bytes()), (512 + 72, &(512u32 + 88).to_le_bytes())]);
    assert_eq!(major(read(&bytes, &[])), Some(5));
}

#[test]
fn files_without_a_version_are_told_from_damaged_ones() {
    let u16s = |value: u16| value.to_le_bytes();
    let u32s = |value: u32| value.to_le_bytes();
    for (what, bytes) in [
        ("empty", Vec::new()),
        ("one byte", b"M".to_vec()),
        ("text", b"Service Pack 3 is installed.".repeat(9)),
        ("text that begins like an executable", b"MZ is how every program begins. ".repeat(9)),
        ("no resources", Pe::without_version().build()),
        ("resources at address 0", patched(image(), &[(OPTIONAL + 96 + 16, &u32s(0))])),
        ("fewer data directories", patched(image(), &[(OPTIONAL + 92, &u32s(2))])),
        ("nothing where resources of no size would be", {
            patched(image(), &[(OPTIONAL + 96 + 16, &u32s(0x9000)), (OPTIONAL + 96 + 20, &u32s(0))])
        }),
        ("another type of resource", patched(image(), &[(TYPE_ENTRY, &u32s(3))])),
        // Zeros are an empty directory.
        ("resources in a section that is not in the file", patched(image(), &[(RSRC_SECTION + 20, &u32s(0))])),
        ("no fixed part", patched(image(), &[(BLOCK + 2, &u16s(0))])),
        ("an image for a ROM", patched(image(), &[(OPTIONAL, &u16s(0x107))])),
        ("a 16-bit executable", Ne::without_version().build()),
        ("a 16-bit version under another number", Ne::version(3, 10, 0, 103).name(0x8002).build()),
        ("a 16-bit version under a name", Ne::version(3, 10, 0, 103).name(0x0020).build()),
        ("a 16-bit executable without resources", patched(Ne::without_version().build(), &[(128 + 0x26, &u16s(64))])),
        ("a driver without a version", vxd(None)),
        ("OS/2's 32-bit executable", patched(vxd(Some([4, 0, 0, 950])), &[(128, b"LX")])),
    ] {
        assert_eq!(read(&bytes, &[]).unwrap_or_else(|error| panic!("{what}: {error}")), None, "{what}");
    }
}

/// A DOS program has its relocations, or code, where newer executables store the offset of their header. Its relocation table
/// begins within the header's 64 bytes (Microsoft's article 65122: 64 or more indicates a newer executable).
#[test]
fn programs_for_dos_have_no_version() {
    let program = |paragraphs: u16, table: u16, relocations: u16, field: u32| {
        let mut bytes = vec![0; 2048];
        bytes[..2].copy_from_slice(b"MZ");
        bytes[6..8].copy_from_slice(&relocations.to_le_bytes());
        bytes[8..10].copy_from_slice(&paragraphs.to_le_bytes());
        bytes[24..26].copy_from_slice(&table.to_le_bytes());
        bytes[60..64].copy_from_slice(&field.to_le_bytes());
        bytes
    };
    for (what, bytes) in [
        ("nothing there", program(32, 64, 0, 0)),
        ("a relocation there", program(32, 0x1e, 12, 0x0001_0000)),
        ("a relocation there that leads into the file", program(32, 0x3e, 12, 0x0000_0400)),
        ("code there", program(2, 0x1c, 0, 0x21cd_09b4)),
        ("code there that leads into the file", program(2, 0x1c, 0, 0x0000_0100)),
        ("a relocation there, farther than Windows looks", program(32, 0x1e, 12, 0x1000_0000)),
        ("code there, farther than Windows looks", program(2, 0x1c, 0, 0xfffe_21cd)),
    ] {
        let mut file = Executable::open(Cursor::new(&bytes)).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!((file.format(), file.version(&[]).unwrap()), (Format::Other, None), "{what}");
    }
}

#[test]
fn executables_of_before_windows_nt_have_versions() {
    let version = |[major, minor, build, revision]: [u16; 4]| Version { major, minor, build, revision };
    for (what, bytes, format, expected) in [
        ("16-bit", Ne::version(3, 10, 0, 103).build(), Format::Ne, [3, 10, 0, 103]),
        ("16-bit with a 32-bit block", Ne::version(4, 0, 950, 6).unicode().build(), Format::Ne, [4, 0, 950, 6]),
        ("a virtual device driver", vxd(Some([4, 0, 0, 950])), Format::Le, [4, 0, 0, 950]),
    ] {
        let mut file = Executable::open(Cursor::new(&bytes)).unwrap();
        assert_eq!(file.format(), format, "{what}");
        let found = file.version(&[GERMAN]).unwrap().unwrap();
        assert_eq!((found.file_version, found.language), (version(expected), Some(ENGLISH)), "{what}");
    }
}

/// The loader rejects an image with incomplete sections.
#[test]
fn an_image_that_is_cut_off_anywhere_is_damaged() {
    let image = image();
    for length in 2..image.len() {
        let found = read(&image[..length], &[]);
        assert!(is_damaged(&found), "{length} bytes: {found:?}");
    }
}

#[test]
fn what_contradicts_itself_is_damaged() {
    let u16s = |value: u16| value.to_le_bytes();
    let u32s = |value: u32| value.to_le_bytes();
    let cut = |mut bytes: Vec<u8>, length| {
        bytes.truncate(length);
        bytes
    };
    let ne = || Ne::version(3, 10, 0, 103).build();
    for (what, bytes) in [
        ("nothing but a signature", b"MZ".to_vec()),
        // `RtlImageNtHeaderEx` does not look past 256 MiB.
        ("a new header farther than Windows looks", patched(image(), &[(60, &u32s(0x1000_0000))])),
        ("a new header at the end of all offsets", patched(image(), &[(60, &u32s(0xffff_fff0))])),
        ("cut off before the new header", cut(image(), 100)),
        ("cut off within the new signature", cut(image(), 130)),
        ("cut off within the header", cut(image(), 140)),
        ("cut off within the optional header", cut(image(), OPTIONAL + 60)),
        ("cut off within the directories", cut(image(), OPTIONAL + 110)),
        ("cut off within the table of sections", cut(image(), SECTIONS + 50)),
        ("cut off behind the headers", truncated(&image())),
        ("cut off within the resources", cut(image(), BLOCK + 60)),
        ("no new signature", patched(image(), &[(128, b"XX")])),
        ("half of a new signature", patched(image(), &[(130, b"X")])),
        ("an unknown optional header", patched(image(), &[(OPTIONAL, &u16s(0x10c))])),
        ("a section behind the file's end", patched(image(), &[(RSRC_SECTION + 20, &u32s(0x10_0000))])),
        ("more sections than there is room for", patched(image(), &[(COFF + 2, &u16s(u16::MAX))])),
        ("resources in no section", patched(image(), &[(OPTIONAL + 96 + 16, &u32s(0x9000))])),
        ("more entries than there is room for", patched(image(), &[(RSRC + 14, &u16s(u16::MAX))])),
        ("a type that is no directory", patched(image(), &[(TYPE_ENTRY + 4, &u32s(24))])),
        ("a name that is no directory", patched(image(), &[(NAME_ENTRY + 4, &u32s(48))])),
        ("a name's directory behind the section", patched(image(), &[(NAME_ENTRY + 4, &u32s(0x8fff_ffff))])),
        ("a language that is a directory", patched(image(), &[(LANGUAGE_ENTRY + 4, &u32s(0x8000_0000))])),
        ("a directory that leads to itself", {
            let itself = &u32s(0x8000_0000);
            let first = [(RSRC + 14, &u16s(2) as &[u8]), (RSRC + 16, &u32s(1)), (RSRC + 20, itself)];
            patched(patched(image(), &first), &[(RSRC + 24, &u32s(16)), (RSRC + 28, itself)])
        }),
        ("no language", patched(image(), &[(RSRC + 48 + 14, &u16s(0))])),
        ("data behind the section", patched(image(), &[(LANGUAGE_ENTRY + 4, &u32s(0x7fff_ffff))])),
        ("a version in no section", patched(image(), &[(DATA_ENTRY, &u32s(0x9000))])),
        ("a version without a size", patched(image(), &[(DATA_ENTRY + 4, &u32s(0))])),
        ("a version too small for its fixed part", patched(image(), &[(DATA_ENTRY + 4, &u32s(91))])),
        ("a version at the end of its section", patched(image(), &[(DATA_ENTRY, &u32s(RSRC_ADDRESS + 4090))])),
        ("a fixed part that is too small", patched(image(), &[(BLOCK + 2, &u16s(51))])),
        ("a fixed part without a signature", patched(image(), &[(FIXED, &u32s(0))])),
        ("zeros for a version", patched(image(), &[(BLOCK + 2, &[52; 1]), (FIXED, &[0; 52])])),
        ("a 16-bit header cut off", cut(ne(), 150)),
        ("16-bit resources cut off", cut(ne(), 200)),
        ("a 16-bit version cut off", cut(ne(), 540)),
        ("16-bit resources that end before they begin", patched(ne(), &[(128 + 0x26, &u16s(63))])),
        ("16-bit resources without an end", patched(ne(), &[(128 + 0x26, &u16s(64 + 30))])),
        ("16-bit resources aligned to gigabytes", patched(ne(), &[(192, &u16s(30))])),
        ("a 16-bit version without a signature", patched(ne(), &[(528 + 20, &u32s(0))])),
        ("a driver's header cut off", cut(vxd(None), 180)),
        ("a driver's version cut off", cut(vxd(Some([4, 0, 0, 950])), 520)),
        ("a driver's other resource", patched(vxd(Some([4, 0, 0, 950])), &[(513, &u16s(3))])),
    ] {
        let found = read(&bytes, &[]);
        assert!(is_damaged(&found), "{what}: {found:?}");
    }
}

#[test]
fn a_file_of_zeros_is_told_from_an_empty_one() {
    let mut late = vec![0; 4096];
    late[64] = 1;
    for (what, bytes, expected) in [
        ("zeros", vec![0; 4096], true),
        ("few zeros", vec![0; 3], true),
        ("zeros for a DOS header", late, true),
        ("nothing", Vec::new(), false),
        ("text", b"text".to_vec(), false),
        ("an image", image(), false),
    ] {
        let found = Executable::open(Cursor::new(&bytes)).unwrap().begins_with_zeros().unwrap();
        assert_eq!(found, expected, "{what}");
    }
}
