//! Detects the installed programs of Office 97 to 2003, their folders and their service packs.

mod service_pack;

use wardline_plugin::evidence::why_unknown;
use wardline_plugin::judge::Installed;
use wardline_plugin::prelude::*;
use wardline_plugin::users::{data, value};
use wardline_plugin::version;

use crate::roots::Roots;

/// A release of Office.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Release {
    /// The name of its registry keys: `9.0`.
    pub(crate) key: &'static str,
    /// The suffix of the catalogs' names of its programs: `Word 2000`.
    year: &'static str,
    /// The year of the release.
    pub(crate) released: u32,
    /// The catalogs' name of the whole suite.
    suite: &'static str,
    /// The folder in which the catalogs expect its programs.
    usual_folder: &'static str,
    /// The shared library; one without a folder is next to the programs.
    library: &'static str,
}

pub(crate) const OFFICE_97: Release = Release {
    key: "8.0",
    year: "97",
    released: 1997,
    suite: "Office 97",
    usual_folder: r"%programfiles%\Microsoft Office\Office",
    library: "mso97.dll",
};
pub(crate) const OFFICE_2000: Release = Release {
    key: "9.0",
    year: "2000",
    released: 2000,
    suite: "Office 2000",
    usual_folder: r"%programfiles%\Microsoft Office\Office",
    library: "mso9.dll",
};
pub(crate) const OFFICE_XP: Release = Release {
    key: "10.0",
    year: "2002",
    released: 2002,
    suite: "Office XP",
    usual_folder: r"%programfiles%\Microsoft Office\Office10",
    library: r"%commonprogramfiles%\Microsoft Shared\Office10\mso.dll",
};
pub(crate) const OFFICE_2003: Release = Release {
    key: "11.0",
    year: "2003",
    released: 2003,
    suite: "Office 2003",
    usual_folder: r"%programfiles%\Microsoft Office\Office11",
    library: r"%commonprogramfiles%\Microsoft Shared\Office11\mso.dll",
};

const RELEASES: [&Release; 4] = [&OFFICE_97, &OFFICE_2000, &OFFICE_XP, &OFFICE_2003];

/// A program of Office.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Application {
    /// The name in its registry keys and in the catalogs.
    pub(crate) name: &'static str,
    file: &'static str,
}

const fn application(name: &'static str, file: &'static str) -> Application {
    Application { name, file }
}

pub(crate) const WORD: Application = application("Word", "winword.exe");
pub(crate) const EXCEL: Application = application("Excel", "excel.exe");
pub(crate) const POWERPOINT: Application = application("PowerPoint", "powerpnt.exe");
pub(crate) const OUTLOOK: Application = application("Outlook", "outlook.exe");
const ACCESS: Application = application("Access", "msaccess.exe");
const FRONTPAGE: Application = application("FrontPage", "frontpg.exe");
const PUBLISHER: Application = application("Publisher", "mspub.exe");

const APPLICATIONS: [&Application; 7] = [&WORD, &EXCEL, &POWERPOINT, &OUTLOOK, &ACCESS, &FRONTPAGE, &PUBLISHER];

/// The catalog products that [`Office::products`] can name, as the description declares them.
pub(crate) const PRODUCTS: &[&str] = &[
    "Office 97",
    "Word 97",
    "Excel 97",
    "PowerPoint 97",
    "Outlook 97",
    "Outlook 98",
    "Access 97",
    "Office 2000",
    "Word 2000",
    "Excel 2000",
    "PowerPoint 2000",
    "Outlook 2000",
    "Access 2000",
    "FrontPage 2000",
    "Publisher 2000",
    "Office XP",
    "Word 2002",
    "Excel 2002",
    "PowerPoint 2002",
    "Outlook 2002",
    "Access 2002",
    "FrontPage 2002",
    "Publisher 2002",
    "Office 2003",
    "Word 2003",
    "Excel 2003",
    "PowerPoint 2003",
    "Outlook 2003",
    "Access 2003",
    "FrontPage 2003",
    "Publisher 2003",
];

