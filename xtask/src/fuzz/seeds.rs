//! Seed inputs: valid data, from which the fuzzer derives almost valid data.

use anyhow::{Result, bail};
use wardline_fixtures::advisory::{DEFINITIONS_HEADING, Fix, Month};
use wardline_fixtures::catalog::{
    Applies, Bulletin, CatalogBuilder, Command, FileChange, Patch, RegistryChange, Schema,
};
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
        "csaf" => month().csaf().into_iter().take(1).map(|document| ("document", document.into_bytes())).collect(),
        "cvrf" => vec![("document", month().cvrf().into_bytes())],
        "wesng" => vec![
            ("rows", format!("{DEFINITIONS_HEADING}{}", month().definitions()).into_bytes()),
            ("components", format!("{DEFINITIONS_HEADING}{COMPONENTS}").into_bytes()),
        ],
        "hive" => hives(),
        "pe" => executables(),
        "sam" => records(),
        "container" => vec![("vhd", fixed_vhd()), ("vmdk", b"# Disk DescriptorFile\nRW 8 ZERO\n".to_vec())],
        "kerberos" => vec![("cache", TICKET_CACHE.into()), ("proof", PROOF.into())],
        "ldap" => vec![("entry", LDAP_ENTRY.into()), ("done", LDAP_DONE.into())],
        "live" => replies(),
        "volume" => vec![("ntfs", volume())],
        // The size 4, and a chunk of LZNT1 that is stored.
        "decompress" => vec![("lznt1", b"\x00\x04\x00\x03\x30abcd".to_vec())],
        "systeminfo" => systeminfo(),
        "clixml" => vec![("hotfix", CLIXML_HOTFIX.into()), ("system", CLIXML_SYSTEM.into())],
        "qfe" => hotfixes(),
        "descriptor" => vec![("key", SecurityDescriptor::default_key().to_bytes())],
        "cabinet" => SIGNED.map(|(name, cabinet)| (name, cabinet.to_vec())).into(),
        "authenticode" => SIGNED.map(|(name, cabinet)| (name, signature(cabinet).to_vec())).into(),
        "rules" => vec![
            ("waivers", WAIVERS.into()),
            ("ratings", RATINGS.into()),
            ("list", b"Q296441 # old\r\nMS01-022\r\n".to_vec()),
        ],
        "approvals" => vec![("list", b"# March\r\nKB5034441\nq296441 # old\nMS01-022\n".to_vec())],
        "mbsa_report" => vec![("report", MBSA_REPORT.into())],
        "mssecure" => vec![("catalog", bulletins())],
        "recording" => vec![("script", RECORDING.into()), ("minimal", MINIMAL_RECORDING.into())],
        "report" => vec![("report", REPORT.into())],
        "http" => vec![("requests", HTTP.into())],
        "server_list" => vec![("list", b"\xef\xbb\xbf; servers\r\nFP01\r\nCONTOSO\\WEB01 # web\r\n".to_vec())],
        other => bail!("the fuzz target `{other}` has no seeds; add them to xtask/src/fuzz/seeds.rs"),
    })
}

/// Two requests, of which the second is the last one.
const HTTP: &[u8] = b"GET /machines?page=2 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\n\r\nHEAD /%2e HTTP/1.1\r\nhost: x\r\nConnection: a, close\r\n\r\n";

/// Rows of WES-NG's definitions with components that are products of their own; the third is from a document.
const COMPONENTS: &str = "\
\"20150811\",\"CVE-2015-2455\",\"3072307\",\"t\",\"Windows Server 2012 r2\",\"Microsoft .NET Framework 3.5\",\"Critical\",\"\",\"\",\"\"
\"20150811\",\"CVE-2015-2423\",\"3078071\",\"t\",\"Windows Server 2012 R2\",\"Windows Internet Explorer 11\",\"\",\"\",\"\",\"\"
\"20170314\",\"CVE-2017-0008\",\"4012204\",\"t\",\"Internet Explorer 11 on Windows Server 2012 R2\",\"Internet Explorer\",\"\",\"\",\"\",\"\"
\"20170314\",\"CVE-2017-0018\",\"4012204\",\"t\",\"Internet Explorer 11\",\"Windows Server 2012 r2\",\"\",\"\",\"\",\"\"
\"20170314\",\"\",\"4014329\",\"t\",\"Windows Server 2012 R2\",\"Adobe Flash Player\",\"Critical\",\"\",\"4010250\",\"\"
";

const MINIMAL_RECORDING: &str = r#"{"format":"wardline.recording/1","name":"A","answers":[["groups","absent"]],
"conditions":[{"part":"SOFTWARE","state":{"recovered":{"entries":1}}}]}"#;

