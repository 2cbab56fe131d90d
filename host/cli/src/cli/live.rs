//! Running machines as targets: which ones, and who signs in.

use std::borrow::Cow;
use std::collections::HashSet;
use std::env;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::access::{AccessArgs, HostArgs};
use super::args::{CacheArgs, PluginArgs};
use super::output::OutputFormat;
use super::parts::{Catalogs, LoadedPlugins, Parts, PluginRequest};
use super::{Fatal, directory};
use crate::contract::Update;
use crate::evidence::budget::Budget;
use crate::evidence::live::kerberos::{KerberosError, Login, Settings};
use crate::evidence::live::{Address, AddressError, Credentials, Limits, MAX_CREDENTIALS_FILE, SignIn, addresses_in};
use crate::evidence::{self, LiveAccess, Source, named};
use crate::scan::{OpenError, TargetSpec};
use crate::{platform, regular_file};

/// The environment's variables for those who sign in without a file.
const USER: &str = "WARDLINE_USER";
const PASSWORD: &str = "WARDLINE_PASSWORD";

/// Running machines scanned in parallel unless `--jobs` says otherwise: a worker waits for its machine most of the time.
const JOBS: usize = 64;

/// The time limit of a plugin on a running machine: each of its questions takes as long as the network does.
const PLUGIN_TIME: Duration = Duration::from_secs(120);

/// The target that means the names on standard input.
const STDIN: &str = "-";

/// Returns the targets as the operator gave them, followed by the selected machines, each once.
///
/// # Errors
///
/// If a list cannot be read, a name or range is bad, or a domain's computers cannot be listed.
pub(super) fn all_targets(
    targets: &[PathBuf],
    selected: &HostArgs,
    access: &AccessArgs,
) -> Result<Vec<PathBuf>, Fatal> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut machines = Vec::new();
    for target in targets {
        if target.as_os_str() == STDIN {
            let names = named::read_as(io::stdin().lock(), listed);
            machines.extend(names.map_err(|error| format!("standard input: {error}"))?);
        } else {
            let address = target.to_str().filter(|text| Address::is_url(text)).map(Address::parse);
            if let Some(Ok(address)) = address {
                seen.insert(PathBuf::from(address.to_string()));
            }
            found.push(target.clone());
        }
    }
    for host in &selected.hosts {
        machines.push(Address::parse(host).map_err(|error| format!("--host: {error}"))?);
    }
    for range in &selected.ranges {
        machines.extend(addresses_in(range).map_err(|error| format!("--range: {error}"))?);
    }
    for file in &selected.hosts_files {
        let at = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let list = regular_file::open_also_from_a_shell(file).map_err(|error| at(&error))?;
        machines.extend(named::read_as(list, listed).map_err(|error| at(&error))?);
    }
    if let Some(domain) = &selected.domain {
        machines.extend(directory::computers_of(domain, selected, &sign_in(access)?)?);
    }
    found
        .extend(machines.iter().map(|address| PathBuf::from(address.to_string())).filter(|at| seen.insert(at.clone())));
    Ok(found)
}

/// Reads a name or address, which Windows' own tools write as `\\SERVER`.
fn listed(name: &str) -> Result<Address, AddressError> {
    Address::parse(name.strip_prefix(r"\\").unwrap_or(name))
}

/// The parts behind the commands, and running machines beside the targets that they know.
pub(super) struct WithMachines<'p> {
    parts: &'p dyn Parts,
    /// `None` if no target is a running machine.
    access: Option<(SignIn, LiveAccess)>,
    machines: usize,
}

impl<'p> WithMachines<'p> {
    /// Takes the credentials from where they are, if any target is a running machine.
    ///
    /// # Errors
    ///
    /// If there are none, or others may read the file.
    pub(super) fn new(parts: &'p dyn Parts, targets: &[PathBuf], access: &AccessArgs) -> Result<Self, Fatal> {
        let machines = targets.iter().filter(|target| is_machine(target)).count();
        let access = match machines {
            0 => None,
            _ => {
                let usual = Limits::default();
                let limits = Limits {
                    connect: access.connect_timeout.unwrap_or(usual.connect),
                    machine: access.machine_timeout.unwrap_or(usual.machine),
                    ..usual
                };
                let access_to_machines = LiveAccess { limits, start_remote_registry: access.start_remote_registry };
                Some((sign_in(access)?, access_to_machines))
            }
        };
        Ok(WithMachines { parts, access, machines })
    }

    /// The number of targets to scan in parallel, where 0 is one per processor.
    pub(super) fn jobs(&self, wanted: usize) -> usize {
        match wanted {
            0 if self.machines > 1 => {
                let processors = std::thread::available_parallelism().map_or(1, usize::from);
                self.machines.min(JOBS).max(processors)
            }
            wanted => wanted,
        }
    }

    /// The plugins with the time that they need for running machines, unless the operator sets one.
    pub(super) fn patient<'a>(&self, plugins: &'a PluginArgs) -> Cow<'a, PluginArgs> {
        if self.machines == 0 || plugins.limits.timeout.is_some() {
            return Cow::Borrowed(plugins);
        }
        let mut plugins = plugins.clone();
        plugins.limits.timeout = Some(PLUGIN_TIME);
        Cow::Owned(plugins)
    }
}