/// The questions of this module, and of the judge. The folders are wherever Office was installed, and contain the files that
/// updates replace.
pub(crate) const ASKS: [Asks; 15] = [
    Asks::Registry(r"HKLM\SOFTWARE\Microsoft\Office\*\*\InstallRoot"),
    Asks::Registry(r"HKLM\SOFTWARE\Wow6432Node\Microsoft\Office\*\*\InstallRoot"),
    Asks::File(r"**\winword.exe"),
    Asks::File(r"**\excel.exe"),
    Asks::File(r"**\powerpnt.exe"),
    Asks::File(r"**\outlook.exe"),
    Asks::File(r"**\msaccess.exe"),
    Asks::File(r"**\frontpg.exe"),
    Asks::File(r"**\mspub.exe"),
    Asks::File(r"**\mso97.dll"),
    Asks::File(r"**\mso9.dll"),
    Asks::File(r"**\mso.dll"),
    Asks::File(r"**\Office\*"),
    Asks::File(r"**\Office10\*"),
    Asks::File(r"**\Office11\*"),
];

/// An installed program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) release: &'static Release,
    pub(crate) application: &'static Application,
    /// Without a trailing `\`.
    folder: String,
    /// `None` if the file is present, or must be, but cannot be read.
    pub(crate) version: Option<FileVersion>,
    /// The service pack's level. `None` if the builds found do not determine it.
    pub(crate) level: Option<u32>,
    /// The number of the question about the program's file.
    pub(crate) evidence: u32,
}

impl Program {
    /// Returns the catalogs' name. Outlook 98 shares its keys with Office 97; its version distinguishes it.
    pub(crate) fn name(&self) -> String {
        let is_98 = self.application == &OUTLOOK
            && self.version.is_some_and(|version| (version.major, version.minor) == (8, 5));
        format!("{} {}", self.application.name, if is_98 { "98" } else { self.release.year })
    }
}

/// The installed programs of Office.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Office {
    pub(crate) programs: Vec<Program>,
    /// The numbers of the questions that decided whether there are any.
    pub(crate) evidence: Vec<u32>,
}

/// The installed programs, or why they could not be detected.
pub(crate) type Detected = Result<Office, Unable>;

/// Detects Office, in two rounds: its folders, its files.
pub(crate) async fn find(roots: &Roots, evidence: &Evidence) -> Detected {
    let mut office = Office { programs: Vec::new(), evidence: roots.evidence.clone() };
    let places: Vec<_> =
        roots.releases(&RELEASES, |release| release.key).map(|(root, release)| (root, *release)).collect();
    let folders = folders(&places, evidence).await?;

    let mut questions = Vec::new();
    for Placed { release, application, folder, .. } in &folders {
        questions.push(Question::FileVersion(format!(r"{folder}\{}", application.file)));
        questions.push(Question::FileVersion(library(release, folder)));
    }
    let replies = evidence.ask_all(questions).await;
    let (pairs, _) = replies.answers.as_chunks::<2>();
    for ((placed, [file, library]), number) in folders.into_iter().zip(pairs).zip((replies.first..).step_by(2)) {
        let Placed { release, application, folder, named } = placed;
        match file {
            Answer::Known(_) => {}
            // Short names are not available when a volume is examined from outside.
            Answer::Absent if folder.contains('~') => {
                let reason = format!("Office is installed in {folder}, but that folder could not be located.");
                return Err(Unable::new(reason).because(&number));
            }
            Answer::Absent => continue,
            _ if !named => continue,
            _ => {}
        }
        let version = version_of(file);
        let told_by = |file, version: Option<FileVersion>| version.and_then(|found| service_pack::level(file, &found));
        let level = told_by(application.file, version).or_else(|| told_by(service_pack::LIBRARY, version_of(library)));
        office.programs.push(Program { release, application, folder, version, level, evidence: number });
    }
    Ok(office)
}

/// A possible program.
struct Placed {
    release: &'static Release,
    application: &'static Application,
    folder: String,
    /// Whether the registry names this particular program. Otherwise only its file proves its presence.
    named: bool,
}

