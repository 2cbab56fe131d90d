//! In-memory targets, plugins and updates.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wardline::contract::products::{not_covered, updates_for};
use wardline::contract::{Ask, Deadline, Examination, Examiner, Outcome, *};
use wardline::evidence::budget::DEFAULT_TARGET_MEMORY;
use wardline::evidence::{Condition, Origin, Source, SourceKind, State};
use wardline::report::{
    CatalogReport, CatalogSource, Destination, Head, Outputs, PolicyReport, Render, Summary, Tally, Tool,
};
use wardline::reporting::Context;
use wardline::scan;
use wardline::scan::{OpenError, Plan, Plugin, Silent, TargetSpec};

/// The only file of every update double.
pub(crate) const FILE: &str = r"%windir%\system32\idq.dll";

/// The hive that has a condition if the machine's name says so.
pub(crate) const SOFTWARE: &str = r"WINNT\system32\config\SOFTWARE";

/// Counts the sources that are open now, and the maximum that was open at once.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Gauge {
    pub(crate) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    pub(crate) fn now(&self) -> usize {
        self.now.load(Ordering::SeqCst)
    }

    pub(crate) fn up(&self) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
    }

    pub(crate) fn down(&self) {
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// An in-memory target. Its name determines its behaviour: see [`open`].
struct Machine {
    name: String,
    gauge: Arc<Gauge>,
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.gauge.down();
    }
}

impl Source for Machine {
    fn name(&self) -> &str {
        &self.name
    }

    fn origin(&self) -> Origin {
        Origin { kind: SourceKind::Volume, location: format!("/mnt/{}", self.name) }
    }

    fn held(&self) -> Option<u64> {
        self.name.contains("small").then_some(100_000)
    }

    fn conditions(&self) -> Vec<Condition> {
        let stale = State::Stale { entries: 0, reason: "its log is not there".into() };
        let recovered = State::Recovered { entries: 2 };
        [("stale", stale), ("recovered", recovered)]
            .into_iter()
            .filter(|(name, _)| self.name.contains(name))
            .map(|(_, state)| Condition { part: SOFTWARE.into(), state })
            .collect()
    }

    fn answer_by(&self, question: &Question, _: Deadline) -> Answer {
        match question {
            Question::System => Answer::Known(Fact::System(system(&self.name))),
            Question::FileVersion(_) if self.name.contains("panic") => panic!("the source is broken"),
            Question::FileVersion(_) if self.name.contains("unreadable") => {
                Answer::Unreadable("the folder's index is damaged".into())
            }
            Question::FileVersion(_) => {
                let revision = if self.name.contains("patched") { 3649 } else { 1600 };
                Answer::Known(Fact::File(FileInfo {
                    version: Some(FileVersion { major: 5, minor: 0, build: 2195, revision }),
                    checksum: None,
                    size: 123_456,
                    modified: None,
                    language: Some(0x0409),
                }))
            }
            Question::RegistryValue(_) => Answer::Absent,
            Question::Accounts => Answer::Known(Fact::Accounts(vec![Account {
                name: "Guest".into(),
                rid: 501,
                full_name: String::new(),
                comment: String::new(),
                disabled: self.name.contains("patched"),
                locked: false,
                password_never_expires: true,
                password_not_required: false,
                password: PasswordQuality::Blank,
                last_logon: None,
                password_set: None,
            }])),
            _ => Answer::Unsupported,
        }
    }
}

fn system(name: &str) -> SystemInfo {
    SystemInfo {
        computer_name: Some(name.to_uppercase()),
        product_name: "Microsoft Windows 2000".into(),
        version: "5.0".into(),
        build: 2195,
        revision: None,
        service_pack_name: Some("Service Pack 2".into()),
        service_pack: 2,
        role: Role::Server,
        suites: Vec::new(),
        architecture: Some("x86".into()),
        language: Some(0x0409),
        windows_folder: r"C:\WINNT".into(),
    }
}

