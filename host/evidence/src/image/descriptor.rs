//! Security descriptors in the contract's terms.

use wardline_contract::{AccessEntry, AccessType, Permissions};
use wardline_sam::descriptor::{Descriptor, DescriptorError, Effect, Entry};

/// Lists the audit entries after the allow and deny entries.
pub(super) fn permissions(bytes: &[u8]) -> Result<Permissions, DescriptorError> {
    let Descriptor { owner, access, audit } = Descriptor::read(bytes)?;
    Ok(Permissions {
        owner: owner.map(|owner| owner.to_string()),
        access: access.map(|access| access.into_iter().chain(audit).map(access_entry).collect()),
    })
}

fn access_entry(entry: Entry) -> AccessEntry {
    AccessEntry {
        access_type: match entry.effect {
            Effect::Allow => AccessType::Allow,
            Effect::Deny => AccessType::Deny,
            Effect::Audit => AccessType::Audit,
        },
        sid: entry.sid.to_string(),
        mask: entry.mask,
        inherit_only: entry.inherit_only,
    }
}
