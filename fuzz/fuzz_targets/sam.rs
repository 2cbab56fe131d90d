//! The records of the account database. The first byte selects the kind, so that one corpus covers all of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardline_sam::account::{Fixed, Variable};
use wardline_sam::alias::{Alias, groups_of_member};
use wardline_sam::domain::{PasswordPolicy, machine_sid};
use wardline_sam::password::{self, Owner};
use wardline_sam::protection::{BootKey, SamKey};

fuzz_target!(|data: &[u8]| {
    let Some((&kind, record)) = data.split_first() else { return };
    match kind % 4 {
        0 => {
            let _ = Fixed::read(record);
        }
        1 => {
            let Ok(variable) = Variable::read(record) else { return };
            let _ = (variable.full_name(), variable.comment());
            let name = variable.name().ok();
            let owner = Owner { rid: 500, account: name.as_deref(), computer: Some("WEB01") };
            for key in [SamKey::NotUsed, SamKey::Key([7; 16]), SamKey::Unknown] {
                let _ = password::quality(variable.nt_hash().ok(), variable.lm_hash().ok(), &key, &owner);
            }
        }
        2 => {
            let _ = groups_of_member(record).count();
            let Ok(alias) = Alias::read(record) else { return };
            let _ = alias.name();
            if let Ok(members) = alias.members() {
                assert!(members.found.len() * 4 <= record.len());
            }
        }
        _ => {
            let _ = (PasswordPolicy::read(record), machine_sid(record));
            let _ = SamKey::read(record, || BootKey::from_class_names(["00112233"; 4]));
        }
    }
});