/// Opens a machine by its name: `missing…` cannot be opened, `opening-panics…` panics. `panic`, `unreadable` and `patched` in a
/// name affect the double's answers; `stale` and `recovered` affect its conditions.
pub(crate) fn open(spec: &TargetSpec, gauge: &Arc<Gauge>) -> Result<Box<dyn Source>, OpenError> {
    let name = spec.location.display().to_string();
    if name.starts_with("opening-panics") {
        panic!("the opener is broken");
    }
    if name.starts_with("missing") {
        return Err("no such folder".into());
    }
    gauge.up();
    Ok(Box::new(Machine { name, gauge: gauge.clone() }))
}

/// How a plugin double ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Finds,
    /// Finds the hotfixes, and nothing else.
    Lists,
    OutOfFuel,
    Panics,
}

/// A plugin that asks for one file, one value and the accounts, and judges every update it was given by the file.
pub(crate) struct Detector {
    description: Description,
    updates: Vec<Update>,
    ending: Ending,
}

impl Detector {
    pub(crate) fn plugin(name: &str, products: &[&str], updates: &[Update], ending: Ending) -> Plugin {
        let check = |id: &str, mbsa, title: &str| CheckDescription {
            id: id.into(),
            mbsa,
            title: title.into(),
            columns: vec!["Account".into(), "State".into()],
            explanation: "It matters.".into(),
        };
        let description = Description {
            name: name.into(),
            version: "0.1.0".into(),
            family: name.into(),
            summary: format!("The {name} family."),
            checks: vec![
                check("guest-account", Some(107), "Guest account"),
                check("autologon", Some(110), "Autologon"),
                check("volumes", None, "File system"),
            ],
            products: products.iter().map(|product| (*product).to_owned()).collect(),
            scopes: vec![Scope::System],
            settings: Vec::new(),
        };
        let updates = updates_for(&description, updates);
        Plugin {
            examiner: Box::new(Detector { description, updates, ending }),
            policy: None,
            grants: Grants::new(|question| match question {
                Question::Text(_) => Err("not among the plugin's scopes".into()),
                _ => Ok(()),
            }),
            settings: Vec::new(),
        }
    }
}

impl Examiner for Detector {
    fn description(&self) -> &Description {
        &self.description
    }

    fn digest(&self) -> &str {
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
    }

    fn examine(&self, _: &Target, _: &Options, ask: &Ask<'_>) -> Examination {
        let questions = [
            Question::FileVersion(FILE.into()),
            Question::RegistryValue(RegistryValueName {
                key: r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon".into(),
                name: "AutoAdminLogon".into(),
            }),
            Question::Accounts,
            Question::Text(TextRange { path: r"C:\boot.ini".into(), offset: 0, length: 100 }),
        ];
        let exchanges: Vec<(Question, Answer)> =
            questions.map(|question| (question.clone(), ask.answer(&question, Deadline::never()))).into();
        let (outcome, detail) = match self.ending {
            Ending::Finds | Ending::Lists => (Outcome::Ok, None),
            Ending::OutOfFuel => (Outcome::OutOfFuel, Some("1,000,000 instructions".to_owned())),
            Ending::Panics => panic!("the sandbox is broken"),
        };
        let mut examination = Examination {
            outcome,
            detail,
            assessment: Assessment { products: Vec::new(), checks: Vec::new(), updates: Vec::new() },
            actions: Vec::new(),
            exchanges,
            rounds: 1,
            fuel: 4711,
            memory: 65_536,
        };
        if self.ending == Ending::Lists {
            examination.assessment.checks.push(CheckFinding {
                check: "hotfix-files".into(),
                subject: None,
                grade: Grade::Passed,
                summary: "1 file of 1 hotfix has the recorded version or a later one.".into(),
                rows: Vec::new(),
                evidence: Vec::new(),
            });
        } else if outcome == Outcome::Ok {
            (examination.assessment, examination.actions) = self.judge(&examination.exchanges);
        }
        examination
    }
}

