//! Finds the installed instances of SQL Server.
//!
//! The default instance of 7.0 and 2000 has its own keys below `SOFTWARE\Microsoft\MSSQLServer`. Named instances of 2000 have
//! the same keys below `SOFTWARE\Microsoft\Microsoft SQL Server\<instance>`, and all instances from 2005 on below
//! `SOFTWARE\Microsoft\Microsoft SQL Server\<id>`, where `Instance Names\SQL` contains the id: `MSSQL.1`, `MSSQL10.SHOP`. A
//! 32-bit SQL Server on 64-bit Windows has all of these below `SOFTWARE\Wow6432Node`.
//!
//! Failed setups and client tools leave these keys behind. An instance is installed if its program is present, or if it has
//! both a service and its own version; anything less is a [`Leftover`].

use std::collections::BTreeSet;

use wardline_plugin::branches::Branches;
use wardline_plugin::evidence::Evident;
use wardline_plugin::judge::Installed;
use wardline_plugin::prelude::*;

use crate::candidates::{self, Candidate, is_default};
use crate::leftover::{Leftover, Traces};
use crate::product::{self, SqlVersion};
use crate::program::{self, Program};

const ROOTS: [&str; 2] = [r"HKLM\SOFTWARE\Microsoft", r"HKLM\SOFTWARE\Wow6432Node\Microsoft"];

/// The spellings of an instance's folder in catalogs. Setup proposes `C:\MSSQL7` for 7.0, which was never in the Windows
/// folder, and the last of these for the default instance of 2000.
const FOLDER_IN_CATALOGS: [&str; 3] = ["%Mssql7%", r"%windir%\Mssql7", r"%ProgramFiles%\Microsoft SQL Server\MSSQL"];

/// The keys of instances, below one of [`ROOTS`].
const KEYS: [&str; 10] = [
    "MSSQLServer",
    r"MSSQLServer\MSSQLServer",
    r"MSSQLServer\MSSQLServer\CurrentVersion",
    r"MSSQLServer\Setup",
    "Microsoft SQL Server",
    r"Microsoft SQL Server\Instance Names\SQL",
    r"Microsoft SQL Server\*",
    r"Microsoft SQL Server\*\MSSQLServer",
    r"Microsoft SQL Server\*\MSSQLServer\CurrentVersion",
    r"Microsoft SQL Server\*\Setup",
];

/// Returns the questions that finding instances, judging their updates and examining their keys ask.
pub(crate) fn scopes() -> impl Iterator<Item = Scope> {
    let keys = ROOTS.into_iter().flat_map(|root| KEYS.map(|key| Scope::Registry(format!(r"{root}\{key}"))));
    // The program itself, and the files next to it that updates replace. Instances are wherever setup was told to put them.
    keys.chain([Asks::Services.into(), Asks::File(r"*:\**\Binn\*").into()])
}

/// The instances found on a target.
#[derive(Debug)]
pub(crate) struct Instances {
    pub(crate) found: Vec<Instance>,
    /// Traces that look like an instance but are not one.
    pub(crate) leftovers: Vec<Leftover>,
    /// Why there may be others.
    pub(crate) unable: Option<Unable>,
    /// The questions that prove that there are no others.
    pub(crate) searched: Vec<u32>,
    pub(crate) system: Reply<SystemInfo>,
}

/// One installed instance.
#[derive(Debug)]
pub(crate) struct Instance {
    /// `MSSQLSERVER` for the default instance.
    pub(crate) name: String,
    /// The parent of its keys.
    pub(crate) key: String,
    version: Option<SqlVersion>,
    /// The version of its program, which an update that is only recorded does not raise.
    program_version: Option<SqlVersion>,
    /// Whether its keys contain a version.
    has_keys: bool,
    /// Why the version is not known, if it is not.
    pub(crate) version_unknown: Option<Unable>,
    /// Why the service pack is not known, if keys and program contradict each other.
    pub(crate) service_pack_unknown: Option<Unable>,
    /// The question that proves its presence.
    pub(crate) evidence: u32,
    /// The expected path of the program, if it is missing.
    pub(crate) lost_program: Option<String>,
    /// `C:\MSSQL7`: the folder that contains `Binn`.
    pub(crate) folder: Option<String>,
    /// The folder that contains `Data`.
    pub(crate) data_folder: Option<String>,
    pub(crate) edition: Option<String>,
    /// On the scale of `service-pack.level`.
    service_pack: Option<u32>,
    desktop_engine: bool,
}

#[derive(Debug)]
enum Look {
    Instance(Box<Instance>),
    Leftover(Leftover),
    /// The question that proves that there is none.
    Nothing(u32),
}

