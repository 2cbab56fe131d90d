//! `wardline catalog update` and `wardline catalog import`.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::Args;

use crate::catalog;
use crate::cli::exit::ExitStatus;
use crate::cli::held::{NO_STORE, store};
use crate::cli::progress::Fetching;
use crate::cli::{Fatal, warn};
use crate::scan::one_line;
use crate::supply::authenticode::{OldAlgorithms, Trust, read_roots};
use crate::supply::cabinet;
use crate::supply::fetch::{Fetcher, Options};
use crate::supply::source::{MSRC, Source};
use crate::supply::store::{Facts, Store};
use crate::supply::update::{self, Current, Terms, Updated};

/// How long to wait for another process that updates the same catalogs.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Debug, Args)]
pub(super) struct UpdateArgs {
    /// Service, file on a server, file, or directory with catalogs
    #[arg(long, value_name = "URL|PATH", default_value = MSRC)]
    from: String,
    #[command(flatten)]
    terms: TermsArgs,
}

#[derive(Clone, Debug, Args)]
pub(super) struct ImportArgs {
    /// Catalog, cabinet, or directory of them
    #[arg(value_name = "PATH")]
    from: PathBuf,
    #[command(flatten)]
    terms: TermsArgs,
}

/// The catalogs and signatures to accept.
#[derive(Clone, Debug, Default, Args)]
struct TermsArgs {
    /// Root certificates (PEM or DER) that a cabinet's signer must lead to; may be repeated
    #[arg(long = "root", value_name = "FILE")]
    roots: Vec<PathBuf>,
    /// Common name of the signer, or the SHA-256 of its certificate
    #[arg(long, value_name = "NAME|SHA256")]
    signer: Option<String>,
    /// Accept SHA-1 and short keys in signatures, which the cabinets of mssecure.xml have
    #[arg(long)]
    old_signatures: bool,
    /// Accept cabinets without a signature
    #[arg(long)]
    unsigned: bool,
    /// Accept an older revision of a catalog than the one held
    #[arg(long)]
    older: bool,
}

pub(super) fn update(arguments: &UpdateArgs) -> Result<ExitStatus, Fatal> {
    take(&Source::parse(&arguments.from), &arguments.terms)
}

pub(super) fn import(arguments: &ImportArgs) -> Result<ExitStatus, Fatal> {
    let source = match arguments.from.is_dir() {
        true => Source::Folder(arguments.from.clone()),
        false => Source::File(arguments.from.clone()),
    };
    take(&source, &arguments.terms)
}

impl TermsArgs {
    fn trust(&self) -> Result<Trust, Fatal> {
        let mut roots = Vec::new();
        for file in &self.roots {
            roots.extend(read_roots(file)?);
        }
        Ok(Trust {
            roots,
            signer: self.signer.clone(),
            old_algorithms: if self.old_signatures { OldAlgorithms::Allowed } else { OldAlgorithms::Refused },
        })
    }

    fn terms<'t>(&self, trust: &'t Trust) -> Terms<'t> {
        Terms {
            trust,
            allows_unsigned: self.unsigned,
            allows_older: self.older,
            recognise: &recognise,
            cabinet_limits: cabinet::Limits::default(),
            file_bytes: catalog::Limits::default().file_bytes,
            patience: PATIENCE,
            now: SystemTime::now(),
        }
    }
}

/// Updates the held catalogs, and returns those to judge by: the newest, or if the update fails, those that were held before. Cabinets
/// that need one of the options for signatures are not taken.
///
/// # Errors
///
/// If the catalogs held are damaged, or if there are none because the update failed.
pub(in crate::cli) fn update_first(store: &Store, source: &str) -> Result<Option<Current>, Fatal> {
    let arguments = TermsArgs::default();
    let trust = arguments.trust()?;
    let (source, terms, fetcher) = (Source::parse(source), arguments.terms(&trust), Fetcher::new(Options::default()));
    let fetching = Fetching::new();
    let current = update::current(store, Some((&source, &terms, &fetcher)), &mut |event| fetching.show(event))?;
    drop(fetching);
    match current.as_ref().and_then(|current| current.updated.as_ref()) {
        Some(Ok(updated)) => updated.failures.iter().for_each(|failure| warn(&one_line(failure))),
        Some(Err(failure)) => {
            warn(&format!("the catalogs could not be updated: {}; using those held", one_line(failure)))
        }
        None => {}
    }
    Ok(current)
}

fn take(source: &Source, arguments: &TermsArgs) -> Result<ExitStatus, Fatal> {
    let store = store().ok_or(NO_STORE)?;
    let trust = arguments.trust()?;
    let terms = arguments.terms(&trust);
    let fetching = Fetching::new();
    let Updated { set, added, replaced, unchanged, failures } =
        update::update(&store, source, &terms, &Fetcher::new(Options::default()), &mut |event| fetching.show(event))?;
    drop(fetching);
    for failure in &failures {
        warn(&one_line(failure));
    }
    let changes = format!("{} added, {} replaced, {unchanged} unchanged", added.len(), replaced.len());
    match set {
        Some(number) => println!("{changes}; set {number} is in use now"),
        None => println!("{changes}; nothing is new"),
    }
    Ok(if failures.is_empty() { ExitStatus::Success } else { ExitStatus::Incomplete })
}

/// Reads the whole of a catalog, so that what is accepted can be scanned with.
fn recognise(name: &str, bytes: &[u8]) -> Result<Facts, String> {
    let identity =
        catalog::identify(bytes, Path::new(name), &catalog::Limits::default()).map_err(|error| one_line(&error))?;
    Ok(Facts { kind: identity.format.to_owned(), id: identity.id, date: identity.date, version: identity.version })
}
