//! Text from a target remains text, whatever it contains.

use wardline_contract::products::NotCovered;
use wardline_contract::{Answer, Examination, Fact, Outcome, Question};
use wardline_engine::reporting::Context;
use wardline_engine::scan::TargetScan;
use wardline_evidence::Source as _;
use wardline_evidence::recording::Recording;
use wardline_report::{Head, Json, Render as _, Summary, Tally, Text, TextStyle, Tool};

use super::attempt::{Attempt, distinct_questions, ending, spread};
use super::fact::{self, Change};
use super::fault::{Place, broad_places};
use crate::{Law, Trial, VettedPlugin};

/// The maximum number of variations of one target in which the text of a single answer is hostile.
const MAX_SINGLE: usize = 60;

/// The texts that replace, precede or follow those of the target.
const HOSTILE: [&str; 11] = [
    // Terminals: clear the screen, home the cursor, set the window title; the same with C1 introducers.
    "\u{1b}[2J\u{1b}[1;1H\u{1b}]0;owned\u{7}",
    "\u{9b}2J\u{9d}0;owned\u{9c}",
    // Lines that look like the report's own.
    "\r\nPASSED\n  passed  Guest account\u{2028}\u{2029}",
    "\0\u{1}\u{8}\u{7f}",
    // Text that is displayed in another order than written, or not displayed.
    "\u{202e}\u{2066}gnp.exe\u{2069}\u{200b}\u{feff}\u{ad}\u{e0041}",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{fffd}\u{10ffff}\u{ffff}",
    // HTML, JSON, CSV and format strings.
    "</td></table><script>alert(1)</script><img src=x onerror='alert(1)'>&amp;\"",
    "\\\"},{\"grade\":\"passed\",\"summary\":\"\u{0}\"}],//",
    "=HYPERLINK(\"http://example.test/?\"&A1,\"x\")\t;,@SUM(1)",
    "%s%n%x{}{0}${jndi:ldap://example.test/a}$(id)`id`",
    // Paths that lead elsewhere.
    r"..\..\..\..\..\/../../%windir%\*\**",
];

/// The number of characters of the text that exceeds what the sandbox allows for one text of a finding.
const LONG: usize = 20_000;

/// With hostile text instead of, before or after every text of the evidence, the plugin ends well and reports contain the
/// evidence only as text: the rendered text has no character that controls a terminal, or that reorders or hides the text
/// around it, and the JSON is valid.
///
/// A very long text may also end the plugin with the outcome named after the limit it exceeds.
#[derive(Clone, Copy, Debug)]
pub struct HostileText;

impl Law for HostileText {
    fn name(&self) -> &'static str {
        "hostile-text-stays-text"
    }

    fn explanation(&self) -> &'static str {
        "Text that controls a terminal, breaks out of HTML, JSON or CSV, changes the reading order or is extremely long neither \
         makes the plugin fail nor reaches a report unescaped. Whoever owns the target chooses its text."
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let attempt = Attempt::new(plugin, target);
        let Some(plain) = attempt.plain_and_well() else { return attempt.not_tried() };
        let long = "A\u{1b}".repeat(LONG / 2);
        for (place, position, text, limited) in variations(&distinct_questions(&plain), &long) {
            let examination = attempt.converse(&|question| {
                let answer = target.answer(question);
                if place.holds(question) { made_hostile(answer, text, position) } else { answer }
            });
            let by_a_limit = matches!(
                examination.outcome,
                Outcome::OutOfFuel | Outcome::OutOfMemory | Outcome::OutOfTime | Outcome::OutputTooLarge
            );
            let wrong = if examination.outcome != Outcome::Ok && !(limited && by_a_limit) {
                Some(format!("the plugin ends as {}", ending(&examination)))
            } else {
                unescaped(plugin, target, &format!("{}{text}", target.name()), &examination)
            };
            if let Some(wrong) = wrong {
                let shown: String = text.chars().take(40).flat_map(char::escape_default).collect();
                let what = format!("With the text {shown:?} {} {}, {wrong}.", position.words(), place.words());
                return attempt.broken(what, vec![attempt.case(examination)]);
            }
        }
        attempt.kept()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    Instead,
    Before,
    Behind,
}

impl Position {
    const ALL: [Position; 3] = [Position::Instead, Position::Before, Position::Behind];

    fn words(self) -> &'static str {
        match self {
            Position::Instead => "instead of every text in the answer to",
            Position::Before => "before every text in the answer to",
            Position::Behind => "after every text in the answer to",
        }
    }
}

