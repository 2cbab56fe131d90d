//! MBSA 123: enabled services that few machines need.
//!
//! Every service that is not disabled counts as enabled: an intruder can also start a service whose start type is manual.
//! MBSA's list is the file Services.txt; here it is a setting.

use wardline_plugin::evidence::why_unknown;
use wardline_plugin::prelude::*;

use crate::wording::{counted, listed, with_remedies, with_table};

const UNNEEDED: Setting<&[&str]> = Setting::new(
    "unneeded-services",
    "Short names of the services that should be disabled.",
    &["MSFTPSVC", "TlntSvr", "W3SVC", "SMTPSVC"],
);

/// Guidance on disabling system services.
const ARTICLE: &str = "https://learn.microsoft.com/windows-server/security/windows-services/\
                       security-guidelines-for-disabling-system-services-in-windows-server";

/// The maximum number of services to ask about, whatever the length of the operator's list.
const MAX_SERVICES: usize = 1000;

pub(crate) struct Services;

impl Check for Services {
    const INFO: CheckInfo =
        CheckInfo::new("services", "Services").mbsa(123).columns(&["Service", "Name", "Start", "Account"]).explanation(
            "A service that is not needed only adds vulnerabilities; those on the list can be reached over the \
             network.",
        );
    const ASKS: &'static [Asks] = &[Asks::Services];
    const SETTINGS: &'static [&'static dyn DeclaredSetting] = &[&UNNEEDED];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let mut wanted: Vec<&str> = Vec::new();
        for name in cx.setting(UNNEEDED)? {
            if !wanted.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                wanted.push(name);
            }
        }
        if wanted.is_empty() {
            return Ok(Finding::not_performed(format!("The setting {} names no service.", UNNEEDED.name)));
        }
        if wanted.len() > MAX_SERVICES {
            return Err(Unable::new(format!("The setting {} names more than {MAX_SERVICES} services.", UNNEEDED.name)));
        }
        let replies =
            cx.evidence.ask_all(wanted.iter().map(|&name| Question::Service(name.to_owned())).collect()).await;
        let mut enabled = Vec::new();
        let mut disabled = 0;
        let mut absent = 0;
        let mut unknown = Vec::new();
        let mut reason = None;
        let mut rows = Vec::new();
        for (&name, answer) in wanted.iter().zip(&replies.answers) {
            match answer {
                Answer::Known(Fact::Service(service)) => {
                    let grade = match service.start {
                        ServiceStart::Disabled => {
                            disabled += 1;
                            Grade::Passed
                        }
                        ServiceStart::Unknown => {
                            unknown.push(name);
                            Grade::UnableToScan
                        }
                        _ => {
                            enabled.push(service);
                            Grade::BestPractice
                        }
                    };
                    rows.push((cells(service), grade));
                }
                Answer::Absent => absent += 1,
                other => {
                    unknown.push(name);
                    reason.get_or_insert(why_unknown(other).unwrap_or("the answer does not fit the question"));
                    rows.push(([name, name, "could not be read", ""].map(str::to_owned), Grade::UnableToScan));
                }
            }
        }
        let not_told = if unknown.is_empty() {
            String::new()
        } else {
            format!(" The start type of {} could not be determined.", listed(&unknown))
        };
        let finding = if !enabled.is_empty() {
            let names: Vec<&str> = enabled.iter().map(|service| title(service)).collect();
            let are = if names.len() == 1 { "is" } else { "are" };
            Finding::best_practice(format!(
                "{} that may not be needed {are} enabled: {}.{not_told}",
                counted(names.len(), "service"),
                listed(&names)
            ))
        } else if !unknown.is_empty() {
            Finding::new(
                Grade::UnableToScan,
                format!(
                    "Whether {} can start could not be determined: {}.",
                    listed(&unknown),
                    reason.unwrap_or("its start type is not known")
                ),
            )
        } else {
            Finding::passed(format!(
                "None of {} that may not be needed is enabled: {absent} not installed, {disabled} disabled.",
                counted(wanted.len(), "service")
            ))
        };
        let finding = (replies.first..).take(wanted.len()).fold(finding, |finding, number| finding.because(&number));
        Ok(with_remedies(with_table(finding, rows), enabled.into_iter().map(disable)))
    }
}

fn title(service: &ServiceInfo) -> &str {
    // From Vista on the name may be a reference into a library, which means nothing to people.
    service.display_name.as_deref().filter(|name| !name.starts_with('@')).unwrap_or(&service.name)
}

