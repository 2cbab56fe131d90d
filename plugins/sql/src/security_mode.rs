//! Check 203: whether SQL Server accepts logins of its own.

use wardline_plugin::prelude::*;

use crate::examined::Examined;

const VALUE: &str = "LoginMode";
const WINDOWS: u32 = 1;

pub(crate) struct SecurityMode;

impl Check<Examined> for SecurityMode {
    const INFO: CheckInfo = CheckInfo::new("security-mode", "Security mode").mbsa(203).explanation(
        "SQL Server logins have passwords that no Windows policy covers, and are not locked out when guessed at.",
    );

    /// `LoginMode`, a `REG_DWORD`, is 1 for Windows accounts only and 2 for both. 0 meant SQL Server's own logins only in 6.5 and
    /// works like 2 since 7.0, which has no such mode. MBSA grades mixed mode as non-critical, because some programs need it.
    async fn run(cx: Context<'_, Examined>) -> Result<Finding, Unable> {
        let instance = &cx.subject.instance;
        let key = format!(r"{}\MSSQLServer", instance.key);
        let mode = cx.evidence.registry_value(&key, VALUE).await.optional()?;
        let Some(data) = mode.as_ref() else {
            return Err(Unable::new(format!(r"{key} does not specify a security mode.")).because(&mode));
        };
        let finding = match data.as_dword() {
        Some(WINDOWS) => Finding::passed("Only Windows accounts can log on."),
        Some(0 | 2) => Finding::non_critical(
            "SQL Server logins are allowed in addition to Windows accounts (mixed mode).",
        )
        .mend(Remedy::set_registry_value(&key, VALUE, Some(data.clone()), RegistryData::Dword(1)).risk(format!(
            "The change takes effect when the service {} is restarted. Programs that log on with a SQL Server name and \
                 password can no longer log on.",
            instance.engine_service()
        ))),
        Some(_) => {
            return Err(Unable::new(format!(r"{key}\{VALUE} holds an unknown security mode.")).because(&mode));
        }
        None => {
            let held = data.instead_of("REG_DWORD");
            let reason = format!(r"The security mode could not be determined: {key}\{VALUE} holds {held}.");
            return Err(Unable::new(reason).because(&mode));
        }
    };
        Ok(finding.because(&mode))
    }
}
