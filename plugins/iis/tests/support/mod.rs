//! Web servers as answers.
#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod declared;

use wardline_plugin::prelude::*;
use wardline_plugin::testing::Bench;

pub(crate) const INETSTP: &str = r"HKLM\SOFTWARE\Microsoft\InetStp";
pub(crate) const METABASE: &str = r"%windir%\system32\inetsrv\MetaBase.xml";
pub(crate) const APPLICATION_HOST: &str = r"%windir%\system32\inetsrv\config\applicationHost.config";
pub(crate) const REDIRECTION: &str = r"%windir%\system32\inetsrv\config\redirection.config";

pub(crate) fn system(version: &str, service_pack: u32, role: Role) -> SystemInfo {
    SystemInfo {
        computer_name: Some("WEB1".into()),
        product_name: "Microsoft Windows 2000".into(),
        version: version.into(),
        build: 2195,
        revision: None,
        service_pack_name: (service_pack > 0).then(|| format!("Service Pack {service_pack}")),
        service_pack,
        role,
        suites: Vec::new(),
        architecture: None,
        language: Some(0x0409),
        windows_folder: r"C:\WINNT".into(),
    }
}

pub(crate) fn with_system(bench: Bench, system: SystemInfo) -> Bench {
    bench.fact(Question::System, Fact::System(system))
}

pub(crate) fn with_key(bench: Bench, key: &str, values: &[(&str, RegistryData)]) -> Bench {
    let values = values.iter().map(|(name, data)| RegistryValue { name: (*name).into(), data: data.clone() }).collect();
    let fact = Fact::RegistryKey(RegistryKey { values, subkeys: Vec::new(), truncated: false, last_written: 0 });
    bench.fact(Question::RegistryKey(key.into()), fact)
}

pub(crate) fn with_service(bench: Bench, name: &str) -> Bench {
    let service = ServiceInfo {
        name: name.into(),
        display_name: None,
        start: ServiceStart::Automatic,
        account: Some("LocalSystem".into()),
        image_path: None,
        driver: false,
    };
    bench.fact(Question::Service(name.into()), Fact::Service(service))
}

pub(crate) fn with_folder(bench: Bench, path: &str) -> Bench {
    let listing = DirectoryInfo { entries: Vec::new(), truncated: false };
    bench.fact(Question::Directory(path.into()), Fact::Directory(listing))
}

/// A text file, answered in stretches as a host does.
pub(crate) fn with_text(mut bench: Bench, path: &str, text: &str) -> Bench {
    let bytes = text.as_bytes();
    for start in (0..bytes.len().max(1)).step_by(65_536) {
        let stretch = &bytes[start..bytes.len().min(start + 65_536)];
        let info = TextInfo { text: String::from_utf8_lossy(stretch).into_owned(), size: bytes.len() as u64 };
        let range = TextRange { path: path.into(), offset: start as u64, length: 65_536 };
        bench = bench.fact(Question::Text(range), Fact::Text(info));
    }
    bench
}

/// A web server on Windows of this version.
pub(crate) fn server(windows: &str, service_pack: u32, iis: (u32, u32)) -> Bench {
    let bench = with_system(Bench::new(), system(windows, service_pack, Role::Server));
    let values = [
        ("MajorVersion", RegistryData::Dword(iis.0)),
        ("MinorVersion", RegistryData::Dword(iis.1)),
        ("PathWWWRoot", RegistryData::ExpandText(r"C:\Inetpub\wwwroot".into())),
    ];
    with_service(with_key(bench, INETSTP, &values), "W3SVC")
}
