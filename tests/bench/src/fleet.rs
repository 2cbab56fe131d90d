//! The scanned fleet: machines built by code, and their answers to the stock plugins.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use wardline::catalog::{self, Limits as CatalogLimits};
use wardline::contract::products::updates_for;
use wardline::contract::{Ask, ChecksumMode, Examiner as _, Grants, Options, Question, Target, Update};
use wardline::evidence::image::Volume;
use wardline::evidence::{Source as _, recording};
use wardline::sandbox::{Cache, Limits, Prepared, Sandbox};
use wardline::stock::stock_plugins;

/// The real catalog, where it is; not part of the project.
const REAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/catalog/mssecure-1.0.1.148-20011004.xml");

/// Machines, catalog and recordings.
pub(crate) struct Fleet {
    pub(crate) catalog: PathBuf,
    pub(crate) catalog_words: String,
    pub(crate) updates: Vec<Update>,
    /// The roots of the machines' volumes.
    pub(crate) machines: Vec<PathBuf>,
    /// Each machine's answers, as the JSON of a recording.
    pub(crate) recordings: Vec<Vec<u8>>,
}

/// How conversations are held in all measurements.
pub(crate) fn options() -> Options {
    Options { checksums: ChecksumMode::SameLanguage, registry: true, settings: Vec::new() }
}

/// The stock plugins, prepared.
pub(crate) fn prepare(sandbox: &Sandbox, updates: &[Update]) -> Result<Vec<Prepared>> {
    ensure!(!stock_plugins().is_empty(), "this build contains no stock plugins");
    prepare_all(sandbox, updates, stock_plugins())
}

/// Plugins of any making, prepared.
pub(crate) fn prepare_all(
    sandbox: &Sandbox,
    updates: &[Update],
    plugins: &[(impl AsRef<str>, impl AsRef<[u8]>)],
) -> Result<Vec<Prepared>> {
    let prepared = plugins.iter().map(|(name, bytes)| {
        let (name, bytes) = (name.as_ref(), bytes.as_ref());
        let plugin = sandbox.load(bytes.to_vec()).with_context(|| format!("plugin {name}"))?;
        let updates = updates_for(plugin.description(), updates);
        sandbox.prepare(plugin, &updates).with_context(|| format!("plugin {name}"))
    });
    prepared.collect()
}

pub(crate) fn build(folder: &Path) -> Result<Fleet> {
    let machines = folder.join("machines");
    if machines.exists() {
        fs::remove_dir_all(&machines)?;
    }
    fs::create_dir_all(&machines)?;
    let demo = wardline_fixtures::fleet::demo(&machines)?;
    let catalog = Some(PathBuf::from(REAL)).filter(|real| real.is_file()).unwrap_or(demo.catalog);
    let read = catalog::read(&catalog, &CatalogLimits::default())?;

    let sandbox = Sandbox::new(Limits::default(), Cache::at(folder.join("cache")), 2)?;
    let plugins = prepare(&sandbox, &read.updates)?;
    let mut recordings = Vec::new();
    let (mut judged, mut asked) = (0, 0);
    let grants = Grants::new(|_| Ok(()));
    for machine in demo.machines.iter().filter(|machine| machine.legible) {
        let volume = Volume::open(&machine.folder, None)?;
        let target = Target { name: machine.name.to_owned() };
        let mut exchanges = Vec::new();
        for plugin in &plugins {
            let answer = |question: &Question, _| volume.answer(question);
            let ask = Ask::new(&grants, &answer);
            let examination = plugin.examine(&target, &options(), &ask);
            ensure!(examination.detail.is_none(), "{}: {:?}", machine.name, examination.detail);
            judged += examination.assessment.updates.len();
            exchanges.extend(examination.exchanges);
        }
        asked += exchanges.len();
        let mut json = Vec::new();
        recording::write(
            &mut json,
            machine.name,
            exchanges.iter().map(|(question, answer)| (question, answer)),
            &[],
            &[],
        )?;
        recordings.push(json);
    }
    let catalog_words = format!(
        "{}, {} updates; {} machines of {} updates and {} questions on average",
        catalog.file_name().unwrap_or_default().to_string_lossy(),
        read.updates.len(),
        recordings.len(),
        judged / recordings.len(),
        asked / recordings.len(),
    );
    let machines = demo.machines.into_iter().filter(|machine| machine.legible).map(|machine| machine.folder).collect();
    Ok(Fleet { catalog, catalog_words, updates: read.updates, machines, recordings })
}
