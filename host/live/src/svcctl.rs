//! The calls of the service control manager's protocol (MS-SCMR) as NDR32: parameters written, results parsed.
//!
//! Only the state of a service is read, and a service is started and stopped. No call here creates or configures one.

use crate::ReadError;
use crate::ndr::{Handle, Reader, Writer, outcome, successful};
use crate::status::win32;

/// The interface `svcctl`, 367abb81-9844-35f1-ad32-98f038001003 version 2.0.
pub(crate) const INTERFACE: [u8; 20] =
    [0x81, 0xbb, 0x7a, 0x36, 0x44, 0x98, 0xf1, 0x35, 0xad, 0x32, 0x98, 0xf0, 0x38, 0x00, 0x10, 0x03, 2, 0, 0, 0];

/// The numbers of the calls.
pub(crate) mod function {
    pub(crate) const CLOSE_HANDLE: u16 = 0;
    pub(crate) const CONTROL_SERVICE: u16 = 1;
    pub(crate) const QUERY_STATUS: u16 = 6;
    pub(crate) const OPEN_MANAGER: u16 = 15;
    pub(crate) const OPEN_SERVICE: u16 = 16;
    pub(crate) const QUERY_CONFIG: u16 = 17;
    pub(crate) const START_SERVICE: u16 = 19;
}

const SC_MANAGER_CONNECT: u32 = 1;
/// To query the configuration and the state, to start, and to stop.
const SERVICE_ACCESS: u32 = 0x1 | 0x4 | 0x10 | 0x20;
const SERVICE_CONTROL_STOP: u32 = 1;
/// The room for a service's configuration, the most that the call allows (MS-SCMR 3.1.4.17).
const CONFIG_ROOM: u32 = 8192;

/// The state of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Stopped,
    Starting,
    Stopping,
    Running,
    /// It pauses, is paused, or goes on.
    Other(u32),
}

pub(crate) fn open_manager() -> Vec<u8> {
    // This machine, and its active services.
    Writer::new().u32(0).u32(0).u32(SC_MANAGER_CONNECT).done()
}

pub(crate) fn open_service(manager: &Handle, name: &str) -> Result<Vec<u8>, ReadError> {
    Ok(Writer::with_handle(manager).string(name)?.u32(SERVICE_ACCESS).done())
}

pub(crate) fn query_config(service: &Handle) -> Vec<u8> {
    Writer::with_handle(service).u32(CONFIG_ROOM).done()
}

pub(crate) fn start_service(service: &Handle) -> Vec<u8> {
    // No arguments.
    Writer::with_handle(service).u32(0).u32(0).done()
}

pub(crate) fn stop_service(service: &Handle) -> Vec<u8> {
    Writer::with_handle(service).u32(SERVICE_CONTROL_STOP).done()
}

pub(crate) fn only_handle(handle: &Handle) -> Vec<u8> {
    handle.to_vec()
}

/// Parses the results of `RQueryServiceStatus` and `RControlService`: the state that the service is in.
///
/// # Errors
///
/// If the call failed or the results are truncated.
pub fn parse_state(results: &[u8]) -> Result<State, ReadError> {
    let mut status = successful(results)?;
    let _kind = status.u32()?;
    Ok(match status.u32()? {
        1 => State::Stopped,
        2 => State::Starting,
        3 => State::Stopping,
        4 => State::Running,
        other => State::Other(other),
    })
}

/// Parses the results of `RQueryServiceConfigW`: whether the service is disabled.
///
/// # Errors
///
/// If the call failed or the results are truncated.
pub fn parse_is_disabled(results: &[u8]) -> Result<bool, ReadError> {
    const SERVICE_DISABLED: u32 = 4;
    let mut config: Reader<'_> = successful(results)?;
    let _kind = config.u32()?;
    Ok(config.u32()? == SERVICE_DISABLED)
}

/// Parses the result of `RStartServiceW`: whether this call started the service, which may run already.
///
/// # Errors
///
/// If it was not started, or the result is truncated.
pub fn parse_started(results: &[u8]) -> Result<bool, ReadError> {
    match outcome(results)? {
        (_, win32::SUCCESS) => Ok(true),
        (_, win32::SERVICE_ALREADY_RUNNING) => Ok(false),
        (_, code) => Err(ReadError::Win32(code)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn states_are_read() {
        let status = |state: u32, code: u32| {
            [0x20, state, 5, 0, 0, 0, 0, code].into_iter().flat_map(u32::to_le_bytes).collect::<Vec<_>>()
        };
        assert_eq!(parse_state(&status(4, 0)), Ok(State::Running));
        assert_eq!(parse_state(&status(7, 0)), Ok(State::Other(7)));
        assert_eq!(parse_state(&status(4, 5)), Err(ReadError::Win32(5)));
        assert_eq!(parse_is_disabled(&status(4, 0)), Ok(true));
        assert_eq!(parse_is_disabled(&status(3, 0)), Ok(false));
        assert_eq!(parse_started(&1056u32.to_le_bytes()), Ok(false));
        assert_eq!(parse_started(&1058u32.to_le_bytes()), Err(ReadError::Win32(1058)));
        assert!(parse_state(&[0; 8]).is_err());
    }

    /// The name is a reference, which has no pointer of its own (C706 14.3.11.2).
    #[test]
    fn a_service_is_opened_by_its_name() {
        let opened = open_service(&[7; 20], "abc").unwrap();
        let expected =
            [&[7; 20][..], &[4, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0], b"a\0b\0c\0\0\0", &[0x35, 0, 0, 0]].concat();
        assert_eq!(opened, expected);
    }

    proptest! {
        #[test]
        fn any_results_are_a_state_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = (parse_state(&bytes), parse_is_disabled(&bytes), parse_started(&bytes));
        }
    }
}
