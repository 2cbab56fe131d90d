//! A machine that a script recorded is judged as its volume is. There is no PowerShell here: the script's work is done by its
//! rehearsal, from the lists in the script's own text.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wardline::collector::testing::{parse_plan, record};
use wardline::evidence::image::Volume;
use wardline_fixtures::fleet;

use crate::support::program::{scan, wardline};

/// The check that needs the hashes of passwords, which no script is told.
const NEEDS_HASHES: &str = "os.local-account-passwords";

/// Records a volume as the script in this text does.
fn recorded(script: &str, volume: &Path, file: &Path) {
    let plan = parse_plan(script).unwrap();
    let recorded = record(&plan, &Volume::open(volume, None).unwrap());
    fs::write(file, recorded.to_json("recorded")).unwrap();
}

/// The findings without their evidence, whose answers say less about times and languages.
fn findings(target: &Value) -> (Vec<String>, Vec<String>) {
    let line = |finding: &Value, fields: &[&str]| {
        fields.iter().map(|field| finding[*field].to_string()).collect::<Vec<_>>().join(" ")
    };
    let list = |name: &str| target[name].as_array().unwrap().clone();
    let checks = list("checks").into_iter().filter(|check| check["id"] != NEEDS_HASHES);
    let checks = checks.map(|check| line(&check, &["plugin", "id", "subject", "grade", "summary", "rows"])).collect();
    let updates =
        list("updates").iter().map(|update| line(update, &["bulletin", "kb", "product", "status", "reason"])).collect();
    (checks, updates)
}

fn script(catalog: &Path, place: &Path) -> String {
    let file = place.join("collect.ps1");
    let ran = wardline(["collect", "--script", "-o", file.to_str().unwrap(), "--catalog", catalog.to_str().unwrap()]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
    let text = fs::read_to_string(file).unwrap();
    // The same plugins and catalogs make the same text, to a file and to standard output.
    let again = wardline(["collect", "--script", "--catalog", catalog.to_str().unwrap()]);
    assert_eq!(again.stdout, text);
    text
}

fn compare(machines: &[(String, PathBuf)], catalog: &Path) {
    let place = tempfile::tempdir().unwrap();
    let script = script(catalog, place.path());
    let mut targets = Vec::new();
    for (name, folder) in machines {
        let recording = place.path().join(format!("{name}.recording"));
        recorded(&script, folder, &recording);
        targets.extend([folder.clone(), recording]);
    }
    let targets = targets.iter().map(PathBuf::as_path).collect::<Vec<_>>();
    let report = scan(&targets, catalog, &[]);
    let mut different = Vec::new();
    for (pair, (name, _)) in report["targets"].as_array().unwrap().chunks(2).zip(machines) {
        let [volume, recording] = pair else { panic!() };
        assert_eq!(recording["source"]["kind"], "recording");
        let (expected, found) = (findings(volume), findings(recording));
        for (expected, found) in [(expected.0, found.0), (expected.1, found.1)] {
            let differences = found.iter().filter(|finding| !expected.contains(finding));
            different.extend(differences.map(|finding| format!("{name}: {finding}")));
            assert_eq!(found.len(), expected.len(), "{name}");
        }
    }
    assert_eq!(different, [""; 0]);
}

#[test]
fn a_machine_of_today_is_judged_as_its_volume() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("collected-today");
    let _ = fs::remove_dir_all(&folder);
    let fleet = fleet::today(&folder).unwrap();
    let machines =
        fleet.machines.iter().map(|machine| (machine.name.to_owned(), machine.folder.clone())).collect::<Vec<_>>();
    compare(&machines, &fleet.catalog);
}

/// The scopes are those of all plugins, with IIS, SQL Server and updates that are known by their files. PowerShell is not that old.
#[test]
fn a_machine_with_every_product_is_judged_as_its_volume() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("collected-demo");
    let _ = fs::remove_dir_all(&folder);
    let fleet = fleet::demo(&folder).unwrap();
    let machines = fleet.machines.iter().filter(|machine| machine.legible);
    let machines = machines.map(|machine| (machine.name.to_owned(), machine.folder.clone())).collect::<Vec<_>>();
    compare(&machines, &fleet.catalog);
}

#[test]
fn a_script_is_signed_for_those_who_run_it() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let made = wardline(["plugin", "keygen", "--no-password", "-o", &at("key")]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let script = at("collect.ps1");
    let ran = wardline(["collect", "--script", "-o", &script, "--key", &at("key.key"), "--only", "os"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let signature = fs::read_to_string(script.clone() + ".minisig").unwrap();
    let public = fs::read_to_string(at("key.pub")).unwrap();
    let key = wardline::trust::PublicKey::parse(public.lines().nth(1).unwrap()).unwrap();
    let verified =
        wardline::trust::Signature::parse(&signature).unwrap().verify(&fs::read(&script).unwrap(), &key).unwrap();
    assert!(verified.comment.starts_with("script of wardline ") && verified.statement.is_none(), "{verified:?}");
    let unsigned = wardline(["collect", "--script", "--key", &at("key.key")]);
    assert_ne!(unsigned.code, 0);
    let both = wardline(["collect", "/mnt/web01", "--script"]);
    assert!(both.stderr.contains("cannot be used with"), "{}", both.stderr);
}
