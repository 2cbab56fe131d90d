//! Check 218: what the services of an instance may do.

use futures_util::future::join3;
use wardline_plugin::prelude::*;

use crate::instances::Instance;

pub(crate) const ID: &str = "service-account";

const ADMINISTRATORS: &str = "S-1-5-32-544";

/// What is to be said about the account of a service.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    LocalSystem,
    Administrator,
    /// Without an administrator's rights, and why.
    Ordinary(&'static str),
    /// Cannot be told, and why.
    Unknown(&'static str),
}

/// A service runs as LocalSystem, or as a member of Administrators or Domain Admins: MBSA grades both as non-critical.
pub(crate) async fn check(
    evidence: &Evidence,
    instance: &Instance,
    system: &Reply<SystemInfo>,
) -> Result<Finding, Unable> {
    let (engine, agent, groups) = join3(
        evidence.service(instance.engine_service()),
        evidence.service(instance.agent_service()),
        evidence.groups(),
    )
    .await;
    let engine = engine.optional()?;
    if engine.is_none() {
        let summary = format!("There is no service {}.", instance.engine_service());
        return Ok(Finding::not_performed(summary).because(&engine));
    }
    let agent = agent.optional()?;
    let computer = system.known().and_then(|system| system.computer_name.as_deref());
    // The groups stored on a domain controller are those of its repair mode; its accounts are the domain's.
    let own_accounts = system.known().is_some_and(|system| system.role != Role::DomainController);
    let groups_that_count = groups.known().filter(|_| own_accounts);
    let administrators = groups_that_count.and_then(|groups| groups.iter().find(|group| group.sid == ADMINISTRATORS));

    let judged: Vec<_> = [&engine, &agent]
        .into_iter()
        .filter_map(|service| service.as_ref())
        .map(|service| (service, standing(service.account.as_deref(), computer, administrators)))
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
            let account = service.account.as_deref().unwrap_or("an account that is not told");
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
            Finding::passed(format!("{}, without an administrator's rights.", accounts.join(", ")))
        }
        (services, _) => {
            let verb = if services.len() == 1 { "runs" } else { "run" };
            Finding::non_critical(format!("{} {verb} with an administrator's rights.", services.join(" and ")))
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
    // LocalSystem is told by the service alone.
    let asked_groups = judged.iter().any(|(_, standing)| *standing != Standing::LocalSystem);
    Ok(if asked_groups { finding.because(&groups) } else { finding })
}

fn standing(account: Option<&str>, computer: Option<&str>, administrators: Option<&Group>) -> Standing {
    let Some(account) = account.map(str::trim).filter(|account| !account.is_empty()) else {
        return Standing::Unknown("the service names no account");
    };
    let (authority, name) = account.split_once('\\').unwrap_or((".", account));
    let is = |text: &str, other: &str| text.eq_ignore_ascii_case(other);
    let built_in = is(authority, "NT AUTHORITY") || authority == ".";
    if built_in && (is(name, "LocalSystem") || is(name, "SYSTEM")) {
        return Standing::LocalSystem;
    }
    let Some(administrators) = administrators else {
        return Standing::Unknown("the members of Administrators cannot be told");
    };
    let is_member =
        |wanted: &str| {
            administrators.members.iter().filter_map(|member| member.name.as_deref()).any(|member| {
                is(member, wanted) || member.rsplit_once('\\').is_some_and(|(_, member)| is(member, wanted))
            })
        };
    // The built-in Administrator is always a member.
    let may_lack_members = administrators.may_have_more_members() || administrators.members.is_empty();
    let ordinary = |words| match may_lack_members {
        true => Standing::Unknown("the list of members of Administrators is damaged"),
        false => Standing::Ordinary(words),
    };
    if is(authority, "NT AUTHORITY") {
        let known = ["LocalService", "Local Service", "NetworkService", "Network Service"];
        return match known.iter().any(|known| is(name, known)) {
            true if is_member(name) => Standing::Administrator,
            true => ordinary("is an account of Windows with few rights"),
            false => Standing::Unknown("is an account of Windows that is not known here"),
        };
    }
    if is(authority, "NT SERVICE") {
        return if is_member(name) { Standing::Administrator } else { ordinary("is an account of the service's own") };
    }
    let is_local =
        (authority == "." && !name.contains('@')) || computer.is_some_and(|computer| is(authority, computer));
    match is_local {
        true if is_member(name) => Standing::Administrator,
        true => ordinary("is a local account outside Administrators"),
        false => {
            Standing::Unknown("only its domain can tell whether it is a member of Domain Admins or Administrators")
        }
    }
}

fn remedy(service: &ServiceInfo, instance: &Instance) -> Remedy {
    Remedy::manual(format!(
        "Create an account without an administrator's rights for {}, and set it in SQL Server's own administration tool, \
         which also grants it the folders and keys of {}.",
        service.name, instance.name
    ))
    .risk("Jobs and linked servers that relied on the account's rights stop working.")
}
