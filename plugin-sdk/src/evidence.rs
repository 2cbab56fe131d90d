//! Questions about a target.

use std::ops::Deref;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::contract::exports::wardline::check::types::{self as contract, Answer, Question, RegistryData};
use crate::exchange::Exchange;

/// The facts of a target, on request.
///
/// Every method returns a future that asks when it is first polled. Futures polled together, in a join or by
/// a [`Suite`](crate::check::Suite), ask in one round. A round costs a crossing of the sandbox; a question costs almost
/// nothing.
pub struct Evidence {
    exchange: Rc<Exchange>,
}

impl std::fmt::Debug for Evidence {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Evidence").finish_non_exhaustive()
    }
}

/// Defines one method of [`Evidence`] for each question that is answered by a single kind of fact.
macro_rules! questions {
    ($($(#[$doc:meta])* $method:ident($($argument:ident),*) -> $fact:ident($data:ty) = $question:expr;)*) => {
        $(
            $(#[$doc])*
            pub fn $method(&self $(, $argument: impl Into<String>)*) -> Ask<$data> {
                fn pick(fact: contract::Fact) -> Option<$data> {
                    match fact {
                        contract::Fact::$fact(data) => Some(data),
                        _ => None,
                    }
                }
                $(let $argument = $argument.into();)*
                Ask::new(Rc::clone(&self.exchange), $question, pick)
            }
        )*
    };
}

impl Evidence {
    pub(crate) fn new(exchange: Rc<Exchange>) -> Self {
        Evidence { exchange }
    }

    /// Asks many questions at once, in one round: for code that computes its questions, such as the patch judge.
    pub fn ask_all(&self, questions: Vec<Question>) -> AskAll {
        AskAll { exchange: Rc::clone(&self.exchange), count: questions.len(), state: State::Unasked(questions) }
    }

    questions! {
        /// Product, version, service pack, role and language.
        system() -> System(contract::SystemInfo) = Question::System;
        /// One value. `name` is empty for the key's default value.
        registry_value(key, name) -> RegistryValue(RegistryData)
            = Question::RegistryValue(contract::RegistryValueName { key, name });
        /// A key's values and the names of its subkeys.
        registry_key(key) -> RegistryKey(contract::RegistryKey) = Question::RegistryKey(key);
        /// Version, checksum, size and times of a file.
        file(path) -> File(contract::FileInfo) = Question::File(path);
        /// Like [`file`](Evidence::file), but without the checksum, which requires reading the whole file.
        file_version(path) -> File(contract::FileInfo) = Question::FileVersion(path);
        /// The names in a folder.
        directory(path) -> Directory(contract::DirectoryInfo) = Question::Directory(path);
        /// One service by its short name.
        service(name) -> Service(contract::ServiceInfo) = Question::Service(name);
        /// All services and drivers.
        services() -> Services(Vec<contract::ServiceInfo>) = Question::Services;
        /// Local accounts.
        accounts() -> Accounts(Vec<contract::Account>) = Question::Accounts;
        /// Local groups and their members.
        groups() -> Groups(Vec<contract::Group>) = Question::Groups;
        /// Shared folders, with their permissions.
        shares() -> Shares(Vec<contract::Share>) = Question::Shares;
        /// Drives and their file systems.
        volumes() -> Volumes(Vec<contract::Volume>) = Question::Volumes;
        /// Which events are audited.
        audit_policy() -> AuditPolicy(contract::AuditPolicy) = Question::AuditPolicy;
        /// The policy for passwords and lockout.
        password_policy() -> PasswordPolicy(contract::PasswordPolicy) = Question::PasswordPolicy;
        /// The profiles of people who have logged on.
        profiles() -> Profiles(Vec<contract::Profile>) = Question::Profiles;
        /// Who may do what with a registry key.
        registry_permissions(key) -> Permissions(contract::Permissions) = Question::RegistryPermissions(key);
        /// Who may do what with a file or folder.
        file_permissions(path) -> Permissions(contract::Permissions) = Question::FilePermissions(path);
    }

    /// A range of a text file, in bytes.
    pub fn text(&self, path: impl Into<String>, offset: u64, length: u32) -> Ask<contract::TextInfo> {
        fn pick(fact: contract::Fact) -> Option<contract::TextInfo> {
            match fact {
                contract::Fact::Text(text) => Some(text),
                _ => None,
            }
        }
        let range = contract::TextRange { path: path.into(), offset, length };
        Ask::new(Rc::clone(&self.exchange), Question::Text(range), pick)
    }
}

enum State {
    Unasked(Vec<Question>),
    /// The number of the first question.
    Asked(u32),
    Finished,
}

impl State {
    /// Asks on the first poll and takes the answers once they have arrived. They are ready at once if the same question was
    /// asked before.
    fn poll(&mut self, exchange: &Exchange, count: usize, context: &mut Context<'_>) -> Poll<(u32, Vec<Answer>)> {
        if let State::Unasked(questions) = self {
            *self = State::Asked(exchange.ask(std::mem::take(questions)));
        }
        let State::Asked(first) = *self else { panic!("a question was polled after it had been answered") };
        match exchange.take(first, count, context.waker()) {
            Some(answers) => {
                *self = State::Finished;
                Poll::Ready((first, answers))
            }
            None => Poll::Pending,
        }
    }
}

/// One pending question. Awaiting it returns a [`Reply`].
#[must_use = "nothing is asked before it is awaited"]
pub struct Ask<T> {
    exchange: Rc<Exchange>,
    state: State,
    pick: fn(contract::Fact) -> Option<T>,
}

impl<T> Ask<T> {
    fn new(exchange: Rc<Exchange>, question: Question, pick: fn(contract::Fact) -> Option<T>) -> Self {
        Ask { exchange, state: State::Unasked(vec![question]), pick }
    }
}

impl<T> std::fmt::Debug for Ask<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Ask").finish_non_exhaustive()
    }
}

impl<T> Future for Ask<T> {
    type Output = Reply<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Reply<T>> {
        let ask = self.get_mut();
        ask.state.poll(&ask.exchange, 1, context).map(|(number, answers)| {
            let answer = answers.into_iter().next().unwrap_or(Answer::Unsupported);
            Reply { number, outcome: understand(answer, ask.pick) }
        })
    }
}

const UNSUPPORTED: &str = "this kind of target does not tell";

/// Says, as a clause, why an answer is not known. `None` if it is known or absent.
///
/// ```
/// # use wardline_plugin::prelude::*;
/// use wardline_plugin::evidence::why_unknown;
///
/// assert_eq!(why_unknown(&Answer::Absent), None);
/// assert_eq!(why_unknown(&Answer::Unreadable("bad signature".into())), Some("bad signature"));
/// assert_eq!(why_unknown(&Answer::Unsupported), Some("this kind of target does not tell"));
/// ```
pub fn why_unknown(answer: &Answer) -> Option<&str> {
    match answer {
        Answer::Known(_) | Answer::Absent => None,
        Answer::Denied(reason) | Answer::Unreadable(reason) => Some(reason),
        Answer::Unsupported => Some(UNSUPPORTED),
    }
}

fn understand<T>(answer: Answer, pick: fn(contract::Fact) -> Option<T>) -> Result<Option<T>, String> {
    match answer {
        Answer::Known(fact) => pick(fact).map(Some).ok_or_else(|| "the answer does not fit the question".to_owned()),
        Answer::Absent => Ok(None),
        Answer::Denied(reason) => Err(format!("not allowed: {reason}")),
        Answer::Unreadable(reason) => Err(format!("cannot be read: {reason}")),
        Answer::Unsupported => Err(UNSUPPORTED.to_owned()),
    }
}

/// Many pending questions. Awaiting them returns [`Replies`].
#[must_use = "nothing is asked before it is awaited"]
pub struct AskAll {
    exchange: Rc<Exchange>,
    count: usize,
    state: State,
}

impl std::fmt::Debug for AskAll {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("AskAll").field("questions", &self.count).finish_non_exhaustive()
    }
}

