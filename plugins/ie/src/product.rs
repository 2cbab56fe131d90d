//! Detects the installed Internet Explorer and Outlook Express, and their service packs.

use wardline_plugin::evidence::Evident;
use wardline_plugin::prelude::*;
use wardline_plugin::version;

pub(crate) const INTERNET_EXPLORER: &str = r"HKLM\SOFTWARE\Microsoft\Internet Explorer";
const INTERNET_SETTINGS: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings";
pub(crate) const MSHTML: &str = r"%windir%\system32\mshtml.dll";
pub(crate) const IEXPLORE: &str = r"%programfiles%\Internet Explorer\iexplore.exe";
pub(crate) const OUTLOOK_EXPRESS: &str = r"%programfiles%\Outlook Express\msoe.dll";

/// The questions of this module.
pub(crate) const ASKS: [Asks; 5] = [
    Asks::Registry(INTERNET_EXPLORER),
    Asks::Registry(INTERNET_SETTINGS),
    Asks::File(MSHTML),
    Asks::File(IEXPLORE),
    Asks::File(OUTLOOK_EXPRESS),
];

/// A release of Internet Explorer, identified by its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    /// `5.5`, the suffix of the catalogs' product names.
    pub(crate) name: &'static str,
    /// Ten per service pack.
    pub(crate) level: u32,
}

/// The first version of each release, in ascending order. Microsoft's articles Q164539 and KB969393 list the versions as
/// shipped; a hotfix raises the build of `mshtml.dll`, but never as far as the next service pack's.
const RELEASES: &[(u16, u16, u16, &str, u32)] = &[
    (4, 71, 0, "4.0", 0),
    (4, 72, 0, "4.01", 0),
    (4, 72, 3110, "4.01", 10),
    (4, 72, 3612, "4.01", 20),
    (5, 0, 0, "5", 0),
    // 5.00.2614 is Internet Explorer 5 of Windows 98 SE; 5.00.2919 that of Office 2000 SR-1, which is 5.01.
    (5, 0, 2919, "5.01", 0),
    (5, 0, 3103, "5.01", 10),
    (5, 0, 3314, "5.01", 20),
    (5, 0, 3502, "5.01", 30),
    (5, 0, 3700, "5.01", 40),
    (5, 50, 0, "5.5", 0),
    (5, 50, 4522, "5.5", 10),
    (5, 50, 4807, "5.5", 20),
    (6, 0, 0, "6", 0),
    (6, 0, 2800, "6", 10),
    (6, 0, 2900, "6", 20),
    (6, 0, 3663, "6 for Windows Server 2003", 0),
    (7, 0, 0, "7", 0),
    (8, 0, 0, "8", 0),
    (9, 0, 0, "9", 0),
    (10, 0, 0, "10", 0),
    (11, 0, 0, "11", 0),
    (12, 0, 0, "", 0),
];

/// Returns the release that a version belongs to. `None` before 4.0 and for future versions.
pub(crate) fn release(version: &FileVersion) -> Option<Release> {
    let found = RELEASES
        .iter()
        .take_while(|(major, minor, build, ..)| {
            (*major, *minor, *build) <= (version.major, version.minor, version.build)
        })
        .last()?;
    let &(major, .., name, level) = found;
    (major == version.major && !name.is_empty()).then_some(Release { name, level })
}

/// Returns the level of the service pack in `Internet Settings\MinorVersion`, `;SP1;Q313675;`.
pub(crate) fn level_in_minor_version(minor_version: &str) -> Option<u32> {
    let packs = minor_version.split(';').filter_map(|part| {
        let number = part.trim().to_ascii_uppercase().strip_prefix("SP")?.parse::<u32>().ok()?;
        number.checked_mul(10)
    });
    packs.max()
}

/// An installed Internet Explorer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Browser {
    pub(crate) version: FileVersion,
    /// The number of the question that returned the version.
    pub(crate) evidence: u32,
}

/// The state of Internet Explorer on a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Installed(Browser),
    /// The registry has a version, but neither the browser's program nor its engine is present; contains the questions that
    /// showed it.
    Leftover([u32; 3]),
    /// The question that proves it.
    NotInstalled(u32),
}

