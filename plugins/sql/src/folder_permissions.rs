//! Check 216: access to an instance's programs and databases.

use std::collections::BTreeSet;

use wardline_plugin::accounts::{ADMINISTRATORS, machine_sid};
use wardline_plugin::prelude::*;
use wardline_plugin::words;

use crate::access::{self, Access, EVERYONE};
use crate::account::{ALL_SERVICES, OF_ONE_SERVICE, SYSTEM, ServiceAccount, is_same_name};
use crate::examined::Examined;
use crate::instances::Instance;

/// The creator of a file, who is always someone with legitimate access.
const CREATOR_OWNER: &str = "S-1-3-0";

pub(crate) struct FolderPermissions;

impl Check<Examined> for FolderPermissions {
    const INFO: CheckInfo = CheckInfo::new("folder-permissions", "Folder permissions")
        .mbsa(216)
        .columns(&["Folder", "Who", "May"])
        .explanation(
            "Anyone who can read database files needs no login. Anyone who can change the programs can do anything.",
        );
    /// Programs and databases are wherever setup was told to put them.
    const ASKS: &'static [Asks] = &[
        Asks::Permissions,
        Asks::File(r"*:\**\Binn"),
        Asks::File(r"*:\**\Data"),
        Asks::Services,
        Asks::Accounts,
        Asks::Groups,
    ];

    /// Fails if anyone but Administrators, Windows itself and the accounts of the instance's services has any access.
    async fn run(cx: Context<'_, Examined>) -> Result<Finding, Unable> {
        let Context { evidence, subject: Examined { instance, system, .. }, .. } = cx;
        let folders: Vec<_> = [(&instance.folder, "Binn"), (&instance.data_folder, "Data")]
            .into_iter()
            .filter_map(|(parent, name)| Some(format!(r"{}\{name}", parent.as_ref()?.trim_end_matches('\\'))))
            .collect();
        if folders.is_empty() {
            return Err(Unable::new("The instance's folder could not be determined.").because(&instance.evidence));
        }
        let questions = folders.iter().map(|folder| access::ask(evidence, Question::FilePermissions(folder.clone())));
        let mut known = Vec::new();
        for (folder, answer) in folders.iter().zip(join_all(questions).await) {
            let answer = answer.map_err(|mut error| {
                error.reason = format!("{folder}: {}", error.reason);
                error
            });
            match answer? {
                (Access::Known(permissions), question) => known.push((folder, permissions, question)),
                (Access::Absent, question) => {
                    return Err(Unable::new(format!("{folder} does not exist.")).because(&question));
                }
                (Access::Unsupported, question) => {
                    return Ok(
                        Finding::not_performed("A plain directory does not hold NTFS permissions.").because(&question)
                    );
                }
            }
        }
        let entitled = Entitled::find(evidence, instance, system).await?;

        let others = known.iter().flat_map(|(folder, permissions, question)| {
            entitled.others(permissions).into_iter().map(move |(sid, mask)| (*folder, sid, mask, *question))
        });
        let (undecided, failing): (Vec<_>, Vec<_>) = others.partition(|(_, sid, ..)| entitled.undecided(sid).is_some());
        if failing.is_empty() {
            if let Some((folder, sid, _, question)) = undecided.first() {
                let why = entitled.undecided(sid).unwrap_or_default();
                return Err(Unable::new(format!(
                "Whether {}, with access to {folder}, is an account of the instance's services is not known: {why}.",
                words::sid(sid)
            ))
            .because(question));
            }
            let names: Vec<_> = folders.iter().map(String::as_str).collect();
            let passed = Finding::passed(format!(
                "Only Administrators, Windows and the accounts of the services have access to {}.",
                names.join(" and ")
            ));
            return Ok(known.iter().fold(passed, |finding, (_, _, question)| finding.because(question)));
        }
        let open: BTreeSet<_> = failing.iter().map(|(folder, ..)| folder.as_str()).collect();
        let names: Vec<_> = open.into_iter().collect();
        let failed = Finding::critical(format!(
            "Accounts other than Administrators and those of the services have access to {}.",
            names.join(" and ")
        ));
        let finding = failing.iter().fold(failed, |finding, (folder, sid, mask, _)| {
            let may = mask.map_or_else(
                || "everything: there is no list".to_owned(),
                |mask| words::access(words::Object::File, mask),
            );
            finding
                .row([folder.as_str(), words::name_of_sid(sid).unwrap_or(sid), &may], Grade::Critical)
                .mend(remedy(folder, sid, *mask))
        });
        Ok(known.iter().fold(finding, |finding, (_, _, question)| finding.because(question)))
    }
}

/// The identities with legitimate access to an instance's folders.
struct Entitled {
    /// SIDs of the services' accounts, as far as this machine knows them.
    sids: BTreeSet<String>,
    /// The RIDs of those services' accounts that are local to the machine, if the rest of their SIDs is not known.
    rids: BTreeSet<u32>,
    /// Why the SID of a service's account is not known, if it is not.
    unknown: Option<&'static str>,
}

