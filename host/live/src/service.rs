//! Starts the remote registry service of a machine for the time of a scan.

use std::sync::Arc;
use std::time::Duration;

use smb2::types::TreeId;

use crate::ndr::{Handle, parse_handle};
use crate::registry::PIPES;
use crate::rpc::Pipe;
use crate::status::{nt, win32};
use crate::svcctl::{self, State, function};
use crate::{ConnectError, Machine, ReadError};

const PIPE: &str = "svcctl";
const SERVICE: &str = "RemoteRegistry";

/// How often the state of a starting service is asked for, and the pause before each time.
const ATTEMPTS: u32 = 40;
const PAUSE: Duration = Duration::from_millis(250);

/// A remote registry service that runs. It is stopped again when this is dropped, if this started it.
pub struct Started {
    machine: Arc<Machine>,
    tree: TreeId,
    is_ours: bool,
}

impl std::fmt::Debug for Started {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Started").field("is_ours", &self.is_ours).finish_non_exhaustive()
    }
}

impl Started {
    /// Whether the service did not run before.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.is_ours
    }
}

/// Starts the remote registry service of a machine, unless it runs. A service that is disabled is left so.
///
/// # Errors
///
/// If the service is disabled, does not start, or the user may not start it.
pub fn start_remote_registry(machine: &Arc<Machine>) -> Result<Started, ConnectError> {
    let tree = machine.connect_share(PIPES)?;
    let started = machine.call(None, async {
        let mut pipe = open(machine, tree).await?;
        let started = start(&mut pipe).await;
        pipe.close().await;
        started
    });
    let host = machine.host();
    match started {
        Ok(Outcome::Running { is_ours }) => Ok(Started { machine: Arc::clone(machine), tree, is_ours }),
        Ok(Outcome::Disabled) => Err(ConnectError::RegistryDisabled { host }),
        Ok(Outcome::NotStarted) => {
            Err(ConnectError::RegistryNotStarted { host, reason: "it does not get ready".to_owned() })
        }
        Err(error) if error.is_denied() => {
            Err(machine.no_administrator("so it may not start the remote registry service".to_owned()))
        }
        Err(error @ (ReadError::Lost(_) | ReadError::OutOfTime)) => Err(machine.broke_off(&error)),
        Err(error) => Err(ConnectError::RegistryNotStarted { host, reason: error.to_string() }),
    }
}

async fn open(machine: &Machine, tree: TreeId) -> Result<Pipe, ReadError> {
    let pipe = Pipe::open(machine.connection().clone(), tree, PIPE, &svcctl::INTERFACE).await;
    match pipe {
        Err(ReadError::Status(nt::OBJECT_NAME_NOT_FOUND | nt::PIPE_NOT_AVAILABLE | nt::NOT_SUPPORTED)) => {
            Err(ReadError::bad("the machine has no service control manager"))
        }
        pipe => pipe,
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if self.is_ours {
            // A machine that is gone keeps its service running; nothing can be done about it from here.
            let _ = self.machine.call(None, async {
                let mut pipe = open(&self.machine, self.tree).await?;
                let stopped = stop(&mut pipe).await;
                pipe.close().await;
                stopped
            });
        }
    }
}

/// Something that carries calls to the service control manager.
trait Calls {
    async fn call(&mut self, function: u16, parameters: &[u8]) -> Result<Vec<u8>, ReadError>;
}