/// A recording as the script for machines that nothing may reach writes it, with complete scopes.
const RECORDING: &str = r#"{"format":"wardline.recording/1","name":"WEB01","answers":[
[{"registry-key":"HKLM\\SOFTWARE\\Acme"},{"known":{"registry-key":{"values":[{"name":"Version","data":{"text":"1.0"}},
{"name":"Odd","data":{"other":9}}],"subkeys":["Agent"],"truncated":false,"last_written":0}}}],
[{"registry-key":"HKLM\\SOFTWARE\\Acme\\Agent"},{"unreadable":"access is denied"}],
["services",{"known":{"services":[{"name":"W3SVC","display_name":null,"start":"manual","account":null,"image_path":null,"driver":false}]}}],
[{"file-version":"%windir%\\acme.exe"},{"known":{"file":{"version":null,"checksum":null,"size":1,"modified":null,"language":null}}}]
],"complete":[{"registry":"HKLM\\SOFTWARE\\Acme\\**"},{"registry":"HKU\\*\\Software"},{"file":"%windir%\\*.exe"},{"text":"%windir%\\a.ini"}]}"#;

const REPORT: &str = r#"{"schema": "wardline.report/1", "tool": {}, "targets": [{"name": "web01",
"source": {"kind": "volume", "location": "/v"}, "system": {"product": null, "suites": []}, "grade": "severe-risk", "complete": true,
"error": null, "coverage": {"questions": 0, "known": 0, "absent": 0, "denied": 0, "unreadable": 0, "unsupported": 0},
"plugins": [], "products": [], "checks": [{"id": "os.a", "mbsa": null, "family": "os", "title": "A", "subject": null,
"grade": "critical", "summary": "", "columns": [], "rows": [{"grade": "critical", "cells": []}], "evidence": []}], "updates": [],
"actions": [{"plugin": "os", "mends": {"check": 0}, "operation": {"manual-step": "Do."}, "undo": [], "restart": false, "risk": null,
"article": null}], "denied": []}], "summary": {}}"#;

const WAIVERS: &str = "[[waiver]]\nfinding = [\"MS01-033\", \"os.*\"]\nmachines = \"web*\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2027-03-31\n";
const RATINGS: &str = "[[role]]\nrole = \"client\"\nmachines = \"pc*\"\n[[rating]]\nfinding = \"CVE-2024-21338\"\neffects = [\"needs-user\"]\nreason = \"r\"\n";

/// The cache of `a@B`, without tickets; and what a service proves itself with.
const TICKET_CACHE: &[u8] = b"\x05\x04\0\0\0\0\0\x01\0\0\0\x01\0\0\0\x01B\0\0\0\x01a";
const PROOF: &[u8] = b"\x7b\x1f\x30\x1d\xa0\x11\x18\x0f20261127140000Z\xa1\x03\x02\x01\x63\xa3\x03\x02\x01\x07";

/// A computer `a`, and the end of a page with the cookie `c`.
const LDAP_ENTRY: &[u8] = b"\x30\x18\x02\x01\x02\x64\x13\x04\x04cn=a\x30\x0b\x30\x09\x04\x02cn\x31\x03\x04\x01a";
const LDAP_DONE: &[u8] = b"\x30\x32\x02\x01\x02\x65\x07\x0a\x01\x00\x04\x00\x04\x00\xa0\x24\x30\x22\x04\x161.2.840.113556.1.4.319\x04\x08\x30\x06\x02\x01\x00\x04\x01c";

/// Returns what a running machine sends: a response with a DWORD, and a folder with one name.
fn replies() -> Vec<Seed> {
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
    // The type, the data, both sizes, and success.
    let value = words(&[1, 4, 1, 4096, 0, 4, 42, 1, 4, 1, 4, 0]);
    let header = [words(&[0x0302_0005, 0x10, 72, 1]), words(&[48, 0])].concat();
    let entry = [words(&[0; 14]), words(&[0x20, 2]), vec![b'a', 0]].concat();
    vec![("value", value.clone()), ("response", [header, value].concat()), ("folder", entry)]
}

const MBSA_REPORT: &str = r#"<?xml version="1.0"?><SecScan Machine="WEB01" Grade="2"><Check ID="107" Grade="2" Type="1" Name="Guest">
<Advice>Enabled &amp; blank.</Advice><Detail text="x"><Head><Col>User</Col></Head><Row Grade="2"><Col>Guest</Col></Row>
<UpdateData BulletinID="MS01-030" KBID="300000" IsInstalled="false" Severity="4"><Title>T</Title></UpdateData></Detail></Check></SecScan>"#;

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

/// Cabinets that other tools signed.
const SIGNED: [(&str, &[u8]); 3] = [
    ("sha256-stamped", include_bytes!("../../../host/supply/testdata/sha256-stamped.cab")),
    ("sha1", include_bytes!("../../../host/supply/testdata/sha1.cab")),
    ("sha1-and-sha256", include_bytes!("../../../host/supply/testdata/sha1-and-sha256.cab")),
];

