//! Answers questions from texts.

use std::collections::BTreeSet;

use wardline_contract::names::{folded_key, folded_name};
use wardline_contract::{Answer, Fact, Question, RegistryData, RegistryKey, RegistryValue, SystemInfo};
use wardline_systeminfo::{Architecture, Hotfixes, Role, System, Told};

const CURRENT_VERSION: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";

/// Where Windows records hotfixes up to Server 2003: a key each, named after the article, with the number `Installed`.
const HOTFIX: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\HotFix";

/// Where Windows records them since Vista: a key for each package, with its state.
const PACKAGES: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages";

/// The first version with Component Based Servicing.
const VISTA: (u32, u32) = (6, 0);

/// `CurrentState` of an installed package.
const INSTALLED: u32 = 112;

/// The token of Microsoft's key, which signs every package.
const PUBLISHER: &str = "31bf3856ad364e35";

const UNKNOWN_WINDOWS: &str = "no text tells the version of Windows; that of systeminfo does";

pub(super) fn answer(told: &Told, question: &Question) -> Answer {
    match question {
        Question::System => match &told.system {
            Some(system) => Answer::Known(Fact::System(system_info(told, system))),
            None => Answer::Unreadable(UNKNOWN_WINDOWS.to_owned()),
        },
        Question::RegistryKey(path) => key(told, &folded_key(path)),
        Question::RegistryValue(value) => self::value(told, &folded_key(&value.key), &value.name),
        _ => Answer::Unsupported,
    }
}

fn system_info(told: &Told, system: &System) -> SystemInfo {
    SystemInfo {
        computer_name: told.computer.clone(),
        product_name: system.product_name.clone().unwrap_or_else(|| "Windows".to_owned()),
        version: format!("{}.{}", system.version.0, system.version.1),
        build: system.build,
        revision: system.revision,
        service_pack_name: system.service_pack_name.clone(),
        service_pack: system.service_pack,
        role: match system.role {
            Some(Role::Workstation) => wardline_contract::Role::Workstation,
            Some(Role::Server) => wardline_contract::Role::Server,
            Some(Role::DomainController) => wardline_contract::Role::DomainController,
            None => wardline_contract::Role::Unknown,
        },
        suites: system.suites.iter().map(|suite| (*suite).to_owned()).collect(),
        architecture: system.architecture.map(|architecture| processor(architecture).to_owned()),
        language: system.language,
        windows_folder: system.windows_folder.clone().unwrap_or_default(),
    }
}

/// `PROCESSOR_ARCHITECTURE`
fn processor(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86 => "x86",
        Architecture::X64 => "AMD64",
        Architecture::Arm64 => "ARM64",
        Architecture::Itanium => "IA64",
    }
}

/// The two places in the registry where Windows records hotfixes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Hotfix,
    Packages,
}

impl Place {
    const ALL: [Place; 2] = [Place::Hotfix, Place::Packages];

    /// The one that a version of Windows uses.
    fn of(version: (u32, u32)) -> Place {
        if version < VISTA { Place::Hotfix } else { Place::Packages }
    }

    fn key(self) -> &'static str {
        match self {
            Place::Hotfix => HOTFIX,
            Place::Packages => PACKAGES,
        }
    }

    /// The value that marks a hotfix as installed.
    fn state(self) -> (&'static str, u32) {
        match self {
            Place::Hotfix => ("Installed", 1),
            Place::Packages => ("CurrentState", INSTALLED),
        }
    }

    /// The name of a hotfix's key. No text has the version of the package.
    fn name(self, article: &str, system: &System) -> String {
        match self {
            Place::Hotfix => article.to_owned(),
            Place::Packages => {
                let architecture = match system.architecture {
                    Some(architecture) => processor(architecture).to_ascii_lowercase(),
                    None => "neutral".to_owned(),
                };
                format!("Package_for_{article}~{PUBLISHER}~{architecture}~~0.0.0.0")
            }
        }
    }
}

/// Splits a folded key into the place that it is in, and the name below it if there is one.
fn place(folded: &str) -> Option<(Place, Option<&str>)> {
    Place::ALL.into_iter().find_map(|place| {
        let rest = folded.strip_prefix(&folded_key(place.key()))?;
        match rest.strip_prefix('\\') {
            Some(name) => Some((place, Some(name))),
            None => rest.is_empty().then_some((place, None)),
        }
    })
}

