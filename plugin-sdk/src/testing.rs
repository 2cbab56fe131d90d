//! A bench for testing a checker natively, in plain `cargo test`.
//!
//! ```
//! use wardline_plugin::prelude::*;
//! use wardline_plugin::testing::Bench;
//! const WINLOGON: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon";
//! # #[derive(Default)]
//! # struct Logon;
//! # struct Autologon;
//! # impl Check for Autologon {
//! #     const INFO: CheckInfo = CheckInfo::new("autologon", "Autologon");
//! #     const ASKS: &'static [Asks] = &[Asks::Registry(WINLOGON)];
//! #     async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
//! #         let on = cx.evidence.registry_value(WINLOGON, "AutoAdminLogon").await.optional()?;
//! #         Ok(match on.as_ref().and_then(|value| value.as_text()) {
//! #             Some("1") => Finding::critical("It is on.").because(&on),
//! #             _ => Finding::passed("It is off.").because(&on),
//! #         })
//! #     }
//! # }
//! # const CHECKS: Suite = suite![Autologon];
//! # impl Checker for Logon {
//! #     fn describe() -> Description {
//! #         describe("logon", "0.1.0", "").checks(CHECKS).into()
//! #     }
//! #     async fn detect(&self, cx: Context<'_>) -> Findings {
//! #         CHECKS.run(cx).await.into()
//! #     }
//! # }
//! let run = Bench::new().value(WINLOGON, "AutoAdminLogon", RegistryData::Text("1".into())).run::<Logon>();
//! assert_eq!(run.check("autologon").grade, Grade::Critical);
//!
//! let run = Bench::new().unreadable_by_default("the hive is damaged").run::<Logon>();
//! assert_eq!(run.check("autologon").grade, Grade::UnableToScan);
//! ```

use std::collections::HashMap;

use crate::checker::Checker;
use crate::context::About;
use crate::contract::exports::wardline::check::types::{
    Action, Answer, Assessment, CheckFinding, ChecksumMode, Fact, FindingId, Options, Question, RegistryData,
    RegistryValueName, Role, Setting, SettingValue, Severity, SystemInfo, Target, Update, UpdateFinding,
};
use crate::conversation::{Conversation, Turn};

/// A target made of answers, with the updates and options that the checker receives.
#[derive(Clone, Debug)]
pub struct Bench {
    answers: HashMap<Question, Answer>,
    otherwise: Answer,
    updates: Vec<Update>,
    about: About,
}

/// The result of running a checker on a bench.
#[derive(Clone, Debug)]
pub struct Run {
    /// The findings.
    pub assessment: Assessment,
    /// The actions that remedy all of the findings.
    pub actions: Vec<Action>,
    /// Every question with its answer, in the order asked.
    pub exchanges: Vec<(Question, Answer)>,
    /// The questions that the checker does not declare, in the order asked. They were answered `denied`.
    pub undeclared: Vec<Question>,
    /// How often the checker asked.
    pub rounds: u32,
}

impl Default for Bench {
    fn default() -> Self {
        Bench::new()
    }
}

impl Bench {
    /// An empty target: every question is answered `absent`.
    pub fn new() -> Self {
        Bench {
            answers: HashMap::new(),
            otherwise: Answer::Absent,
            updates: Vec::new(),
            about: About {
                target: Target { name: "TESTBENCH".to_owned() },
                options: Options { checksums: ChecksumMode::SameLanguage, registry: true, settings: Vec::new() },
            },
        }
    }

    /// A target as `wardline collect` recorded it. Questions that were not recorded are answered `unreadable`.
    ///
    /// # Errors
    ///
    /// If the text is not a recording.
    pub fn from_recording(json: &str) -> Result<Self, serde_json::Error> {
        let recording: Recording = serde_json::from_str(json)?;
        let mut bench =
            Bench { otherwise: Answer::Unreadable("the recording holds no answer to this".to_owned()), ..Bench::new() };
        bench.about.target.name = recording.name;
        bench.answers =
            recording.answers.into_iter().map(|(question, answer)| (rules::folded(&question), answer)).collect();
        Ok(bench)
    }

    /// Answers `unreadable` to every question that has no other answer.
    #[must_use]
    pub fn unreadable_by_default(mut self, reason: &str) -> Self {
        self.otherwise = Answer::Unreadable(reason.to_owned());
        self
    }

    /// Answers one question.
    #[must_use]
    pub fn answer(mut self, question: Question, answer: Answer) -> Self {
        self.answers.insert(rules::folded(&question), answer);
        self
    }

    /// Answers one question with a fact. A fact for `file` also answers `file-version`.
    #[must_use]
    pub fn fact(self, question: Question, fact: Fact) -> Self {
        let versions = match (&question, &fact) {
            (Question::File(path), Fact::File(file)) => {
                let mut file = *file;
                file.checksum = None;
                Some((Question::FileVersion(path.clone()), Fact::File(file)))
            }
            _ => None,
        };
        let bench = self.answer(question, Answer::Known(fact));
        match versions {
            Some((question, fact)) => bench.answer(question, Answer::Known(fact)),
            None => bench,
        }
    }

    /// Puts a registry value on the target.
    #[must_use]
    pub fn value(self, key: &str, name: &str, data: RegistryData) -> Self {
        let question = Question::RegistryValue(RegistryValueName { key: key.to_owned(), name: name.to_owned() });
        self.fact(question, Fact::RegistryValue(data))
    }