impl Detector {
    fn judge(&self, exchanges: &[(Question, Answer)]) -> (Assessment, Vec<Action>) {
        let (status, verdict, reason) = match &exchanges[0].1 {
            Answer::Known(Fact::File(file)) if file.version.as_ref().is_some_and(|found| found.revision >= 3649) => {
                (UpdateStatus::Installed, Verdict::Passed, "All files are as the catalog says.")
            }
            Answer::Known(_) => (UpdateStatus::Missing, Verdict::Failed, "idq.dll is older than the update's."),
            _ => (UpdateStatus::UnableToScan, Verdict::Unknown, "idq.dll could not be read."),
        };
        let updates: Vec<UpdateFinding> = self
            .updates
            .iter()
            .map(|update| {
                let (status, reason, tests) = match update.number % 4 {
                    2 => (UpdateStatus::Superseded, "MS01-044 takes its place.", Vec::new()),
                    3 => (UpdateStatus::Note, "The catalog gives nothing to test.", Vec::new()),
                    _ => {
                        let test = |subject, evidence| TestResult { subject, verdict, evidence };
                        let tests =
                            vec![test(TestSubject::FileVersion(0), Some(0)), test(TestSubject::FileChecksum(0), None)];
                        (status, reason, tests)
                    }
                };
                UpdateFinding {
                    update: update.number,
                    product: update.applies_to[0].product.name.clone(),
                    subject: None,
                    status,
                    reason: reason.into(),
                    tests,
                    superseded_by: (status == UpdateStatus::Superseded).then(|| "MS01-044".to_owned()),
                }
            })
            .collect();
        let enabled = matches!(&exchanges[2].1, Answer::Known(Fact::Accounts(accounts)) if !accounts[0].disabled);
        let check = |check: &str, grade, summary: &str, rows, evidence| CheckFinding {
            check: check.into(),
            subject: None,
            grade,
            summary: summary.into(),
            rows,
            evidence,
        };
        let guest = if enabled {
            let row = Row { cells: vec!["Guest".into(), "enabled".into()], grade: Grade::Critical };
            check("guest-account", Grade::Critical, "The built-in Guest account is enabled.", vec![row], vec![2])
        } else {
            check("guest-account", Grade::Passed, "The built-in Guest account is disabled.", Vec::new(), vec![2])
        };
        let assessment = Assessment {
            products: vec![InstalledProduct {
                name: "Windows 2000 Server".into(),
                version: Some("5.0.2195".into()),
                service_pack: Some("Windows 2000 Service Pack 2".into()),
                subject: None,
            }],
            checks: vec![
                guest,
                check("autologon", Grade::Passed, "Nobody is logged on automatically.", Vec::new(), vec![1]),
                check("volumes", Grade::NotPerformed, "Needs a running machine.", Vec::new(), Vec::new()),
            ],
            updates,
        };
        (assessment, if enabled { self.actions() } else { Vec::new() })
    }

    fn actions(&self) -> Vec<Action> {
        let flag = |before, after| {
            Operation::SetAccountFlag(SetAccountFlag {
                account: "Guest".into(),
                rid: 501,
                flag: AccountFlag::Disabled,
                before,
                after,
            })
        };
        let mut actions = vec![Action {
            mends: FindingId::Check(0),
            operation: flag(false, true),
            undo: vec![flag(true, false)],
            restart: false,
            risk: Some("Services that rely on guest access stop working.".into()),
            article: None,
        }];
        if let Some(update) = self.updates.first() {
            actions.push(Action {
                mends: FindingId::Update(0),
                operation: Operation::InstallUpdate(InstallUpdate {
                    update: update.number,
                    package: update.package.clone(),
                    url: None,
                    switches: vec!["-z".into(), "-q".into()],
                }),
                undo: Vec::new(),
                restart: true,
                risk: None,
                article: Some(update.article.clone()),
            });
        }
        actions
    }
}

