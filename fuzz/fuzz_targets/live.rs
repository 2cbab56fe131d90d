//! What a running machine sends: messages of remote calls, the results of the calls of the registry, the service manager and the account
//! database, the entries of a folder.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardline_live::fuzzing::{parse_bind_ack, parse_directory, parse_fragment};
use wardline_live::{samr, svcctl, winreg};

fuzz_target!(|data: &[u8]| {
    let _ = parse_bind_ack(data);
    if let Ok((results, _)) = parse_fragment(data, 1) {
        assert!(results.len() <= data.len());
    }
    if let Ok(names) = parse_directory(data) {
        assert!(names.len() * 64 <= data.len() + 64);
    }
    let _ = (svcctl::parse_state(data), svcctl::parse_is_disabled(data), svcctl::parse_started(data));
    if let Ok(list) = samr::parse_listed(data) {
        assert!(list.entries.len() * 12 <= data.len());
    }
    if let Ok(members) = samr::parse_members(data) {
        assert!(members.len() * 12 <= data.len());
    }
    let _ = (samr::parse_connected(data), samr::parse_opened(data), samr::parse_domain_sid(data));
    let _ = (samr::parse_user(data), samr::parse_passwords(data), samr::parse_lockout(data));
    let _ = winreg::parse_handle(data);
    let _ = winreg::parse_info(data);
    let _ = winreg::parse_subkey(data);
    if let Ok(Some(value)) = winreg::parse_enumerated(data) {
        assert!(value.data.len() <= data.len());
    }
    if let Ok(winreg::Queried::Value(value)) = winreg::parse_queried(data) {
        assert!(value.data.len() <= data.len());
    }
    if let Ok(descriptor) = winreg::parse_security(data) {
        assert!(descriptor.len() <= data.len());
    }
});