/// Returns the folder of each possible program.
async fn folders(places: &[(&'static str, &'static Release)], evidence: &Evidence) -> Result<Vec<Placed>, Unable> {
    const COMMON: usize = 3;
    let mut questions = Vec::new();
    for (root, release) in places {
        let install_root = |part: &str| format!(r"{root}\{}\{part}\InstallRoot", release.key);
        // Office 97 has one folder for all programs, named by OfficeBin or by the default value, which names the parent
        // folder.
        questions.extend(["Path", "OfficeBin", ""].map(|name| value(install_root("Common"), name)));
        questions.extend(APPLICATIONS.iter().map(|application| value(install_root(application.name), "Path")));
    }
    let replies = evidence.ask_all(questions).await;
    for (answer, number) in replies.answers.iter().zip(replies.first..) {
        if let Some(reason) = why_unknown(answer) {
            return Err(Unable::new(format!("Where Office is installed cannot be read: {reason}")).because(&number));
        }
        if let Some(data) = data(answer).filter(|data| data.as_text().is_none()) {
            let held = data.instead_of("REG_SZ");
            let reason =
                format!("Where Office is installed could not be determined: a value of InstallRoot holds {held}.");
            return Err(Unable::new(reason).because(&number));
        }
    }
    let folder = |answer: &Answer| {
        let folder = data(answer)?.as_text()?.trim().trim_end_matches('\\');
        (!folder.is_empty()).then(|| folder.to_owned())
    };
    let mut found = Vec::new();
    for ((_, release), answers) in places.iter().zip(replies.answers.chunks(COMMON + APPLICATIONS.len())) {
        let (common, own) = answers.split_at_checked(COMMON).unwrap_or_default();
        let common = match common {
            [_, bin, above] if *release == &OFFICE_97 => {
                folder(bin).or_else(|| folder(above).map(|above| format!(r"{above}\Office")))
            }
            [path, ..] => folder(path),
            [] => None,
        };
        for (application, answer) in APPLICATIONS.iter().zip(own) {
            if let Some(folder) = folder(answer).or_else(|| common.clone()) {
                let named = *release == &OFFICE_97 || data(answer).is_some();
                found.push(Placed { release, application, folder, named });
            }
        }
    }
    // Both places may name the same program.
    let mut seen: Vec<(&str, &str)> = Vec::new();
    found.retain(|placed: &Placed| {
        let this = (placed.release.key, placed.application.name);
        let is_new = !seen.contains(&this);
        seen.push(this);
        is_new
    });
    Ok(found)
}

fn library(release: &Release, folder: &str) -> String {
    if release.library.contains('\\') { release.library.to_owned() } else { format!(r"{folder}\{}", release.library) }
}

fn version_of(answer: &Answer) -> Option<FileVersion> {
    match answer {
        Answer::Known(Fact::File(file)) => file.version,
        _ => None,
    }
}

impl Office {
    /// Returns the installations of one program, release by release.
    pub(crate) fn of(&self, application: &'static Application) -> impl Iterator<Item = &Program> {
        self.programs.iter().filter(move |program| program.application == application)
    }

    /// Returns the programs under the catalogs' names, for the report and for the judge.
    ///
    /// Every edition of the Office suite has Word and Excel, so if both are present, updates of the suite apply to them.
    pub(crate) fn products(&self) -> Vec<(InstalledProduct, Installed)> {
        let suites = RELEASES.iter().filter_map(|release| {
            let has = |application| self.of(application).find(|program| program.release == *release);
            has(&EXCEL)?;
            has(&WORD).map(|word| (release.suite.to_owned(), word))
        });
        let programs = self.programs.iter().map(|program| (program.name(), program));
        let products = suites.chain(programs).map(|(name, program)| {
            let shown = program.version.as_ref().map(version::show);
            let product = InstalledProduct {
                name: name.clone(),
                version: shown.clone(),
                service_pack: program.level.and_then(service_pack::name),
                subject: None,
            };
            let installed =
                Installed::new(name, program.level).with_path(program.release.usual_folder, &program.folder);
            match shown {
                Some(version) => (product, installed.with_build(version, Some(program.evidence))),
                None => (product, installed),
            }
        });
        products.collect()
    }
}
