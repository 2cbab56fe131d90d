//! The script as a reviewer reads it, and its recording as wardline does.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use proptest::prelude::*;
use wardline_collector::testing::{Token, parse_plan, record, tokens};
use wardline_collector::{Anywhere, AnywhereKind, Asking, Plan, Plugin};
use wardline_contract::{Answer, Description, Fact, Question, RegistryValueName, Scope, TextRange};
use wardline_evidence::Source;
use wardline_evidence::image::Volume;
use wardline_evidence::recording::Recording;
use wardline_fixtures::WindowsVolume;

/// The commands that the script may call besides its own functions. None of them changes a machine: `Write-…` writes to the console.
const COMMANDS: [&str; 4] = ["New-Object", "Join-Path", "Write-Output", "Write-Warning"];

/// The types whose methods the script may use to write: the recording, and the table of answers.
const WRITERS: [&str; 2] = ["writer", "stream"];

fn description(name: &str, scopes: Vec<Scope>) -> Description {
    Description {
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        family: name.to_owned(),
        summary: String::new(),
        checks: Vec::new(),
        products: Vec::new(),
        scopes,
        settings: Vec::new(),
    }
}

fn plan(scopes: Vec<Scope>) -> Plan {
    let description = description("acme", scopes);
    Plan::new([Asking { description: &description, digest: "00", updates: &[] }], true)
}

/// The names that a script defines as functions.
fn functions(tokens: &[Token]) -> Vec<&str> {
    let pairs = tokens.windows(2).filter_map(|pair| match pair {
        [Token::Word(word), Token::Word(name)] if word == "function" => Some(name.as_str()),
        _ => None,
    });
    pairs.collect()
}

#[test]
fn the_script_calls_nothing_that_changes_a_machine() {
    let script = Plan::default().script();
    assert!(script.is_ascii() && !script.contains('\r'));
    let tokens = tokens(&script).unwrap();
    let own = functions(&tokens);
    for (at, token) in tokens.iter().enumerate() {
        let Token::Word(word) = token else { continue };
        let is_command = word.contains('-') && word.starts_with(|first: char| first.is_ascii_uppercase());
        let is_known = own.contains(&word.as_str()) || COMMANDS.contains(&word.as_str());
        // `-NoProfile` and the like are parameters; `S-1-5` is in a text.
        assert!(!is_command || is_known, "{word} near {:?}", &tokens[at.saturating_sub(4)..at]);
        // Aliases and programs that would do the same without a hyphen.
        let forbidden =
            ["iex", "icm", "sc", "reg", "net", "cmd", "del", "rm", "mv", "cp", "ni", "sp", "si", "start", "curl"];
        assert!(!forbidden.contains(&word.to_lowercase().as_str()), "{word}");
    }
    // Methods that write are called on the recording alone.
    for window in tokens.windows(3) {
        let [Token::Variable(object), Token::Sign('.'), Token::Word(method)] = window else { continue };
        if ["Write", "WriteLine", "SetValue", "DeleteValue", "CreateSubKey", "CommitChanges", "Put", "Persist"]
            .contains(&method.as_str())
        {
            assert!(WRITERS.contains(&object.as_str()), "${object}.{method}");
        }
    }
    for forbidden in
        ["Add-Type", "Invoke-", "Set-", "New-Item", "Remove-", "DllImport", "SetAccessControl", "Start-", "http"]
    {
        assert!(!script.contains(forbidden), "{forbidden}");
    }
    // One program is started: the 64-bit PowerShell, by a 32-bit one.
    assert_eq!(script.matches("\n    & $shell ").count(), 1);
}

#[test]
fn a_function_is_called_by_the_name_it_is_defined_with() {
    let script = Plan::default().script();
    let tokens = tokens(&script).unwrap();
    for name in functions(&tokens) {
        let calls = tokens.iter().filter(|token| matches!(token, Token::Word(word) if word == name)).count();
        assert!(calls > 1, "{name} is not called");
    }
}

/// The variables that a script sets: by assignment, as a parameter, or in a loop.
fn assigned(tokens: &[Token]) -> Vec<&str> {
    let mut names = Vec::new();
    for (at, window) in tokens.windows(3).enumerate() {
        match window {
            [Token::Variable(name), Token::Sign('='), _] => names.push(name.as_str()),
            [Token::Word(word), Token::Sign('('), Token::Variable(name)] if word == "foreach" => names.push(name),
            [Token::Word(function), Token::Word(_), Token::Sign('(')] if function == "function" => {
                names.extend(parameters(&tokens[at + 3..]));
            }
            [Token::Word(word), Token::Sign('('), _] if word == "param" => names.extend(parameters(&tokens[at + 2..])),
            _ => {}
        }
    }
    names.iter().map(|name| name.strip_prefix("script:").unwrap_or(name)).collect()
}

