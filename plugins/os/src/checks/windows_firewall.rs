//! MBSA 178: whether Windows' own firewall protects every connection.
//!
//! Windows Firewall was introduced with XP Service Pack 2 and Server 2003 Service Pack 1 and has two profiles: domain and
//! standard. From Vista on the standard profile is split into private and public. A policy's value overrides the machine's.
//! Its predecessor, Internet Connection Firewall, keeps its settings for each connection in a database that is not read here.
//!
//! The firewall is on by default, except on Server 2003. It protects nothing unless its service starts automatically:
//! `SharedAccess`, or `MpsSvc` from Vista on.

mod ports;

use wardline_plugin::prelude::*;

use crate::release::{self, known_version};
use crate::wording::{listed, with_table};

/// The machine's own settings.
const MACHINE: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy";
/// The settings from policies.
const POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall";

const ENABLED: &str = "EnableFirewall";
/// Troubleshooting Windows Firewall settings in Windows XP Service Pack 2.
const ARTICLE: &str = "KB875357";

/// The settings for one kind of connection.
struct Profile {
    title: &'static str,
    /// Below [`MACHINE`].
    machine: &'static str,
    /// Below [`POLICY`], in order of precedence.
    policies: &'static [&'static str],
    /// The profile's name in the rules of Vista and later.
    rules: &'static str,
}

const DOMAIN: Profile =
    Profile { title: "in a domain", machine: "DomainProfile", policies: &["DomainProfile"], rules: "Domain" };

const SINCE_XP: &[Profile] = &[
    DOMAIN,
    Profile { title: "elsewhere", machine: "StandardProfile", policies: &["StandardProfile"], rules: "Private" },
];

/// Policies written for XP have a single profile for what later became private and public.
const SINCE_VISTA: &[Profile] = &[
    DOMAIN,
    Profile {
        title: "private",
        machine: "StandardProfile",
        policies: &["PrivateProfile", "StandardProfile"],
        rules: "Private",
    },
    Profile {
        title: "public",
        machine: "PublicProfile",
        policies: &["PublicProfile", "StandardProfile"],
        rules: "Public",
    },
];

/// The state of one profile, and where it is set.
struct State {
    on: bool,
    key: String,
    before: Option<RegistryData>,
    by: &'static str,
    /// Values of another type that would take precedence over it.
    wrong_types: Vec<RegistryData>,
}

pub(crate) struct WindowsFirewall;

