//! Seed inputs: valid data, from which the fuzzer derives almost valid data.

use anyhow::{Result, bail};
use wardline_fixtures::hive::{HiveBuilder, HiveVersion, Unflushed, new_log, old_log};
use wardline_fixtures::pe::vxd;
use wardline_fixtures::{Hive, Ne, NtfsVolume, Pe, SecurityDescriptor, WindowsVolume, Wof};

/// A file's name in the corpus, and its contents.
type Seed = (&'static str, Vec<u8>);

/// Returns the seeds of a fuzz target, in the form that it documents for its input.
///
/// # Errors
///
/// If there are none: without them a fuzzer hardly gets past the first signature.
pub(super) fn of(target: &str) -> Result<Vec<Seed>> {
    Ok(match target {
        "hive" => hives(),
        "pe" => executables(),
        "sam" => records(),
        "container" => vec![("vhd", fixed_vhd()), ("vmdk", b"# Disk DescriptorFile\nRW 8 ZERO\n".to_vec())],
        "volume" => vec![("ntfs", volume())],
        // The size 4, and a chunk of LZNT1 that is stored.
        "decompress" => vec![("lznt1", b"\x00\x04\x00\x03\x30abcd".to_vec())],
        "descriptor" => vec![("key", SecurityDescriptor::default_key().to_bytes())],
        other => bail!("the fuzz target `{other}` has no seeds; add them to xtask/src/fuzz/seeds.rs"),
    })
}

/// Returns a fixed VHD of 4 KiB.
fn fixed_vhd() -> Vec<u8> {
    let mut footer = vec![0u8; 512];
    let fields: [(usize, &[u8]); 3] = [(0, b"conectix"), (48, &4096u64.to_be_bytes()), (60, &2u32.to_be_bytes())];
    for (at, value) in fields {
        footer.iter_mut().skip(at).zip(value).for_each(|(slot, byte)| *slot = *byte);
    }
    [vec![0; 4096], footer].concat()
}

/// Returns an NTFS volume with a file of each kind.
fn volume() -> Vec<u8> {
    let text = b"0123456789abcdef".repeat(600);
    let volume = NtfsVolume::new().file(r"folder\file", "resident").fragmented("fragmented", text.clone());
    volume
        .compressed("compressed", vec![7; 5000])
        .wof("wof", Wof::Xpress4K, text)
        .junction("link", r"\??\C:\folder")
        .build()
}

/// Returns executables of each format. The first byte of an input selects the languages.
fn executables() -> Vec<Seed> {
    let image = || Pe::version(5, 0, 2195, 1).version_in(0x0407, 6, 0, 0, 0);
    let files = [
        ("pe", image().build()),
        ("pe64", image().plus().build()),
        ("ne", Ne::version(3, 10, 0, 103).build()),
        ("vxd", vxd(Some([4, 0, 0, 950]))),
    ];
    files.map(|(name, file)| (name, [vec![1], file].concat())).into()
}

/// Returns the records of the account database, each preceded by the number of its kind.
fn records() -> Vec<Seed> {
    let hives = WindowsVolume::windows_10().hives();
    let record = |key: &str, name: &str| {
        let value = hives.get(&Hive::Sam).and_then(|sam| sam.value(&format!(r"SAM\Domains\{key}"), name));
        value.map(|value| value.encode().1).unwrap_or_default()
    };
    let records = [
        ("fixed", record(r"Account\Users\000001F4", "F")),
        ("variable", record(r"Account\Users\000001F4", "V")),
        ("alias", record(r"Builtin\Aliases\00000220", "C")),
        ("domain", record("Account", "F")),
    ];
    (0..).zip(records).map(|(kind, (name, record))| (name, [vec![kind], record].concat())).collect()
}

/// Returns hives of each version, clean and with logs of each format. An input is two lengths, the logs of these lengths, and the
/// hive.
fn hives() -> Vec<Seed> {
    let build = |version, state: u32| {
        let mut hive = HiveBuilder::new("SOFTWARE", version);
        hive.set(r"Vendor\Πωλητής", "state", state).set(r"Vendor\Größe", "", "text").class_name("Vendor", "class");
        hive.set("Vendor", "large", vec![7; 20_000]);
        hive.build()
    };
    let input = |unflushed: Unflushed| {
        let log = |wanted: &[&str]| {
            unflushed.logs.iter().find(|(suffix, _)| wanted.contains(suffix)).map_or(&[][..], |(_, log)| log)
        };
        let logs = [log(&[".LOG", ".LOG1"]), log(&[".LOG2"])];
        let mut input = logs.map(|log| (log.len() as u32).to_le_bytes()).concat();
        logs.into_iter().for_each(|log| input.extend(log));
        input.extend(&unflushed.primary);
        input
    };
    let [nt, xp] = [HiveVersion::V1_3, HiveVersion::V1_5].map(|version| [1, 2, 3].map(|state| build(version, state)));
    let clean = |primary: &Vec<u8>| Unflushed { primary: primary.clone(), logs: Vec::new() };
    vec![
        ("nt", input(clean(&nt[0]))),
        ("xp", input(clean(&xp[0]))),
        ("old-log", input(old_log(&nt[0], &nt[1]))),
        ("new-log", input(new_log(&xp[0], &[&xp[1], &xp[2]]))),
    ]
}
