//! MBSA 110: whether Windows logs a user on automatically, and where it keeps the password.
//!
//! Neither the evidence nor the remedy of this check shows `DefaultPassword`: the report would spread the password that the
//! check warns about. The finding therefore cites the question about `AutoAdminLogon` as its evidence, never the one about
//! the password, and deleting the password cannot be undone.
//!
//! Winlogon's values are `REG_SZ`, read with `GetProfileString` and `GetProfileInt` ("MSGINA.DLL Features" in the Platform SDK).

use wardline_plugin::prelude::*;

const WINLOGON: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon";
/// The location of the password if it is stored as an LSA secret.
const SECRET: &str = r"HKLM\SECURITY\Policy\Secrets\DefaultPassword";

const SWITCH: &str = "AutoAdminLogon";
const PASSWORD: &str = "DefaultPassword";
/// How to turn on automatic logon in Windows.
const ARTICLE: &str = "Q324737";

pub(crate) struct Autologon;

impl Check for Autologon {
    const INFO: CheckInfo = CheckInfo::new("autologon", "Autologon")
        .mbsa(110)
        .columns(&["Autologon", "Password in clear text"])
        .explanation(
            "Anyone who starts the machine is logged on, and anyone who can read the registry can read a password that \
             is stored in clear text.",
        );
    const ASKS: &'static [Asks] = &[Asks::Registry(WINLOGON), Asks::Registry(SECRET)];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let evidence = cx.evidence;
        let switch = evidence.registry_value(WINLOGON, SWITCH).await;
        let password = evidence.registry_value(WINLOGON, PASSWORD).await;
        if password.known().is_some_and(holds_something) {
            return Ok(in_clear_text(switch.optional()));
        }
        // An unread password could be in clear text, which is more severe than any finding below.
        password.optional()?;
        let switch = switch.optional()?;
        match state(switch.as_ref()) {
            Switch::On => {}
            Switch::Off => {
                return Ok(Finding::passed("Autologon is off, and no password for it is stored in clear text.")
                    .row(["off", "no"], Grade::Passed)
                    .because(&switch));
            }
            Switch::WrongType(data) => {
                return Ok(Finding::passed("Autologon is off.")
                    .with_wrong_type(SWITCH, data, "REG_SZ")
                    .row(["not known", "no"], Grade::UnableToScan)
                    .because(&switch));
            }
        }
        let secret = evidence.registry_key(SECRET).await;
        let place = match secret.clone().optional() {
            Ok(key) if key.is_some() => "its password is stored as an LSA secret",
            Ok(_) => "no password is stored for it",
            Err(_) => {
                "its password is not in clear text, and whether it is stored as an LSA secret could not be determined"
            }
        };
        Ok(Finding::non_critical(format!("Autologon is on; {place}."))
            .row(["on", "no"], Grade::NonCritical)
            .because(&switch)
            .because(&secret)
            .mend(turn_off(switch.into_value())))
    }
}

/// The finding for a password in clear text, whether or not the switch could be read.
fn in_clear_text(switch: Result<Witness<Option<RegistryData>>, Unable>) -> Finding {
    let forget = Remedy::new(Operation::DeleteRegistryValue(DeleteRegistryValue {
        key: WINLOGON.to_owned(),
        name: PASSWORD.to_owned(),
        before: RegistryData::None,
    }))
    .risk("The password is not shown here; it must be known to set up autologon again.")
    .article(ARTICLE);
    let not_known = |reason: &str| {
        Finding::critical(format!(
            "The autologon password is stored in the registry in clear text; whether autologon is on is not known \
             ({reason})."
        ))
        .row(["not known", "yes"], Grade::Critical)
    };
    match switch {
        Ok(switch) => match state(switch.as_ref()) {
            Switch::On => {
                Finding::critical("Autologon is on, and its password is stored in the registry in clear text.")
                    .row(["on", "yes"], Grade::Critical)
                    .because(&switch)
                    .mend(turn_off(switch.into_value()))
            }
            Switch::Off => Finding::non_critical(
                "Autologon is off, but its password is still stored in the registry in clear text.",
            )
            .row(["off", "yes"], Grade::NonCritical)
            .because(&switch),
            Switch::WrongType(data) => {
                not_known(&format!("{SWITCH} holds {}", data.instead_of("REG_SZ"))).because(&switch)
            }
        },
        Err(unable) => not_known(&unable.reason),
    }
    .mend(forget)
}

fn turn_off(before: Option<RegistryData>) -> Remedy {
    Remedy::set_registry_value(WINLOGON, SWITCH, before, RegistryData::Text("0".to_owned()))
        .risk("Programs that need a logged-on user no longer start with the machine.")
        .article(ARTICLE)
}

/// The state that `AutoAdminLogon` sets.
enum Switch<'d> {
    On,
    Off,
    WrongType(&'d RegistryData),
}

fn state(switch: Option<&RegistryData>) -> Switch<'_> {
    match switch {
        None => Switch::Off,
        // The bytes of this number are an empty string, so a reader that ignores the type sees it as off.
        Some(RegistryData::Dword(0)) => Switch::Off,
        Some(data) => match data.as_text() {
            Some(text) if begins_with_number(text) => Switch::On,
            Some(_) => Switch::Off,
            None => Switch::WrongType(data),
        },
    }
}

/// Whether a text begins with a number other than 0. Reads it as `GetProfileInt` does: in decimal, or after `0x` in
/// hexadecimal, up to the first non-digit.
fn begins_with_number(text: &str) -> bool {
    let text = text.trim_start().trim_start_matches(['+', '-']);
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    digits.chars().take_while(|digit| digit.is_digit(radix)).any(|digit| digit != '0')
}

