use super::{SAMPLE, read, sample_with};
use crate::show;

fn json(xml: &str) -> String {
    let mut out = Vec::new();
    show::json(&read(xml), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn text(xml: &str) -> String {
    let mut out = Vec::new();
    show::text(&read(xml), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn json_has_the_counts_first_and_in_order() {
    let page = json(SAMPLE);
    let keys = [
        "bulletins",
        "qnumbers",
        "patches",
        "affected_products",
        "affected_service_packs",
        "patch_file_changes",
        "patch_registry_changes",
        "products",
        "service_packs",
        "files",
        "file_changes",
        "registry_changes",
        "locations",
        "superseded_by",
        "unresolved",
        "info",
        "dirt",
        "unresolved_items",
        "unsupported",
        "updates_by_product",
    ];
    let found: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("  \"")).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(found, keys);
    let value: serde_json::Value = serde_json::from_str(&page).unwrap();
    assert_eq!(value["patches"], 3);
    assert_eq!(value["info"]["date"], "2001-10-04");
    assert_eq!(value["unsupported"][0]["package"], "old.exe");
    assert_eq!(value["updates_by_product"][0]["updates"], 2);
}

#[test]
fn text_tells_what_could_not_be_resolved() {
    let page = text(&sample_with("RegChangeID=\"1\"", "RegChangeID=\"77\""));
    assert!(page.contains("Could not be resolved: 1\n  registry change (1)\n"), "{page}");
    assert!(page.contains("77  named by MS01-901 q900001_w2k.EXE"), "{page}");
    assert!(page.contains("MS99-903 old.exe"), "{page}");
    assert!(page.contains("     2  Windows 2000 Server"), "{page}");
}

/// A catalog cannot send commands to the terminal that it is shown on.
#[test]
fn terminal_commands_are_taken_out() {
    let xml = SAMPLE.replace("Windows 2000 Server", "Windows\u{9b}31m &#27;]0;title&#7; \u{202e}revreS");
    for page in [text(&xml), json(&xml)] {
        let harmful = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!page.contains(harmful), "{page}");
    }
    let name = &serde_json::from_str::<serde_json::Value>(&json(&xml)).unwrap()["updates_by_product"][0]["name"];
    assert_eq!(name, "Windows\u{9b}31m \u{1b}]0;title\u{7} \u{202e}revreS");
}
