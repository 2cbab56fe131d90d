//! Checks 204, 206, 207, 215 and 217: facts that only the running server can report, because it keeps them in its own tables.

use wardline_plugin::describe::Describing;
use wardline_plugin::prelude::*;

use crate::instances::Instance;

/// A check that requires a connection to the server.
struct Live {
    id: &'static str,
    mbsa: u32,
    title: &'static str,
    explanation: &'static str,
}

const LIVE: [Live; 5] = [
    Live {
        id: "sysadmin-members",
        mbsa: 204,
        title: "Members of sysadmin",
        explanation: "Members of sysadmin can do anything with the server. Few users need to be members.",
    },
    Live {
        id: "database-guests",
        mbsa: 206,
        title: "Guest access to databases",
        explanation: "The user guest gives every login access to a database, even logins that were not granted it.",
    },
    Live {
        id: "cmdexec",
        mbsa: 207,
        title: "CmdExec",
        explanation: "Jobs that run Windows commands run with the rights of the agent. Only sysadmin should own them.",
    },
    Live {
        id: "builtin-administrators",
        mbsa: 215,
        title: "Administrators in sysadmin",
        explanation: "With BUILTIN\\Administrators in sysadmin, every machine administrator administers the databases.",
    },
    Live {
        id: "login-passwords",
        mbsa: 217,
        title: "Passwords of logins",
        explanation: "SQL Server logins with blank or common passwords are the first that attackers try.",
    },
];

/// Returns the checks' ids.
pub(crate) fn ids() -> impl Iterator<Item = &'static str> {
    LIVE.iter().map(|live| live.id)
}

pub(crate) fn describe(describing: Describing) -> Describing {
    LIVE.iter().fold(describing, |describing, live| {
        describing.mbsa_check(live.id, live.mbsa, live.title, &[], live.explanation)
    })
}

/// Adds all of these checks for an instance.
pub(crate) fn add<'c>(checks: &mut Checks<'c>, instance: &'c Instance) {
    for id in ids() {
        checks.add_about(id, &instance.name, async {
            Ok(Finding::not_performed("Needs a live SQL connection.").because(&instance.evidence))
        });
    }
}