/// Detects Internet Explorer.
///
/// `Version` has contained its version since 4.0, `svcVersion` since 9 (`Version` stays at 9.x); both are strings. If there
/// is none, or none that is a valid version, `mshtml.dll` provides it. A value that could not be read might have named
/// another release.
///
/// A version in the registry is only a record. The installed product is the program or, if that was removed (for instance as
/// an optional feature of Windows), the engine, which stays and is updated.
pub(crate) async fn browser(evidence: &Evidence) -> Result<Presence, Unable> {
    let value = |name: &'static str| evidence.registry_value(INTERNET_EXPLORER, name);
    let told = value("Version").await;
    if let Some(version) = told.known().and_then(parsed) {
        let browser = Browser { version, evidence: told.question_number() };
        if version.major < 9 {
            return with_files(browser, evidence).await;
        }
        let newer = value("svcVersion").await.optional()?;
        match newer.as_ref().map(parsed) {
            None => return with_files(browser, evidence).await,
            Some(Some(version)) => {
                let browser = Browser { version, evidence: newer.question_number() };
                return with_files(browser, evidence).await;
            }
            Some(None) => {}
        }
    }
    let told = told.optional()?;
    let file = evidence.file_version(MSHTML).await.optional()?;
    if let Some(version) = file.as_ref().and_then(|file| file.version) {
        return Ok(Presence::Installed(Browser { version, evidence: file.question_number() }));
    }
    match (told.as_ref(), file.as_ref()) {
        (None, None) => Ok(Presence::NotInstalled(told.question_number())),
        _ => Err(Unable::new("The version of Internet Explorer could not be read.").because(&told).because(&file)),
    }
}

/// Verifies that the browser in the registry is present.
///
/// The registry and the engine only need to agree on the release: a hotfix raises the build of `mshtml.dll` alone, and from
/// Windows 10 on the second number of `svcVersion` counts updates.
///
/// # Errors
///
/// If its files cannot be read, or the engine is of another release.
async fn with_files(browser: Browser, evidence: &Evidence) -> Result<Presence, Unable> {
    let engine = evidence.file_version(MSHTML).await;
    if let Some(file) = engine.known() {
        let name = |version: &FileVersion| release(version).map(|release| release.name);
        if let Some(other) = file.version.filter(|other| name(other) != name(&browser.version)) {
            let unable = Unable::new(format!(
                "Which Internet Explorer is installed could not be determined: the registry says {}, mshtml.dll is {}.",
                version::show(&browser.version),
                version::show(&other)
            ));
            return Err(unable.because(&browser.evidence).because(&engine));
        }
        return Ok(Presence::Installed(browser));
    }
    let program = evidence.file_version(IEXPLORE).await;
    if program.known().is_some() {
        return Ok(Presence::Installed(browser));
    }
    let files = [engine.optional()?.question_number(), program.optional()?.question_number()];
    Ok(Presence::Leftover([browser.evidence, files[0], files[1]]))
}

impl Presence {
    /// Returns the finding of a check that needs the browser if there is none.
    pub(crate) fn absence(&self, leftover: Grade) -> Option<Finding> {
        match self {
            Presence::Installed(_) => None,
            Presence::NotInstalled(question) => {
                Some(Finding::not_performed("Internet Explorer is not installed.").because(question))
            }
            Presence::Leftover(questions) => {
                let summary = "A leftover of Internet Explorer: the registry records a version, but neither \
                               iexplore.exe nor mshtml.dll exists.";
                let finding = Finding::new(leftover, summary);
                Some(questions.iter().fold(finding, |finding, question| finding.because(question)))
            }
        }
    }
}

fn parsed(data: &RegistryData) -> Option<FileVersion> {
    version::parse(data.as_text()?.trim())
}

/// A product with its name and numbers in the catalogs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) product: String,
    /// `None` if a value that might name the service pack could not be read.
    pub(crate) level: Option<u32>,
    pub(crate) version: FileVersion,
    /// The number of the question that returned the version.
    pub(crate) evidence: u32,
}

