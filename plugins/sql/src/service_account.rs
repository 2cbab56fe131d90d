//! Check 218: the rights of an instance's services.

use wardline_plugin::accounts::{ADMINISTRATORS, lacks_built_in_administrator, machine_sid};
use wardline_plugin::prelude::*;
use wardline_plugin::words;

use crate::account::{ALL_SERVICES, OF_ONE_SERVICE, ServiceAccount, is_same_name};
use crate::examined::Examined;
use crate::instances::Instance;

/// The groups in the token of every service, whichever account it runs as: Everyone, LOCAL, SERVICE, Authenticated Users,
/// This Organization. See "Security identifiers" at
/// learn.microsoft.com/windows-server/identity/ad-ds/manage/understand-security-identifiers.
const OF_EVERY_SERVICE: [&str; 5] = ["S-1-1-0", "S-1-2-0", "S-1-5-6", "S-1-5-11", "S-1-5-15"];
/// `NT AUTHORITY\Local account`.
const LOCAL_ACCOUNTS: &str = "S-1-5-113";

/// The verdict on a service's account.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    LocalSystem,
    Administrator,
    /// Without an administrator's rights, and why.
    Ordinary(&'static str),
    /// Not known, and why.
    Unknown(&'static str),
}

pub(crate) struct ServiceAccounts;

impl Check<Examined> for ServiceAccounts {
    const INFO: CheckInfo = CheckInfo::new("service-account", "Service accounts")
        .mbsa(218)
        .columns(&["Service", "Account", "Finding"])
        .explanation(
            "Anyone who breaks into a server can do what its account can do. A service needs no administrator rights.",
        );
    const ASKS: &'static [Asks] = &[Asks::Services, Asks::Groups];

    /// Fails if a service runs as LocalSystem, or as a member of Administrators or Domain Admins: MBSA grades both as
    /// non-critical.
    async fn run(cx: Context<'_, Examined>) -> Result<Finding, Unable> {
        let Context { evidence, subject: Examined { instance, system, .. }, .. } = cx;
        let (engine, agent, groups) = join3(
            evidence.service(instance.engine_service()),
            evidence.service(instance.agent_service()),
            evidence.groups(),
        )
        .await;
        let engine = engine.optional()?;
        if engine.is_none() {
            let summary = format!("The service {} is not installed.", instance.engine_service());
            return Ok(Finding::not_performed(summary).because(&engine));
        }
        let agent = agent.optional()?;
        let computer = system.known().and_then(|system| system.computer_name.as_deref());
        // The groups stored on a domain controller belong to its repair mode; its accounts are the domain's.
        let own_accounts = system.known().is_some_and(|system| system.role != Role::DomainController);
        let groups_that_count = groups.known().filter(|_| own_accounts);
        let administrators = groups_that_count.and_then(|groups| Administrators::of(groups));

        let judged: Vec<_> = [&engine, &agent]
            .into_iter()
            .filter_map(|service| service.as_ref())
            .map(|service| (service, standing(service.account.as_deref(), computer, administrators.as_ref())))
            .collect();
        let failing: Vec<_> = judged
            .iter()
            .filter(|(_, standing)| matches!(standing, Standing::LocalSystem | Standing::Administrator))
            .map(|(service, _)| service.name.as_str())
            .collect();
        let unknown = judged.iter().find_map(|(service, standing)| match standing {
            Standing::Unknown(reason) => Some((service, *reason)),
            _ => None,
        });

        let finding = match (failing.as_slice(), unknown) {
            ([], Some((service, reason))) => {
                let account = service.account.as_deref().unwrap_or("an unknown account");
                let unable = Unable::new(format!("{} runs as {account}: {reason}.", service.name));
                return Err(unable.because(&engine).because(&agent).because(&groups));
            }
            ([], None) => {
                let accounts: Vec<_> = judged
                    .iter()
                    .map(|(service, _)| {
                        format!("{} runs as {}", service.name, service.account.as_deref().unwrap_or_default())
                    })
                    .collect();
                Finding::passed(format!("{}, without administrator rights.", accounts.join(", ")))
            }
            (services, _) => {
                let verb = if services.len() == 1 { "runs" } else { "run" };
                Finding::non_critical(format!("{} {verb} with administrator rights.", services.join(" and ")))
            }
        };
        let finding = judged.iter().fold(finding, |finding, (service, standing)| {
            let (words, grade) = match standing {
                Standing::LocalSystem => ("is the machine itself", Grade::NonCritical),
                Standing::Administrator => ("is a member of Administrators", Grade::NonCritical),
                Standing::Ordinary(words) => (*words, Grade::Passed),
                Standing::Unknown(words) => (*words, Grade::UnableToScan),
            };
            let finding =
                finding.row([service.name.as_str(), service.account.as_deref().unwrap_or_default(), words], grade);
            if grade == Grade::NonCritical { finding.mend(remedy(service, instance)) } else { finding }
        });
        let finding = finding.because(&engine).because(&agent);
        // The service alone identifies LocalSystem.
        let asked_groups = judged.iter().any(|(_, standing)| *standing != Standing::LocalSystem);
        Ok(if asked_groups { finding.because(&groups) } else { finding })
    }
}

/// The group Administrators of a machine.
struct Administrators<'g> {
    group: &'g Group,
    /// The machine's SID, if it is known.
    machine: Option<&'g str>,
}