/// Returns the signature of a cabinet: its header says where it is.
fn signature(cabinet: &[u8]) -> &[u8] {
    let offset = cabinet.get(44..48).and_then(|field| field.try_into().ok()).map_or(0, u32::from_le_bytes);
    cabinet.get(offset as usize..).unwrap_or_default()
}

const CLIXML_HOTFIX: &str = r#"<Obj RefId="0"><TN RefId="0"><T>System.Object</T></TN><ToString>a &amp; b</ToString><Props>
<S N="CSName">SRV01</S><S N="HotFixID">KB5034129</S><Nil N="Status" /><S N="Name">_x000D_&#10;</S></Props></Obj>"#;

const CLIXML_SYSTEM: &str = r#"<Obj RefId="0"><MS><S N="Version">10.0.20348</S><S N="BuildNumber">20348</S>
<S N="Caption">Microsoft Windows Server 2022 Standard</S><S N="OSArchitecture">64-bit</S><U32 N="OSLanguage">1033</U32>
<U32 N="ProductType">3</U32><U32 N="SuiteMask">400</U32><S N="WindowsDirectory">C:\Windows</S></MS></Obj>"#;

const SYSTEMINFO: &str = "\
Nom de l'hôte:       SRV01
Nom du système:      Microsoft Windows 7 Entreprise N
Version du système:  6.1.7601 Service Pack 1 version 7601
Fabricant:           Microsoft Corporation
Configuration:       Station de travail autonome
Type du système:     x64-based PC
Processeur(s):       1 processeur(s) installé(s).
                     [01]\u{a0}: Intel64 Family 6
Répertoire Windows:  C:\\Windows
Option régionale:    fr;Français (France)
Correctif(s):        3 Corrections installées.
                     [01]: KB2491683
                     [02]: KB2506014
                     [03]: File 1
";

/// Returns texts in each format of `systeminfo` and in several encodings, and lists that people write.
fn systeminfo() -> Vec<Seed> {
    let utf16 = [0xff, 0xfe].into_iter().chain(SYSTEMINFO.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let latin = SYSTEMINFO.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect();
    let values: Vec<&str> = SYSTEMINFO.lines().filter_map(|line| Some(line.split_once(':')?.1.trim())).collect();
    let rule = values.iter().map(|value| "=".repeat(value.chars().count())).collect::<Vec<_>>().join(" ");
    vec![
        ("utf8", SYSTEMINFO.into()),
        ("utf16", utf16),
        ("windows-1252", latin),
        ("csv", format!("\"{}\"", values.join("\",\"")).into()),
        ("table", format!("{rule}\n{}", values.join(" ")).into()),
        ("ver", "Microsoft Windows [Version 10.0.19045.4170]".into()),
        ("list", "# WEB01\nWindows 10 Pro\nx64\n19045.4170\nKB5034441, 5012170\n".into()),
    ]
}

/// Returns rows for each header. The first byte of an input selects the header.
fn hotfixes() -> Vec<Seed> {
    let rows = [
        ("table", "http://a?1  SRV01   KB5034129  \r\r\nhttp://a?1  SRV01   File 1     KB925398_WMP64\r\r\n"),
        ("csv", "SRV01,http://a?1,SRV01,Update,KB5034129\r\r\nSRV01,http://a?1,SRV01,An, update,KB5035857\r\r\n"),
        ("quoted", "\"SRV01\";\"KB5034129\"\r\n\"SRV01\";\"a\"\"b\"\r\n"),
        ("system", "20348        64-bit          10.0.20348\n"),
        ("records", "CSName=SRV01\r\r\nHotFixID=KB5034129\r\r\n\r\r\nHotFixID : KB50358...\r\n"),
    ];
    (0..).zip(rows).map(|(choice, (name, rows))| (name, [&[choice], rows.as_bytes()].concat())).collect()
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

/// Returns a catalog with an update of each kind of test, and with what the publisher's have by mistake.
fn bulletins() -> Vec<u8> {
    let patch = Patch::new("Q399950_W2K_SP3_x86_en.EXE", "Q399950")
        .applies(Applies::to("Windows 2000 Server").at(["Windows 2000 Gold"]).fixed_in("Windows 2000 Service Pack 1"))
        .file(FileChange::new(r"%windir%\system32\ntdll.dll", Command::Change).version(5, 0, 2195, 4501).checksum(7))
        .registry(RegistryChange::hotfix("Q399950"))
        .superseded_by("MS02-951", "Q399951_W2K_SP3_x86_en.EXE");
    let newer = Patch::new("Q399951_W2K_SP3_x86_en.EXE", "Q399951").applies(Applies::to("Windows 2000 Server"));
    CatalogBuilder::new(Schema::V1_1)
        .product("Windows 2000 Server", ["Windows 2000 Gold", "Windows 2000 Service Pack 1"])
        .bulletin(Bulletin::new("MS02-950", "A title of our own").posted("2002-01-02").patch(patch))
        .bulletin(Bulletin::new("MS02-951", "Another").patch(newer))
        .with_dirt()
        .to_xml()
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
