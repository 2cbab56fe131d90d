//! Derives answers from recorded ones, in a recording that lists what was recorded in full.
//!
//! A script that collects a machine does not know which questions a plugin will ask. It records keys as a whole, folders as a whole
//! and all services, and names the scopes that it looked through. From these follow the answers about their parts, and the absence
//! of everything else in these scopes. Nothing follows about what could not be read, or what lies below it.

use wardline_contract::{Answer, Fact, Question, RegistryData};

use super::{Answers, NOT_RECORDED};

/// The reason for which a part of an answer is not known.
const IN_PART: &str = "the recording holds only a part of the answer to this";

/// Returns the answer that follows from others; `None` if nothing does. Absence follows only from an answer about a whole that
/// holds no such part, or from one that says that the whole is absent.
pub(super) fn part_of(answers: &Answers, folded: &Question) -> Option<Answer> {
    match folded {
        Question::RegistryValue(value) => match answers.get(&Question::RegistryKey(value.key.clone()))? {
            Answer::Known(Fact::RegistryKey(key)) => {
                let same = |name: &str| wardline_contract::names::folded_name(name) == value.name;
                let found = key.values.iter().find(|stored| same(&stored.name));
                Some(match found.map(|stored| &stored.data) {
                    // Data that a listing leaves out, of a type that would be told.
                    Some(RegistryData::Other(0..=4 | 7 | 11)) => Answer::Unreadable(IN_PART.to_owned()),
                    Some(data) => Answer::Known(Fact::RegistryValue(data.clone())),
                    None if key.truncated => Answer::Unreadable(IN_PART.to_owned()),
                    None => Answer::Absent,
                })
            }
            Answer::Known(_) => None,
            other => Some(other.clone()),
        },
        Question::Service(name) => match answers.get(&Question::Services)? {
            Answer::Known(Fact::Services(services)) => {
                let same = |other: &str| wardline_contract::names::folded_name(other) == *name;
                let found = services.iter().find(|service| same(&service.name));
                Some(found.map_or(Answer::Absent, |service| Answer::Known(Fact::Service(service.clone()))))
            }
            Answer::Known(_) => None,
            other => Some(other.clone()),
        },
        Question::File(path) => match answers.get(&Question::FileVersion(path.clone()))? {
            Answer::Known(_) => Some(Answer::Unreadable("the file was recorded without its checksum".to_owned())),
            other => Some(other.clone()),
        },
        _ => None,
    }
}

/// Makes the question about a key or path.
type About = fn(String) -> Question;

/// Returns the answer to a question within the scopes that were recorded in full.
pub(super) fn beyond(answers: &Answers, folded: &Question) -> Answer {
    let unknown = || Answer::Unreadable(NOT_RECORDED.to_owned());
    let (path, whole, others): (&str, About, &[About]) = match folded {
        Question::RegistryKey(key) => (key, Question::RegistryKey, &[]),
        Question::RegistryPermissions(key) => (key, Question::RegistryKey, &[Question::RegistryKey]),
        Question::RegistryValue(value) => (&value.key, Question::RegistryKey, &[]),
        Question::File(path) | Question::FileVersion(path) => (path, Question::Directory, &[Question::Directory]),
        Question::Directory(path) => (path, Question::Directory, &[Question::FileVersion, Question::File]),
        Question::FilePermissions(path) => {
            (path, Question::Directory, &[Question::FileVersion, Question::File, Question::Directory])
        }
        Question::Text(range) if range.offset == 0 => (&range.path, Question::Directory, &[Question::Directory]),
        _ => return unknown(),
    };
    // It is there, and this was not recorded of it.
    if others.iter().any(|question| matches!(answers.get(&question(path.to_owned())), Some(Answer::Known(_)))) {
        return unknown();
    }
    let parents = path.match_indices('\\').rev().filter_map(|(at, _)| path.get(..at));
    let mut wholes = std::iter::once(path).chain(parents);
    let nearest = wholes.find_map(|parent| Some((parent, answers.get(&whole(parent.to_owned()))?)));
    match nearest {
        Some((parent, Answer::Known(fact))) if lists(fact, path.get(parent.len()..).unwrap_or_default()) => unknown(),
        Some((_, Answer::Known(_) | Answer::Absent)) | None => Answer::Absent,
        Some((_, other)) => other.clone(),
    }
}

