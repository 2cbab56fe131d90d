//! A hostile component next to a well-behaved one, in a scan of several targets with several workers.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use wardline::contract::products::updates_for;
use wardline::contract::{Ask, Deadline, Examination, Examiner, *};
use wardline::evidence::budget::DEFAULT_TARGET_MEMORY;
use wardline::evidence::{Origin, Source, SourceKind};
use wardline::sandbox::{Cache, Execution, Limits, Refused, Sandbox};
use wardline::scan;
use wardline::scan::{Plan, Plugin, Silent, TargetScan, TargetSpec};
use wardline_hostile::{named, well_behaved};

/// The last one is the target that `one-target-only` looks for.
pub(crate) const TARGETS: [&str; 6] = ["alpha", "beta", "gamma", "delta", "epsilon", "xi"];
const WORKERS: u32 = 3;

/// A sandbox with a well-behaved plugin that takes part in every trial.
pub(crate) struct Ground {
    sandbox: Sandbox,
    neighbour: Arc<Timed>,
    /// The findings of the neighbour when it runs alone.
    undisturbed: Vec<String>,
}

/// The result of one component.
pub(crate) struct Trial {
    /// One per target.
    pub(crate) examinations: Vec<Examination>,
    pub(crate) is_snapshot: bool,
    /// The longest of three: reading, describing and compiling; preparing; one conversation.
    pub(crate) longest: Duration,
    /// Whether the neighbour found the same as without the component.
    pub(crate) neighbour_untouched: bool,
}

impl Ground {
    pub(crate) fn new(limits: Limits) -> Self {
        let sandbox = Sandbox::new(limits, Cache::off(), WORKERS).unwrap();
        let plugin = sandbox.load(well_behaved().unwrap()).unwrap();
        let neighbour = Timed::new(sandbox.prepare(plugin, &[update()]).unwrap());
        let mut ground = Ground { sandbox, neighbour, undisturbed: Vec::new() };
        ground.undisturbed = shown(&ground.scan(&[&ground.neighbour]), 0);
        ground
    }

    pub(crate) fn trial(&self, component: Vec<u8>) -> Trial {
        let begun = Instant::now();
        let loaded = self.sandbox.load(component);
        let mut longest = begun.elapsed();
        let begun = Instant::now();
        let mut is_snapshot = false;
        let examiner = match loaded {
            Err(failure) => Timed::new(Refused::unnamed("hostile", String::new(), failure)),
            Ok(plugin) => {
                let (description, digest) = (plugin.description().clone(), plugin.digest().to_owned());
                let prepared = self.sandbox.prepare(plugin, &updates_for(&description, &[update()]));
                longest = longest.max(begun.elapsed());
                match prepared {
                    Err(failure) => Timed::new(Refused::described(description, digest, failure)),
                    Ok(prepared) => {
                        is_snapshot = prepared.is_snapshot();
                        Timed::new(prepared)
                    }
                }
            }
        };
        // On both sides of it, so that one conversation of the neighbour is before and one after.
        let scans = self.scan(&[&self.neighbour, &examiner, &self.neighbour]);
        let longest = longest.max(*examiner.longest.lock().unwrap());
        let neighbour_untouched = shown(&scans, 0) == self.undisturbed && shown(&scans, 2) == self.undisturbed;
        let examinations = scans.iter().map(|scan| scan.plugins[1].clone().unwrap()).collect();
        Trial { examinations, is_snapshot, longest, neighbour_untouched }
    }

    fn scan(&self, examiners: &[&Arc<Timed>]) -> Vec<TargetScan> {
        let plugins: Vec<Plugin> = examiners.iter().map(|examiner| plugin(Arc::clone(examiner))).collect();
        let options = Options { checksums: ChecksumMode::SameLanguage, registry: true, settings: vec![] };
        let plan = Plan { plugins: &plugins, options: &options, jobs: WORKERS as usize };
        let targets = TARGETS.map(|name| TargetSpec { location: name.into(), memory: DEFAULT_TARGET_MEMORY });
        let mut scans = Vec::new();
        let open = |spec: &TargetSpec| Ok(Box::new(Machine(spec.location.display().to_string())) as Box<dyn Source>);
        scan::run(&plan, &targets, &open, &|scan| scan, &Silent, &mut |scan| {
            scans.push(scan);
            ControlFlow::Continue(())
        })
        .unwrap();
        scans
    }
}

