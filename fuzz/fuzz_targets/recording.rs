//! Recordings: read, asked for everything in them and for what follows from it, written, and read again.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use wardline_contract::{Answer, Fact, Question, RegistryValueName};
use wardline_evidence::Source as _;
use wardline_evidence::recording::{Recording, write};

fuzz_target!(|data: &[u8]| {
    let Ok(recording) = Recording::parse(data, Path::new("fuzz")) else { return };
    for (question, answer) in recording.answers() {
        assert_eq!(recording.answer(question), *answer);
        match (question, answer) {
            (Question::RegistryKey(key), Answer::Known(Fact::RegistryKey(listed))) => {
                for value in &listed.values {
                    let value = RegistryValueName { key: key.clone(), name: value.name.clone() };
                    let _ = recording.answer(&Question::RegistryValue(value));
                }
                for subkey in &listed.subkeys {
                    let _ = recording.answer(&Question::RegistryKey(format!("{key}\\{subkey}")));
                }
            }
            (_, Answer::Known(Fact::Services(services))) => {
                for service in services {
                    let _ = recording.answer(&Question::Service(service.name.clone()));
                }
            }
            _ => {}
        }
    }
    let mut written = Vec::new();
    let conditions = recording.conditions();
    if write(&mut written, recording.name(), recording.answers(), &conditions, recording.conversations()).is_ok() {
        let again = Recording::parse(&written, Path::new("fuzz"));
        assert!(again.is_ok_and(|again| again.answers().count() == recording.answers().count()));
    }
});