    /// Sets the updates that the checker is prepared with.
    #[must_use]
    pub fn updates(mut self, updates: Vec<Update>) -> Self {
        self.updates = updates;
        self
    }

    /// Sets when checksums count.
    #[must_use]
    pub fn checksums(mut self, mode: ChecksumMode) -> Self {
        self.about.options.checksums = mode;
        self
    }

    /// Gives one of the checker's settings a value, as the operator would.
    #[must_use]
    pub fn setting(mut self, name: &str, value: SettingValue) -> Self {
        self.about.options.settings.push(Setting { name: name.to_owned(), value });
        self
    }

    /// Prepares a checker, lets it examine the target, and asks for the actions that remedy all of its findings.
    ///
    /// # Panics
    ///
    /// If `prepare` fails.
    pub fn run<C: Checker>(&self) -> Run {
        let mut checker = C::default();
        match checker.prepare(self.updates.clone()) {
            Ok(()) => self.run_prepared(&checker),
            Err(reason) => panic!("prepare: {reason}"),
        }
    }

    /// Like [`run`](Bench::run), with a checker that is already prepared with the bench's updates.
    ///
    /// As in a scan, a question that the checker does not declare is answered `denied`.
    pub fn run_prepared<C: Checker>(&self, checker: &C) -> Run {
        let scopes = rules::scopes(&C::describe().scopes, &self.updates);
        let mut conversation = Conversation::new(checker, self.about.clone());
        let mut exchanges = Vec::new();
        let mut answers = Vec::new();
        let mut undeclared = Vec::new();
        let mut rounds = 0;
        loop {
            match conversation.resume(std::mem::take(&mut answers)) {
                Turn::Ask(questions) => {
                    rounds += 1;
                    answers = Vec::with_capacity(questions.len());
                    for question in &questions {
                        answers.push(match scopes.check(rules::asked(question)) {
                            Ok(()) => self.reply(question),
                            Err(reason) => {
                                undeclared.push(question.clone());
                                Answer::Denied(reason)
                            }
                        });
                    }
                    exchanges.extend(questions.into_iter().zip(answers.iter().cloned()));
                }
                Turn::Done(findings) => {
                    let (assessment, mut remedies) = findings.split();
                    let checks = (0..assessment.checks.len()).map(|place| FindingId::Check(place as u32));
                    let updates = (0..assessment.updates.len()).map(|place| FindingId::Update(place as u32));
                    let actions = remedies.actions_for(checks.chain(updates).collect());
                    return Run { assessment, actions, exchanges, undeclared, rounds };
                }
            }
        }
    }

    fn reply(&self, question: &Question) -> Answer {
        self.answers.get(&rules::folded(question)).unwrap_or(&self.otherwise).clone()
    }
}

impl Run {
    /// Returns the only finding of a check.
    ///
    /// # Panics
    ///
    /// If there is none, or more than one.
    pub fn check(&self, id: &str) -> &CheckFinding {
        let found: Vec<_> = self.assessment.checks.iter().filter(|finding| finding.check == id).collect();
        match found.as_slice() {
            [finding] => finding,
            _ => panic!("{} findings of {id}, one was expected: {:?}", found.len(), self.assessment.checks),
        }
    }

    /// Returns the finding about an update, by its number.
    pub fn update(&self, number: u32) -> Option<&UpdateFinding> {
        self.assessment.updates.iter().find(|finding| finding.update == number)
    }
}

/// Returns an update with this number, without a name, products and tests. A test sets the fields that it is about:
///
/// ```
/// use wardline_plugin::prelude::*;
/// use wardline_plugin::testing;
///
/// let update = Update { bulletin: "CA-2026-01".into(), severity: Severity::Critical, ..testing::update(1) };
/// assert_eq!((update.number, update.files.len()), (1, 0));
/// ```
pub fn update(number: u32) -> Update {
    Update {
        number,
        bulletin: String::new(),
        article: String::new(),
        title: String::new(),
        package: String::new(),
        url: None,
        posted: None,
        severity: Severity::Unrated,
        cves: Vec::new(),
        restart: false,
        applies_to: Vec::new(),
        files: Vec::new(),
        registry: Vec::new(),
        superseded_by: Vec::new(),
        notes: Vec::new(),
        language: None,
    }
}

/// Returns Windows of this version (`10.0`), build and role, in `C:\Windows`, without a service pack. Nothing else is known; a test sets
/// the fields that it is about.
pub fn system(version: &str, build: u32, role: Role) -> SystemInfo {
    SystemInfo {
        computer_name: None,
        product_name: String::new(),
        version: version.to_owned(),
        build,
        revision: None,
        service_pack_name: None,
        service_pack: 0,
        role,
        suites: Vec::new(),
        architecture: None,
        language: None,
        windows_folder: r"C:\Windows".to_owned(),
    }
}

/// The part of a recording that a bench needs. The host's documentation describes the rest.
#[derive(serde::Deserialize)]
struct Recording {
    name: String,
    answers: Vec<(Question, Answer)>,
}

/// The host's rules for names and scopes, for the SDK's types.
mod rules {
    wardline_questions::for_contract!(crate::contract::exports::wardline::check::types);
}
