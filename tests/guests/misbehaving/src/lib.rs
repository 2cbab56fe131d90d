//! A plugin that breaks the promise of the sandbox that the name of its target asks for. One component serves all tests that need
//! guest code; code that no compiler would emit is text in the tests.

use std::cell::Cell;
use std::hint::black_box;

use wardline_plugin::prelude::*;

const KEY: &str = r"HKLM\SOFTWARE\Example";

#[derive(Default)]
struct Misbehaving {
    updates: usize,
}

thread_local! {
    /// State of an earlier conversation, if any of it ever came back.
    static LEFT_BEHIND: Cell<u32> = const { Cell::new(0) };
}

impl Checker for Misbehaving {
    fn describe() -> Description {
        describe("misbehaving", "0.1.0", "Breaks the promise that its target's name asks it to break.")
            .check(CheckInfo::new("probe", "Probe").columns(&["What"]).explanation("For tests."))
            .judges(["Example *"])
            .asks(Asks::Registry(KEY))
            .into()
    }

    fn prepare(&mut self, updates: Vec<Update>) -> Result<(), String> {
        self.updates = updates.len();
        match updates.first().map(|update| update.title.as_str()) {
            Some("refuse") => Err("this catalog is not to my taste".to_owned()),
            Some("loop") => spin(),
            Some("trap") => panic!("prepare gives up"),
            _ => Ok(()),
        }
    }

    async fn detect(&self, cx: Context<'_>) -> Findings {
        let Context { about, evidence, .. } = cx;
        let mut findings = Findings::new();
        match about.target.name.as_str() {
            "loop" => spin(),
            "trap" => panic!("detect gives up"),
            "trap-later" => {
                let _ = evidence.system().await;
                panic!("resume gives up");
            }
            "recursion" => {
                black_box(descend(0));
            }
            "memory" => {
                let mut hoard = Vec::new();
                loop {
                    hoard.push(black_box(vec![1u8; 1 << 20]));
                }
            }
            "rounds" => loop {
                let _ = evidence.registry_value(KEY, "again").await;
            },
            "questions" => {
                let one = Question::RegistryKey(KEY.to_owned());
                let _ = evidence.ask_all(vec![one; 1_000_000]).await;
            }
            "long-questions" => {
                let one = Question::RegistryKey("x".repeat(1 << 20));
                let _ = evidence.ask_all(vec![one; 64]).await;
            }
            "long-summary" => findings.check("probe", Finding::passed("x".repeat(1 << 20))),
            "long-findings" => {
                let row = "x".repeat(10_000);
                let finding = (0..10_000).fold(Finding::passed(""), |finding, _| finding.row([&row], Grade::Passed));
                findings.check("probe", finding);
            }
            "undeclared-check" => findings.check("somebody-elses", Finding::passed("")),
            "wrong-columns" => findings.check("probe", Finding::passed("").row(["a", "b"], Grade::Passed)),
            "invented-evidence" => findings.check("probe", Finding::passed("").because(&7u32)),
            "invented-update" => findings.update(
                UpdateFinding {
                    update: 4711,
                    product: "Example".to_owned(),
                    subject: None,
                    status: UpdateStatus::Installed,
                    reason: String::new(),
                    tests: Vec::new(),
                    superseded_by: None,
                },
                Vec::new(),
            ),
            "escapes" => findings.check(
                "probe",
                Finding::critical("\u{1b}[2J\r\nPASSED\u{202e}\0").row(["\u{1b}]0;owned\u{7}"], Grade::Critical),
            ),
            "outside" => findings.check("probe", outside(evidence).await),
            _ => findings.check("probe", self.probe(evidence).await),
        }
        findings
    }
}

impl Misbehaving {
    async fn probe(&self, evidence: &Evidence) -> Result<Finding, Unable> {
        let before = LEFT_BEHIND.replace(1);
        let value = evidence.registry_value(KEY, "Value").await.optional()?;
        let number = value.as_ref().and_then(|data| data.as_dword());
        Ok(Finding::passed(format!("value {number:?}, {} updates, {before} left behind", self.updates))
            .because(&value)
            .mend(Remedy::manual("Nothing.")))
    }
}

async fn outside(evidence: &Evidence) -> Result<Finding, Unable> {
    let secret = evidence.registry_key(r"HKLM\SAM").await.optional()?;
    Ok(Finding::passed(format!("{:?}", secret.is_some())).because(&secret))
}

fn spin() -> ! {
    loop {
        black_box(0);
    }
}

#[allow(unconditional_recursion)]
fn descend(depth: u64) -> u64 {
    black_box(descend(black_box(depth + 1)) + depth)
}

wardline_plugin::export!(Misbehaving);