impl Check for WindowsFirewall {
    const INFO: CheckInfo = CheckInfo::new("windows-firewall", "Windows firewall")
        .mbsa(178)
        .columns(&["Connections", "Firewall", "Set by", "Ports open to the network"])
        .explanation(
            "Without it anyone on the same network can reach every service of the machine, including those that nobody \
             knows about.",
        );
    const ASKS: &'static [Asks] = &[
        Asks::System,
        Asks::Services,
        // The profiles, with the rules of Vista and later next to them, and the lists of ports below the profiles.
        Asks::Registry(r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\*"),
        Asks::Registry(
            r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\*\GloballyOpenPorts\List",
        ),
        Asks::Registry(r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\*"),
        Asks::Registry(r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\*\GloballyOpenPorts\List"),
    ];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let evidence = cx.evidence;
        let system = evidence.system().await.required()?;
        let version = known_version(&system)?;
        if let Some(reason) = not_there(version, &system) {
            return Ok(Finding::not_performed(reason).because(&system));
        }
        let (profiles, service_name) =
            if version >= (6, 0) { (SINCE_VISTA, "MpsSvc") } else { (SINCE_XP, "SharedAccess") };
        let default = (version != (5, 2) || system.role == Role::Workstation, "Windows' default");

        let keys: Vec<String> = profiles.iter().flat_map(Profile::keys).collect();
        let values = join_all(keys.iter().map(|key| evidence.registry_value(key, ENABLED)));
        let open_ports = ports::open(evidence, version, profiles);
        let (values, service, open_ports) = join3(values, evidence.service(service_name), open_ports).await;
        let mut questions = Vec::new();
        let mut states = Vec::new();
        let mut values = keys.into_iter().zip(values);
        for profile in profiles {
            let of_profile: Vec<_> = values.by_ref().take(profile.policies.len() + 1).collect();
            states.push(state(of_profile, default, &mut questions)?);
        }
        let service = service.optional()?;
        let service_start = service.as_ref().map(|service| service.start);
        let start_is_unknown = service_start == Some(ServiceStart::Unknown);
        let hindered = match service_start {
            Some(ServiceStart::Boot | ServiceStart::System | ServiceStart::Automatic | ServiceStart::Unknown) => None,
            Some(ServiceStart::Manual) => Some(format!("its service {service_name} does not start automatically")),
            Some(ServiceStart::Disabled) => Some(format!("its service {service_name} is disabled")),
            None => Some(format!("its service {service_name} is missing")),
        };

        let off: Vec<&str> =
            profiles.iter().zip(&states).filter(|(_, state)| !state.on).map(|(profile, _)| profile.title).collect();
        // A profile that is off is off whether or not the service runs.
        if start_is_unknown && off.is_empty() {
            return Err(
                Unable::new(format!("The start type of the service {service_name} is not known.")).because(&service)
            );
        }
        let finding = match (&hindered, off.as_slice()) {
            (Some(hindered), _) => {
                Finding::non_critical(format!("Windows Firewall protects no connection: {hindered}."))
            }
            (None, []) => {
                let titles: Vec<&str> = profiles.iter().map(|profile| profile.title).collect();
                Finding::passed(format!("Windows Firewall is on for every connection: {}.", listed(&titles)))
            }
            (None, off) if off.len() == profiles.len() => {
                Finding::non_critical("Windows Firewall is off for every connection.")
            }
            (None, off) => {
                Finding::non_critical(format!("Windows Firewall is off for these connections: {}.", listed(off)))
            }
        };
        let rows = profiles.iter().zip(&states).zip(&open_ports).map(|((profile, state), ports)| {
            let guards = state.on && hindered.is_none();
            let shown = match (state.on, guards) {
                (true, true) if start_is_unknown => "on, but the start type of its service is not known",
                (true, true) => "on",
                (true, false) => "on, but its service does not run",
                (false, _) => "off",
            };
            let grade = match (guards, state.wrong_types.as_slice()) {
                (true, []) if !start_is_unknown => Grade::Passed,
                (true, _) => Grade::UnableToScan,
                (false, _) => Grade::NonCritical,
            };
            ([profile.title, shown, state.by, ports.as_str()].map(str::to_owned), grade)
        });
        let finding = with_table(finding, rows.collect()).because(&system).because(&service);
        let finding = states
            .iter()
            .flat_map(|state| &state.wrong_types)
            .fold(finding, |finding, data| finding.with_wrong_type(ENABLED, data, "REG_DWORD"));
        let mut finding = questions.iter().fold(finding, |finding, number| finding.because(number));
        if hindered.is_some() {
            finding = finding.mend(start(service_name, service_start));
        }
        let mut mended: Vec<&str> = Vec::new();
        for state in states.iter().filter(|state| !state.on) {
            // A policy for XP may apply to two profiles.
            if !mended.contains(&state.key.as_str()) {
                mended.push(&state.key);
                finding = finding.mend(turn_on(state));
            }
        }
        Ok(finding)
    }
}

/// Returns why there is nothing to judge. `None` if there is.
fn not_there(version: (u32, u32), system: &SystemInfo) -> Option<String> {
    match (version, system.service_pack) {
        ((..=4, _) | (5, 0), _) => Some(format!("{} has no firewall.", release::name(system))),
        ((5, 1), ..=1) | ((5, 2), 0) => Some(
            "Before XP Service Pack 2 and Server 2003 Service Pack 1, each connection has its own settings for \
             Internet Connection Firewall, in a database that is not read."
                .to_owned(),
        ),
        _ => None,
    }
}

impl Profile {
    /// Returns the keys that may hold its settings, in order of precedence; the machine's own is the last.
    fn keys(&self) -> Vec<String> {
        let policies = self.policies.iter().map(|policy| format!(r"{POLICY}\{policy}"));
        policies.chain([format!(r"{MACHINE}\{}", self.machine)]).collect()
    }
}

/// Returns the first value that is set; later ones may be unreadable. A value that is not a `REG_DWORD`, as required by
/// MS-GPFAS 2.2, does not count as set.
fn state(
    values: Vec<(String, Reply<RegistryData>)>,
    (default, by_default): (bool, &'static str),
    questions: &mut Vec<u32>,
) -> Result<State, Unable> {
    use wardline_plugin::evidence::Evident;
    let mut last = None;
    let mut wrong_types = Vec::new();
    for (key, reply) in values {
        questions.push(reply.question_number());
        let value = reply.optional()?.into_value();
        match value.as_ref().map(|data| (data, data.as_dword())) {
            Some((_, Some(number))) => {
                let by = if key.starts_with(POLICY) { "policy" } else { "this machine" };
                return Ok(State { on: number != 0, key, before: value, by, wrong_types });
            }
            Some((data, None)) => wrong_types.push(data.clone()),
            None => {}
        }
        last = Some((key, value));
    }
    let (key, before) = last.unwrap_or_default();
    Ok(State { on: default, key, before, by: by_default, wrong_types })
}

fn turn_on(state: &State) -> Remedy {
    let risk = if state.key.starts_with(POLICY) {
        "Programs that others reach over the network each need an exception. A domain policy sets its own value again, \
         so change it there."
    } else {
        "Programs that others reach over the network each need an exception."
    };
    Remedy::set_registry_value(&state.key, ENABLED, state.before.clone(), RegistryData::Dword(1))
        // The service reads it at startup.
        .restart(true)
        .risk(risk)
        .article(ARTICLE)
}

fn start(service: &str, before: Option<ServiceStart>) -> Remedy {
    let Some(before) = before else {
        return Remedy::manual(format!("Repair Windows: the firewall's service {service} is missing."))
            .article(ARTICLE);
    };
    Remedy::set_service_start(service, before, ServiceStart::Automatic)
        .restart(true)
        .risk("Programs that others reach over the network each need an exception.")
        .article(ARTICLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Os;
    use crate::checks::tests::actions_of;
    use crate::product::tests::machine;
    use wardline_plugin::testing::Bench;

    const ID: &str = WindowsFirewall::INFO.id;

    fn bench(version: &str, service_pack: u32, role: Role, start: ServiceStart) -> Bench {
        let name = if version.starts_with('5') { "SharedAccess" } else { "MpsSvc" };
        let service = ServiceInfo {
            name: name.to_owned(),
            display_name: None,
            start,
            account: None,
            image_path: None,
            driver: false,
        };
        Bench::new()
            .fact(Question::System, Fact::System(machine(version, 2600, service_pack, role, &[])))
            .fact(Question::Service(name.to_owned()), Fact::Service(service))
    }

    fn xp() -> Bench {
        bench("5.1", 2, Role::Workstation, ServiceStart::Automatic)
    }

    fn vista() -> Bench {
        bench("6.0", 2, Role::Workstation, ServiceStart::Automatic)
    }

    fn with(bench: Bench, values: &[(&str, &str, u32)]) -> Bench {
        values.iter().fold(bench, |bench, (root, profile, number)| {
            bench.value(&format!(r"{root}\{profile}"), ENABLED, RegistryData::Dword(*number))
        })
    }

    fn list(key: &str, values: &[(&str, &str)]) -> (Question, Fact) {
        let values = values
            .iter()
            .map(|(name, text)| RegistryValue {
                name: (*name).to_owned(),
                data: RegistryData::Text((*text).to_owned()),
            })
            .collect();
        let key_fact = RegistryKey { values, subkeys: vec![], truncated: false, last_written: 0 };
        (Question::RegistryKey(key.to_owned()), Fact::RegistryKey(key_fact))
    }

    #[test]
    fn every_profile_has_to_be_on_and_policy_stands_first() {
        use Grade::{NonCritical, Passed};
        for (bench, values, grade, mended) in [
            (xp(), &[][..], Passed, 0),
            (xp(), &[(MACHINE, "StandardProfile", 1), (MACHINE, "DomainProfile", 1)], Passed, 0),
            (xp(), &[(MACHINE, "StandardProfile", 0)], NonCritical, 1),
            (xp(), &[(MACHINE, "StandardProfile", 0), (POLICY, "StandardProfile", 1)], Passed, 0),
            (xp(), &[(MACHINE, "DomainProfile", 1), (POLICY, "DomainProfile", 0)], NonCritical, 1),
            (xp(), &[(MACHINE, "PublicProfile", 0)], Passed, 0),
            (vista(), &[], Passed, 0),
            (vista(), &[(MACHINE, "PublicProfile", 0)], NonCritical, 1),
            (vista(), &[(POLICY, "StandardProfile", 0)], NonCritical, 1),
            (vista(), &[(POLICY, "StandardProfile", 0), (POLICY, "PrivateProfile", 1)], NonCritical, 1),
            (vista(), &[(MACHINE, "DomainProfile", 0), (MACHINE, "PublicProfile", 0)], NonCritical, 2),
        ] {
            let run = with(bench, values).run::<Os>();
            let finding = run.check(ID);
            assert_eq!(finding.grade, grade, "{values:?}: {}", finding.summary);
            let actions = actions_of(&run, ID);
            assert_eq!(actions.len(), mended, "{values:?}");
            for action in actions {
                let (Operation::SetRegistryValue(set), [undo]) = (&action.operation, action.undo.as_slice()) else {
                    panic!("{action:?}")
                };
                assert_eq!(set.after, RegistryData::Dword(1));
                assert!(matches!(undo, Operation::SetRegistryValue(undo) if Some(&undo.after) == set.before.as_ref()));
                assert!(
                    values
                        .iter()
                        .any(|(root, profile, number)| *number == 0 && set.key == format!(r"{root}\{profile}"))
                );
            }
        }
    }

    #[test]
    fn versions_without_it_are_not_judged() {
        use Role::{Server, Workstation};
        for (version, service_pack, role, grade) in [
            ("4.0", 6, Server, Grade::NotPerformed),
            ("5.0", 4, Server, Grade::NotPerformed),
            ("5.1", 1, Workstation, Grade::NotPerformed),
            ("5.1", 2, Workstation, Grade::Passed),
            ("5.2", 0, Server, Grade::NotPerformed),
            ("5.2", 1, Server, Grade::NonCritical),
            ("5.2", 2, Workstation, Grade::Passed),
            ("10.0", 0, Server, Grade::Passed),
            ("?", 0, Server, Grade::UnableToScan),
        ] {
            let run = bench(version, service_pack, role, ServiceStart::Automatic).run::<Os>();
            assert_eq!(run.check(ID).grade, grade, "{version} {service_pack}: {}", run.check(ID).summary);
        }
    }

    #[test]
    fn without_its_service_it_guards_nothing() {
        for (start, grade) in [
            (ServiceStart::Automatic, Grade::Passed),
            (ServiceStart::Manual, Grade::NonCritical),
            (ServiceStart::Disabled, Grade::NonCritical),
            (ServiceStart::Unknown, Grade::UnableToScan),
        ] {
            let run = bench("5.1", 2, Role::Workstation, start).run::<Os>();
            assert_eq!(run.check(ID).grade, grade, "{start:?}: {}", run.check(ID).summary);
            let set = actions_of(&run, ID).into_iter().find_map(|action| match &action.operation {
                Operation::SetServiceStart(set) => Some((set.before, set.after)),
                _ => None,
            });
            assert_eq!(set, (grade == Grade::NonCritical).then_some((start, ServiceStart::Automatic)));
        }
        let absent = xp().answer(Question::Service("SharedAccess".to_owned()), Answer::Absent);
        assert_eq!(absent.run::<Os>().check(ID).grade, Grade::NonCritical);
    }

    #[test]
    fn what_is_off_is_off_however_its_service_starts() {
        let unknown = bench("5.1", 2, Role::Workstation, ServiceStart::Unknown);
        let run = with(unknown, &[(MACHINE, "StandardProfile", 0)]).run::<Os>();
        let finding = run.check(ID);
        assert_eq!(finding.grade, Grade::NonCritical, "{}", finding.summary);
        let has = |grade| finding.rows.iter().any(|row| row.grade == grade);
        assert!(has(Grade::NonCritical) && has(Grade::UnableToScan) && !has(Grade::Passed), "{:?}", finding.rows);
    }

    #[test]
    fn open_ports_are_listed() {
        let (machine, fact) = list(
            &format!(r"{MACHINE}\StandardProfile\GloballyOpenPorts\List"),
            &[
                ("3389:TCP", "3389:TCP:*:Enabled:@xpsp2res.dll,-22009"),
                ("445:TCP", "445:TCP:LocalSubNet:Enabled:@xpsp2res.dll,-22005"),
                ("137:UDP", "137:UDP:*:Disabled:@xpsp2res.dll,-22001"),
                ("odd", "nonsense"),
            ],
        );
        let run = xp().fact(machine, fact).run::<Os>();
        let cells: Vec<_> = run.check(ID).rows.iter().map(|row| row.cells[3].as_str()).collect();
        assert_eq!(cells, ["none", "3389/TCP, 445/TCP from LocalSubNet"]);

        let (rules, fact) = list(
            &format!(r"{MACHINE}\FirewallRules"),
            &[
                ("a", "v2.0|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Public|LPort=3389|"),
                ("b", "v2.0|Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=161|"),
                ("c", "v2.0|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|App=C:\\x.exe|"),
                ("d", "v2.0|Action=Allow|Active=FALSE|Dir=In|Protocol=6|LPort=81|"),
                ("e", "v2.0|Action=Block|Active=TRUE|Dir=In|Protocol=6|LPort=82|"),
                ("f", "v2.0|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|LPort=83|"),
                ("g", "v2.0|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=RPC|"),
            ],
        );
        let run = vista().fact(rules, fact).run::<Os>();
        let cells: Vec<_> = run.check(ID).rows.iter().map(|row| row.cells[3].as_str()).collect();
        assert_eq!(cells, ["161/UDP", "161/UDP", "3389/TCP, 161/UDP"]);
    }

    #[test]
    fn unread_settings_are_never_passed_and_unread_ports_are_said() {
        let system = Fact::System(machine("5.1", 2600, 2, Role::Workstation, &[]));
        let unread = Bench::new().unreadable_by_default("damaged").fact(Question::System, system);
        assert_eq!(unread.run::<Os>().check(ID).grade, Grade::UnableToScan);
        let key = format!(r"{MACHINE}\StandardProfile");
        let value = Question::RegistryValue(RegistryValueName { key: key.clone(), name: ENABLED.to_owned() });
        let unreadable = || Answer::Unreadable("damaged".to_owned());
        assert_eq!(xp().answer(value, unreadable()).run::<Os>().check(ID).grade, Grade::UnableToScan);
        let ports = Question::RegistryKey(format!(r"{key}\GloballyOpenPorts\List"));
        let run = xp().answer(ports, unreadable()).run::<Os>();
        assert_eq!(run.check(ID).grade, Grade::Passed);
        assert_eq!(run.check(ID).rows[1].cells[3], "could not be read");
    }
}