impl<'g> Administrators<'g> {
    fn of(groups: &'g [Group]) -> Option<Administrators<'g>> {
        let group = groups.iter().find(|group| group.sid == ADMINISTRATORS)?;
        Some(Administrators { group, machine: machine_sid(groups) })
    }

    fn has(&self, sid: &str) -> bool {
        self.group.members.iter().any(|member| member.sid == sid)
    }

    /// Whether a local account with this name is listed.
    fn has_account(&self, name: &str) -> bool {
        let same = |other: &str| is_same_name(other, name);
        let mut names = self.group.members.iter().filter_map(|member| member.name.as_deref());
        names.any(|member| same(member) || member.rsplit_once('\\').is_some_and(|(_, member)| same(member)))
    }

    /// Whether a member is a service whose identity its SID does not reveal.
    fn may_have_service(&self) -> bool {
        self.group.members.iter().any(|member| member.sid.starts_with(OF_ONE_SERVICE) && member.sid != ALL_SERVICES)
    }

    /// Whether a member may be a local account of unknown name.
    fn may_have_account(&self) -> bool {
        let unnamed = self.group.members.iter().filter(|member| member.name.is_none());
        unnamed
            .filter_map(|member| words::domain_and_rid(&member.sid))
            .any(|(domain, _)| self.machine.is_none_or(|machine| machine == domain))
    }

    /// Whether the list may be missing members.
    fn is_damaged(&self) -> bool {
        self.group.may_have_more_members() || lacks_built_in_administrator(self.group, self.machine)
    }

    /// Returns the verdict on an account that was not found among the members.
    fn without(&self, words: &'static str) -> Standing {
        if self.is_damaged() {
            Standing::Unknown("the list of members of Administrators is damaged")
        } else if self.may_have_service() {
            Standing::Unknown("a service is a member of Administrators, but which one is not known")
        } else {
            Standing::Ordinary(words)
        }
    }
}

fn standing(account: Option<&str>, computer: Option<&str>, administrators: Option<&Administrators<'_>>) -> Standing {
    let Some(account) = account.and_then(|account| ServiceAccount::parse(account, computer)) else {
        return Standing::Unknown("the service names no account");
    };
    if account == ServiceAccount::LocalSystem {
        return Standing::LocalSystem;
    }
    let Some(administrators) = administrators else {
        return Standing::Unknown("the members of Administrators could not be determined");
    };
    if OF_EVERY_SERVICE.iter().any(|sid| administrators.has(sid)) {
        return Standing::Administrator;
    }
    match account {
        ServiceAccount::LocalSystem => Standing::LocalSystem,
        ServiceAccount::OfWindows(sid) if administrators.has(sid) => Standing::Administrator,
        ServiceAccount::OfWindows(_) => administrators.without("is a Windows account with limited rights"),
        ServiceAccount::OtherOfWindows => Standing::Unknown("is an unknown Windows account"),
        ServiceAccount::OfService if administrators.has(ALL_SERVICES) => Standing::Administrator,
        ServiceAccount::OfService => administrators.without("is the service's own account"),
        ServiceAccount::Elsewhere => {
            Standing::Unknown("only its domain knows whether it is a member of Domain Admins or Administrators")
        }
        ServiceAccount::Local(name) if administrators.has_account(name) || administrators.has(LOCAL_ACCOUNTS) => {
            Standing::Administrator
        }
        ServiceAccount::Local(_) if administrators.may_have_account() => {
            Standing::Unknown("an account without a name is a member of Administrators, but which one is not known")
        }
        ServiceAccount::Local(_) => administrators.without("is a local account outside Administrators"),
    }
}

fn remedy(service: &ServiceInfo, instance: &Instance) -> Remedy {
    Remedy::manual(format!(
        "Create an account without administrator rights for {}, and set it in SQL Server's own administration tool, \
         which also grants it access to the folders and keys of {}.",
        service.name, instance.name
    ))
    .risk("Jobs and linked servers that relied on the account's rights stop working.")
}
