//! Which instances of SQL Server are installed.
//!
//! The default instance of 7.0 and 2000 has keys of its own below `SOFTWARE\Microsoft\MSSQLServer`. Named instances of 2000 have
//! the same keys below `SOFTWARE\Microsoft\Microsoft SQL Server\<instance>`, and all instances from 2005 on below
//! `SOFTWARE\Microsoft\Microsoft SQL Server\<id>`, where `Instance Names\SQL` tells the id: `MSSQL.1`, `MSSQL10.SHOP`. A
//! 32-bit SQL Server on 64-bit Windows has all of that below `SOFTWARE\Wow6432Node`.

use std::collections::BTreeSet;

use futures_util::future::{join, join_all, join3};
use wardline_plugin::evidence::Evident;
use wardline_plugin::judge::Installed;
use wardline_plugin::prelude::*;

use crate::product::{self, SqlVersion};

const ROOTS: [&str; 2] = [r"HKLM\SOFTWARE\Microsoft", r"HKLM\SOFTWARE\Wow6432Node\Microsoft"];
const DEFAULT_INSTANCE: &str = "MSSQLSERVER";

/// Microsoft supports 50 instances on one machine.
const MOST_INSTANCES: usize = 64;

/// The program itself, and the files beside it that updates replace. Instances lie wherever their setup was told.
pub(crate) const PROGRAM_FILES: &str = r"*:\**\Binn\*";

/// How catalogs write the folder of whichever instance is meant. Setup proposes `C:\MSSQL7` for 7.0, which was never in the
/// folder of Windows, and the last of these for the default instance of 2000.
const FOLDER_IN_CATALOGS: [&str; 3] = ["%Mssql7%", r"%windir%\Mssql7", r"%ProgramFiles%\Microsoft SQL Server\MSSQL"];

/// The keys that are asked about.
pub(crate) fn registry_scopes() -> Vec<String> {
    let of_root = |root: &str| {
        ["MSSQLServer", r"Microsoft SQL Server\*"]
            .iter()
            .flat_map(|base| {
                let below = [r"\MSSQLServer", r"\MSSQLServer\CurrentVersion", r"\Setup"];
                std::iter::once("").chain(below).map(move |key| format!(r"{root}\{base}{key}"))
            })
            .chain([
                format!(r"{root}\Microsoft SQL Server"),
                format!(r"{root}\Microsoft SQL Server\Instance Names\SQL"),
            ])
            .collect::<Vec<_>>()
    };
    ROOTS.iter().flat_map(|root| of_root(root)).collect()
}

/// What was found out about a target's instances.
#[derive(Debug)]
pub(crate) struct Instances {
    pub(crate) found: Vec<Instance>,
    /// Why there may be others.
    pub(crate) unable: Option<Unable>,
    /// The questions that prove that there are no others.
    pub(crate) searched: Vec<u32>,
    pub(crate) system: Reply<SystemInfo>,
}

/// One installed instance.
#[derive(Debug)]
pub(crate) struct Instance {
    /// `MSSQLSERVER` is the default one's.
    pub(crate) name: String,
    /// The key that its keys lie below.
    pub(crate) key: String,
    version: Option<SqlVersion>,
    /// Why the version is not known, where it is not.
    pub(crate) version_unknown: Option<Unable>,
    /// The question that proves that it is there.
    pub(crate) evidence: u32,
    /// `C:\MSSQL7`: the folder in which `Binn` lies.
    pub(crate) folder: Option<String>,
    /// The folder in which `Data` lies.
    pub(crate) data_folder: Option<String>,
    pub(crate) edition: Option<String>,
    /// On the scale of `service-pack.level`.
    service_pack: Option<u32>,
    desktop_engine: bool,
}

/// Where an instance's keys may lie.
#[derive(Debug)]
struct Candidate {
    name: String,
    key: String,
    /// A list of instances names it; otherwise it must prove that it is there.
    listed_by: Option<u32>,
}

#[derive(Debug)]
enum Look {
    Instance(Box<Instance>),
    /// The question that proves that there is none.
    Nothing(u32),
}