fn cells(service: &ServiceInfo) -> [String; 4] {
    let start = match service.start {
        ServiceStart::Boot => "boot",
        ServiceStart::System => "system",
        ServiceStart::Automatic => "automatic",
        ServiceStart::Manual => "manual",
        ServiceStart::Disabled => "disabled",
        ServiceStart::Unknown => "not known",
    };
    [title(service), &service.name, start, service.account.as_deref().unwrap_or_default()].map(str::to_owned)
}

fn disable(service: &ServiceInfo) -> Remedy {
    Remedy::set_service_start(service.name.clone(), service.start, ServiceStart::Disabled)
        // A running service keeps running until it is stopped or the machine restarts.
        .restart(true)
        .risk("Its features are no longer available, and services that depend on it do not start either.")
        .article(ARTICLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Os;
    use crate::checks::tests::actions_of;
    use wardline_plugin::testing::Bench;

    const ID: &str = Services::INFO.id;

    fn service(name: &str, start: ServiceStart) -> (Question, Fact) {
        let info = ServiceInfo {
            name: name.to_owned(),
            display_name: None,
            start,
            account: Some("LocalSystem".to_owned()),
            image_path: None,
            driver: false,
        };
        (Question::Service(name.to_owned()), Fact::Service(info))
    }

    fn bench(services: &[(&str, ServiceStart)]) -> Bench {
        services.iter().fold(Bench::new(), |bench, (name, start)| {
            let (question, fact) = service(name, *start);
            bench.fact(question, fact)
        })
    }

    #[test]
    fn what_is_not_disabled_is_enabled() {
        use ServiceStart::{Automatic, Disabled, Manual, Unknown};
        for (services, grade) in [
            (&[][..], Grade::Passed),
            (&[("TlntSvr", Disabled)], Grade::Passed),
            (&[("Spooler", Automatic)], Grade::Passed),
            (&[("TlntSvr", Manual)], Grade::BestPractice),
            (&[("W3SVC", Automatic), ("TlntSvr", Disabled)], Grade::BestPractice),
            (&[("W3SVC", Automatic), ("TlntSvr", Unknown)], Grade::BestPractice),
            (&[("TlntSvr", Unknown)], Grade::UnableToScan),
        ] {
            let run = bench(services).run::<Os>();
            let finding = run.check(ID);
            assert_eq!(finding.grade, grade, "{services:?}: {}", finding.summary);
            assert_eq!(finding.evidence.len(), UNNEEDED.default.len());
        }
    }

    #[test]
    fn each_enabled_service_can_be_disabled_and_enabled_again() {
        let run = bench(&[("W3SVC", ServiceStart::Automatic), ("TlntSvr", ServiceStart::Manual)]).run::<Os>();
        let set = |operation: &Operation| match operation {
            Operation::SetServiceStart(set) => Some((set.service.clone(), set.before, set.after)),
            _ => None,
        };
        let actions = actions_of(&run, ID);
        let done: Vec<_> = actions.iter().filter_map(|action| set(&action.operation)).collect();
        use ServiceStart::{Automatic, Disabled, Manual};
        assert_eq!(done, [("TlntSvr".to_owned(), Manual, Disabled), ("W3SVC".to_owned(), Automatic, Disabled)]);
        let undone: Vec<_> = actions.iter().flat_map(|action| &action.undo).filter_map(set).collect();
        assert_eq!(undone, [("TlntSvr".to_owned(), Disabled, Manual), ("W3SVC".to_owned(), Disabled, Automatic)]);
    }

    #[test]
    fn the_operator_names_the_services() {
        let texts = |names: &[&str]| SettingValue::Texts(names.iter().map(|&name| name.to_owned()).collect());
        for (setting, grade) in [
            (texts(&["spooler", "Spooler", " "]), Grade::BestPractice),
            (texts(&["TlntSvr"]), Grade::Passed),
            (texts(&[]), Grade::NotPerformed),
            (SettingValue::Text("Spooler".to_owned()), Grade::UnableToScan),
        ] {
            let run =
                bench(&[("Spooler", ServiceStart::Automatic)]).setting(UNNEEDED.name, setting.clone()).run::<Os>();
            assert_eq!(run.check(ID).grade, grade, "{setting:?}: {}", run.check(ID).summary);
            assert!(run.check(ID).rows.len() <= 1);
        }
    }

    #[test]
    fn unread_services_are_never_passed() {
        let run = Bench::new().unreadable_by_default("damaged").run::<Os>();
        assert_eq!(run.check(ID).grade, Grade::UnableToScan);
        let (question, fact) = service("W3SVC", ServiceStart::Automatic);
        let run = Bench::new().unreadable_by_default("damaged").fact(question, fact).run::<Os>();
        assert_eq!(run.check(ID).grade, Grade::BestPractice);
    }
}
