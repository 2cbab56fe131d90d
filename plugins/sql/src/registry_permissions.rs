//! Check 213: whether everyone may change SQL Server's keys.

use wardline_plugin::prelude::*;
use wardline_plugin::words;

use crate::access::{self, Access, EVERYONE};
use crate::examined::Examined;

const KEY_READ: u32 = 0x0002_0019;
const KEY_WRITE: u32 = 0x0002_0006;
const KEY_ALL_ACCESS: u32 = 0x000f_003f;
const GENERIC_READ: u32 = 0x8000_0000;
const GENERIC_WRITE: u32 = 0x4000_0000;
const GENERIC_EXECUTE: u32 = 0x2000_0000;
const GENERIC_ALL: u32 = 0x1000_0000;

pub(crate) struct RegistryPermissions;

impl Check<Examined> for RegistryPermissions {
    const INFO: CheckInfo = CheckInfo::new("registry-permissions", "Registry permissions")
        .mbsa(213)
        .columns(&["Key", "Everyone may"])
        .explanation("Anyone who can change SQL Server's keys can change which program it runs and who can log on.");
    const ASKS: &'static [Asks] = &[Asks::Permissions];

    /// MBSA examines the two keys that contain the keys of all instances; an instance's own key may have wider permissions than
    /// these.
    async fn run(cx: Context<'_, Examined>) -> Result<Finding, Unable> {
        let instance = &cx.subject.instance;
        let mut keys = instance.common_keys().to_vec();
        if !keys.iter().any(|key| key.eq_ignore_ascii_case(&instance.key)) {
            keys.push(instance.key.clone());
        }
        let questions = keys.iter().map(|key| access::ask(cx.evidence, Question::RegistryPermissions(key.clone())));
        let answers = join_all(questions).await;

        let mut weak = Vec::new();
        let mut sound = Vec::new();
        let mut unable = None;
        let mut unsupported = None;
        for (key, answer) in keys.iter().zip(answers) {
            match answer {
                Ok((Access::Known(permissions), question)) => match of_everyone(&permissions) {
                    Some(mask) if specific(mask) & !KEY_READ == 0 => sound.push((key, question)),
                    mask => weak.push((key, question, mask)),
                },
                Ok((Access::Absent, _)) => {}
                Ok((Access::Unsupported, question)) => unsupported = Some(question),
                Err(mut error) => {
                    error.reason = format!("{key}: {}", error.reason);
                    unable = Some(error);
                }
            }
        }
        // One key that everyone may change decides, no matter what else could not be read.
        if weak.is_empty() {
            if let Some(unable) = unable {
                return Err(unable);
            }
            if let Some(question) = unsupported {
                return Ok(
                    Finding::not_performed("This kind of target has no registry key permissions.").because(&question)
                );
            }
            if sound.is_empty() {
                return Err(Unable::new("None of the instance's keys exists.").because(&instance.evidence));
            }
            let names: Vec<_> = sound.iter().map(|(key, _)| key.as_str()).collect();
            let passed = Finding::passed(format!("Everyone has at most read access to {}.", names.join(" and ")));
            return Ok(sound.iter().fold(passed, |finding, (_, question)| finding.because(question)));
        }
        let names: Vec<_> = weak.iter().map(|(key, ..)| key.as_str()).collect();
        let failed = Finding::critical(format!("Everyone has more than read access to {}.", names.join(" and ")));
        Ok(weak.into_iter().fold(failed, |finding, (key, question, mask)| {
            let may = mask.map_or_else(
                || "everything: there is no list".to_owned(),
                |mask| words::access(words::Object::RegistryKey, mask),
            );
            finding.because(&question).row([key.as_str(), &may], Grade::Critical).mend(remedy(key, mask))
        }))
    }
}

/// Returns the rights of Everyone. `None` if the key has no list, which allows anyone to do anything.
fn of_everyone(permissions: &Permissions) -> Option<u32> {
    permissions.access.as_ref().map(|entries| access::granted(entries, EVERYONE))
}

/// Maps the generic rights to a key's specific ones.
fn specific(mask: u32) -> u32 {
    [(GENERIC_READ, KEY_READ), (GENERIC_EXECUTE, KEY_READ), (GENERIC_WRITE, KEY_WRITE), (GENERIC_ALL, KEY_ALL_ACCESS)]
        .into_iter()
        .fold(mask, |mask, (generic, own)| if mask & generic == 0 { mask } else { mask & !generic | own })
}

fn remedy(key: &str, before: Option<u32>) -> Remedy {
    const RISK: &str = "Programs that store settings in SQL Server's keys can no longer write them for ordinary users.";
    let Some(before) = before else {
        return Remedy::manual(format!(
            "Set permissions on {key}: full control for Administrators, SYSTEM and the service's account, read for \
             everyone else."
        ))
        .undo(Operation::ManualStep(format!("Remove the permission list from {key} again.")))
        .risk(RISK);
    };
    let limit = Operation::RestrictRegistryKey(RestrictAccess {
        object: key.to_owned(),
        sids: vec![EVERYONE.to_owned()],
        keep_mask: KEY_READ,
    });
    // A restriction only removes access: there is no operation that restores it.
    let before = words::access(words::Object::RegistryKey, before);
    let undo = Operation::ManualStep(format!("Give {} this access to {key} again: {before}.", words::sid(EVERYONE)));
    Remedy::new(limit).undo(undo).risk(RISK)
}