/// Finds all instances, in two rounds; a third where the registry does not tell a version.
pub(crate) async fn find(evidence: &Evidence) -> Instances {
    let (system, lists) = join(
        evidence.system(),
        join_all(ROOTS.map(|root| {
            join(
                evidence.registry_key(format!(r"{root}\Microsoft SQL Server")),
                evidence.registry_key(format!(r"{root}\Microsoft SQL Server\Instance Names\SQL")),
            )
        })),
    )
    .await;

    let mut unable: Option<Unable> = None;
    let mut lacking = |error: Unable| {
        unable = Some(match unable.take() {
            Some(first) => first.along_with(error),
            None => error,
        });
    };
    let mut searched = Vec::new();
    let mut candidates = Vec::new();
    for (root, (installed, names)) in ROOTS.iter().zip(lists) {
        searched.extend([installed.question_number(), names.question_number()]);
        for (list, mut listed) in [
            (names.question_number(), from_instance_names(root, &names)),
            (installed.question_number(), from_installed_instances(root, &installed)),
        ] {
            if listed.len() > MOST_INSTANCES {
                let reason =
                    format!("{} instances are listed; more than {MOST_INSTANCES} are not looked at.", listed.len());
                lacking(Unable::new(reason).because(&list));
                listed.truncate(MOST_INSTANCES);
            }
            candidates.extend(listed);
        }
        candidates.push(Candidate {
            name: DEFAULT_INSTANCE.to_owned(),
            key: format!(r"{root}\MSSQLServer"),
            listed_by: None,
        });
        for error in [installed.optional().err(), names.optional().err()].into_iter().flatten() {
            lacking(error);
        }
    }

    let looked_at = join_all(candidates.into_iter().map(|candidate| look_at(evidence, candidate))).await;
    let mut found = Vec::new();
    for result in looked_at {
        match result {
            Ok(Look::Instance(instance)) => found.push(*instance),
            Ok(Look::Nothing(question)) => searched.push(question),
            Err(error) => lacking(error),
        }
    }
    // The keys that tell a version are the instance's own, where more than one set of keys would fit its name.
    found.sort_by_key(|instance| instance.version.is_none());
    let mut names = BTreeSet::new();
    found.retain(|instance| names.insert(instance.name.to_ascii_uppercase()));
    found.sort_by_key(|instance| (!is_default(&instance.name), instance.name.to_ascii_uppercase()));
    Instances { found, unable, searched, system }
}

/// SQL Server 2005 and later: values whose names are the instances', whose data are their ids.
fn from_instance_names(root: &str, names: &Reply<RegistryKey>) -> Vec<Candidate> {
    let number = names.question_number();
    let values = names.known().map(|key| key.values.as_slice()).unwrap_or_default();
    let candidates = values.iter().filter_map(|value| {
        let id = value.data.as_text().filter(|id| is_component(id))?;
        let key = format!(r"{root}\Microsoft SQL Server\{id}");
        Some(Candidate { name: value.name.clone(), key, listed_by: Some(number) })
    });
    candidates.collect()
}

/// SQL Server 2000: the instances' names. Later versions list theirs here as well, without keys of that name.
fn from_installed_instances(root: &str, installed: &Reply<RegistryKey>) -> Vec<Candidate> {
    let Some(key) = installed.known() else { return Vec::new() };
    let names = match value(key, "InstalledInstances") {
        Some(RegistryData::MultiText(names)) => names.clone(),
        Some(data) => data.as_text().map(str::to_owned).into_iter().collect(),
        None => Vec::new(),
    };
    let has_key = |name: &str| key.truncated || key.subkeys.iter().any(|subkey| subkey.eq_ignore_ascii_case(name));
    names
        .into_iter()
        .filter(|name| is_component(name) && !name.eq_ignore_ascii_case(DEFAULT_INSTANCE) && has_key(name))
        .map(|name| Candidate {
            key: format!(r"{root}\Microsoft SQL Server\{name}"),
            listed_by: Some(installed.question_number()),
            name,
        })
        .collect()
}

/// Whether a name from the registry can stand as one component of a key.
fn is_component(name: &str) -> bool {
    !name.is_empty() && name.len() <= 255 && !name.contains('\\')
}

