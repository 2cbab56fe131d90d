//! Recordings of volumes built by code, and the catalog that they are judged with.

use std::path::Path;
use std::sync::OnceLock;

use wardline::catalog;
use wardline::contract::{Answer, Ask, ChecksumMode, Options, Question, Target, Update};
use wardline::evidence::Source;
use wardline::evidence::image::Volume;
use wardline::evidence::recording::Recording;
use wardline_fixtures::{Pe, fleet};

use crate::laws::plugin::Plugin;

pub(crate) fn options() -> Options {
    Options { checksums: ChecksumMode::SameLanguage, registry: true, settings: vec![] }
}

/// The updates of the demo's catalog, those for the products that its machines do not have, and those of today's fleet.
pub(crate) fn updates() -> &'static [Update] {
    static UPDATES: OnceLock<Vec<Update>> = OnceLock::new();
    UPDATES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mssecure.xml");
        std::fs::write(&file, wardline_fixtures::catalog::demo().to_xml()).unwrap();
        let [february, march] = fleet::months();
        let mut files = vec![file];
        for month in [fleet::products(), february, march] {
            let document = folder.path().join(format!("{}.xml", month.id));
            std::fs::write(&document, month.cvrf()).unwrap();
            files.push(document);
        }
        let read = catalog::read_all(&files, &catalog::Limits::default()).unwrap();
        catalog::merge(read.catalogs).updates
    })
}

/// The machines of today's fleet that the laws are tried on: one has a build and no list of updates, one has both.
const OF_TODAY: [&str; 2] = ["windows-11", "server-2019-stale-list"];

/// An installed package of the machine with products.
const RECORDED: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages\Package_for_KB5990001~31bf3856ad364e35~amd64~~20348.1.1.1";

/// A hotfix of the machine with products, and its file, which is as recorded.
const HOTFIX: &str = r"HKLM\SOFTWARE\Microsoft\Updates\DataAccess\Q823718";
const FILE_OF_HOTFIX: &str = "odbcbcp.dll";

/// The questions of these plugins about each machine of the demo, about one with the products that those do not have, and about two
/// of today, and the answers.
pub(crate) fn recordings(plugins: &[Plugin]) -> Vec<Recording> {
    let folder = tempfile::tempdir().unwrap();
    let fleet = fleet::demo(folder.path()).unwrap();
    let products = folder.path().join("products");
    // Without a revision, what is installed is told by the record of packages.
    let file = format!(r"{HOTFIX}\Filelist\0");
    fleet::with_products()
        .registry(RECORDED, "CurrentState", 112)
        .registry(HOTFIX, "InstalledDate", "8/20/2003")
        .registry(&file, "FileName", FILE_OF_HOTFIX)
        .registry(&file, "Location", r"%SystemRoot%\system32")
        .registry(&file, "Version", "2000.80.746.0")
        .file(&format!(r"%windir%\system32\{FILE_OF_HOTFIX}"), Pe::version(2000, 80, 747, 0))
        .write_to(&products)
        .unwrap();
    let today = fleet::today(&folder.path().join("today")).unwrap();
    let today = today.machines.iter().filter(|machine| OF_TODAY.contains(&machine.name));
    let machines = fleet.machines.iter().map(|machine| (machine.name, &machine.folder));
    machines
        .chain([("products", &products)])
        .chain(today.map(|machine| (machine.name, &machine.folder)))
        .map(|(name, folder)| record(name, folder, plugins))
        .collect()
}

fn record(name: &str, folder: &Path, plugins: &[Plugin]) -> Recording {
    let volume = Volume::open(folder, None).unwrap();
    let mut answers: Vec<(Question, Answer)> = vec![(Question::System, volume.answer(&Question::System))];
    for plugin in plugins {
        let examiner = plugin.examiner.as_ref();
        let answer = |question: &Question, _| volume.answer(question);
        let ask = Ask::new(&plugin.grants, &answer);
        let examination = examiner.examine(&Target { name: name.into() }, &options(), &ask);
        answers.extend(examination.exchanges.into_iter().filter(|(question, _)| plugin.grants.check(question).is_ok()));
    }
    Recording::new(name, "built by a test", answers)
}