/// Place, position and text of each variation, and whether the text may exceed a limit.
fn variations<'t>(questions: &[Question], long: &'t str) -> Vec<(Place, Position, &'t str, bool)> {
    let mut variations = Vec::new();
    for text in HOSTILE {
        variations.extend(Position::ALL.map(|position| (Place::Everything, position, text, false)));
    }
    variations.extend(Position::ALL.map(|position| (Place::Everything, position, long, true)));
    let mut texts = HOSTILE.iter().copied().cycle();
    let mut rotating = |place: Place, position| (place, position, texts.next().unwrap_or_default(), false);
    for place in broad_places(questions).into_iter().skip(1) {
        variations.extend(Position::ALL.map(|position| rotating(place.clone(), position)));
        variations.push((place, Position::Behind, long, true));
    }
    let single =
        questions.iter().flat_map(|question| Position::ALL.map(|position| (Place::Only(question.clone()), position)));
    let single: Vec<_> = single.map(|(place, position)| rotating(place, position)).collect();
    variations.extend(spread(single, MAX_SINGLE));
    variations
}

fn made_hostile(answer: Answer, text: &str, position: Position) -> Answer {
    struct Hostile<'a>(&'a str, Position);

    impl Change for Hostile<'_> {
        fn text(&mut self, text: &mut String) {
            match self.1 {
                Position::Instead => self.0.clone_into(text),
                Position::Before => text.insert_str(0, self.0),
                Position::Behind => text.push_str(self.0),
            }
        }
    }

    match answer {
        Answer::Known(mut known) => {
            fact::change(&mut known, &mut Hostile(text, position));
            Answer::Known(known)
        }
        Answer::Denied(_) => Answer::Denied(text.to_owned()),
        Answer::Unreadable(_) => Answer::Unreadable(text.to_owned()),
        Answer::Absent | Answer::Unsupported => answer,
    }
}

/// Finds something in an examination's report that the report must not contain.
fn unescaped(plugin: &VettedPlugin<'_>, target: &Recording, name: &str, examination: &Examination) -> Option<String> {
    let system = examination.exchanges.iter().find_map(|(question, answer)| match (question, answer) {
        (Question::System, Answer::Known(Fact::System(system))) => Some(system.clone()),
        _ => None,
    });
    let scan = TargetScan {
        name: name.to_owned(),
        location: name.to_owned(),
        origin: Some(target.origin()),
        system,
        error: None,
        plugins: vec![Ok(examination.clone())],
        conditions: Vec::new(),
        bytes_read: None,
        not_given: None,
    };
    let report = Context::new([plugin.examiner], plugin.updates).report(scan);
    let mut summary = Summary::new(NotCovered::default());
    summary.add(Tally::new(&report));
    summary.finish(plugin.updates);
    let head = Head { tool: Tool::default(), catalog: None, policy: None };
    for verbose in [false, true] {
        let format = Text(TextStyle { verbose, ..TextStyle::default() });
        let page =
            [format.begin(&head), format.overview(&summary), format.target(&report), format.end(&summary)].concat();
        match String::from_utf8(page) {
            Ok(page) => {
                if let Some(deceptive) = page.chars().find(|&character| is_deceptive(character)) {
                    return Some(format!("the text report contains {}", deceptive.escape_unicode()));
                }
            }
            Err(_) => return Some("the text report is not UTF-8".to_owned()),
        }
    }
    let json = [Json.begin(&head), Json.target(&report), Json.end(&summary)].concat();
    serde_json::from_slice::<serde_json::Value>(&json)
        .err()
        .map(|error| format!("the JSON report is not JSON: {error}"))
}

/// Whether a character must not appear in a page of uncoloured text, line ends aside: control characters, line separators, and
/// characters that reorder or hide text.
fn is_deceptive(character: char) -> bool {
    character != '\n' && character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardline_contract::RegistryData;

    #[test]
    fn text_is_put_for_before_and_behind_what_was_told() {
        let told = || Answer::Known(Fact::RegistryValue(RegistryData::MultiText(vec!["a".into(), "b".into()])));
        for (position, expected) in
            [(Position::Instead, ["!", "!"]), (Position::Before, ["!a", "!b"]), (Position::Behind, ["a!", "b!"])]
        {
            let expected = RegistryData::MultiText(expected.map(str::to_owned).to_vec());
            assert_eq!(made_hostile(told(), "!", position), Answer::Known(Fact::RegistryValue(expected)));
        }
        let unreadable = made_hostile(Answer::Unreadable("the disk".into()), "!", Position::Behind);
        assert_eq!(unreadable, Answer::Unreadable("!".into()));
    }
}