/// Finds all instances, in three rounds: the lists of instances, their keys, their programs.
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
        let (below, gaps) = candidates::of_root(root, &names, &installed);
        candidates.extend(below);
        gaps.into_iter().for_each(&mut lacking);
    }

    let looked_at = join_all(candidates.into_iter().map(|candidate| async {
        let name = candidate.name.clone();
        look_at(evidence, candidate).await.map_err(|mut unable| {
            unable.reason = format!("Whether {name} is installed could not be determined: {}.", unable.reason);
            unable
        })
    }))
    .await;
    let mut found = Vec::new();
    let mut leftovers = Vec::new();
    for result in looked_at {
        match result {
            Ok(Look::Instance(instance)) => found.push(*instance),
            Ok(Look::Leftover(leftover)) => leftovers.push(leftover),
            Ok(Look::Nothing(question)) => searched.push(question),
            Err(error) => lacking(error),
        }
    }
    // If several sets of keys would fit an instance's name, those with a version are its own.
    found.sort_by_key(|instance| (!instance.has_keys, instance.version.is_none()));
    let mut names = BTreeSet::new();
    found.retain(|instance| names.insert(instance.name.to_ascii_uppercase()));
    found.sort_by_key(|instance| (!is_default(&instance.name), instance.name.to_ascii_uppercase()));
    // The keys of an earlier version are not worth reporting if the instance is present.
    leftovers.retain(|leftover| names.insert(leftover.name.to_ascii_uppercase()));
    Instances { found, leftovers, unable, searched, system }
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
    // The second number of `PatchLevel` counts service packs; only its build agrees with the other values.
    let versions = [text(&current, "CurrentVersion"), text(&current, "CSDVersion"), text(&setup, "PatchLevel")];
    let versions: Vec<_> = versions.iter().flatten().filter_map(|text| SqlVersion::parse(text)).collect();
    let version = versions.first().cloned().map(|version| {
        let builds = versions.iter().filter(|other| other.major == version.major);
        let (build, revision) = builds.map(|other| (other.build, other.revision)).max().unwrap_or_default();
        SqlVersion { build, revision, ..version }
    });

    let setting = |name: &str| text(&setup, name).filter(|text| !text.is_empty());
    let folder = setting("SQLPath");
    let edition = setting("Edition");
    let registered = service.known();
    // The service has the same name for a 32-bit and a 64-bit server.
    let own_service = registered.is_some() && (listed_by.is_some() || key.starts_with(ROOTS[0]) || version.is_some());
    let image = registered.filter(|_| own_service).and_then(|service| service.image_path.as_deref());
    let program = program::find(
        evidence,
        image,
        [setting("SQLBinRoot"), folder.as_ref().map(|it| format!(r"{}\Binn", it.trim_end_matches('\\')))],
    )
    .await;

    let proof = match (&program, own_service, &version) {
        (Program::Found { question, .. }, ..) => *question,
        (_, true, Some(_)) => current.question_number(),
        (Program::NotNamed, true, None) if read(&current).is_ok() && read(&setup).is_ok() => service.question_number(),
        _ => {
            // Each of these might have been the proof, had it been readable.
            read(&current)?;
            read(&setup)?;
            if listed_by.is_some() || version.is_some() || key.starts_with(ROOTS[0]) {
                read(&service)?;
            }
            if let Program::Unread(unable) = program {
                return Err(unable);
            }
            if listed_by.is_none() && version.is_none() && !own_service {
                return Ok(Look::Nothing(current.question_number()));
            }
            let asked = [current.question_number(), setup.question_number(), service.question_number()];
            let traces = Traces {
                name: &name,
                listed: listed_by.is_some(),
                version: version.as_ref(),
                service: (&engine_service(&name), own_service),
                program: &program,
            };
            return Ok(Look::Leftover(Leftover::new(&traces, listed_by.into_iter().chain(asked).collect())));
        }
    };
    let has_keys = version.is_some();
    let of_program = program.version();
    let contradiction = version.as_ref().zip(of_program.as_ref()).filter(|(keys, program)| {
        // The build of the program alone proves nothing: a hotfix raises it, but no key.
        !keys.is_of_same_product(program) || keys.service_pack() != program.service_pack()
    });
    let contradiction = contradiction.map(|(keys, program)| {
        let unable = Unable::new(format!("its keys say {keys}, its program says {program}"));
        (keys.is_of_same_product(program), unable.because(&current).because(&proof))
    });
    let (other_product, service_pack_unknown) = match contradiction {
        Some((true, unable)) => (None, Some(unable)),
        Some((false, unable)) => (Some(unable), None),
        None => (None, None),
    };
    let program_version = of_program.clone().filter(|_| other_product.is_none());
    let version = version.or(of_program).filter(|_| other_product.is_none());
    let counted = setup.known().and_then(|setup| value(setup, "SP")?.as_dword());
    let service_pack = version
        .as_ref()
        .and_then(SqlVersion::service_pack)
        .or_else(|| version.as_ref().filter(|version| version.major >= 9).and(counted?.checked_mul(10)))
        .filter(|_| service_pack_unknown.is_none());
    let data_folder = setting("SQLDataRoot").or_else(|| folder.clone());
    let version_unknown = version.is_none().then(|| {
        let not_told = match &program {
            Program::Unread(unable) => Some(unable.clone()),
            Program::NotNamed | Program::Found { .. } | Program::Gone(_) => None,
        };
        let not_told = other_product.or(not_told).or_else(|| read(&setup).err()).or_else(|| read(&current).err());
        not_told.unwrap_or_else(|| Unable::new("neither its keys nor its program record it").because(&proof))
    });
    Ok(Look::Instance(Box::new(Instance {
        version_unknown,
        service_pack_unknown,
        program_version,
        has_keys,
        evidence: proof,
        lost_program: match program {
            Program::Gone(path) => Some(path),
            Program::NotNamed | Program::Found { .. } | Program::Unread(_) => None,
        },
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

/// Fails if the content, or its absence, is not known.
fn read<T: Clone>(reply: &Reply<T>) -> Result<(), Unable> {
    reply.clone().optional().map(drop)
}

fn value<'k>(key: &'k RegistryKey, name: &str) -> Option<&'k RegistryData> {
    key.values.iter().find(|value| value.name.eq_ignore_ascii_case(name)).map(|value| &value.data)
}

fn engine_service(instance: &str) -> String {
    if is_default(instance) { "MSSQLSERVER".to_owned() } else { format!("MSSQL${instance}") }
}

impl Instance {
    /// Returns the product to list in the report.
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

    /// Returns the product for the patch judge, by each name that catalogs have for it. Empty if the version is not known,
    /// because no catalog has a name for it then.
    pub(crate) fn judged(&self, branches: &Branches, architecture: Option<&str>) -> Vec<Installed> {
        let Some(name) = self.catalog_name() else { return Vec::new() };
        let installed = Installed::new(name, self.service_pack).with_subject(&self.name);
        let by_files = FOLDER_IN_CATALOGS.iter().fold(installed, |installed, written| match &self.folder {
            Some(folder) => installed.with_path(*written, folder),
            None => installed.with_unknown_path(*written),
        });
        let is_32_bit = self.is_32_bit(architecture);
        let is_of = |name: &str| match is_32_bit {
            Some(true) => !name.contains("x64"),
            Some(false) => !name.contains("32-bit"),
            None => true,
        };
        let build = self.full_build().unwrap_or_default();
        let by_build = branches.installed(&build, Some(self.evidence), is_of);
        std::iter::once(by_files).chain(by_build.into_iter().map(|it| it.with_subject(&self.name))).collect()
    }

    /// Returns the build: that of its program if known, because an update that is only recorded is not in effect.
    pub(crate) fn full_build(&self) -> Option<String> {
        self.program_version.as_ref().or(self.version.as_ref()).map(SqlVersion::full_build)
    }

    /// Whether it is a 32-bit server. `architecture` is `system-info.architecture`; `None` if that does not decide it.
    fn is_32_bit(&self, architecture: Option<&str>) -> Option<bool> {
        if self.key.starts_with(ROOTS[1]) {
            return Some(true);
        }
        architecture.map(|name| name.eq_ignore_ascii_case("x86"))
    }

    fn catalog_name(&self) -> Option<String> {
        self.version.as_ref().map(|version| version.product(self.desktop_engine))
    }

    /// Returns the two keys that contain the keys of all instances, below this instance's root.
    pub(crate) fn common_keys(&self) -> [String; 2] {
        let is_above = |root: &&&str| self.key.starts_with(**root);
        let root = ROOTS.iter().find(is_above).unwrap_or(&ROOTS[0]);
        [format!(r"{root}\Microsoft SQL Server"), format!(r"{root}\MSSQLServer")]
    }

    /// Returns the name of the database engine's service.
    pub(crate) fn engine_service(&self) -> String {
        engine_service(&self.name)
    }

    /// Returns the name of the service that runs its jobs.
    pub(crate) fn agent_service(&self) -> String {
        if is_default(&self.name) { "SQLSERVERAGENT".to_owned() } else { format!("SQLAgent${}", self.name) }
    }
}
