//! MBSA 179: whether the machine downloads and installs updates automatically.
//!
//! Policy overrides the machine's own settings (KB328010): `NoAutoUpdate` 1 turns it off; `AUOptions` 2 notifies before it
//! downloads, 3 before it installs, 4 installs on a schedule, 5 lets the administrator choose, and 7 notifies before it
//! installs and restarts. The machine's own `AUOptions` is 1 for off, and 2 to 4. The defaults differ:
//! - up to Windows 8.1 nothing happens until an option is chosen;
//! - Windows 10 and 11 install automatically, Server 2016 and later download and notify.
//!
//! All of these values are `REG_DWORD`s (KB328010). One of another type is treated as absent; a machine that would then pass
//! is unable to scan instead.
//!
//! NT 4 has no Automatic Updates; Windows 2000 received it with Service Pack 3, or as an earlier download.

use wardline_plugin::prelude::*;

use crate::release::{self, known_version};

const LOCAL: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update";
const POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU";

const OPTIONS: &str = "AUOptions";
const OFF: &str = "NoAutoUpdate";
const OWN_SERVER: &str = "UseWUServer";
const SERVICE: &str = "wuauserv";
/// How to configure Automatic Updates by Group Policy or registry settings.
const ARTICLE: &str = "KB328010";
const INSTALL: u32 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Off,
    /// No option has been chosen yet, and nothing happens until then.
    NotConfigured,
    TellsBeforeDownload,
    TellsBeforeInstallation,
    Installs,
}

/// The setting that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    PolicyOff,
    PolicyOptions,
    Machine,
    Default,
}

impl Mode {
    fn of_options(number: u32) -> Option<Mode> {
        match number {
            1 => Some(Mode::Off),
            2 => Some(Mode::TellsBeforeDownload),
            3 | 7 => Some(Mode::TellsBeforeInstallation),
            4 => Some(Mode::Installs),
            _ => None,
        }
    }

    fn shown(self) -> &'static str {
        match self {
            Mode::Off => "off",
            Mode::NotConfigured => "not configured",
            Mode::TellsBeforeDownload => "notifies before it downloads",
            Mode::TellsBeforeInstallation => "downloads, and notifies before it installs",
            Mode::Installs => "installs automatically",
        }
    }
}

pub(crate) struct AutomaticUpdates;

impl Check for AutomaticUpdates {
    const INFO: CheckInfo = CheckInfo::new("automatic-updates", "Automatic updates")
        .mbsa(179)
        .columns(&["Automatic Updates", "Set by", "From"])
        .explanation(
            "Vulnerabilities are exploited soon after their updates are published; a machine that waits for someone to \
             install them is exposed longer.",
        );
    const ASKS: &'static [Asks] = &[Asks::System, Asks::Services, Asks::Registry(LOCAL), Asks::Registry(POLICY)];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let evidence = cx.evidence;
        let system = evidence.system().await.required()?;
        let version = known_version(&system)?;
        if version < (5, 0) {
            return Ok(Finding::not_performed(format!("{} has no Automatic Updates.", release::name(&system)))
                .because(&system));
        }
        let (policy_off, policy, (local, own_server, service)) = join3(
            evidence.registry_value(POLICY, OFF),
            evidence.registry_value(POLICY, OPTIONS),
            join3(
                evidence.registry_value(LOCAL, OPTIONS),
                evidence.registry_value(POLICY, OWN_SERVER),
                evidence.service(SERVICE),
            ),
        )
        .await;
        let (policy_off, policy, service) = (policy_off.optional()?, policy.optional()?, service.optional()?);

        let number = |data: Option<&RegistryData>| data.and_then(RegistryDataExt::as_dword);
        let (mode, place) = if number(policy_off.as_ref()) == Some(1) {
            (Mode::Off, Place::PolicyOff)
        } else if let Some(mode) = number(policy.as_ref()).and_then(Mode::of_options).filter(|mode| *mode != Mode::Off)
        {
            (mode, Place::PolicyOptions)
        } else {
            let local = local.clone().optional()?;
            match number(local.as_ref()).and_then(Mode::of_options) {
                Some(mode) => (mode, Place::Machine),
                None => (default_mode(version, system.role), Place::Default),
            }
        };
        if version == (5, 0) && system.service_pack < 3 && service.is_none() && place == Place::Default {
            return Ok(Finding::not_performed(
                "Automatic Updates came with Service Pack 3 of Windows 2000, and is not installed.",
            )
            .because(&system)
            .because(&service));
        }