/// Everything that a plugin did on each target, as text.
fn shown(scans: &[TargetScan], plugin: usize) -> Vec<String> {
    scans.iter().map(|scan| format!("{:?}", scan.plugins[plugin])).collect()
}

fn plugin(examiner: Arc<Timed>) -> Plugin {
    let grants = Grants::declared(examiner.description(), &[]);
    Plugin { examiner: Box::new(Shared(examiner)), grants, policy: None, settings: vec![] }
}

struct Timed {
    inner: Box<dyn Examiner>,
    longest: Mutex<Duration>,
}

impl Timed {
    fn new(inner: impl Examiner + 'static) -> Arc<Self> {
        Arc::new(Timed { inner: Box::new(inner), longest: Mutex::default() })
    }

    fn description(&self) -> &Description {
        self.inner.description()
    }
}

struct Shared(Arc<Timed>);

impl Examiner for Shared {
    fn description(&self) -> &Description {
        self.0.inner.description()
    }

    fn digest(&self) -> &str {
        self.0.inner.digest()
    }

    fn examine(&self, target: &Target, options: &Options, ask: &Ask<'_>) -> Examination {
        let begun = Instant::now();
        let examination = self.0.inner.examine(target, options, ask);
        let mut longest = self.0.longest.lock().unwrap();
        *longest = longest.max(begun.elapsed());
        examination
    }
}

/// A target in memory. The check of the well-behaved plugin passes on some targets and fails on others.
struct Machine(String);

impl Source for Machine {
    fn name(&self) -> &str {
        &self.0
    }

    fn origin(&self) -> Origin {
        Origin { kind: SourceKind::Volume, location: format!("/mnt/{}", self.0) }
    }

    fn answer_by(&self, question: &Question, _: Deadline) -> Answer {
        match question {
            Question::RegistryValue(_) => {
                let number = self.0.len() as u32;
                Answer::Known(Fact::RegistryValue(RegistryData::Dword(number)))
            }
            Question::Text(range) => Answer::Known(Fact::Text(TextInfo {
                text: "x".repeat(range.length.min(0x10000) as usize),
                size: u64::from(range.length),
            })),
            _ => Answer::Unsupported,
        }
    }
}

fn update() -> Update {
    let product = Product { id: "1".into(), name: "Example Server".into() };
    let applies_to =
        Applicability { product, service_packs: vec![], included_in: None, severity: None, fixed_build: None };
    let registry = RegistryTest {
        key: r"HKLM\SOFTWARE\Example".into(),
        name: "Value".into(),
        change: Change::Add,
        expected: None,
        comparison: Comparison::Equal,
    };
    Update { bulletin: "EX-001".into(), applies_to: vec![applies_to], registry: vec![registry], ..Update::numbered(3) }
}

/// One conversation of a component, with its own source, of which it may ask anything.
pub(crate) fn alone(component: &str, limits: Limits, answer: &dyn Fn(&Question, Deadline) -> Answer) -> Examination {
    alone_with(component, limits, Execution::default(), answer)
}

/// Like [`alone`], with a choice of how the component is run.
pub(crate) fn alone_with(
    component: &str,
    limits: Limits,
    execution: Execution,
    answer: &dyn Fn(&Question, Deadline) -> Answer,
) -> Examination {
    let sandbox = Sandbox::with_execution(limits, Cache::off(), 1, execution).unwrap();
    let plugin = sandbox.load(named(component).unwrap().bytes().unwrap()).unwrap();
    let options = Options { checksums: ChecksumMode::SameLanguage, registry: true, settings: vec![] };
    let (target, grants) = (Target { name: "alone".into() }, Grants::new(|_| Ok(())));
    sandbox.prepare(plugin, &[update()]).unwrap().examine(&target, &options, &Ask::new(&grants, &answer))
}
