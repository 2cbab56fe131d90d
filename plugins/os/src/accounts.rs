//! Local accounts, as far as checks may rely on them.

use wardline_plugin::prelude::*;

use crate::wording::{counted, listed};

/// Returns the accounts. Every Windows has some.
///
/// # Errors
///
/// If they cannot be read, or there are none.
pub(crate) async fn accounts(evidence: &Evidence) -> Result<Witness<Vec<Account>>, Unable> {
    let accounts = evidence.accounts().await.required()?;
    if accounts.is_empty() {
        return Err(
            Unable::new("The target lists no accounts, but every Windows installation has some.").because(&accounts)
        );
    }
    Ok(accounts)
}

/// Says which accounts are damaged, and how. `None` if none is.
pub(crate) fn damage(accounts: &[Account]) -> Option<String> {
    let damaged: Vec<String> =
        accounts.iter().filter_map(|account| Some(format!("{} ({})", account.name, account.damage()?))).collect();
    (!damaged.is_empty()).then(|| {
        format!("{} of {} could not be read: {}.", damaged.len(), counted(accounts.len(), "account"), listed(&damaged))
    })
}
