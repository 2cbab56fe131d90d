//! Seed inputs: valid data, from which the fuzzer derives almost valid data.

use anyhow::{Result, bail};
use wardline_fixtures::advisory::{DEFINITIONS_HEADING, Fix, Month};
use wardline_fixtures::hive::{HiveBuilder, HiveVersion, Unflushed, new_log, old_log};
use wardline_fixtures::pe::vxd;
use wardline_fixtures::{Hive, Ne, Pe, SecurityDescriptor, WindowsVolume};

/// A file's name in the corpus, and its contents.
type Seed = (&'static str, Vec<u8>);

/// Returns the seeds of a fuzz target, in the form that it documents for its input.
///
/// # Errors
///
/// If there are none: without them a fuzzer hardly gets past the first signature.
pub(super) fn of(target: &str) -> Result<Vec<Seed>> {
    Ok(match target {
        "csaf" => month().csaf().into_iter().take(1).map(|document| ("document", document.into_bytes())).collect(),
        "cvrf" => vec![("document", month().cvrf().into_bytes())],
        "wesng" => vec![("rows", format!("{DEFINITIONS_HEADING}{}", month().definitions()).into_bytes())],
        "hive" => hives(),
        "pe" => executables(),
        "sam" => records(),
        "descriptor" => vec![("key", SecurityDescriptor::default_key().to_bytes())],
        other => bail!("the fuzz target `{other}` has no seeds; add them to xtask/src/fuzz/seeds.rs"),
    })
}

/// Returns a document with an update that another one supersedes, a hotpatch, and a fix without an article.
fn month() -> Month {
    Month::new("2024-Mar", "2024-03-12")
        .product("11571", "Windows Server 2019")
        .product("11655", "Microsoft Edge (Chromium-based)")
        .cve("CVE-2024-21407")
        .exploited()
        .rated("11571", "Critical")
        .fix(Fix::new("5034768", &["11571"]).build("10.0.17763.5458"))
        .fix(Fix::new("5035849", &["11571"]).build("10.0.17763.5576").supersedes("MS16-039, 5034768"))
        .fix(Fix::new("5035959", &["11571"]).build("10.0.17763..5570").kind("Azure Hotpatch"))
        .cve("CVE-2024-2400")
        .rated("11655", "Important")
        .fix(Fix::new("Release Notes", &["11655"]).build("122.0.2365.92"))
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
