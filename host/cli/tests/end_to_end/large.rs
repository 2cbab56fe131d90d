//! Targets too large to read in acceptable time.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use wardline_fixtures::catalog::demo;
use wardline_fixtures::{Pe, WindowsVolume};

use crate::support::program::{scan, wardline};

/// Much less than reading the files below would take, and much more than a scan that ends in time takes.
const SOON: Duration = Duration::from_secs(60);

/// A server whose file `rpcrt4.dll`, which the catalog asks about, is sparse and has this size.
fn server(name: &str, size: u64) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("large").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    let image = Pe::version(5, 0, 2195, 1600).build();
    WindowsVolume::windows_2000_server().file(r"%windir%\system32\rpcrt4.dll", image).write_to(&folder).unwrap();
    let file = folder.join("WINNT/system32/rpcrt4.dll");
    File::options().write(true).open(file).unwrap().set_len(size).unwrap();
    folder
}

#[test]
fn a_file_of_terabytes_is_unreadable_at_once_and_costs_no_other_answer() {
    let target = server("terabytes", 8 << 40);
    let catalog = target.with_extension("xml");
    std::fs::write(&catalog, demo().to_xml()).unwrap();
    let begun = Instant::now();
    let report = scan(&[&target], &catalog, &["--only", "os", "--timeout", "30"]);
    assert!(begun.elapsed() < SOON);
    let plugin = &report["targets"][0]["plugins"][0];
    assert_eq!(plugin["outcome"], "ok", "{plugin}");
    let updates = report["targets"][0]["updates"].as_array().unwrap();
    let unreadable: Vec<String> =
        updates.iter().map(ToString::to_string).filter(|update| update.contains("unreadable")).collect();
    let [update] = unreadable.as_slice() else { panic!("{unreadable:?}") };
    assert!(update.contains("rpcrt4.dll: no image checksum for a file of 8796093022208 bytes"), "{update}");
    let ran = wardline(["hotfixes".as_ref(), target.as_os_str()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(begun.elapsed() < SOON);
}
