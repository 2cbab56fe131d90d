//! Finds Exchange Server and its build.
//!
//! Setup records the cumulative update in `MsiProductMajor` and its three companions, which security updates do not change.
//! The file version of `ExSetup.exe` is the build that is in effect (learn.microsoft.com, "Exchange Server build numbers and
//! release dates"); `OwaVersion` records the same build.

use wardline_plugin::evidence::Evident;
use wardline_plugin::prelude::*;
use wardline_plugin::version;

/// Setup's keys: Exchange 2013 and later, 2010, 2007.
const KEYS: [&str; 3] = [
    r"HKLM\SOFTWARE\Microsoft\ExchangeServer\v15\Setup",
    r"HKLM\SOFTWARE\Microsoft\ExchangeServer\v14\Setup",
    r"HKLM\SOFTWARE\Microsoft\Exchange\Setup",
];

/// The folder that setup proposes.
const USUAL_FOLDER: &str = r"%programfiles%\Microsoft\Exchange Server\V15";

/// The questions of this module.
pub(crate) const ASKS: [Asks; 4] =
    [Asks::Registry(KEYS[0]), Asks::Registry(KEYS[1]), Asks::Registry(KEYS[2]), Asks::File(r"**\Bin\ExSetup.exe")];

/// Exchange Server on a target.
#[derive(Debug)]
pub(crate) enum Presence {
    Installed(Server),
    /// The questions that showed it.
    NotInstalled(Vec<u32>),
}

/// An installed Exchange Server.
#[derive(Debug)]
pub(crate) struct Server {
    /// `15.2.1544.9`.
    pub(crate) build: String,
    /// Whether the build includes security updates.
    pub(crate) exact: bool,
    /// The question that returned the build.
    pub(crate) evidence: u32,
}

/// Finds Exchange Server, in two rounds: the keys, the program.
///
/// # Errors
///
/// If a key cannot be read, or records no version.
pub(crate) async fn find(evidence: &Evidence) -> Result<Presence, Unable> {
    let mut absent = Vec::new();
    for key in join_all(KEYS.map(|key| evidence.registry_key(key))).await {
        match key.optional()?.present() {
            Ok(setup) => return server(evidence, &setup).await,
            Err(proof) => absent.push(proof.question_number()),
        }
    }
    Ok(Presence::NotInstalled(absent))
}

async fn server(evidence: &Evidence, setup: &Witness<RegistryKey>) -> Result<Presence, Unable> {
    let value =
        |name: &str| setup.values.iter().find(|value| value.name.eq_ignore_ascii_case(name)).map(|value| &value.data);
    let folder = value("MsiInstallPath").and_then(|data| data.as_text()).map(|path| path.trim().trim_end_matches('\\'));
    let folder = folder.filter(|path| !path.is_empty()).unwrap_or(USUAL_FOLDER);
    let program = evidence.file_version(format!(r"{folder}\Bin\ExSetup.exe")).await;
    if let Some(version) = program.known().and_then(|file| file.version.as_ref()) {
        let build = version::show(version);
        return Ok(Presence::Installed(Server { build, exact: true, evidence: program.question_number() }));
    }
    let owa = value("OwaVersion").and_then(|data| version::parse(data.as_text()?.trim()));
    if let Some(version) = owa {
        let build = version::show(&version);
        return Ok(Presence::Installed(Server { build, exact: true, evidence: setup.question_number() }));
    }
    let numbers = ["MsiProductMajor", "MsiProductMinor", "MsiBuildMajor", "MsiBuildMinor"];
    let numbers: Option<Vec<_>> = numbers.into_iter().map(|name| value(name)?.as_dword()).collect();
    match numbers.as_deref() {
        Some([major, minor, build, revision]) => {
            let build = format!("{major}.{minor}.{build}.{revision}");
            Ok(Presence::Installed(Server { build, exact: false, evidence: setup.question_number() }))
        }
        _ => {
            let reason = "Exchange Server's setup key records no version, and ExSetup.exe has none that could be read.";
            Err(Unable::new(reason).because(setup).because(&program))
        }
    }
}
