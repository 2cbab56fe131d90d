//! Web servers as answers.
#![allow(dead_code, reason = "each test uses a part of it")]

use wardline_iis::Iis;
use wardline_plugin::prelude::*;
use wardline_plugin::testing::{self, Bench, Run};

pub(crate) const INETSTP: &str = r"HKLM\SOFTWARE\Microsoft\InetStp";
pub(crate) const METABASE: &str = r"%windir%\system32\inetsrv\MetaBase.xml";
pub(crate) const APPLICATION_HOST: &str = r"%windir%\system32\inetsrv\config\applicationHost.config";
pub(crate) const REDIRECTION: &str = r"%windir%\system32\inetsrv\config\redirection.config";

pub(crate) fn system(version: &str, service_pack: u32, role: Role) -> SystemInfo {
    SystemInfo {
        computer_name: Some("WEB1".into()),
        product_name: "Microsoft Windows 2000".into(),
        service_pack_name: (service_pack > 0).then(|| format!("Service Pack {service_pack}")),
        service_pack,
        language: Some(0x0409),
        windows_folder: r"C:\WINNT".into(),
        ..testing::system(version, 2195, role)
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
    with_image(bench, name, None)
}

/// A service that starts this program.
pub(crate) fn with_image(bench: Bench, name: &str, image: Option<&str>) -> Bench {
    let service = ServiceInfo {
        name: name.into(),
        display_name: None,
        start: ServiceStart::Automatic,
        account: Some("LocalSystem".into()),
        image_path: image.map(str::to_owned),
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

/// `MetaBase.xml` with these nodes.
pub(crate) fn metabase(nodes: &str) -> String {
    format!(
        "\u{feff}<?xml version =\"1.0\"?>\r\n<configuration>\r\n<MBProperty>\r\n{nodes}</MBProperty>\r\n</configuration>\r\n"
    )
}

pub(crate) fn node(class: &str, location: &str, attributes: &str) -> String {
    format!("<{class}\tLocation =\"{location}\"\r\n\t\t{attributes}\r\n\t>\r\n</{class}>\r\n")
}

/// The findings on a server with IIS 6 and this `MetaBase.xml`.
pub(crate) fn iis6(text: &str) -> Run {
    with_text(server("5.2", 0, (6, 0)), METABASE, text).run::<Iis>()
}

/// The same for IIS 7.5 and its `applicationHost.config`.
pub(crate) fn iis7(text: &str) -> Run {
    with_text(server("6.1", 0, (7, 5)), APPLICATION_HOST, text).run::<Iis>()
}

/// `applicationHost.config` with this in its `<system.webServer>`, and these `<location>`s.
pub(crate) fn application_host_with(web_server: &str, locations: &str) -> String {
    let sites = r#"
    <site name="Default Web Site" id="1"><application path="/"><virtualDirectory path="/" /></application>
      <application path="/old" /></site>
    <site name="Shop" id="2"><application path="/" /></site>"#;
    application_host("", sites, web_server, locations)
}

/// `applicationHost.config` from its parts, the first of which are `<log>` and what `<sites>` holds.
pub(crate) fn application_host(log: &str, sites: &str, web_server: &str, locations: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<configuration>
  <configSections><sectionGroup name="system.webServer"><section name="asp" /></sectionGroup></configSections>
  <system.applicationHost>{log}<sites>{sites}</sites></system.applicationHost>
  <system.webServer>{web_server}</system.webServer>
  {locations}
</configuration>"#
    )
}

/// The cells of a finding's table.
pub(crate) fn rows(run: &Run, check: &str) -> Vec<Vec<String>> {
    run.check(check).rows.iter().map(|row| row.cells.clone()).collect()
}

/// The operations that mend a check's finding.
pub(crate) fn operations(run: &Run, check: &str) -> Vec<Operation> {
    actions(run, check).into_iter().map(|action| action.operation).collect()
}

/// The actions that mend a check's finding.
pub(crate) fn actions(run: &Run, check: &str) -> Vec<Action> {
    let of_check = |action: &&Action| match action.mends {
        FindingId::Check(place) => run.assessment.checks[place as usize].check == check,
        FindingId::Update(_) => false,
    };
    run.actions.iter().filter(of_check).cloned().collect()
}
