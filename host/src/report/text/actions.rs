//! What mends a finding, in words.

use super::page::{Page, Span};
use super::{BOLD, PLAIN};
use crate::contract::{
    AccountFlag, FindingId, Operation, RestrictAccess, ServiceStart, SetAccountFlag, SetServiceStart,
};
use crate::report::model::{ActionReport, TargetReport};
use crate::report::words;

pub(super) fn for_check(page: &mut Page, column: usize, report: &TargetReport<'_>, place: usize) {
    for action in &report.actions {
        if matches!(action.mends, FindingId::Check(index) if index as usize == place) {
            line(page, column, action);
        }
    }
}

pub(super) fn for_update(page: &mut Page, column: usize, report: &TargetReport<'_>, place: usize) {
    for action in &report.actions {
        if matches!(action.mends, FindingId::Update(index) if index as usize == place) {
            line(page, column, action);
        }
    }
}

/// `To do: disable the account Guest. Restart. Risk: …`.
fn line(page: &mut Page, column: usize, action: &ActionReport<'_>) {
    let mut text = operation(&action.operation);
    if action.restart {
        text.push_str(", then restart");
    }
    text.push('.');
    if let Some(risk) = &action.risk {
        text.push_str(&format!(" Risk: {risk}"));
    }
    if let Some(article) = &action.article {
        text.push_str(&format!(" See {article}."));
    }
    page.hanging(column, &[Span(BOLD, "To do: ")], column + 7, PLAIN, &text);
}

/// `disable the service W3SVC`.
pub(crate) fn operation(operation: &Operation) -> String {
    match operation {
        Operation::InstallUpdate(install) => {
            let command: Vec<&str> =
                std::iter::once(&install.package).chain(&install.switches).map(String::as_str).collect();
            let from = install.url.as_deref().map(|url| format!(" from {url}")).unwrap_or_default();
            format!("install {}{from}", command.join(" "))
        }
        Operation::SetRegistryValue(set) => {
            format!("set {} to {}", words::registry_value(&set.key, &set.name), words::registry_data(&set.after))
        }
        Operation::DeleteRegistryValue(delete) => {
            format!("delete {}", words::registry_value(&delete.key, &delete.name))
        }
        Operation::SetServiceStart(SetServiceStart { service, after, .. }) => match after {
            ServiceStart::Disabled => format!("disable the service {service}"),
            other => format!("set the service {service} to start {}", words::service_start(*other)),
        },
        Operation::SetAccountFlag(SetAccountFlag { account, rid, flag, after, .. }) => match (flag, after) {
            (AccountFlag::Disabled, true) => format!("disable the account {account} ({rid})"),
            (AccountFlag::Disabled, false) => format!("enable the account {account} ({rid})"),
            (AccountFlag::PasswordNeverExpires, true) => format!("let the password of {account} ({rid}) never expire"),
            (AccountFlag::PasswordNeverExpires, false) => format!("let the password of {account} ({rid}) expire"),
            (AccountFlag::PasswordNotRequired, true) => format!("require no password of {account} ({rid})"),
            (AccountFlag::PasswordNotRequired, false) => format!("require a password of {account} ({rid})"),
        },
        Operation::RemoveFolder(folder) => format!("remove the folder {}", folder.path),
        Operation::RemoveVirtualFolder(folder) => {
            format!("remove the virtual folder {} of {}", folder.name, folder.site)
        }
        Operation::SetMetabaseProperty(set) => format!("set {} of {} to {}", set.property, set.path, set.after),
        Operation::RestrictShare(access) => restrict("share", access),
        Operation::RestrictFolder(access) => restrict("folder", access),
        Operation::RestrictRegistryKey(access) => restrict("registry key", access),
        Operation::RunTool(run) => {
            let command: Vec<&str> = std::iter::once(&run.tool).chain(&run.arguments).map(String::as_str).collect();
            format!("run {}", command.join(" "))
        }
        Operation::ManualStep(step) => step.trim_end_matches('.').to_owned(),
    }
}

fn restrict(kind: &str, access: &RestrictAccess) -> String {
    let whose = access.sids.join(", ");
    if access.keep_mask == 0 {
        format!("take away the access of {whose} to the {kind} {}", access.object)
    } else {
        format!("cut down the access of {whose} to the {kind} {} to {:#010x}", access.object, access.keep_mask)
    }
}
