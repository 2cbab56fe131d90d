//! Checks 204, 206, 207, 215 and 217: facts that only the running server can report, because it keeps them in its own tables.

use wardline_plugin::prelude::*;

use crate::examined::Examined;

/// Defines checks that cannot be made without a connection to the server.
macro_rules! live {
    ($($check:ident: $info:expr;)*) => {$(
        pub(crate) struct $check;

        impl Check<Examined> for $check {
            const INFO: CheckInfo = $info;

            async fn run(cx: Context<'_, Examined>) -> Result<Finding, Unable> {
                Ok(Finding::not_performed("Needs a live SQL connection.").because(&cx.subject.instance.evidence))
            }
        }
    )*};
}

live! {
    SysadminMembers: CheckInfo::new("sysadmin-members", "Members of sysadmin")
        .mbsa(204)
        .explanation("Members of sysadmin can do anything with the server. Few users need to be members.");
    DatabaseGuests: CheckInfo::new("database-guests", "Guest access to databases")
        .mbsa(206)
        .explanation("The user guest gives every login access to a database, even logins that were not granted it.");
    CmdExec: CheckInfo::new("cmdexec", "CmdExec")
        .mbsa(207)
        .explanation("Jobs that run Windows commands run with the rights of the agent. Only sysadmin should own them.");
    BuiltinAdministrators: CheckInfo::new("builtin-administrators", "Administrators in sysadmin")
        .mbsa(215)
        .explanation("With BUILTIN\\Administrators in sysadmin, every machine administrator administers the databases.");
    LoginPasswords: CheckInfo::new("login-passwords", "Passwords of logins")
        .mbsa(217)
        .explanation("SQL Server logins with blank or common passwords are the first that attackers try.");
}
