//! Texts of real machines, which are not part of the project: `cargo xtask test` runs these tests where the files exist.

// Tests report failures by panicking.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use wardline_systeminfo::{Architecture, Form, Hotfixes, Role, Told, read};

fn data(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(folder)
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(data(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn told(path: &Path) -> Told {
    read(&fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every article in a text, which must be ASCII apart from its encoding.
fn naive(path: &Path) -> BTreeSet<String> {
    let text: String = fs::read(path).unwrap().into_iter().filter(|byte| *byte != 0).map(char::from).collect();
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let is_article = |word: &&str| {
        let number = word.strip_prefix("KB").or_else(|| word.strip_prefix('Q'));
        number.is_some_and(|number| number.len() > 5 && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    words.filter(is_article).map(str::to_owned).collect()
}

fn assert_lists(told: &Told, path: &Path) {
    match (&told.hotfixes, naive(path)) {
        (Hotfixes::Listed { articles, complete }, expected) => {
            assert_eq!((articles, complete), (&expected, &true), "{}", path.display());
        }
        (Hotfixes::Unreadable(_) | Hotfixes::Untold, expected) => {
            assert_eq!(expected, BTreeSet::new(), "{}", path.display())
        }
    }
}

#[test]
#[ignore = "reads ../shared/data"]
fn systeminfo_of_real_machines_tells_the_build_that_their_files_are_named_after() {
    let mut without_list = 0;
    for path in files("windows/systeminfo") {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let label = name.rsplit('_').next().unwrap().split('.').next().unwrap().parse::<u32>().unwrap();
        let told = told(&path);
        let system = told.system.as_ref().unwrap();
        // 20H2 is an enablement package for 2004; some of its labels are those of the files.
        let build = if name.contains("_20H2_") { 19042 } else { label };
        assert_eq!((told.form, system.build), (Form::Systeminfo, build), "{name}");
        assert_eq!(system.architecture, Some(Architecture::X64), "{name}");
        assert!(matches!(system.language, Some(0x0409 | 0x0809)), "{name}");
        let role = if name.starts_with("WindowsServer") { Role::Server } else { Role::Workstation };
        assert_eq!(system.role, Some(role), "{name}");
        assert!(told.computer.is_some() && system.product_name.is_some(), "{name}");
        assert_lists(&told, &path);
        without_list +=
            usize::from(matches!(told.hotfixes, Hotfixes::Unreadable(reason) if reason.contains("is empty")));
    }
    assert_eq!(without_list, 3);
}

#[test]
#[ignore = "reads ../shared/data"]
fn other_real_texts_are_read() {
    for (name, build, role, computer) in [
        ("7_sp1_x64_enterprise_fr_systeminfo_cmd.txt", Some(7601), Some(Role::Workstation), "WIN-IDKKFN87EL8"),
        ("srv_2012r2_u1_qfe.txt", None, None, "SRV12R2U1X64"),
        ("srv_2012r2_u1_systeminfo.txt", Some(9600), Some(Role::Server), "SRV12R2U1X64"),
        ("srv_2016_1607_datacenter_en-us_systeminfo.txt", Some(14393), Some(Role::Server), "MYSERVER"),
        ("xp_sp2_x86_systeminfo.txt", Some(2600), Some(Role::Workstation), "WINXPSP2"),
    ] {
        let path = data("wesng").join(name);
        let told = told(&path);
        assert_eq!(told.system.as_ref().map(|system| system.build), build, "{name}");
        assert_eq!(told.system.as_ref().and_then(|system| system.role), role, "{name}");
        assert_eq!(told.computer.as_deref(), Some(computer), "{name}");
        assert_lists(&told, &path);
    }
    let french = told(&data("wesng/7_sp1_x64_enterprise_fr_systeminfo_cmd.txt")).system.unwrap();
    assert_eq!(french.product_name.as_deref(), Some("Windows 7 Entreprise N"));
    assert_eq!((french.language, french.service_pack), (Some(0x040c), 1));
}

#[test]
#[ignore = "reads ../shared/data"]
fn real_clixml_is_read() {
    for server in ["E16", "E19"] {
        let path = data("windows/get-hotfix").join(format!("CSS-Exchange-{server}-GetHotFix.xml"));
        let mut all = told(&path);
        assert_lists(&all, &path);
        let system = told(&data("windows/get-hotfix").join(format!("{server}-Win32_OperatingSystem.xml")));
        all.add(system).unwrap();
        let system = all.system.unwrap();
        assert!(matches!(system.build, 14393 | 17763), "{}", system.build);
        assert_eq!(system.architecture, Some(Architecture::X64));
    }
}