impl Future for AskAll {
    type Output = Replies;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Replies> {
        let ask = self.get_mut();
        if ask.count == 0 {
            // A round without questions would never return.
            return Poll::Ready(Replies { first: 0, answers: Vec::new() });
        }
        ask.state.poll(&ask.exchange, ask.count, context).map(|(first, answers)| Replies { first, answers })
    }
}

/// The answers to many questions, in the order of the questions.
#[derive(Clone, Debug)]
pub struct Replies {
    /// The number of the first question in the conversation. The others follow without gaps.
    pub first: u32,
    /// As many as there were questions.
    pub answers: Vec<Answer>,
}

/// The reply to one question.
#[derive(Clone, Debug)]
pub struct Reply<T> {
    number: u32,
    outcome: Result<Option<T>, String>,
}

impl<T> Reply<T> {
    /// Returns the fact, or `None` if it is known to be absent.
    ///
    /// # Errors
    ///
    /// [`Unable`] if nothing may be concluded: the answer is denied, unreadable or unsupported.
    pub fn optional(self) -> Result<Witness<Option<T>>, Unable> {
        match self.outcome {
            Ok(value) => Ok(Witness { number: self.number, value }),
            Err(reason) => Err(Unable::new(reason).because(&self.number)),
        }
    }

    /// Returns the fact, for checks that cannot be made without it.
    ///
    /// # Errors
    ///
    /// [`Unable`] if nothing may be concluded, or if the fact is absent.
    pub fn required(self) -> Result<Witness<T>, Unable> {
        match self.outcome {
            Ok(Some(value)) => Ok(Witness { number: self.number, value }),
            Ok(None) => Err(Unable::new("the target holds no such thing").because(&self.number)),
            Err(reason) => Err(Unable::new(reason).because(&self.number)),
        }
    }

