//! MBSA 120: whether Outlook and Outlook Express read mail in the restricted sites zone.
//!
//! MBSA examines Outlook 98, 2000 and XP and Outlook Express, user by user, and fails the check if mail is read in any other
//! zone. A failure is critical, as for the zones themselves (118).
//!
//! Both programs keep the zone's number, 3 for the Internet and 4 for restricted sites, in a `REG_DWORD` of the user's
//! registry. Outlook's is `Security Zone`. Outlook Express, which keeps its settings per identity, has `Email Security Zone`
//! or `Security Zone`; every one that is present must be right. If nothing is set, the program's default applies: Outlook
//! Express reads mail in the Internet zone up to 5.5, and in the restricted sites zone from 6 on (Q291387); so does Outlook
//! from 2002 on, and Outlook 2000 with the e-mail security update (Q262631), which its Service Pack 2 includes.

use wardline_plugin::evidence::{Evident, why_unknown};
use wardline_plugin::prelude::*;
use wardline_plugin::users::{self, Sentences, User, Verdict, Verdicts, data, value};
use wardline_plugin::words;

use crate::office::{Detected, OFFICE_97, OFFICE_2000, OUTLOOK, Program};

/// The library with the version of Outlook Express.
const OUTLOOK_EXPRESS: &str = r"%programfiles%\Outlook Express\msoe.dll";

const ZONE: &str = "Security Zone";
/// The possible names of the value in Outlook Express.
const ZONES_OF_EXPRESS: [&str; 2] = ["Email Security Zone", ZONE];
const RESTRICTED: u32 = 4;
const RECOMMENDED: &str = "Restricted sites";
const RISK: &str = "Mail that depends on scripts or controls no longer works as its sender intended.";

/// The maximum number of identities, more than a user has.
const MAX_IDENTITIES: usize = 64;

const SENTENCES: Sentences = Sentences {
    nobody: "No user has a profile on this machine.",
    passed: "For all users, mail is read in the Restricted sites zone.",
    failed: "Mail programs that read mail in a weaker zone",
    unable: "The mail zones of some users could not be judged; all others read mail in the Restricted sites zone.",
};

pub(crate) struct OutlookZones;

impl Check<Detected> for OutlookZones {
    const INFO: CheckInfo = CheckInfo::new("outlook-zones", "Outlook zones")
        .mbsa(120)
        .columns(&["User", "Program", "Mail is read in", "Recommended"])
        .explanation(
            "HTML mail can contain scripts and controls. The zone in which it is read determines what they can do.",
        );
    const ASKS: &'static [Asks] = &[
        Asks::Profiles,
        Asks::File(OUTLOOK_EXPRESS),
        Asks::Registry(r"HKU\*\Software\Microsoft\Office\*\Outlook\Options\General"),
        Asks::Registry(r"HKU\*\Identities"),
        Asks::Registry(r"HKU\*\Identities\*\Software\Microsoft\Outlook Express\5.0"),
    ];

    async fn run(cx: Context<'_, Detected>) -> Result<Finding, Unable> {
        let evidence = cx.evidence;
        let office = cx.subject.as_ref().map_err(Unable::clone)?;
        let express = evidence.file_version(OUTLOOK_EXPRESS).await.optional()?;
        // Outlook 97 does not display HTML, so it has no zone to read it in.
        let outlook: Vec<_> = office.of(&OUTLOOK).filter(|program| program.name() != "Outlook 97").collect();
        if outlook.is_empty() && express.is_none() {
            let finding = Finding::not_performed("Neither Outlook 98 or later nor Outlook Express is installed.");
            return Ok(office.evidence.iter().fold(finding.because(&express), Finding::because));
        }
        let mut verdicts = Verdicts::default();
        verdicts.because(express.question_number());
        outlook.iter().for_each(|program| verdicts.because(program.evidence));
        let (people, asked) = users::people(evidence).await?;
        verdicts.because(asked);
        for user in people.iter().filter(|user| user.root.is_none()) {
            verdicts.add_unreadable(user);
        }
        let people: Vec<_> = people.iter().filter_map(|user| Some((user, user.root.as_deref()?))).collect();
        judge_outlook(&people, &outlook, &mut verdicts, evidence).await;
        if let Some(file) = express.as_ref() {
            judge_express(&people, file.version, &mut verdicts, evidence).await;
        }
        Ok(verdicts.conclude(&SENTENCES))
    }
}

async fn judge_outlook(people: &[(&User, &str)], programs: &[&Program], verdicts: &mut Verdicts, evidence: &Evidence) {
    let key = |root: &str, program: &Program| {
        format!(r"{root}\Software\Microsoft\Office\{}\Outlook\Options\General", program.release.key)
    };
    let pairs: Vec<_> = people
        .iter()
        .flat_map(|(user, root)| programs.iter().map(|program| (*user, *program, key(root, program))))
        .collect();
    let replies = evidence.ask_all(pairs.iter().map(|(_, _, key)| value(key.as_str(), ZONE)).collect()).await;
    for (((user, program, key), answer), number) in pairs.iter().zip(&replies.answers).zip(replies.first..) {
        verdicts.because(number);
        let verdict = match (why_unknown(answer), data(answer)) {
            (Some(reason), _) => Verdict::unable(reason),
            (None, None) => default_of_outlook(program, key),
            (None, Some(found)) => judge_zone(key, &[(ZONE, found)]),
        };
        verdicts.add(user, &program.name(), verdict, RECOMMENDED);
    }
}

