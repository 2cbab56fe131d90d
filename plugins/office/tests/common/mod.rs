//! Machines with Office, as the tests of several checks need them.

// Each test file uses its own part of it.
#![allow(dead_code, unused_imports)]

use wardline_plugin::prelude::*;
use wardline_plugin::testing::Bench;

pub(crate) use wardline_plugin_tests::machine::*;

/// Programs of one release of Office, in `D:\Office`.
pub(crate) fn office(bench: Bench, release: &str, programs: &[(&str, [u16; 4])]) -> Bench {
    const OFFICE: &str = r"HKLM\SOFTWARE\Microsoft\Office";
    let name = if release == "8.0" { "OfficeBin" } else { "Path" };
    let bench = key(bench, OFFICE, &[], &[release, "Common"]).value(
        &format!(r"{OFFICE}\{release}\Common\InstallRoot"),
        name,
        RegistryData::Text(r"D:\Office\".to_owned()),
    );
    programs.iter().fold(bench, |bench, (name, version)| file(bench, &format!(r"D:\Office\{name}"), *version))
}
