//! The checks, one file each.

pub(crate) mod administrators;
pub(crate) mod auditing;
pub(crate) mod autologon;
pub(crate) mod automatic_updates;
pub(crate) mod file_system;
pub(crate) mod guest_account;
pub(crate) mod incomplete_updates;
pub(crate) mod local_account_passwords;
pub(crate) mod password_expiration;
pub(crate) mod restrict_anonymous;
pub(crate) mod services;
pub(crate) mod shares;
pub(crate) mod windows_firewall;
pub(crate) mod windows_version;

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