impl Calls for Pipe {
    async fn call(&mut self, function: u16, parameters: &[u8]) -> Result<Vec<u8>, ReadError> {
        Pipe::call(self, function, parameters).await
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Running { is_ours: bool },
    Disabled,
    NotStarted,
}

async fn open_service(calls: &mut impl Calls) -> Result<Handle, ReadError> {
    let manager = parse_handle(&calls.call(function::OPEN_MANAGER, &svcctl::open_manager()).await?)?;
    let opened = calls.call(function::OPEN_SERVICE, &svcctl::open_service(&manager, SERVICE)?).await?;
    let _ = calls.call(function::CLOSE_HANDLE, &svcctl::only_handle(&manager)).await;
    parse_handle(&opened)
}

async fn state(calls: &mut impl Calls, service: &Handle) -> Result<State, ReadError> {
    svcctl::parse_state(&calls.call(function::QUERY_STATUS, &svcctl::only_handle(service)).await?)
}

async fn start(calls: &mut impl Calls) -> Result<Outcome, ReadError> {
    let service = open_service(calls).await?;
    let outcome = start_opened(calls, &service).await;
    let _ = calls.call(function::CLOSE_HANDLE, &svcctl::only_handle(&service)).await;
    outcome
}

async fn start_opened(calls: &mut impl Calls, service: &Handle) -> Result<Outcome, ReadError> {
    let mut is_ours = false;
    match state(calls, service).await? {
        State::Running => return Ok(Outcome::Running { is_ours }),
        State::Starting => {}
        _ => {
            if svcctl::parse_is_disabled(&calls.call(function::QUERY_CONFIG, &svcctl::query_config(service)).await?)? {
                return Ok(Outcome::Disabled);
            }
            let started = calls.call(function::START_SERVICE, &svcctl::start_service(service)).await?;
            match svcctl::parse_started(&started) {
                Err(ReadError::Win32(win32::SERVICE_DISABLED)) => return Ok(Outcome::Disabled),
                started => is_ours = started?,
            }
        }
    }
    for _ in 0..ATTEMPTS {
        match state(calls, service).await? {
            State::Running => return Ok(Outcome::Running { is_ours }),
            State::Stopped => break,
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
    if is_ours {
        let _ = calls.call(function::CONTROL_SERVICE, &svcctl::stop_service(service)).await;
    }
    Ok(Outcome::NotStarted)
}

async fn stop(calls: &mut impl Calls) -> Result<(), ReadError> {
    let service = open_service(calls).await?;
    let stopped = calls.call(function::CONTROL_SERVICE, &svcctl::stop_service(&service)).await;
    let _ = calls.call(function::CLOSE_HANDLE, &svcctl::only_handle(&service)).await;
    svcctl::parse_state(&stopped?).map(drop)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// A service control manager that answers calls as a script says, and notes them.
    struct Scripted {
        answers: VecDeque<(u16, Vec<u8>)>,
        called: Vec<u16>,
    }

    impl Calls for Scripted {
        async fn call(&mut self, function: u16, _: &[u8]) -> Result<Vec<u8>, ReadError> {
            self.called.push(function);
            match self.answers.front() {
                Some((expected, _)) if *expected == function => Ok(self.answers.pop_front().unwrap().1),
                _ if function == function::CLOSE_HANDLE => Ok([0; 24].to_vec()),
                other => panic!("{function} was called, expected {other:?}"),
            }
        }
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    fn status(state: u32) -> (u16, Vec<u8>) {
        (function::QUERY_STATUS, words(&[0x20, state, 5, 0, 0, 0, 0, 0]))
    }

    fn config(start: u32) -> (u16, Vec<u8>) {
        (function::QUERY_CONFIG, words(&[0x20, start, 1, 0, 0, 0, 0, 0, 0, 0, 0]))
    }

    fn run(answers: Vec<(u16, Vec<u8>)>) -> (Result<Outcome, ReadError>, Vec<u16>) {
        let opened = |function| (function, [vec![7; 20], words(&[0])].concat());
        let opening = [opened(function::OPEN_MANAGER), opened(function::OPEN_SERVICE)];
        let mut calls = Scripted { answers: opening.into_iter().chain(answers).collect(), called: Vec::new() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let outcome = runtime.block_on(start(&mut calls));
        assert!(calls.answers.is_empty(), "{:?}", calls.answers);
        (outcome, calls.called)
    }

    #[test]
    fn a_service_is_started_only_if_it_does_not_run_and_is_not_disabled() {
        let started = |code: u32| (function::START_SERVICE, words(&[code]));
        for (answers, expected) in [
            (vec![status(4)], Ok(Outcome::Running { is_ours: false })),
            (vec![status(2), status(2), status(4)], Ok(Outcome::Running { is_ours: false })),
            (vec![status(1), config(3), started(0), status(2), status(4)], Ok(Outcome::Running { is_ours: true })),
            // Somebody else was faster.
            (vec![status(1), config(3), started(1056), status(4)], Ok(Outcome::Running { is_ours: false })),
            (vec![status(1), config(4)], Ok(Outcome::Disabled)),
            (vec![status(1), config(2), started(1058)], Ok(Outcome::Disabled)),
            (vec![status(1), config(3), started(5)], Err(ReadError::Win32(5))),
            (vec![status(2), status(1)], Ok(Outcome::NotStarted)),
        ] {
            let (outcome, called) = run(answers);
            assert_eq!(outcome, expected, "{called:?}");
            assert_eq!(called.last(), Some(&function::CLOSE_HANDLE), "{called:?}");
        }
    }

    #[test]
    fn a_service_that_was_started_and_fails_is_stopped() {
        let control = (function::CONTROL_SERVICE, words(&[0; 8]));
        let answers = vec![status(1), config(3), (function::START_SERVICE, words(&[0])), status(1), control];
        assert_eq!(run(answers).0, Ok(Outcome::NotStarted));
    }
}