async fn look_at(evidence: &Evidence, candidate: Candidate) -> Result<Look, Unable> {
    let Candidate { name, key, listed_by } = candidate;
    let (current, setup, service) = join3(
        evidence.registry_key(format!(r"{key}\MSSQLServer\CurrentVersion")),
        evidence.registry_key(format!(r"{key}\Setup")),
        evidence.service(engine_service(&name)),
    )
    .await;
    let text = |key: &Reply<RegistryKey>, name: &str| {
        key.known().and_then(|key| value(key, name)?.as_text().map(|text| text.trim().to_owned()))
    };
    // The second number of `PatchLevel` counts service packs; only its build is what the other values mean by it.
    let versions = [text(&current, "CurrentVersion"), text(&current, "CSDVersion"), text(&setup, "PatchLevel")];
    let versions: Vec<_> = versions.iter().flatten().filter_map(|text| SqlVersion::parse(text)).collect();
    let mut version = versions.first().cloned().map(|version| SqlVersion {
        build: versions
            .iter()
            .filter(|other| other.major == version.major)
            .map(|other| other.build)
            .max()
            .unwrap_or(version.build),
        ..version
    });

    // Client tools leave keys of the default instance too: only a version or its service makes it one.
    let is_default_service = listed_by.is_none() && key.starts_with(ROOTS[0]) && service.known().is_some();
    let proof = match (&version, listed_by) {
        (Some(_), _) => current.question_number(),
        (None, Some(list)) => list,
        (None, None) if is_default_service => service.question_number(),
        (None, None) => {
            let current = current.optional()?;
            if key.starts_with(ROOTS[0]) {
                // A service that could not be read might have proved it.
                service.optional()?;
            }
            return Ok(Look::Nothing(current.question_number()));
        }
    };

    let setting = |name: &str| text(&setup, name).filter(|text| !text.is_empty());
    let folder = setting("SQLPath");
    let edition = setting("Edition");
    let mut program = None;
    if let (None, Some(folder)) = (&version, &folder) {
        let reply = evidence.file_version(format!(r"{}\Binn\sqlservr.exe", folder.trim_end_matches('\\'))).await;
        version = reply
            .known()
            .and_then(|file| file.version)
            .and_then(|file| SqlVersion::of_program(file.major, file.minor, file.build));
        program = Some(reply);
    }
    let counted = setup.known().and_then(|setup| value(setup, "SP")?.as_dword());
    let service_pack = version
        .as_ref()
        .and_then(SqlVersion::service_pack)
        .or_else(|| version.as_ref().filter(|version| version.major >= 9).and(counted?.checked_mul(10)));
    let data_folder = setting("SQLDataRoot").or_else(|| folder.clone());
    let version_unknown = version.is_none().then(|| {
        let not_told = program.and_then(|program| program.optional().err());
        let not_told = not_told.or_else(|| setup.optional().err()).or_else(|| current.optional().err());
        not_told.unwrap_or_else(|| Unable::new("neither its keys nor its program tell it").because(&proof))
    });
    Ok(Look::Instance(Box::new(Instance {
        version_unknown,
        evidence: proof,
        service_pack,
        desktop_engine: edition.as_deref().is_some_and(product::is_desktop_engine),
        edition,
        data_folder,
        folder,
        version,
        name,
        key,
    })))
}

fn value<'k>(key: &'k RegistryKey, name: &str) -> Option<&'k RegistryData> {
    key.values.iter().find(|value| value.name.eq_ignore_ascii_case(name)).map(|value| &value.data)
}

fn engine_service(instance: &str) -> String {
    if is_default(instance) { "MSSQLSERVER".to_owned() } else { format!("MSSQL${instance}") }
}

fn is_default(instance: &str) -> bool {
    instance.eq_ignore_ascii_case(DEFAULT_INSTANCE)
}

impl Instance {
    /// As it is listed in the report.
    pub(crate) fn product(&self) -> InstalledProduct {
        InstalledProduct {
            name: self.catalog_name().unwrap_or_else(|| "SQL Server".to_owned()),
            version: self.version.as_ref().map(ToString::to_string),
            service_pack: self.service_pack.map(|level| match level {
                0 => "Gold".to_owned(),
                level => format!("SP{}", level / 10),
            }),
            subject: Some(self.name.clone()),
        }
    }

    /// What the patch judge is told. None where the version is not known, since no catalog has a name for it then.
    pub(crate) fn judged(&self) -> Option<Installed> {
        let installed = Installed::new(self.catalog_name()?, self.service_pack).with_subject(&self.name);
        Some(FOLDER_IN_CATALOGS.iter().fold(installed, |installed, written| match &self.folder {
            Some(folder) => installed.with_path(*written, folder),
            None => installed.with_unknown_path(*written),
        }))
    }

    fn catalog_name(&self) -> Option<String> {
        self.version.as_ref().map(|version| version.product(self.desktop_engine))
    }

    /// The two keys below which all instances have theirs, as far as this one's are beside them.
    pub(crate) fn common_keys(&self) -> [String; 2] {
        let is_above = |root: &&&str| self.key.starts_with(**root);
        let root = ROOTS.iter().find(is_above).unwrap_or(&ROOTS[0]);
        [format!(r"{root}\Microsoft SQL Server"), format!(r"{root}\MSSQLServer")]
    }

    /// The service that is the database engine.
    pub(crate) fn engine_service(&self) -> String {
        engine_service(&self.name)
    }

    /// The service that runs its jobs.
    pub(crate) fn agent_service(&self) -> String {
        if is_default(&self.name) { "SQLSERVERAGENT".to_owned() } else { format!("SQLAgent${}", self.name) }
    }
}
