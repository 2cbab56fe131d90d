//! The checks, one file each.

pub(crate) mod administrators;
mod auditing;
mod autologon;
mod automatic_updates;
mod file_system;
mod guest_account;
mod hotfix_files;
mod incomplete_updates;
mod local_account_passwords;
mod password_expiration;
mod restrict_anonymous;
pub(crate) mod services;
mod shares;
mod windows_firewall;
pub(crate) mod windows_version;

use wardline_plugin::judge::Judge;
use wardline_plugin::prelude::*;

pub(crate) const CHECKS: Suite = suite![
    windows_version::WindowsVersion,
    file_system::FileSystem,
    local_account_passwords::LocalAccountPasswords,
    password_expiration::PasswordExpiration,
    guest_account::GuestAccount,
    autologon::Autologon,
    restrict_anonymous::RestrictAnonymous,
    auditing::Auditing,
    shares::Shares,
    administrators::Administrators,
    services::Services,
    windows_firewall::WindowsFirewall,
    automatic_updates::AutomaticUpdates,
    hotfix_files::HotfixFiles,
];

/// The check that needs the catalog's updates.
pub(crate) const OF_UPDATES: Suite<Judge> = suite![incomplete_updates::IncompleteUpdates];

#[cfg(test)]
pub(crate) mod tests {
    use wardline_plugin::prelude::*;
    use wardline_plugin::testing::Run;

    /// Returns the actions that remedy the findings of one check.
    pub(crate) fn actions_of<'a>(run: &'a Run, check: &str) -> Vec<&'a Action> {
        let of_check = |action: &&Action| match action.mends {
            FindingId::Check(place) => {
                run.assessment.checks.get(place as usize).is_some_and(|finding| finding.check == check)
            }
            FindingId::Update(_) => false,
        };
        run.actions.iter().filter(of_check).collect()
    }

    /// An enabled account with a good password that expires.
    pub(crate) fn account(name: &str, rid: u32) -> Account {
        Account {
            name: name.to_owned(),
            rid,
            full_name: String::new(),
            comment: String::new(),
            disabled: false,
            locked: false,
            password_never_expires: false,
            password_not_required: false,
            password: PasswordQuality::Other,
            last_logon: None,
            password_set: None,
        }
    }
}
