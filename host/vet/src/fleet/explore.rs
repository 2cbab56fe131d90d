//! From a source that answers anything to a recording of what a plugin may come to ask.

use std::collections::HashSet;
use std::time::Duration;

use wardline_contract::names::folded;
use wardline_contract::{Answer, Ask, Deadline, Examiner, Grants, Options, Question, Target, Update};
use wardline_evidence::Source;
use wardline_evidence::recording::Recording;

use super::chance::Chance;
use super::names::Interest;
use super::world::World;

/// Conversations that are held about a source to see what else a plugin asks when it is answered otherwise.
const WAYS: u64 = 6;

/// How often a generated target is made anew with what the plugin was seen to be interested in.
const TURNS: usize = 5;

/// Questions that a recording is made of. A hostile plugin asks fifty thousand in each conversation.
const MOST_QUESTIONS: usize = 20_000;

/// For one answer of a source that is recorded; a whole conversation may take no longer by default.
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// A plugin as the fleet is made for it.
#[derive(Clone, Copy)]
pub struct Explorer<'a> {
    pub examiner: &'a dyn Examiner,
    pub grants: &'a Grants,
    pub options: &'a Options,
    /// What the plugin was prepared with.
    pub updates: &'a [Update],
}

impl std::fmt::Debug for Explorer<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Explorer").field(&self.examiner.description().name).finish()
    }
}

/// Records what a source answers to all that a plugin asks it: in a conversation as it is, and in some in which a part of the
/// answers is withheld, so that the recording holds answers also to what is only asked then.
///
/// The source has to answer as long as the recording is made; the recording stands for it afterwards.
pub fn recorded(explorer: Explorer<'_>, source: &dyn Source, seed: u64) -> Recording {
    let questions = asked(explorer, source, seed);
    let answers = questions.into_iter().filter_map(|question| {
        let deadline = Deadline::after(ANSWER_TIME);
        let answer = source.answer_by(&question, deadline);
        // What takes too long here takes too long in a scan, too, where the plugin never gets to know the answer.
        deadline.check().ok().map(|()| (question, answer))
    });
    Recording::new(source.name(), source.origin().location, answers)
}

/// The target of this number that belongs to a seed: made up, and the same for the same plugin, updates, seed and number.
pub fn generated(explorer: Explorer<'_>, seed: u64, number: usize) -> Recording {
    let mut interest = Interest::new(explorer.examiner.description(), explorer.updates);
    let name = format!("generated-{number:02}");
    // What a plugin asks shows what it looks for, and what it finds leads to more questions.
    for _ in 1..TURNS {
        let world = World::new(name.clone(), seed, number, &interest);
        let questions = asked(explorer, &world, seed);
        if !interest.learn(&questions) {
            break;
        }
    }
    recorded(explorer, &World::new(name, seed, number, &interest), seed)
}

/// Every permitted question that comes up, each once, in the order in which they came up.
fn asked(explorer: Explorer<'_>, source: &dyn Source, seed: u64) -> Vec<Question> {
    let Explorer { examiner, grants, options, .. } = explorer;
    let target = Target { name: source.name().to_owned() };
    let chance = Chance::new(seed);
    let mut seen = HashSet::new();
    // What the host asks of every target for its report.
    let mut questions = vec![Question::System];
    seen.insert(Question::System);
    for way in 0..WAYS {
        // The first way is the plain one; the others withhold more and more, in both of the ways in which facts can be missing.
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
            if questions.len() >= MOST_QUESTIONS {
                return questions;
            }
            if grants.check(&question).is_ok() && seen.insert(folded(&question)) {
                questions.push(question);
            }
        }
    }
    questions
}