/// The hotfixes at a place, or why they are not known.
struct Installed<'t> {
    system: &'t System,
    place: Place,
    articles: &'t BTreeSet<String>,
    complete: bool,
}

impl<'t> Installed<'t> {
    fn at(told: &'t Told, place: Place) -> Result<Installed<'t>, Box<Answer>> {
        let Some(system) = &told.system else { return Err(Box::new(Answer::Unreadable(UNKNOWN_WINDOWS.to_owned()))) };
        if Place::of(system.version) != place {
            // Component Based Servicing does not exist before Vista; the other key may be left from anything.
            return Err(Box::new(if place == Place::Packages { Answer::Absent } else { Answer::Unsupported }));
        }
        match &told.hotfixes {
            Hotfixes::Listed { articles, complete } => Ok(Installed { system, place, articles, complete: *complete }),
            Hotfixes::Unreadable(reason) => Err(Box::new(Answer::Unreadable((*reason).to_owned()))),
            Hotfixes::Untold => Err(Box::new(Answer::Unsupported)),
        }
    }

    fn names(&self) -> impl Iterator<Item = String> {
        self.articles.iter().map(|article| self.place.name(article, self.system))
    }

    fn has(&self, folded: &str) -> bool {
        self.names().any(|name| folded_name(&name) == folded)
    }

    /// The answer to a question about a hotfix that is not listed.
    fn not_listed(&self) -> Answer {
        match (self.place, self.complete) {
            // A package of this article may exist under a name with another version.
            (Place::Packages, _) => Answer::Unsupported,
            (Place::Hotfix, true) => Answer::Absent,
            (Place::Hotfix, false) => Answer::Unreadable("the list of hotfixes is not complete".to_owned()),
        }
    }
}

fn key(told: &Told, folded: &str) -> Answer {
    let Some((place, name)) = place(folded) else { return Answer::Unsupported };
    let installed = match Installed::at(told, place) {
        Ok(installed) => installed,
        Err(answer) => return *answer,
    };
    let (values, subkeys) = match name {
        None => (Vec::new(), installed.names().collect()),
        Some(name) if installed.has(name) => {
            let (name, number) = place.state();
            (vec![RegistryValue { name: name.to_owned(), data: RegistryData::Dword(number) }], Vec::new())
        }
        Some(_) => return installed.not_listed(),
    };
    let truncated = !installed.complete;
    Answer::Known(Fact::RegistryKey(RegistryKey { values, subkeys, truncated, last_written: 0 }))
}

fn value(told: &Told, folded: &str, name: &str) -> Answer {
    if folded == folded_key(CURRENT_VERSION) {
        return told.system.as_ref().and_then(|system| version_value(system, name)).unwrap_or(Answer::Unsupported);
    }
    let Some((place, Some(hotfix))) = place(folded) else { return Answer::Unsupported };
    let installed = match Installed::at(told, place) {
        Ok(installed) => installed,
        Err(answer) => return *answer,
    };
    let (state, number) = place.state();
    match (installed.has(hotfix), state.eq_ignore_ascii_case(name)) {
        (true, true) => dword(number),
        (true, false) => Answer::Unsupported,
        (false, _) => installed.not_listed(),
    }
}

/// Answers a value of `CurrentVersion` if the texts have it.
fn version_value(system: &System, name: &str) -> Option<Answer> {
    let text = |text: String| Some(Answer::Known(Fact::RegistryValue(RegistryData::Text(text))));
    let (major, minor) = system.version;
    match name.to_ascii_lowercase().as_str() {
        "productname" => text(system.product_name.clone()?),
        "currentbuildnumber" | "currentbuild" => text(system.build.to_string()),
        "ubr" => system.revision.map(dword),
        "csdversion" => text(system.service_pack_name.clone()?),
        // From Windows 10 on it is that of Windows 8.1.
        "currentversion" if major < 10 => text(format!("{major}.{minor}")),
        "currentmajorversionnumber" if major >= 10 => Some(dword(major)),
        "currentminorversionnumber" if major >= 10 => Some(dword(minor)),
        _ => None,
    }
}

fn dword(number: u32) -> Answer {
    Answer::Known(Fact::RegistryValue(RegistryData::Dword(number)))
}