        let by = match place {
            Place::PolicyOff | Place::PolicyOptions => "policy",
            Place::Machine => "this machine",
            Place::Default => "not set",
        };
        let managed = if by == "policy" { " It is managed by policy." } else { "" };
        let from = match own_server.optional().map(|value| value.as_ref().map(RegistryDataExt::as_dword)) {
            Ok(Some(Some(1))) => "the organization's server",
            Ok(None | Some(Some(_))) => "Windows Update",
            Ok(Some(None)) | Err(_) => "an unknown server",
        };
        let start = service.as_ref().map(|service| service.start);
        let hindered = match start {
            None => Some(format!("its service {SERVICE} is missing")),
            Some(ServiceStart::Disabled) => Some(format!("its service {SERVICE} is disabled")),
            Some(_) => None,
        };
        let finding = match (&hindered, mode) {
            (Some(hindered), _) => {
                Finding::non_critical(format!("Automatic Updates does not run: {hindered}.{managed}"))
            }
            (None, Mode::Off) => Finding::non_critical(format!("Automatic Updates is off.{managed}")),
            (None, Mode::NotConfigured) => Finding::non_critical(
                "Automatic Updates is not configured, and does nothing until an option is chosen.",
            ),
            (None, Mode::TellsBeforeDownload | Mode::TellsBeforeInstallation) => Finding::best_practice(format!(
                "Automatic Updates does not install updates automatically: it {}.{managed}",
                mode.shown()
            )),
            (None, Mode::Installs) => Finding::passed(format!(
                "Automatic Updates is set to install updates from {from} automatically.{managed}"
            )),
        };
        let fails = hindered.is_some() || mode != Mode::Installs;
        let grade = match (&hindered, mode) {
            (Some(_), _) | (None, Mode::Off | Mode::NotConfigured) => Grade::NonCritical,
            (None, Mode::Installs) => Grade::Passed,
            (None, _) => Grade::BestPractice,
        };
        let shown = match &hindered {
            Some(hindered) => format!("{}, but {hindered}", mode.shown()),
            None => mode.shown().to_owned(),
        };
        let mut finding = finding
            .row([shown.as_str(), by, from], grade)
            .because(&system)
            .because(&policy_off)
            .because(&policy)
            .because(&service);
        let mut asked = vec![(OFF, policy_off.as_ref())];
        if place != Place::PolicyOff {
            asked.push((OPTIONS, policy.as_ref()));
        }
        if matches!(place, Place::Machine | Place::Default) {
            finding = finding.because(&local);
            asked.push((OPTIONS, local.known()));
        }
        for (name, data) in asked {
            if let Some(data) = data.filter(|data| data.as_dword().is_none()) {
                finding = finding.with_wrong_type(name, data, "REG_DWORD");
            }
        }
        if start == Some(ServiceStart::Unknown) && !fails {
            let reason = format!(
                "Automatic Updates is set to install updates, but the start type of its service {SERVICE} is not known."
            );
            return Err(Unable::new(reason).because(&service));
        }
        if !fails {
            return Ok(finding);
        }
        match start {
            None => finding = finding.mend(reinstall()),
            Some(ServiceStart::Disabled) => {
                let start = if version >= (10, 0) { ServiceStart::Manual } else { ServiceStart::Automatic };
                finding = finding.mend(
                    Remedy::set_service_start(SERVICE, ServiceStart::Disabled, start)
                        .restart(true)
                        .risk("The service contacts Microsoft or the organization's server for updates.")
                        .article(ARTICLE),
                );
            }
            Some(_) => {}
        }
        let remedy = match place {
            _ if mode == Mode::Installs => None,
            Place::PolicyOff => Some((POLICY, OFF, policy_off.into_value(), 0)),
            Place::PolicyOptions => Some((POLICY, OPTIONS, policy.into_value(), INSTALL)),
            Place::Machine | Place::Default => Some((LOCAL, OPTIONS, local.known().cloned(), INSTALL)),
        };
        Ok(match remedy {
            Some((key, name, before, after)) => finding.mend(set(key, name, before, after)),
            None => finding,
        })
    }
}

fn default_mode(version: (u32, u32), role: Role) -> Mode {
    match (version >= (10, 0), role) {
        (true, Role::Workstation) => Mode::Installs,
        (true, _) => Mode::TellsBeforeInstallation,
        (false, _) => Mode::NotConfigured,
    }
}