/// Returns the installed products: the browser, and Outlook Express if its file is present.
pub(crate) async fn installed(browser: &Browser, evidence: &Evidence) -> Vec<Found> {
    let minor = evidence.registry_value(INTERNET_SETTINGS, "MinorVersion").await;
    let mail = evidence.file_version(OUTLOOK_EXPRESS).await;
    let named = minor
        .optional()
        .ok()
        .and_then(|minor| minor.as_ref().map_or(Some(""), |data| data.as_text()).map(level_in_minor_version))
        .map(|named| named.unwrap_or(0));
    let explorer = release(&browser.version).map(|release| (release.name, named.map(|named| release.level.max(named))));
    let evidence = mail.question_number();
    let mail = mail.known().and_then(|file| file.version).and_then(|version| {
        let release = release(&version)?;
        // Its service packs are those of Internet Explorer; its own builds do not follow them closely.
        let same = explorer.filter(|(name, _)| *name == release.name);
        let level = same.map_or(Some(release.level), |(_, level)| level);
        Some(Found { product: format!("Outlook Express {}", release.name), level, version, evidence })
    });
    let explorer = explorer.map(|(name, level)| Found {
        product: format!("Internet Explorer {name}"),
        level,
        version: browser.version,
        evidence: browser.evidence,
    });
    explorer.into_iter().chain(mail).collect()
}

/// The products that [`installed`] can name, as the description declares them.
pub(crate) const PRODUCTS: &[&str] = &[
    "Internet Explorer 4.0",
    "Internet Explorer 4.01",
    "Internet Explorer 5",
    "Internet Explorer 5.01",
    "Internet Explorer 5.5",
    "Internet Explorer 6",
    "Internet Explorer 6 for Windows Server 2003",
    "Internet Explorer 7",
    "Internet Explorer 8",
    "Internet Explorer 9",
    "Internet Explorer 10",
    "Internet Explorer 11",
    "Outlook Express 4.0",
    "Outlook Express 4.01",
    "Outlook Express 5",
    "Outlook Express 5.01",
    "Outlook Express 5.5",
    "Outlook Express 6",
    "Outlook Express 6 for Windows Server 2003",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_tell_release_and_service_pack() {
        for (text, expected) in [
            ("4.70.1300", None),
            ("4.71.1712.6", Some(("4.0", 0))),
            ("4.72.2106.8", Some(("4.01", 0))),
            ("4.72.3110.8", Some(("4.01", 10))),
            ("4.72.3612.1713", Some(("4.01", 20))),
            ("5.00.2014.0216", Some(("5", 0))),
            ("5.00.2614.3500", Some(("5", 0))),
            ("5.00.2919.6307", Some(("5.01", 0))),
            ("5.00.2920.0000", Some(("5.01", 0))),
            ("5.00.3103.1000", Some(("5.01", 10))),
            ("5.00.3105.0106", Some(("5.01", 10))),
            ("5.00.3314.2101", Some(("5.01", 20))),
            ("5.00.3315.1000", Some(("5.01", 20))),
            ("5.00.3502.1000", Some(("5.01", 30))),
            ("5.00.3700.1000", Some(("5.01", 40))),
            ("5.50.4134.0600", Some(("5.5", 0))),
            ("5.50.4522.1800", Some(("5.5", 10))),
            ("5.50.4807.2300", Some(("5.5", 20))),
            ("6.0.2600.0000", Some(("6", 0))),
            ("6.0.2800.1106", Some(("6", 10))),
            ("6.0.2900.2180", Some(("6", 20))),
            ("6.0.3790.1830", Some(("6 for Windows Server 2003", 0))),
            ("8.0.6001.18702", Some(("8", 0))),
            ("11.0.9600.17031", Some(("11", 0))),
            ("12.0.1.1", None),
        ] {
            let version = version::parse(text).unwrap_or_else(|| panic!("{text} is a version"));
            assert_eq!(release(&version).map(|release| (release.name, release.level)), expected, "{text}");
        }
    }

    #[test]
    fn minor_version_names_the_service_pack() {
        for (text, expected) in [
            (";SP1;Q313675;", Some(10)),
            ("; SP2; Q319182;", Some(20)),
            ("sp1", Some(10)),
            ("Q313675;", None),
            ("0", None),
            (";SPX;SP;", None),
            (";SP4294967295;", None),
            ("", None),
        ] {
            assert_eq!(level_in_minor_version(text), expected, "{text}");
        }
    }

    #[test]
    fn releases_ascend() {
        let keys: Vec<_> = RELEASES.iter().map(|(major, minor, build, ..)| (major, minor, build)).collect();
        assert!(keys.is_sorted());
    }
}