fn default_of_outlook(program: &Program, key: &str) -> Verdict {
    let release = program.release;
    if release == &OFFICE_97 {
        return Verdict::critical("Internet (default)", vec![restrict(key, ZONE, None)]);
    }
    if release != &OFFICE_2000 || program.level.is_some_and(|level| level >= 20) {
        return Verdict::passed("Restricted sites (default)");
    }
    Verdict::unable("the default, which depends on whether the e-mail security update is installed")
}

async fn judge_express(
    people: &[(&User, &str)],
    version: Option<FileVersion>,
    verdicts: &mut Verdicts,
    evidence: &Evidence,
) {
    let program =
        version.map_or_else(|| "Outlook Express".to_owned(), |version| format!("Outlook Express {}", version.major));
    if version.is_some_and(|version| version.major < 5) {
        for (user, _) in people {
            verdicts.add(
                user,
                &program,
                Verdict::unable("where this version stores the zone is not documented"),
                RECOMMENDED,
            );
        }
        return;
    }
    let keys = people.iter().map(|(_, root)| Question::RegistryKey(format!(r"{root}\Identities"))).collect();
    let identities = evidence.ask_all(keys).await;
    let mut settings = Vec::new();
    for (((user, root), answer), number) in people.iter().zip(&identities.answers).zip(identities.first..) {
        verdicts.because(number);
        let names = match answer {
            Answer::Known(Fact::RegistryKey(key)) if key.truncated || key.subkeys.len() > MAX_IDENTITIES => {
                verdicts.add(user, &program, Verdict::unable("there are too many identities"), RECOMMENDED);
                continue;
            }
            Answer::Known(Fact::RegistryKey(key)) => key.subkeys.as_slice(),
            _ => &[],
        };
        match why_unknown(answer) {
            Some(reason) => verdicts.add(user, &program, Verdict::unable(reason), RECOMMENDED),
            None if names.is_empty() => verdicts.add(user, &program, Verdict::passed("never used"), RECOMMENDED),
            None => settings.extend(
                names
                    .iter()
                    .map(|name| (*user, format!(r"{root}\Identities\{name}\Software\Microsoft\Outlook Express\5.0"))),
            ),
        }
    }
    let questions = settings.iter().map(|(_, key)| Question::RegistryKey(key.clone())).collect();
    let replies = evidence.ask_all(questions).await;
    for (((user, key), answer), number) in settings.iter().zip(&replies.answers).zip(replies.first..) {
        verdicts.because(number);
        let verdict = match answer {
            Answer::Known(Fact::RegistryKey(found)) => judge_identity(key, found, version),
            Answer::Known(_) => Verdict::unable("the answer does not fit the question"),
            // An identity may belong to another program.
            Answer::Absent => Verdict::passed("never used"),
            other => Verdict::unable(why_unknown(other).unwrap_or_default()),
        };
        verdicts.add(user, &program, verdict, RECOMMENDED);
    }
}

fn judge_identity(key: &str, found: &RegistryKey, version: Option<FileVersion>) -> Verdict {
    let set: Vec<_> = ZONES_OF_EXPRESS
        .iter()
        .filter_map(|name| {
            let value = found.values.iter().find(|value| value.name.eq_ignore_ascii_case(name))?;
            Some((*name, &value.data))
        })
        .collect();
    if !set.is_empty() {
        return judge_zone(key, &set);
    }
    if found.truncated {
        return Verdict::unable("not all of the settings could be read");
    }
    match version {
        Some(version) if version.major >= 6 => Verdict::passed("Restricted sites (default)"),
        // It is not documented which of the two names it reads. A value that it does not read does no harm.
        Some(_) => {
            let remedies = ZONES_OF_EXPRESS.iter().map(|name| restrict(key, name, None)).collect();
            Verdict::critical("Internet (default)", remedies)
        }
        None => Verdict::unable("the default, which depends on the version; the version could not be read"),
    }
}

/// Judges the values that are set; all of them must be the restricted sites zone.
fn judge_zone(key: &str, set: &[(&str, &RegistryData)]) -> Verdict {
    let weaker: Vec<_> = set.iter().filter(|(_, found)| found.as_dword() != Some(RESTRICTED)).collect();
    let Some((name, first)) = weaker.first() else { return Verdict::passed("Restricted sites") };
    let Some(zone) = weaker.iter().find_map(|(_, found)| found.as_dword().and_then(zone_name)) else {
        return Verdict::unable(match first.as_dword() {
            Some(_) => "an unknown zone".to_owned(),
            None => format!("{name} holds {}", first.instead_of("REG_DWORD")),
        });
    };
    Verdict::critical(zone, weaker.iter().map(|(name, found)| restrict(key, name, Some((*found).clone()))).collect())
}

fn zone_name(number: u32) -> Option<&'static str> {
    words::setting_word(r"\Outlook\Options\General", ZONE, &number.to_string())
}

fn restrict(key: &str, name: &str, before: Option<RegistryData>) -> Remedy {
    Remedy::set_registry_value(key, name, before, RegistryData::Dword(RESTRICTED)).risk(RISK).article("Q291387")
}
