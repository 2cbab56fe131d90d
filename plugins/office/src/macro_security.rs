//! MBSA 124: whether Office programs ask before they run macros, or run only signed ones.
//!
//! MBSA examines Word, Excel, PowerPoint and Outlook of Office 97, 2000, XP and 2003, user by user, and fails the check if a
//! program is below the recommended level. A failure is critical, as for the zones (118). The recommended level is medium or
//! higher, at which the user is asked before a macro runs; the operator may require more.
//!
//! From Office 2000 on the level is the `REG_DWORD` `Level` in the program's key `Security`: 1 low, 2 medium, 3 high, and in
//! Office 2003 also 4, very high. A policy overrides the user's choice. If nothing is set, the program's default applies: in
//! Office 2000 high for Word and medium for the others (Office 2000 Resource Kit, "Protecting Against Macro Viruses"), later
//! high for all. Office 97 only has a macro warning, which is equivalent to medium and is on by default.

use wardline_plugin::evidence::why_unknown;
use wardline_plugin::prelude::*;
use wardline_plugin::users::{self, Sentences, Verdict, Verdicts, data, value};

use crate::office::{Application, Detected, EXCEL, OFFICE_97, OFFICE_2000, OUTLOOK, POWERPOINT, Program, WORD};

/// The setting by which the operator may require a higher level.
const MACRO_LEVEL: Setting<&str> = Setting::new(
    "macro-level",
    "The lowest macro security level at which an Office 2000 to 2003 program passes: low, medium, high or very-high.",
    "medium",
);

const LEVEL: &str = "Level";
const RISK: &str = "Unsigned macros that users depend on may no longer run automatically.";

/// The number of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Low = 1,
    Medium = 2,
    High = 3,
    VeryHigh = 4,
}

impl Level {
    const ALL: [Level; 4] = [Level::Low, Level::Medium, Level::High, Level::VeryHigh];

    fn name(self) -> &'static str {
        match self {
            Level::Low => "low",
            Level::Medium => "medium",
            Level::High => "high",
            Level::VeryHigh => "very-high",
        }
    }

    fn of_number(number: u32) -> Option<Level> {
        Level::ALL.into_iter().find(|level| *level as u32 == number)
    }

    fn of_name(name: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(name.trim()))
    }

    /// Returns the level that applies if nothing is set.
    fn default_of(program: &Program) -> Level {
        if program.release == &OFFICE_2000 && program.application != &WORD { Level::Medium } else { Level::High }
    }
}

const SENTENCES: Sentences = Sentences {
    nobody: "No user has a profile on this machine.",
    passed: "For all users, Office programs are set to at least the recommended level.",
    failed: "Office programs below the recommended level",
    unable: "The levels of some users could not be judged; all others are set to at least the recommended level.",
};

/// The location of Office 97's macro warning. Its Outlook has none.
struct Warning {
    application: &'static Application,
    key: &'static str,
    name: &'static str,
    /// The bits of the value that turn the warning on.
    on: u32,
    /// Whether the value is a `REG_SZ`; otherwise it is a `REG_DWORD`.
    text: bool,
}

const WARNINGS_OF_97: [Warning; 3] = [
    Warning { application: &WORD, key: r"Word\Options", name: "EnableMacroVirusProtection", on: 1, text: true },
    Warning { application: &EXCEL, key: r"Excel\Microsoft Excel", name: "Options6", on: 8, text: false },
    Warning { application: &POWERPOINT, key: r"PowerPoint\Options", name: "MacroVirusProtection", on: 1, text: false },
];

pub(crate) struct MacroSecurity;

impl Check<Detected> for MacroSecurity {
    const INFO: CheckInfo = CheckInfo::new("macro-security", "Macro security")
        .mbsa(124)
        .columns(&["User", "Program", "Level", "Recommended"])
        .explanation(
            "Macros are programs stored in a document. At the low level, they run as soon as the document is opened.",
        );
    const ASKS: &'static [Asks] = &[
        Asks::Profiles,
        Asks::Registry(r"HKU\*\Software\Microsoft\Office\*\*\Security"),
        Asks::Registry(r"HKU\*\Software\Policies\Microsoft\Office\*\*\Security"),
        Asks::Registry(r"HKLM\Software\Policies\Microsoft\Office\*\*\Security"),
        Asks::Registry(r"HKU\*\Software\Microsoft\Office\8.0\*\Options"),
        Asks::Registry(r"HKU\*\Software\Microsoft\Office\8.0\Excel\Microsoft Excel"),
    ];
    const SETTINGS: &'static [&'static dyn DeclaredSetting] = &[&MACRO_LEVEL];

    async fn run(cx: Context<'_, Detected>) -> Result<Finding, Unable> {
        let evidence = cx.evidence;
        let office = cx.subject.as_ref().map_err(Unable::clone)?;
        let recommended = recommended(cx.setting(MACRO_LEVEL)?)?;
        let judged = |program: &&Program| {
            [&WORD, &EXCEL, &POWERPOINT].contains(&program.application)
                || program.application == &OUTLOOK && program.release != &OFFICE_97
        };
        let programs: Vec<_> = office.programs.iter().filter(judged).collect();
        let mut verdicts = Verdicts::default();
        if programs.is_empty() {
            let finding =
                Finding::not_performed("No Word, Excel, PowerPoint or Outlook of Office 97 to 2003 is installed.");
            return Ok(office.evidence.iter().fold(finding, Finding::because));
        }
        programs.iter().for_each(|program| verdicts.because(program.evidence));
        let (people, asked) = users::people(evidence).await?;
        verdicts.because(asked);

        let mut asked = Vec::new();
        for user in &people {
            match &user.root {
                None => verdicts.add_unreadable(user),
                Some(root) => {
                    asked.extend(programs.iter().enumerate().map(|(at, program)| (user, at, places(program, root))))
                }
            }
        }
        let of_machine = programs.iter().map(|program| security(r"HKLM\Software\Policies", program));
        let of_users = asked.iter().flat_map(|(.., places)| places.iter().cloned());
        let questions = of_machine.clone().chain(of_users).map(|(key, name)| value(key, name));
        let replies = evidence.ask_all(questions.collect()).await;
        let mut answers = replies.answers.iter().zip(replies.first..);
        let of_machine: Vec<_> = of_machine.zip(answers.by_ref()).collect();
        for (user, at, places) in asked {
            let Some((program, of_machine)) = programs.get(at).zip(of_machine.get(at)) else { continue };
            let of_user: Vec<_> = places.into_iter().zip(answers.by_ref()).collect();
            let found = std::iter::once(of_machine).chain(&of_user);
            let (verdict, number) = judge(program, recommended, found);
            verdicts.because(number);
            let wanted = if program.release == &OFFICE_97 { "warns" } else { recommended.name() };
            verdicts.add(user, &program.name(), verdict, wanted);
        }
        Ok(verdicts.conclude(&SENTENCES))
    }
}