fn set(key: &str, name: &str, before: Option<RegistryData>, after: u32) -> Remedy {
    let risk = if key == POLICY {
        "Updates are installed and the machine restarts on schedule. A domain policy sets its own value again, so change \
         it there."
    } else {
        "Updates are installed and the machine restarts on schedule."
    };
    Remedy::set_registry_value(key, name, before, RegistryData::Dword(after)).risk(risk).article(ARTICLE)
}

fn reinstall() -> Remedy {
    Remedy::manual(format!("Reinstall Automatic Updates; its service {SERVICE} is missing.")).article(ARTICLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Os;
    use crate::checks::tests::actions_of;
    use crate::product::tests::machine;
    use wardline_plugin::testing::Bench;

    const ID: &str = AutomaticUpdates::INFO.id;

    fn service(start: ServiceStart) -> Fact {
        Fact::Service(ServiceInfo {
            name: SERVICE.to_owned(),
            display_name: None,
            start,
            account: None,
            image_path: None,
            driver: false,
        })
    }

    fn bench(version: &str, service_pack: u32, role: Role) -> Bench {
        let system = machine(version, 2600, service_pack, role, &[]);
        Bench::new()
            .fact(Question::System, Fact::System(system))
            .fact(Question::Service(SERVICE.to_owned()), service(ServiceStart::Automatic))
    }

    fn with(bench: Bench, values: &[(&str, &str, u32)]) -> Bench {
        values.iter().fold(bench, |bench, (key, name, number)| bench.value(key, name, RegistryData::Dword(*number)))
    }

    /// The check's registry changes as (key, name, value).
    fn set_values(actions: &[&Action]) -> Vec<(String, String, RegistryData)> {
        let set = actions.iter().filter_map(|action| match &action.operation {
            Operation::SetRegistryValue(set) => Some((set.key.clone(), set.name.clone(), set.after.clone())),
            _ => None,
        });
        set.collect()
    }

    #[test]
    fn policy_stands_before_the_machine() {
        use Grade::{BestPractice, NonCritical, Passed};
        let local = Some((LOCAL, OPTIONS, 4));
        let policy = Some((POLICY, OPTIONS, 4));
        for (values, grade, mended) in [
            (&[(LOCAL, OPTIONS, 4)][..], Passed, None),
            (&[(LOCAL, OPTIONS, 3)], BestPractice, local),
            (&[(LOCAL, OPTIONS, 2)], BestPractice, local),
            (&[(LOCAL, OPTIONS, 1)], NonCritical, local),
            (&[(LOCAL, OPTIONS, 0)], NonCritical, local),
            (&[], NonCritical, local),
            (&[(POLICY, OPTIONS, 4), (LOCAL, OPTIONS, 1)], Passed, None),
            (&[(POLICY, OPTIONS, 3), (LOCAL, OPTIONS, 4)], BestPractice, policy),
            (&[(POLICY, OPTIONS, 5), (LOCAL, OPTIONS, 4)], Passed, None),
            (&[(POLICY, OPTIONS, 5), (LOCAL, OPTIONS, 2)], BestPractice, local),
            (&[(POLICY, OFF, 0), (POLICY, OPTIONS, 4)], Passed, None),
            (&[(POLICY, OFF, 1), (POLICY, OPTIONS, 4), (LOCAL, OPTIONS, 4)], NonCritical, Some((POLICY, OFF, 0))),
        ] {
            let run = with(bench("5.1", 2, Role::Workstation), values).run::<Os>();
            let finding = run.check(ID);
            assert_eq!(finding.grade, grade, "{values:?}: {}", finding.summary);
            let by_policy = finding.summary.contains("managed by policy");
            assert_eq!(by_policy, finding.rows[0].cells[1] == "policy", "{}", finding.summary);
            let expected: Vec<_> = mended
                .iter()
                .map(|&(key, name, after)| (key.to_owned(), name.to_owned(), RegistryData::Dword(after)))
                .collect();
            assert_eq!(set_values(&actions_of(&run, ID)), expected, "{values:?}");
        }
    }

    #[test]
    fn versions_differ_where_nothing_is_set() {
        use Role::{Server, Workstation};
        for (version, service_pack, role, grade) in [
            ("4.0", 6, Server, Grade::NotPerformed),
            ("5.0", 4, Server, Grade::NonCritical),
            ("5.2", 1, Server, Grade::NonCritical),
            ("6.1", 1, Workstation, Grade::NonCritical),
            ("10.0", 0, Workstation, Grade::Passed),
            ("10.0", 0, Server, Grade::BestPractice),
            ("?", 0, Server, Grade::UnableToScan),
        ] {
            let run = bench(version, service_pack, role).run::<Os>();
            assert_eq!(run.check(ID).grade, grade, "{version}: {}", run.check(ID).summary);
        }
    }

    #[test]
    fn windows_2000_has_it_from_service_pack_3_or_by_download() {
        let absent = |service_pack| {
            bench("5.0", service_pack, Role::Server).answer(Question::Service(SERVICE.to_owned()), Answer::Absent)
        };
        assert_eq!(absent(2).run::<Os>().check(ID).grade, Grade::NotPerformed);
        assert_eq!(absent(3).run::<Os>().check(ID).grade, Grade::NonCritical);
        let downloaded = with(bench("5.0", 2, Role::Server), &[(LOCAL, OPTIONS, 4)]);
        assert_eq!(downloaded.run::<Os>().check(ID).grade, Grade::Passed);
    }

    #[test]
    fn a_disabled_service_hinders_and_is_enabled_again() {
        for (version, start) in [("5.1", ServiceStart::Automatic), ("10.0", ServiceStart::Manual)] {
            let run = with(bench(version, 2, Role::Workstation), &[(LOCAL, OPTIONS, 4)])
                .fact(Question::Service(SERVICE.to_owned()), service(ServiceStart::Disabled))
                .run::<Os>();
            assert_eq!(run.check(ID).grade, Grade::NonCritical, "{}", run.check(ID).summary);
            let actions = actions_of(&run, ID);
            let [Action { operation: Operation::SetServiceStart(set), undo, .. }] = actions.as_slice() else {
                panic!("{actions:?}")
            };
            assert_eq!((set.before, set.after, undo.len()), (ServiceStart::Disabled, start, 1));
        }
    }

    /// A `Start` of another type, or an absent one, is not known: the service may be disabled.
    #[test]
    fn a_service_whose_start_is_not_known_may_not_run() {
        for (number, grade) in
            [(1, Grade::NonCritical), (2, Grade::BestPractice), (3, Grade::BestPractice), (4, Grade::UnableToScan)]
        {
            let run = with(bench("5.1", 2, Role::Workstation), &[(LOCAL, OPTIONS, number)])
                .fact(Question::Service(SERVICE.to_owned()), service(ServiceStart::Unknown))
                .run::<Os>();
            let finding = run.check(ID);
            assert_eq!(finding.grade, grade, "AUOptions {number}: {}", finding.summary);
            let starts_are_set =
                run.actions.iter().any(|action| matches!(action.operation, Operation::SetServiceStart(_)));
            assert!(!starts_are_set, "AUOptions {number}");
        }
    }

    #[test]
    fn where_a_policy_decides_the_machine_s_own_value_is_no_evidence() {
        let own = RegistryValueName { key: LOCAL.to_owned(), name: OPTIONS.to_owned() };
        let bench = with(bench("5.1", 2, Role::Workstation), &[(POLICY, OPTIONS, 4)]);
        let bench = bench.answer(Question::RegistryValue(own.clone()), Answer::Unreadable("damaged".to_owned()));
        let run = bench.run::<Os>();
        assert_eq!(run.check(ID).grade, Grade::Passed);
        let mut named = run.check(ID).evidence.iter().map(|number| &run.exchanges[*number as usize].0);
        assert!(!named.any(|question| *question == Question::RegistryValue(own.clone())));
    }

    #[test]
    fn what_is_unread_is_never_passed() {
        let system = Fact::System(machine("5.1", 2600, 2, Role::Workstation, &[]));
        let unread = Bench::new().unreadable_by_default("damaged").fact(Question::System, system);
        assert_eq!(unread.run::<Os>().check(ID).grade, Grade::UnableToScan);
        let value = |key: &str, name: &str| {
            Question::RegistryValue(RegistryValueName { key: key.to_owned(), name: name.to_owned() })
        };
        let good = with(bench("5.1", 2, Role::Workstation), &[(LOCAL, OPTIONS, 4)]);
        for question in
            [value(POLICY, OFF), value(POLICY, OPTIONS), value(LOCAL, OPTIONS), Question::Service(SERVICE.to_owned())]
        {
            let run = good.clone().answer(question.clone(), Answer::Unreadable("damaged".to_owned())).run::<Os>();
            assert_eq!(run.check(ID).grade, Grade::UnableToScan, "{question:?}");
        }
    }
}