/// Whether a key or folder lists what is directly in it by this name, or may.
fn lists(fact: &Fact, below: &str) -> bool {
    let name = below.trim_start_matches('\\');
    if name.is_empty() || name.contains('\\') {
        return false;
    }
    let same = |other: &str| wardline_contract::names::folded_name(other) == name;
    match fact {
        Fact::RegistryKey(key) => key.truncated || key.subkeys.iter().any(|subkey| same(subkey)),
        Fact::Directory(folder) => folder.truncated || folder.entries.iter().any(|entry| same(&entry.name)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use wardline_contract::{FileInfo, RegistryValueName, TextRange};

    use super::*;
    use crate::Source as _;
    use crate::recording::Recording;

    const RECORDED: &str = r#"{"format":"wardline.recording/1","name":"WEB01","answers":[
        [{"registry-key":"HKLM\\SOFTWARE\\Acme"},{"known":{"registry-key":{"values":[
            {"name":"Version","data":{"text":"1.0"}},{"name":"Blob","data":{"other":3}},{"name":"Odd","data":{"other":9}}],
            "subkeys":["Agent","Left"],"truncated":false,"last_written":0}}}],
        [{"registry-key":"HKLM\\SOFTWARE\\Acme\\Agent"},{"unreadable":"access is denied"}],
        [{"registry-key":"HKU\\S-1-5-21-1-2-3-1001"},{"unreadable":"not logged on"}],
        [{"registry-value":{"key":"HKLM\\SOFTWARE\\Acme","name":"Own"}},{"known":{"registry-value":{"dword":1}}}],
        ["services",{"known":{"services":[{"name":"W3SVC","display_name":null,"start":"manual","account":null,
            "image_path":null,"driver":false}]}}],
        [{"file-version":"%windir%\\acme.exe"},{"known":{"file":{"version":null,"checksum":null,"size":1,"modified":null,
            "language":null}}}],
        [{"directory":"C:\\Acme"},{"unreadable":"access is denied"}]
    ],"complete":[{"registry":"HKLM\\SOFTWARE\\Acme\\**"},{"registry":"HKU\\*\\Software\\Acme"},{"file":"%windir%\\*.exe"},
        {"file":"C:\\Acme\\*"},{"text":"%windir%\\acme.ini"}]}"#;

    fn value(key: &str, name: &str) -> Question {
        Question::RegistryValue(RegistryValueName { key: key.to_owned(), name: name.to_owned() })
    }

    #[test]
    fn parts_follow_from_wholes_and_the_rest_of_a_scope_is_absent() {
        let recording = Recording::parse(RECORDED.as_bytes(), "web01".as_ref()).unwrap();
        let acme = r"HKLM\Software\ACME";
        let key = |key: &str| Question::RegistryKey(key.to_owned());
        let file = |path: &str| Question::FileVersion(path.to_owned());
        let number = |number| Answer::Known(Fact::RegistryValue(RegistryData::Dword(number)));
        let text = Answer::Known(Fact::RegistryValue(RegistryData::Text("1.0".to_owned())));
        let other = Answer::Known(Fact::RegistryValue(RegistryData::Other(9)));
        let info = FileInfo { version: None, checksum: None, size: 1, modified: None, language: None };
        let because = |reason: &str| Answer::Unreadable(reason.to_owned());
        let denied = || because("access is denied");
        for (question, expected) in [
            (value(acme, "VERSION"), text),
            (value(acme, "Own"), number(1)),
            (value(acme, "Odd"), other),
            (value(acme, "Blob"), because(IN_PART)),
            (value(acme, "Missing"), Answer::Absent),
            (value(r"HKLM\SOFTWARE\Acme\Other", "x"), Answer::Absent),
            (key(r"HKLM\SOFTWARE\Acme\Other\Deep"), Answer::Absent),
            // A subkey that is listed and was not recorded is there.
            (key(r"HKLM\SOFTWARE\Acme\Left"), because(NOT_RECORDED)),
            (key(r"HKLM\SOFTWARE\Acme\Agent\Deep"), denied()),
            (value(r"HKLM\SOFTWARE\Acme\Agent", "x"), denied()),
            (key(r"HKLM\SOFTWARE\Elsewhere"), because(NOT_RECORDED)),
            (key(r"HKU\S-1-5-21-1-2-3-1001\Software\Acme"), because("not logged on")),
            (key(r"HKU\S-1-5-21-1-2-3-1002\Software\Acme"), Answer::Absent),
            (Question::RegistryPermissions(acme.to_owned()), because(NOT_RECORDED)),
            (Question::RegistryPermissions(r"HKLM\SOFTWARE\Acme\Other".to_owned()), Answer::Absent),
            (Question::Service("w3svc".to_owned()), {
                let Answer::Known(Fact::Services(services)) = recording.answer(&Question::Services) else { panic!() };
                Answer::Known(Fact::Service(services[0].clone()))
            }),
            (Question::Service("cisvc".to_owned()), Answer::Absent),
            (Question::Accounts, because(NOT_RECORDED)),
            (file(r"%SystemRoot%\acme.exe"), Answer::Known(Fact::File(info))),
            (file(r"%windir%\other.exe"), Answer::Absent),
            (file(r"%windir%\other.dll"), because(NOT_RECORDED)),
            (Question::File(r"%windir%\acme.exe".to_owned()), because("the file was recorded without its checksum")),
            (Question::File(r"%windir%\other.exe".to_owned()), Answer::Absent),
            (Question::FilePermissions(r"%windir%\acme.exe".to_owned()), because(NOT_RECORDED)),
            (file(r"C:\Acme\a"), denied()),
            (Question::Text(TextRange { path: r"%windir%\acme.ini".to_owned(), offset: 0, length: 9 }), Answer::Absent),
            (
                Question::Text(TextRange { path: r"%windir%\acme.ini".to_owned(), offset: 9, length: 9 }),
                because(NOT_RECORDED),
            ),
        ] {
            assert_eq!(recording.answer(&question), expected, "{question:?}");
        }
    }

    #[test]
    fn nothing_follows_without_a_list_of_scopes() {
        let (answers, _) = RECORDED.split_once("],\"complete\"").unwrap();
        let recording = Recording::parse(format!("{answers}]}}").as_bytes(), "web01".as_ref()).unwrap();
        for question in [value(r"HKLM\SOFTWARE\Acme", "Version"), Question::Service("W3SVC".to_owned())] {
            assert_eq!(recording.answer(&question), Answer::Unreadable(NOT_RECORDED.to_owned()), "{question:?}");
        }
    }
}
