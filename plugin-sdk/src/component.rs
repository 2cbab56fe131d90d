//! The glue between a [`Checker`] and the component's exports. Plugins use it through [`export!`](crate::export).

use std::cell::{OnceCell, RefCell};
use std::hint::black_box;

use crate::checker::Checker;
use crate::context::About;
use crate::contract::exports::wardline::check::types::{Action, Answer, FindingId, Options, Step, Target, Update};
use crate::conversation::{Conversation, Turn};
use crate::finding::Remedies;
use crate::panic;

/// The memory in bytes that is set aside for each conversation before the first. An instance that has to grow its memory makes the
/// host change the process's memory map, and all threads wait for that.
const ROOM: usize = 1 << 20;

/// The state that a component keeps between two calls of its exports.
///
/// `prepare` sets the checker, which then becomes part of the memory that every target starts from.
#[derive(Debug)]
pub struct State<C: 'static> {
    checker: OnceCell<&'static C>,
    phase: RefCell<Phase>,
}

#[derive(Debug)]
enum Phase {
    Idle,
    Talking(Conversation<'static>),
    Done(Remedies),
}

impl<C: Checker> State<C> {
    /// A plugin before its first call.
    pub const fn new() -> Self {
        State { checker: OnceCell::new(), phase: RefCell::new(Phase::Idle) }
    }

    /// `detection.prepare`.
    ///
    /// # Errors
    ///
    /// The checker's error, or an error if `prepare` has already been called.
    pub fn prepare(&self, updates: Vec<Update>) -> Result<(), String> {
        panic::install();
        let mut checker = C::default();
        checker.prepare(updates)?;
        // The component lives as long as its memory: leaking the checker loses nothing.
        let checker = Box::leak(Box::new(checker));
        // The allocator keeps what it is given back, and the host starts every target from this memory. The compiler must not
        // remove an allocation that nothing uses.
        drop(black_box(Vec::<u8>::with_capacity(ROOM)));
        #[cfg(all(target_family = "wasm", feature = "allocator"))]
        crate::allocator::end_prepare();
        self.checker.set(checker).map_err(|_| "prepare was called twice".to_owned())
    }

    /// `detection.detect`.
    ///
    /// # Panics
    ///
    /// If `prepare` has not been called.
    pub fn detect(&self, target: Target, options: Options) -> Step {
        panic::install();
        let checker = self.checker.get().expect("prepare comes before detect");
        self.go_on(Conversation::new(*checker, About { target, options }), Vec::new())
    }

    /// `detection.resume`.
    ///
    /// # Panics
    ///
    /// If no questions were asked.
    pub fn resume(&self, answers: Vec<Answer>) -> Step {
        match self.phase.replace(Phase::Idle) {
            Phase::Talking(conversation) => self.go_on(conversation, answers),
            Phase::Idle | Phase::Done(_) => panic!("resume answers questions that were not asked"),
        }
    }

    fn go_on(&self, mut conversation: Conversation<'static>, answers: Vec<Answer>) -> Step {
        match conversation.resume(answers) {
            Turn::Ask(questions) => {
                self.phase.replace(Phase::Talking(conversation));
                Step::Ask(questions)
            }
            Turn::Done(findings) => {
                let (assessment, remedies) = findings.split();
                self.phase.replace(Phase::Done(remedies));
                Step::Done(assessment)
            }
        }
    }

    /// `remediation.remediate`. Returns no actions before the conversation is done.
    pub fn remediate(&self, findings: Vec<FindingId>) -> Vec<Action> {
        match &mut *self.phase.borrow_mut() {
            Phase::Done(remedies) => remedies.actions_for(findings),
            Phase::Idle | Phase::Talking(_) => Vec::new(),
        }
    }
}

impl<C: Checker> Default for State<C> {
    fn default() -> Self {
        State::new()
    }
}

/// Exports a [`Checker`] as the plugin that this crate is. Invoke it once, next to the checker.
///
/// On targets other than WebAssembly it only verifies that the type is a checker, so that the same crate can be tested
/// natively and several plugins can be linked into one test.
#[macro_export]
macro_rules! export {
    ($checker:ty) => {
        #[cfg(not(target_family = "wasm"))]
        const _: fn() = || {
            fn is_a_checker<C: $crate::Checker>() {}
            is_a_checker::<$checker>();
        };

        #[cfg(target_family = "wasm")]
        const _: () = {
            use $crate::contract::exports::wardline::check::{detection, remediation, types};

            ::std::thread_local! {
                static STATE: $crate::component::State<$checker> = const { $crate::component::State::new() };
            }

            struct Component;

            impl detection::Guest for Component {
                fn describe() -> types::Description {
                    $crate::panic::install();
                    <$checker as $crate::Checker>::describe()
                }

                fn prepare(
                    updates: ::std::vec::Vec<types::Update>,
                ) -> ::std::result::Result<(), ::std::string::String> {
                    STATE.with(|state| state.prepare(updates))
                }

                fn detect(target: types::Target, options: types::Options) -> types::Step {
                    STATE.with(|state| state.detect(target, options))
                }

                fn resume(answers: ::std::vec::Vec<types::Answer>) -> types::Step {
                    STATE.with(|state| state.resume(answers))
                }
            }

            impl remediation::Guest for Component {
                fn remediate(findings: ::std::vec::Vec<types::FindingId>) -> ::std::vec::Vec<types::Action> {
                    STATE.with(|state| state.remediate(findings))
                }
            }

    $crate::contract::export_component!(Component with_types_in $crate::contract);
        };
    };
}
