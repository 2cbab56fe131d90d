//! Cabinets made by gcab and signed by osslsigncode, both of Debian, with certificates of OpenSSL.

use std::process::Command;
use std::time::{Duration, SystemTime};

use wardline_supply::authenticode::{Signature, Trust, read_roots, verify};
use wardline_supply::cabinet::{Cabinet, Limits};

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

const EXTENSIONS: &str = "
[signer]
extendedKeyUsage=codeSigning
[stamper]
extendedKeyUsage=critical,timeStamping
";

/// Makes the keys and certificates: a root, and below it a signer (two years) and a stamper (ten years); a cabinet; and signed ones.
const COMMANDS: &str = r#"
set -e
for root in root other; do
  openssl req -x509 -newkey rsa:2048 -nodes -keyout $root.key -out $root.pem -days 7000 -subj "/CN=Test $root"
  for kind in signer stamper; do
    days=$([ $kind = signer ] && echo 700 || echo 3600)
    openssl req -newkey ${1:-rsa:2048} -nodes -keyout $root-$kind.key -out $kind.csr -subj "/CN=Test $kind"
    openssl x509 -req -in $kind.csr -CA $root.pem -CAkey $root.key -CAcreateserial -out $root-$kind.pem -days $days \
      -extfile extensions.cnf -extensions $kind
  done
done
gcab -c -z -n plain.cab mssecure.xml
gcab -c -n stored.cab mssecure.xml license.txt
for root in root other; do
  for cabinet in plain stored; do
    sign="osslsigncode sign -certs $root-signer.pem -key $root-signer.key -in $cabinet.cab"
    $sign -h sha256 -out $root-$cabinet.cab
    $sign -h sha384 -TSA-certs root-stamper.pem -TSA-key root-stamper.key -out $root-$cabinet-stamped.cab
    $sign -h sha256 -TSA-certs other-stamper.pem -TSA-key other-stamper.key -out $root-$cabinet-strange.cab
  done
done
"#;

fn verified(bytes: &[u8], trust: &Trust, now: SystemTime) -> Result<Signature, String> {
    let cabinet = Cabinet::open(bytes, &Limits::default()).map_err(|error| error.to_string())?;
    let signature = verify(&cabinet, trust, now).map_err(|error| error.to_string())?;
    for entry in cabinet.entries() {
        cabinet.read(entry).map_err(|error| error.to_string())?;
    }
    Ok(signature)
}

#[test]
#[ignore = "runs gcab, osslsigncode and openssl"]
fn what_other_tools_sign_is_judged_as_they_judge_it() {
    for key in ["rsa:2048", "rsa:4096", "ec -pkeyopt ec_paramgen_curve:P-256", "ec -pkeyopt ec_paramgen_curve:P-384"] {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("mssecure.xml"), "<Bulletin BulletinID=\"MS01-001\"/>\n".repeat(3000)).unwrap();
        std::fs::write(path("license.txt"), "text").unwrap();
        std::fs::write(path("extensions.cnf"), EXTENSIONS).unwrap();
        let commands = COMMANDS.replace("${1:-rsa:2048}", key);
        let made = Command::new("sh").args(["-c", &commands]).current_dir(folder.path()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

        let now = SystemTime::now();
        let trust = Trust { roots: read_roots(&path("root.pem")).unwrap(), ..Trust::default() };
        for cabinet in ["plain", "stored"] {
            let read = |kind: &str| std::fs::read(path(&format!("{kind}.cab").replace("{}", cabinet))).unwrap();
            let [good, stamped, strange] = ["root-{}", "root-{}-stamped", "root-{}-strange"].map(read);
            let mut payload = good.clone();
            payload[150] ^= 1;
            let mut signature = good.clone();
            let at = signature.len() - 40;
            signature[at] ^= 1;
            for (name, bytes, now, expected) in [
                ("good", &good, now, Ok(false)),
                ("stamped", &stamped, now, Ok(true)),
                ("stamped by a stranger", &strange, now, Ok(false)),
                ("payload changed", &payload, now, Err("was changed after it was signed")),
                ("signature changed", &signature, now, Err("does not match the key")),
                ("wrong signer", &read("other-{}"), now, Err("leads to none of the named roots")),
                ("unsigned", &read("{}"), now, Err("not signed")),
                ("expired", &good, now + 3 * YEAR, Err("has no time stamp")),
                ("expired, stamped", &stamped, now + 3 * YEAR, Ok(true)),
                ("expired, stamped by a stranger", &strange, now + 3 * YEAR, Err("the time stamp does not count")),
                ("truncated", &good[..good.len() - 9].to_vec(), now, Err("truncated in the signature")),
                ("appended", &[&good[..], b"more"].concat(), now, Err("4 bytes follow")),
            ] {
                let result = verified(bytes, &trust, now);
                match (&result, expected) {
                    (Ok(signature), Ok(is_stamped)) => {
                        assert_eq!(signature.time.is_some(), is_stamped, "{name}: {signature:?}")
                    }
                    (Err(error), Err(reason)) => assert!(error.contains(reason), "{name}: {error}"),
                    _ => panic!("{key}, {cabinet}, {name}: {result:?}"),
                }
            }
        }
    }
}