fn is_machine(target: &Path) -> bool {
    target.to_str().is_some_and(Address::is_url)
}

impl Parts for WithMachines<'_> {
    fn catalogs(&self, paths: &[PathBuf], cache: &CacheArgs) -> Result<Catalogs, Fatal> {
        self.parts.catalogs(paths, cache)
    }

    fn show_catalog(&self, paths: &[PathBuf], format: OutputFormat, out: &mut dyn io::Write) -> Result<(), Fatal> {
        self.parts.show_catalog(paths, format, out)
    }

    fn plugins(&self, request: &PluginRequest<'_>, updates: &[Update]) -> Result<LoadedPlugins, Fatal> {
        self.parts.plugins(request, updates)
    }

    fn history(&self) -> Option<PathBuf> {
        self.parts.history()
    }

    fn targets(&self, target: TargetSpec) -> Vec<TargetSpec> {
        if is_machine(&target.location) { vec![target] } else { self.parts.targets(target) }
    }

    fn open(&self, target: &TargetSpec) -> Result<Box<dyn Source>, OpenError> {
        match (&self.access, target.location.to_str().filter(|text| Address::is_url(text))) {
            (Some((sign_in, access)), Some(address)) => {
                let budget = Budget::new(target.memory);
                Ok(evidence::open_live(&Address::parse(address)?, sign_in, *access, &budget)?)
            }
            _ => self.parts.open(target),
        }
    }
}

/// Takes the credentials from the file, the environment, the ticket cache, or the person at the terminal, in this order.
fn sign_in(access: &AccessArgs) -> Result<SignIn, Fatal> {
    Ok(match given(access.credentials.as_deref())? {
        Some(credentials) if access.kerberos => with_tickets_for(&credentials)?,
        Some(credentials) => SignIn::Ntlm(credentials),
        None => match Login::from_cache(Settings::of_environment()) {
            Ok(login) => SignIn::Kerberos(Arc::new(login)),
            Err(error) if access.kerberos => return Err(format!("--kerberos: {error}").into()),
            Err(error) => SignIn::Ntlm(asked(&error)?),
        },
    })
}

/// Returns the credentials of the file or the environment.
fn given(file: Option<&Path>) -> Result<Option<Credentials>, Fatal> {
    if let Some(file) = file {
        return from_file(file).map(Some);
    }
    match (env::var(USER), env::var(PASSWORD)) {
        (Ok(user), Ok(password)) => {
            Ok(Some(Credentials::new(&user, &password).map_err(|error| format!("{USER}: {error}"))?))
        }
        _ => Ok(None),
    }
}

/// Signs in to the domain of the credentials.
fn with_tickets_for(credentials: &Credentials) -> Result<SignIn, Fatal> {
    let (user, realm) = credentials.in_domain();
    let login = Login::with_password(Settings::of_environment(), &user, realm.as_deref(), credentials.password());
    Ok(SignIn::Kerberos(Arc::new(login.map_err(|error| format!("--kerberos: {error}"))?)))
}

/// Asks the person at the terminal, as there is no ticket.
fn asked(no_ticket: &KerberosError) -> Result<Credentials, Fatal> {
    if !io::stdin().is_terminal() {
        let because = match no_ticket {
            // Nobody expects a ticket on a computer that is not in a domain.
            KerberosError::NoCache { .. } => String::new(),
            reason => format!("; {reason}"),
        };
        return Err(format!(
            "running machines need credentials; give --credentials FILE, or set {USER} and {PASSWORD}, or sign in with \
             `kinit`{because}"
        )
        .into());
    }
    // Asked for once, for the domain controller and for the machines.
    static ASKED: OnceLock<Credentials> = OnceLock::new();
    if let Some(credentials) = ASKED.get() {
        return Ok(credentials.clone());
    }
    let user = match env::var(USER) {
        Ok(user) => user,
        Err(_) => {
            eprint!("User (DOMAIN\\name): ");
            let mut line = String::new();
            io::stdin().read_line(&mut line)?;
            line.trim().to_owned()
        }
    };
    let password = rpassword::prompt_password(format!("Password of {user}: "))?;
    let credentials = Credentials::new(&user, &password)?;
    Ok(ASKED.get_or_init(|| credentials).clone())
}

fn from_file(path: &Path) -> Result<Credentials, Fatal> {
    let at = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(|error| at(&error))?;
    if let Some(mode) = platform::mode_for_others(&file).map_err(|error| at(&error))? {
        let problem = format!("others may read these credentials (mode {mode:04o}); run: chmod 600 {}", path.display());
        return Err(at(&problem).into());
    }
    let mut text = String::new();
    let most = MAX_CREDENTIALS_FILE as u64;
    let length = file.take(most + 1).read_to_string(&mut text).map_err(|error| at(&error))?;
    if length as u64 > most {
        return Err(at(&format!("more than {most} bytes: these are no credentials")).into());
    }
    Ok(Credentials::parse(&text).map_err(|error| at(&error))?)
}