    /// Returns the fact if it is known and `None` for every other answer, for callers with their own rule for those.
    pub fn known(&self) -> Option<&T> {
        self.outcome.as_ref().ok()?.as_ref()
    }
}

/// A fact with the number of the question that returned it, so that a finding can cite its evidence.
#[derive(Clone, Debug)]
pub struct Witness<T> {
    number: u32,
    value: T,
}

impl<T> Witness<T> {
    /// Returns the fact itself.
    pub fn into_value(self) -> T {
        self.value
    }
}

impl<T> Witness<Option<T>> {
    /// Returns the fact. The error is the proof of its absence, which a finding can cite.
    ///
    /// # Errors
    ///
    /// If the target does not have it.
    pub fn present(self) -> Result<Witness<T>, Witness<()>> {
        let number = self.number;
        match self.value {
            Some(value) => Ok(Witness { number, value }),
            None => Err(Witness { number, value: () }),
        }
    }
}

impl<T> Deref for Witness<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// Something that a question returned, and that `because` accepts.
pub trait Evident {
    /// The question's number in its conversation.
    fn question_number(&self) -> u32;
}

impl<T> Evident for Witness<T> {
    fn question_number(&self) -> u32 {
        self.number
    }
}

impl<T> Evident for Reply<T> {
    fn question_number(&self) -> u32 {
        self.number
    }
}

impl Evident for u32 {
    fn question_number(&self) -> u32 {
        *self
    }
}

/// Missing evidence. As the error of a check it becomes *unable to scan*, which is never treated as passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unable {
    /// One sentence for people.
    pub reason: String,
    pub(crate) evidence: Vec<u32>,
}

impl Unable {
    /// Missing evidence for this reason: one sentence, for people.
    pub fn new(reason: impl Into<String>) -> Self {
        Unable { reason: reason.into(), evidence: Vec::new() }
    }

    /// Adds a question whose answer decided it.
    #[must_use]
    pub fn because(mut self, evidence: &impl Evident) -> Self {
        self.evidence.push(evidence.question_number());
        self
    }

    /// Adds the evidence that `other` lacked, for one finding that covers both. The reason stays.
    ///
    /// ```
    /// # use wardline_plugin::prelude::*;
    /// let first = Unable::new("the list cannot be read").because(&3u32);
    /// let both = first.along_with(Unable::new("nor can the other").because(&4u32));
    /// assert_eq!(both, Unable::new("the list cannot be read").because(&3u32).because(&4u32));
    /// ```
    #[must_use]
    pub fn along_with(mut self, other: Unable) -> Self {
        self.evidence.extend(other.evidence);
        self
    }
}
