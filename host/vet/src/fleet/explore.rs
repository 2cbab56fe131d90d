//! Turns a source, which can answer any question, into a recording of what a plugin may ask.

use std::collections::HashSet;
use std::time::Duration;

use wardline_contract::names::folded;
use wardline_contract::{Answer, Ask, Deadline, Examiner, Grants, Options, Question, Target, Update};
use wardline_evidence::Source;
use wardline_evidence::recording::Recording;

use super::chance::Chance;
use super::names::Interest;
use super::world::World;

/// The number of conversations held about a source to see what else a plugin asks when the answers differ.
const WAYS: u64 = 6;

/// The number of times a generated target is regenerated with the names that the plugin asked about.
const TURNS: usize = 5;

/// The maximum number of questions in a recording. A hostile plugin asks fifty thousand in each conversation.
const MAX_QUESTIONS: usize = 20_000;

/// The time limit for one recorded answer of a source; by default, a whole conversation has no more time than this.
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// The plugin that a fleet is built for.
#[derive(Clone, Copy)]
pub struct Explorer<'a> {
    pub examiner: &'a dyn Examiner,
    pub grants: &'a Grants,
    pub options: &'a Options,
    /// The updates that the plugin was prepared with.
    pub updates: &'a [Update],
}

impl std::fmt::Debug for Explorer<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Explorer").field(&self.examiner.description().name).finish()
    }
}

/// Records a source's answers to everything that a plugin asks it: in one conversation as it is, and in several in which some
/// answers are withheld, so that the recording also answers questions that are asked only then.
///
/// The source is needed only while the recording is made; afterwards the recording replaces it.
pub fn recorded(explorer: Explorer<'_>, source: &dyn Source, seed: u64) -> Recording {
    let questions = asked(explorer, source, seed);
    let answers = questions.into_iter().filter_map(|question| {
        let deadline = Deadline::after(ANSWER_TIME);
        let answer = source.answer_by(&question, deadline);
        // An answer that takes too long here also takes too long in a scan, where the plugin never receives it.
        deadline.check().ok().map(|()| (question, answer))
    });
    Recording::new(source.name(), source.origin().location, answers)
}

/// Generates the target with this number: the same for the same plugin, updates, seed and number.
pub fn generated(explorer: Explorer<'_>, seed: u64, number: usize) -> Recording {
    let mut interest = Interest::new(explorer.examiner.description(), explorer.updates);
    let name = format!("generated-{number:02}");
    // A plugin's questions show what it looks for, and what it finds leads to more questions.
    for _ in 1..TURNS {
        let world = World::new(name.clone(), seed, number, &interest);
        let questions = asked(explorer, &world, seed);
        if !interest.learn(&questions) {
            break;
        }
    }
    recorded(explorer, &World::new(name, seed, number, &interest), seed)
}

/// Every permitted question that is asked, once each, in the order first asked.
fn asked(explorer: Explorer<'_>, source: &dyn Source, seed: u64) -> Vec<Question> {
    let Explorer { examiner, grants, options, .. } = explorer;
    let target = Target { name: source.name().to_owned() };
    let chance = Chance::new(seed);
    let mut seen = HashSet::new();
    // The host asks this of every target for its report.
    let mut questions = vec![Question::System];
    seen.insert(Question::System);
    for way in 0..WAYS {
        // The first way withholds nothing; the others withhold more and more, in both of the ways in which facts can be
        // missing.
        let withheld = |question: &Question| {
            way > 0 && chance.percent(&format!("withhold {way}"), &format!("{:?}", folded(question)), way * 12)
        };
        let answer = |question: &Question, deadline| match withheld(question) {
            true if way % 2 == 0 => Answer::Absent,
            true => Answer::Unsupported,
            false => source.answer_by(question, deadline),
        };
        let examination = examiner.examine(&target, options, &Ask::new(grants, &answer));
        for (question, _) in examination.exchanges {
            if questions.len() >= MAX_QUESTIONS {
                return questions;
            }
            if grants.check(&question).is_ok() && seen.insert(folded(&question)) {
                questions.push(question);
            }
        }
    }
    questions
}
