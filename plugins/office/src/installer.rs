//! Finds the programs of Office 2007 to 2016 that Windows Installer installed.
//!
//! Each program is where `InstallRoot` of its release says. Its updates replace the program or the library with most of its code,
//! so the newer of the two has the version that documents name. Updates of Office as a whole replace any of many shared files.

use wardline_plugin::evidence::why_unknown;
use wardline_plugin::prelude::*;
use wardline_plugin::users::value;
use wardline_plugin::version;

use crate::roots::{ROOTS, Roots};

/// The keys and years of the releases.
const RELEASES: [(&str, u32); 4] = [("12.0", 2007), ("14.0", 2010), ("15.0", 2013), ("16.0", 2016)];

/// A program and the library with most of its code, if that is another file.
struct Application {
    name: &'static str,
    file: &'static str,
    library: Option<&'static str>,
}

const fn application(name: &'static str, file: &'static str, library: Option<&'static str>) -> Application {
    Application { name, file, library }
}

const APPLICATIONS: [Application; 9] = [
    application("Word", "winword.exe", Some("wwlib.dll")),
    application("Excel", "excel.exe", None),
    application("PowerPoint", "powerpnt.exe", Some("ppcore.dll")),
    application("Outlook", "outlook.exe", None),
    application("Access", "msaccess.exe", None),
    application("Publisher", "mspub.exe", None),
    application("OneNote", "onenote.exe", Some("onmain.dll")),
    application("Visio", "visio.exe", Some("vislib.dll")),
    application("Project", "winproj.exe", None),
];

/// The questions of this module that [`office`](crate::office) does not ask as well. The folders are wherever Office was installed.
pub(crate) const ASKS: [Asks; 9] = [
    Asks::Registry(r"HKLM\SOFTWARE\Microsoft\Office\*\*\InstallRoot"),
    Asks::Registry(r"HKLM\SOFTWARE\Wow6432Node\Microsoft\Office\*\*\InstallRoot"),
    Asks::File(r"**\onenote.exe"),
    Asks::File(r"**\visio.exe"),
    Asks::File(r"**\winproj.exe"),
    Asks::File(r"**\wwlib.dll"),
    Asks::File(r"**\ppcore.dll"),
    Asks::File(r"**\onmain.dll"),
    Asks::File(r"**\vislib.dll"),
];

/// An installed program.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// `Word`.
    pub(crate) name: &'static str,
    /// `2016`.
    pub(crate) year: u32,
    /// The higher of the versions of its files.
    pub(crate) version: String,
    pub(crate) evidence: u32,
    pub(crate) is_32_bit: bool,
}

/// Finds the programs, in two rounds: their folders, their files.
///
/// # Errors
///
/// If a folder cannot be read from the registry, or a program's files cannot be looked at.
pub(crate) async fn find(
    roots: &Roots,
    evidence: &Evidence,
    architecture: Option<&str>,
) -> Result<Vec<Program>, Unable> {
    let mut places = Vec::new();
    for (root, &(key, year)) in roots.releases(&RELEASES, |(key, _)| key) {
        places.extend(APPLICATIONS.iter().map(|application| (root, key, year, application)));
    }
    let folder = |(root, key, _, application): &(&str, &str, u32, &Application)| {
        value(format!(r"{root}\{key}\{}\InstallRoot", application.name), "Path")
    };
    let replies = evidence.ask_all(places.iter().map(folder).collect()).await;
    let mut named = Vec::new();
    for ((root, _, year, application), (answer, number)) in
        places.into_iter().zip(replies.answers.iter().zip(replies.first..))
    {
        if let Some(reason) = why_unknown(answer) {
            let name = application.name;
            return Err(
                Unable::new(format!("Where {name} {year} is installed cannot be read: {reason}")).because(&number)
            );
        }
        let Answer::Known(Fact::RegistryValue(data)) = answer else { continue };
        let path = data.as_text().map(|path| path.trim().trim_end_matches('\\')).unwrap_or_default();
        // The folder `root` is that of Click-to-Run, which also writes these keys.
        if !path.is_empty() && !path.to_ascii_lowercase().contains(r"\root\") {
            named.push((root, year, application, path.to_owned()));
        }
    }
    let files = |(_, _, application, folder): &(&str, u32, &'static Application, String)| {
        [Some(application.file), application.library]
            .map(|file| Question::FileVersion(format!(r"{folder}\{}", file.unwrap_or(application.file))))
    };
    let replies = evidence.ask_all(named.iter().flat_map(files).collect()).await;
    let (pairs, _) = replies.answers.as_chunks::<2>();
    let mut programs: Vec<Program> = Vec::new();
    for ((root, year, application, _), (pair, number)) in
        named.into_iter().zip(pairs.iter().zip((replies.first..).step_by(2)))
    {
        if let Some((reason, number)) =
            pair.iter().zip(number..).find_map(|(answer, at)| Some((why_unknown(answer)?, at)))
        {
            let name = application.name;
            return Err(Unable::new(format!("Whether {name} {year} is installed cannot be determined: {reason}"))
                .because(&number));
        }
        let found = pair.iter().zip(number..).filter_map(|(answer, evidence)| match answer {
            Answer::Known(Fact::File(file)) => Some((file.version?, evidence)),
            _ => None,
        });
        let Some((newest, evidence)) = found.max_by(|left, right| version::compare(&left.0, &right.0)) else {
            continue;
        };
        let is_32_bit = root == ROOTS[1] || architecture.is_some_and(|name| name.eq_ignore_ascii_case("x86"));
        let seen = |other: &Program| other.name == application.name && other.year == year;
        if !programs.iter().any(seen) {
            let version = version::show(&newest);
            programs.push(Program { name: application.name, year, version, evidence, is_32_bit });
        }
    }
    Ok(programs)
}
