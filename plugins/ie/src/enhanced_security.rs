//! MBSA 176 and 177: whether Internet Explorer's enhanced security configuration is on for administrators and for other
//! users.
//!
//! It was introduced with Windows Server 2003, where it is on unless removed; later servers keep it in the same place. It is
//! a separate Windows component for each of the two groups: `IsInstalled` in its key below `Active Setup` says whether it is
//! on (KB815141). A server without it is graded non-critical: the weakness only matters if someone browses from it.

use wardline_plugin::prelude::*;

use crate::product;

const OF_ADMINISTRATORS: &str =
    r"HKLM\SOFTWARE\Microsoft\Active Setup\Installed Components\{A509B1A7-37EF-4b3f-8CFC-4F3A74704073}";
const OF_USERS: &str =
    r"HKLM\SOFTWARE\Microsoft\Active Setup\Installed Components\{A509B1A8-37EF-4b3f-8CFC-4F3A74704073}";

const EXPLANATION: &str =
    "Browsing from a server exposes it to attack. This configuration keeps web pages from running active content.";

const INSTALLED: &str = "IsInstalled";
const RISK: &str = "Pages outside the trusted sites may no longer work on this server. Terminal server users are \
                    affected most.";
const ARTICLE: &str = "KB815141";

pub(crate) struct ForAdministrators;

impl<Subject: 'static> Check<Subject> for ForAdministrators {
    const INFO: CheckInfo =
        CheckInfo::new("ie-enhanced-security-administrators", "Internet Explorer enhanced security for administrators")
            .mbsa(176)
            .explanation(EXPLANATION);
    const ASKS: &'static [Asks] = &[Asks::System, Asks::Registry(OF_ADMINISTRATORS)];

    async fn run(cx: Context<'_, Subject>) -> Result<Finding, Unable> {
        judge(OF_ADMINISTRATORS, "administrators", cx.evidence).await
    }
}

pub(crate) struct ForUsers;

impl<Subject: 'static> Check<Subject> for ForUsers {
    const INFO: CheckInfo =
        CheckInfo::new("ie-enhanced-security-users", "Internet Explorer enhanced security for other users")
            .mbsa(177)
            .explanation(EXPLANATION);
    const ASKS: &'static [Asks] = &[Asks::System, Asks::Registry(OF_USERS)];

    async fn run(cx: Context<'_, Subject>) -> Result<Finding, Unable> {
        judge(OF_USERS, "users other than administrators", cx.evidence).await
    }
}

/// `key` is the component's key for these `users`.
async fn judge(key: &str, users: &str, evidence: &Evidence) -> Result<Finding, Unable> {
    let system = evidence.system().await.required()?;
    if system.role == Role::Workstation || is_older(&system.version) {
        let reason = "Only Windows Server 2003 and later servers have the enhanced security configuration.";
        return Ok(Finding::not_performed(reason).because(&system));
    }
    if system.role == Role::Unknown {
        return Err(Unable::new("Whether this machine is a server could not be determined.").because(&system));
    }
    if let Some(absence) = product::browser(evidence).await?.absence(Grade::NotPerformed) {
        return Ok(absence);
    }
    let installed = evidence.registry_value(key, INSTALLED).await.optional()?;
    let off = format!("The enhanced security configuration is off for {users}.");
    let finding = match installed.as_ref().map(|data| (data, data.as_dword())) {
        Some((_, Some(1..))) => Finding::passed(format!("The enhanced security configuration is on for {users}.")),
        Some((before, Some(0))) => {
            let turn_on = Remedy::set_registry_value(key, INSTALLED, Some(before.clone()), RegistryData::Dword(1));
            Finding::non_critical(off).mend(turn_on.risk(RISK).article(ARTICLE))
        }
        Some((data, None)) => {
            let reason = format!(
                "Whether the enhanced security configuration is on could not be determined: {INSTALLED} holds {}.",
                data.instead_of("REG_DWORD")
            );
            return Err(Unable::new(reason).because(&installed));
        }
        None => Finding::non_critical(off).mend(
            Remedy::manual(format!(
                "Add the Windows component \"Internet Explorer Enhanced Security Configuration\" for {users}."
            ))
            .risk(RISK)
            .article(ARTICLE),
        ),
    };
    Ok(finding.because(&system).because(&installed))
}

/// Whether the version is older than 5.2, which is Windows Server 2003.
fn is_older(version: &str) -> bool {
    wardline_plugin::version::compare_dotted(version, "5.2").is_some_and(std::cmp::Ordering::is_lt)
}