/// Updates in turn with tests, superseded, without tests, with tests; with ascending bulletin numbers.
pub(crate) fn updates() -> Vec<Update> {
    let titles = [
        (
            "Unchecked Buffer in the Demo Index Service Could Let Code of an Attacker's Choice Run on a Web Server",
            Severity::Critical,
        ),
        ("Demo Mail Relay Accepts Messages from Anybody", Severity::Moderate),
        ("Demo Telnet Service Predicts Names of Pipes", Severity::Low),
        ("Demo Directory Service Accepts Any Password", Severity::Unrated),
        ("Demo Printer Service Answers Everybody", Severity::Low),
    ];
    let product = |name: &str| Applicability {
        product: Product { id: "1".into(), name: name.into() },
        service_packs: Vec::new(),
        included_in: None,
        severity: None,
        fixed_build: None,
    };
    let windows = titles.iter().enumerate().map(|(index, (title, severity))| Update {
        number: index as u32 + 1,
        bulletin: format!("MS01-{:03}", 30 + index),
        article: format!("Q30{index:04}"),
        title: (*title).into(),
        package: format!("Q30{index:04}_W2K_SP3_x86_en.EXE"),
        url: None,
        posted: Some("2001-06-18".into()),
        severity: *severity,
        cves: Vec::new(),
        restart: true,
        applies_to: vec![product("Windows 2000 Server")],
        files: vec![FileTest {
            path: FILE.into(),
            change: Change::Replace,
            version: Some(FileVersion { major: 5, minor: 0, build: 2195, revision: 3649 }),
            alternates: Vec::new(),
            checksum: Some(123_456),
            size: None,
        }],
        registry: Vec::new(),
        superseded_by: Vec::new(),
        notes: Vec::new(),
        language: Some(0x0409),
    });
    let mut updates: Vec<Update> = windows.collect();
    let mut exchange = updates[0].clone();
    exchange.number = 100;
    exchange.applies_to = vec![product("Exchange 2000 Server")];
    updates.push(exchange);
    updates
}

pub(crate) fn options() -> Options {
    Options { checksums: ChecksumMode::SameLanguage, registry: true, settings: Vec::new() }
}

pub(crate) fn specs(names: &[&str]) -> Vec<TargetSpec> {
    names.iter().map(|name| TargetSpec { location: name.into(), memory: DEFAULT_TARGET_MEMORY }).collect()
}

pub(crate) fn head() -> Head {
    let source = CatalogSource {
        format: "mssecure".into(),
        schema_version: Some("1.0".into()),
        data_version: Some("1.0.0.1".into()),
        date: Some("2001-10-04".into()),
        digest: "ff".repeat(32),
        location: "demo.xml".into(),
    };
    Head {
        tool: Tool { name: "wardline", version: "0.0.0" },
        catalog: CatalogReport::new(vec![source], 6),
        policy: Some(PolicyReport { digest: "ee".repeat(32), location: "policy.toml".into() }),
    }
}

/// Scans machines with these names and returns the complete report in one format.
pub(crate) fn report(
    names: &[&str],
    plugins: &[Plugin],
    updates: &[Update],
    jobs: usize,
    format: Box<dyn Render>,
) -> (String, Summary) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report");
    let formats = vec![format];
    let context = Context::new(plugins.iter().map(|plugin| plugin.examiner.as_ref()), updates);
    let mut outputs = Outputs::begin(&formats, vec![Destination::File(path.clone())], &head()).unwrap();
    let mut summary = Summary::new(not_covered(plugins.iter().map(|plugin| plugin.examiner.description()), updates));
    let gauge = Arc::new(Gauge::default());
    scan::run(
        &Plan { plugins, options: &options(), jobs },
        &specs(names),
        &|spec| open(spec, &gauge),
        &|scan| {
            let report = context.report(scan);
            (formats.iter().map(|format| format.target(&report)).collect::<Vec<_>>(), Tally::new(&report))
        },
        &Silent,
        &mut |(rendered, tally)| {
            outputs.append(&rendered).unwrap();
            summary.add(tally);
            std::ops::ControlFlow::Continue(())
        },
    )
    .unwrap();
    summary.finish(updates);
    outputs.finish(&formats, &summary).unwrap();
    (std::fs::read_to_string(path).unwrap(), summary)
}