impl Entitled {
    async fn find(evidence: &Evidence, instance: &Instance, system: &Reply<SystemInfo>) -> Result<Entitled, Unable> {
        let services = join(evidence.service(instance.engine_service()), evidence.service(instance.agent_service()));
        let (services, (accounts, groups)) = join(services, join(evidence.accounts(), evidence.groups())).await;
        let mut entitled = Entitled { sids: BTreeSet::new(), rids: BTreeSet::new(), unknown: None };
        entitled.sids.extend([ADMINISTRATORS, SYSTEM, CREATOR_OWNER].map(str::to_owned));
        let computer = system.known().and_then(|system| system.computer_name.as_deref());
        // A domain controller's accounts are its domain's; those stored on its disk belong to its repair mode.
        let own_accounts = system.known().is_some_and(|system| system.role != Role::DomainController);
        let groups = groups.known().map(Vec::as_slice).unwrap_or_default();
        let machine = machine_sid(groups);
        for service in [services.0.optional()?, services.1.optional()?] {
            let Some(account) = service.as_ref().and_then(|service| service.account.as_deref()) else { continue };
            match ServiceAccount::parse(account, computer) {
                // SYSTEM has access in any case, and the services' own accounts are recognized by the prefix of their SIDs.
                None
                | Some(ServiceAccount::LocalSystem | ServiceAccount::OtherOfWindows | ServiceAccount::OfService) => {}
                Some(ServiceAccount::OfWindows(sid)) => {
                    entitled.sids.insert(sid.to_owned());
                }
                Some(ServiceAccount::Local(name)) if own_accounts => {
                    let accounts = accounts.clone().required()?;
                    let of_name = accounts.iter().filter(|account| is_same_name(&account.name, name));
                    let rids: Vec<u32> = of_name.map(|account| account.rid).collect();
                    if rids.is_empty() {
                        entitled.unknown = Some("a service's account is not among the machine's accounts");
                    }
                    match machine {
                        Some(machine) => entitled.sids.extend(rids.iter().map(|rid| format!("{machine}-{rid}"))),
                        None => entitled.rids.extend(rids),
                    }
                }
                Some(ServiceAccount::Local(_) | ServiceAccount::Elsewhere) => {
                    entitled.unknown = Some("only its domain knows the SID of a service's account");
                }
            }
        }
        // From 2005 on setup creates groups for the services and grants them access to the folders.
        let of_setup = groups.iter().filter(|group| {
            let name = group.name.to_ascii_lowercase();
            name.starts_with("sqlserver") && name.contains("user$")
        });
        entitled.sids.extend(of_setup.map(|group| group.sid.clone()));
        Ok(entitled)
    }

    fn has(&self, sid: &str) -> bool {
        self.sids.contains(sid) || (sid.starts_with(OF_ONE_SERVICE) && sid != ALL_SERVICES)
    }

    /// Returns everyone else with access to a folder or its contents, and their rights. Without a list, everyone has access.
    fn others(&self, permissions: &Permissions) -> Vec<(String, Option<u32>)> {
        let Some(entries) = &permissions.access else { return vec![(EVERYONE.to_owned(), None)] };
        let sids: BTreeSet<_> = entries.iter().map(|entry| entry.sid.as_str()).filter(|sid| !self.has(sid)).collect();
        let granted = sids.into_iter().map(|sid| (sid.to_owned(), access::granted(entries, sid)));
        granted.filter(|(_, mask)| *mask != 0).map(|(sid, mask)| (sid, Some(mask))).collect()
    }

    /// Returns why a SID may or may not be that of a service's account, if that is not known.
    fn undecided(&self, sid: &str) -> Option<&'static str> {
        let (_, rid) = words::domain_and_rid(sid)?;
        if self.rids.contains(&rid) { Some("the machine's own SID is not known") } else { self.unknown }
    }
}

fn remedy(folder: &str, sid: &str, before: Option<u32>) -> Remedy {
    const RISK: &str = "Programs that read or copy the database files under another account stop working.";
    let Some(before) = before else {
        return Remedy::manual(format!(
            "Set permissions on {folder}: full control for Administrators, SYSTEM and the services' accounts."
        ))
        .undo(Operation::ManualStep(format!("Remove the permission list from {folder} again.")))
        .risk(RISK);
    };
    let limit = Operation::RestrictFolder(RestrictAccess {
        object: folder.to_owned(),
        sids: vec![sid.to_owned()],
        keep_mask: 0,
    });
    // A restriction only removes access: there is no operation that restores it.
    let before = words::access(words::Object::File, before);
    let undo = Operation::ManualStep(format!("Give {} this access to {folder} again: {before}.", words::sid(sid)));
    Remedy::new(limit).undo(undo).risk(RISK)
}