/// Winlogon reads text, but data of any other type should not be there either. The contents of a `REG_NONE` are not reported,
/// so they may be the password as well.
fn holds_something(data: &RegistryData) -> bool {
    match data {
        RegistryData::Text(text) | RegistryData::ExpandText(text) => !text.is_empty(),
        RegistryData::MultiText(lines) => !lines.is_empty(),
        RegistryData::Binary(bytes) => !bytes.is_empty(),
        RegistryData::None | RegistryData::Dword(_) | RegistryData::Qword(_) | RegistryData::Other(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Os;
    use wardline_plugin::testing::{Bench, Run};

    const ID: &str = Autologon::INFO.id;

    fn bench(on: Option<&str>, password: Option<&str>) -> Bench {
        let mut bench = Bench::new();
        if let Some(on) = on {
            bench = bench.value(WINLOGON, SWITCH, RegistryData::Text(on.to_owned()));
        }
        if let Some(password) = password {
            bench = bench.value(WINLOGON, PASSWORD, RegistryData::Text(password.to_owned()));
        }
        bench
    }

    fn secret() -> (Question, Fact) {
        let key =
            RegistryKey { values: vec![], subkeys: vec!["CurrVal".to_owned()], truncated: false, last_written: 0 };
        (Question::RegistryKey(SECRET.to_owned()), Fact::RegistryKey(key))
    }

    /// The check's actions as (registry value, operation).
    fn actions(run: &Run) -> Vec<(&str, &str)> {
        run.actions
            .iter()
            .filter_map(|action| match &action.operation {
                Operation::SetRegistryValue(set) if set.key == WINLOGON => Some((set.name.as_str(), "set")),
                Operation::DeleteRegistryValue(delete) => Some((delete.name.as_str(), "delete")),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn switch_and_password_decide() {
        let off = (SWITCH, "set");
        let forget = (PASSWORD, "delete");
        for (on, password, grade, mended) in [
            (None, None, Grade::Passed, vec![]),
            (Some("0"), None, Grade::Passed, vec![]),
            (Some("0"), Some(""), Grade::Passed, vec![]),
            (Some("no"), None, Grade::Passed, vec![]),
            (Some("1"), None, Grade::NonCritical, vec![off]),
            (Some("1"), Some(""), Grade::NonCritical, vec![off]),
            (Some("1"), Some("s3cret"), Grade::Critical, vec![off, forget]),
            (Some("0"), Some("s3cret"), Grade::NonCritical, vec![forget]),
            (None, Some("s3cret"), Grade::NonCritical, vec![forget]),
        ] {
            let run = bench(on, password).run::<Os>();
            let finding = run.check(ID);
            assert_eq!(finding.grade, grade, "{on:?} {password:?}: {}", finding.summary);
            assert_eq!(actions(&run), mended, "{on:?} {password:?}");
            assert!(!finding.evidence.is_empty());
        }
    }

    /// The data of some types are not passed on, so they cannot be shown to be empty.
    #[test]
    fn a_password_of_any_type_lies_in_clear_text() {
        use RegistryData::{Binary, Dword, ExpandText, MultiText, Other};
        for (data, there) in [
            (RegistryData::None, true),
            (Other(8), true),
            (Dword(0), true),
            (Binary(vec![]), false),
            (Binary(vec![1]), true),
            (MultiText(vec![]), false),
            (MultiText(vec!["s3cret".to_owned()]), true),
            (ExpandText(String::new()), false),
        ] {
            let run = bench(Some("0"), None).value(WINLOGON, PASSWORD, data.clone()).run::<Os>();
            let grade = if there { Grade::NonCritical } else { Grade::Passed };
            assert_eq!(run.check(ID).grade, grade, "{data:?}: {}", run.check(ID).summary);
        }
    }

    #[test]
    fn the_password_is_in_no_finding_and_no_action() {
        let run = bench(Some("1"), Some("s3cret")).run::<Os>();
        for number in &run.check(ID).evidence {
            let (question, _) = &run.exchanges[*number as usize];
            assert!(!format!("{question:?}").contains(PASSWORD), "{question:?}");
        }
        let said = format!("{:?} {:?}", run.assessment, run.actions);
        assert!(!said.contains("s3cret"), "{said}");
    }

    #[test]
    fn a_secret_is_said_and_an_unreadable_one_too() {
        let (question, fact) = secret();
        let on = bench(Some("1"), None);
        for (bench, words) in [
            (on.clone().fact(question.clone(), fact), "stored as an LSA secret"),
            (on.clone().answer(question, Answer::Denied("policy".to_owned())), "could not be determined"),
            (on, "no password is stored"),
        ] {
            let run = bench.run::<Os>();
            let finding = run.check(ID);
            assert_eq!(finding.grade, Grade::NonCritical);
            assert!(finding.summary.contains(words), "{}", finding.summary);
        }
    }

    #[test]
    fn what_is_unread_is_never_passed_and_hides_no_password() {
        let damaged = Answer::Unreadable("damaged".to_owned());
        let value =
            |name: &str| Question::RegistryValue(RegistryValueName { key: WINLOGON.to_owned(), name: name.to_owned() });
        for (bench, grade) in [
            (Bench::new().unreadable_by_default("damaged"), Grade::UnableToScan),
            (bench(None, None).answer(value(SWITCH), damaged.clone()), Grade::UnableToScan),
            (bench(Some("1"), None).answer(value(PASSWORD), damaged.clone()), Grade::UnableToScan),
            (bench(None, Some("s3cret")).answer(value(SWITCH), damaged), Grade::Critical),
        ] {
            assert_eq!(bench.run::<Os>().check(ID).grade, grade);
        }
    }
}