fn recommended(name: &str) -> Result<Level, Unable> {
    let invalid = || Unable::new(format!("The setting {} is not a valid level: {name:?}.", MACRO_LEVEL.name));
    Level::of_name(name).ok_or_else(invalid)
}

type Place = (String, &'static str);

/// The answer for a place, with the number of the question.
type Told<'a> = (Place, (&'a Answer, u32));

/// Returns a user's values that may set the level, in order of precedence.
fn places(program: &Program, root: &str) -> Vec<Place> {
    match warning(program) {
        Some(warning) => {
            let release = program.release.key;
            vec![(format!(r"{root}\Software\Microsoft\Office\{release}\{}", warning.key), warning.name)]
        }
        None => [r"Software\Policies", "Software"].map(|part| security(&format!(r"{root}\{part}"), program)).to_vec(),
    }
}

/// Returns the location of the level below a root for settings or for policies. Office 97 reads neither, so it has neither.
fn security(root: &str, program: &Program) -> Place {
    (format!(r"{root}\Microsoft\Office\{}\{}\Security", program.release.key, program.application.name), LEVEL)
}

fn warning(program: &Program) -> Option<&'static Warning> {
    let of_97 = program.release == &OFFICE_97;
    WARNINGS_OF_97.iter().find(|warning| of_97 && warning.application == program.application)
}

/// Returns the verdict, and the number of the question that decided it.
fn judge<'a>(program: &Program, recommended: Level, told: impl Iterator<Item = &'a Told<'a>>) -> (Verdict, u32) {
    let warning = warning(program);
    let mut last = None;
    for ((key, name), (answer, number)) in told {
        let by_policy = key.contains(r"\Policies\");
        if by_policy && warning.is_some() {
            continue;
        }
        if let Some(reason) = why_unknown(answer) {
            return (Verdict::unable(reason), *number);
        }
        if let Some(found) = data(answer) {
            let verdict = match warning {
                Some(warning) => judge_warning(key, warning, found),
                None => judge_level(key, name, found, recommended, by_policy),
            };
            return (verdict, *number);
        }
        last = Some((key, name, *number));
    }
    let Some((key, name, number)) = last else { return (Verdict::unable("not answered"), 0) };
    if warning.is_some() {
        return (Verdict::passed("warns (default)"), number);
    }
    let level = Level::default_of(program);
    let shown = format!("{} (default)", level.name());
    if level >= recommended {
        return (Verdict::passed(shown), number);
    }
    (Verdict::critical(shown, vec![set(key, name, None, RegistryData::Dword(recommended as u32))]), number)
}

fn judge_level(key: &str, name: &str, found: &RegistryData, recommended: Level, by_policy: bool) -> Verdict {
    let Some(number) = found.as_dword() else {
        return Verdict::unable(format!("{name} holds {}", found.instead_of("REG_DWORD")));
    };
    let Some(level) = Level::of_number(number) else { return Verdict::unable("an unknown level") };
    let shown = format!("{}{}", level.name(), if by_policy { ", by policy" } else { "" });
    if level >= recommended {
        return Verdict::passed(shown);
    }
    Verdict::critical(shown, vec![set(key, name, Some(found.clone()), RegistryData::Dword(recommended as u32))])
}

fn judge_warning(key: &str, warning: &Warning, found: &RegistryData) -> Verdict {
    let number = if warning.text {
        let Some(text) = found.as_text() else {
            return Verdict::unable(format!("{} holds {}", warning.name, found.instead_of("REG_SZ")));
        };
        text.trim().parse().ok()
    } else {
        let Some(number) = found.as_dword() else {
            return Verdict::unable(format!("{} holds {}", warning.name, found.instead_of("REG_DWORD")));
        };
        Some(number)
    };
    let Some(number) = number else { return Verdict::unable("an unknown setting") };
    if number & warning.on != 0 {
        return Verdict::passed("warns");
    }
    let on = number | warning.on;
    let after = if warning.text { RegistryData::Text(on.to_string()) } else { RegistryData::Dword(on) };
    Verdict::critical("does not warn", vec![set(key, warning.name, Some(found.clone()), after)])
}

fn set(key: &str, name: &str, before: Option<RegistryData>, after: RegistryData) -> Remedy {
    Remedy::set_registry_value(key, name, before, after).risk(RISK)
}