/// The variables in a list of parameters, whose bracket is open.
fn parameters(tokens: &[Token]) -> Vec<&str> {
    let mut depth = 1;
    let mut names = Vec::new();
    for token in tokens {
        match token {
            Token::Sign('(') => depth += 1,
            Token::Sign(')') => depth -= 1,
            Token::Variable(name) => names.push(name.as_str()),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

#[test]
fn every_variable_is_set_somewhere() {
    const AUTOMATIC: [&str; 8] =
        ["_", "true", "false", "null", "matches", "LASTEXITCODE", "MyInvocation", "ExecutionContext"];
    let script = Plan::default().script();
    let tokens = tokens(&script).unwrap();
    let set = assigned(&tokens);
    for token in &tokens {
        let Token::Variable(name) = token else { continue };
        let name = name.strip_prefix("script:").unwrap_or(name);
        let is_known = set.contains(&name) || AUTOMATIC.contains(&name) || name.starts_with("env:");
        assert!(is_known, "${name} is read and never set");
    }
}

#[test]
fn the_header_says_what_is_read_and_for_whom() {
    let description = description("acme", vec![Scope::Accounts, Scope::Registry("**".to_owned())]);
    let script = Plan::new([Asking { description: &description, digest: "abc123", updates: &[] }], true).script();
    let header = script.split_once("\nparam(").unwrap().0;
    for expected in ["# Records this machine for wardline", "acme 1.0.0 (sha256 abc123)", "local accounts", "#     **"]
    {
        assert!(header.contains(expected), "{expected}: {header}");
    }
    assert!(header.lines().all(|line| line.starts_with('#') && line.len() <= 160), "{header}");
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    let text =
        prop_oneof!["[a-zA-Z%\\\\*:. ]{1,20}", "\\PC{1,12}", "['\"`$#(){}\u{2018}\u{2019}\u{201c}\r\n\0;,]{1,8}"];
    proptest::collection::vec(text, 0..4)
}

proptest! {
    /// Whatever a plugin declares or a catalog says, it is a text in the script and nothing else.
    #[test]
    fn every_text_is_read_back_as_it_was(
        lists in proptest::collection::vec(texts(), 9),
        values in texts(),
        name in "\\PC{0,12}",
        tails in texts(),
        with_permissions: bool,
    ) {
        let mut lists = lists.into_iter();
        let mut next = || lists.next().unwrap_or_default();
        let plan = Plan {
            plugins: vec![Plugin { name: name.clone() + "\n$evil", version: name, digest: String::new() }],
            facts: ["system", "groups"].into_iter().collect(),
            keys: next(),
            keys_with_permissions: next(),
            values: values.iter().map(|text| (text.clone(), text.clone())).collect(),
            places: next(),
            places_with_permissions: next(),
            texts: next(),
            anywhere: vec![Anywhere { kind: AnywhereKind::Text, tails, keys: values, with_permissions }],
            files: next(),
            files_with_checksum: next(),
            names_with_checksum: next(),
            folders_of_updates: next(),
            left_out: vec!["\n#>".to_owned()],
        };
        let script = plan.script();
        prop_assert!(script.is_ascii());
        prop_assert!(script.split_once("\nparam(").unwrap().0.lines().all(|line| line.starts_with('#')));
        let read = parse_plan(&script).unwrap();
        prop_assert_eq!(read, Plan { plugins: Vec::new(), left_out: Vec::new(), ..plan });
    }
}

fn volume(place: &Path) -> Volume {
    WindowsVolume::windows_10().write_to(place).unwrap();
    Volume::open(place, None).unwrap()
}

/// An answer without what a script is not told.
fn told(answer: Answer) -> Answer {
    let Answer::Known(fact) = answer else { return answer };
    Answer::Known(match fact {
        Fact::RegistryKey(mut key) => {
            key.last_written = 0;
            Fact::RegistryKey(key)
        }
        Fact::File(mut file) => {
            file.language = None;
            Fact::File(file)
        }
        fact => fact,
    })
}

#[test]
fn a_recording_answers_as_the_machine_does_within_its_scopes() {
    let place = tempfile::tempdir().unwrap();
    let volume = volume(place.path());
    let nt = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
    let plan = plan(vec![
        Scope::System,
        Scope::Services,
        Scope::Profiles,
        Scope::Registry(nt.to_owned()),
        Scope::Registry(r"HKLM\SYSTEM\CurrentControlSet\Control\*".to_owned()),
        Scope::Registry(r"HKLM\SOFTWARE\Acme\**".to_owned()),
        Scope::File(r"%windir%\system32\*.dll".to_owned()),
        Scope::File(r"%windir%".to_owned()),
        Scope::Text(r"%windir%\win.ini".to_owned()),
    ]);
    let recorded = record(&parse_plan(&plan.script()).unwrap(), &volume);
    let recording = Recording::parse(recorded.to_json("WEB01").as_bytes(), Path::new("web01")).unwrap();
    let value = |key: &str, name: &str| {
        Question::RegistryValue(RegistryValueName { key: key.to_owned(), name: name.to_owned() })
    };
    let mut known = 0;
    for question in [
        Question::System,
        Question::Services,
        Question::Profiles,
        Question::Service("LanmanServer".to_owned()),
        Question::Service("nothing".to_owned()),
        Question::RegistryKey(nt.to_owned()),
        value(nt, "CurrentBuildNumber"),
        value(nt, "nothing"),
        value(r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa", "restrictanonymous"),
        value(r"HKLM\SYSTEM\CurrentControlSet\Control\nothing", "x"),
        Question::RegistryKey(r"HKLM\SOFTWARE\Acme\Agent".to_owned()),
        Question::FileVersion(r"%windir%\system32\ntdll.dll".to_owned()),
        Question::FileVersion(r"%SystemRoot%\system32\nothing.dll".to_owned()),
        Question::Directory(r"%windir%".to_owned()),
        Question::Text(TextRange { path: r"%windir%\win.ini".to_owned(), offset: 0, length: 65_536 }),
    ] {
        let expected = told(volume.answer(&question));
        assert_eq!(recording.answer(&question), expected, "{question:?}");
        known += usize::from(matches!(expected, Answer::Known(_)));
    }
    assert!(known >= 6, "{known}");
    let beyond = Question::RegistryKey(r"HKLM\SOFTWARE\Microsoft".to_owned());
    assert!(matches!(recording.answer(&beyond), Answer::Unreadable(_)));
}
