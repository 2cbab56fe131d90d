//! Questions and answers in plain, short words, for the evidence of a finding.

use std::fmt::{Display, Write};

use wardline_contract::{
    AccessEntry, AccessType, Account, Answer, AuditSetting, Fact, FileInfo, FileVersion, Permissions, Question,
    RegistryData, RegistryKey, Role, ServiceInfo, ServiceStart, SystemInfo,
};
use wardline_evidence::SourceKind;
use wardline_windows_words::{self as windows, Object};

use super::model::{ConditionReport, ConditionState};

/// The maximum number of names of a list that are written out; the others are only counted.
const LISTED: usize = 12;
/// The maximum number of characters of one text that are written out.
const TEXT_LENGTH: usize = 240;

/// The summary of a check that a target known only from texts does not allow.
pub const NOT_IN_TEXTS: &str = "No text about the machine tells what this check needs.";

/// Formats a question: `file %windir%\system32\ntdll.dll`.
pub fn question(question: &Question) -> String {
    match question {
        Question::System => "system".to_owned(),
        Question::RegistryValue(value) => format!("registry value {}", registry_value(&value.key, &value.name)),
        Question::RegistryKey(key) => format!("registry key {}", short(key)),
        Question::File(path) | Question::FileVersion(path) => format!("file {}", short(path)),
        Question::Directory(path) => format!("folder {}", short(path)),
        Question::Text(range) => format!("text of {}, bytes {}+{}", short(&range.path), range.offset, range.length),
        Question::Service(name) => format!("service {}", short(name)),
        Question::Services => "services".to_owned(),
        Question::Accounts => "accounts".to_owned(),
        Question::Groups => "groups".to_owned(),
        Question::Shares => "shares".to_owned(),
        Question::Volumes => "volumes".to_owned(),
        Question::AuditPolicy => "audit policy".to_owned(),
        Question::PasswordPolicy => "password policy".to_owned(),
        Question::Profiles => "profiles".to_owned(),
        Question::RegistryPermissions(key) => format!("permissions of registry key {}", short(key)),
        Question::FilePermissions(path) => format!("permissions of {}", short(path)),
    }
}

/// Describes the state of a part of the evidence, without the part's name:
/// `has uncommitted changes, which were applied from its transaction log (2 entries)`.
pub fn condition(condition: &ConditionReport) -> String {
    let applied = match condition.entries {
        Some(1) => "1 entry".to_owned(),
        entries => format!("{} entries", entries.unwrap_or(0)),
    };
    let reason = short(condition.reason.as_deref().unwrap_or("the reason is not known"));
    match condition.state {
        ConditionState::Recovered => {
            format!("has uncommitted changes, which were applied from its transaction log ({applied})")
        }
        ConditionState::Stale if condition.entries.unwrap_or(0) == 0 => {
            format!("has uncommitted changes and may be old: {reason}")
        }
        ConditionState::Stale => {
            format!("has uncommitted changes and may be old: {reason} ({applied} of its transaction log applied)")
        }
        ConditionState::Damaged => format!("is damaged in part: {reason}"),
        ConditionState::Text => format!("is a text and tells only {reason}"),
    }
}

/// Formats a value's full name: `HKLM\SOFTWARE\Microsoft\InetStp\MajorVersion`, `…\(default)`.
pub fn registry_value(key: &str, name: &str) -> String {
    format!("{}\\{}", short(key), if name.is_empty() { "(default)".to_owned() } else { short(name) })
}

/// Formats the answer to a question; the question determines the meaning of some numbers: `no restriction (0)`.
pub fn answer_to(question: &Question, given: &Answer) -> String {
    match (question, given) {
        (Question::RegistryPermissions(_), Answer::Known(Fact::Permissions(permissions))) => {
            access(Object::RegistryKey, permissions)
        }
        (Question::RegistryValue(value), Answer::Known(Fact::RegistryValue(data))) => {
            windows::setting(&value.key, &value.name, &registry_data(data))
        }
        _ => answer(given),
    }
}

/// Formats an answer: `5.0.2195.3649, 481,040 bytes`, `absent`, `unreadable: the hive is damaged`.
pub fn answer(answer: &Answer) -> String {
    match answer {
        Answer::Known(known) => fact(known),
        Answer::Absent => "absent".to_owned(),
        Answer::Denied(reason) => format!("denied: {}", short(reason)),
        Answer::Unreadable(reason) => format!("unreadable: {}", short(reason)),
        Answer::Unsupported => "not available from this kind of target".to_owned(),
    }
}

fn fact(fact: &Fact) -> String {
    match fact {
        Fact::System(system) => system_line(system),
        Fact::RegistryValue(data) => registry_data(data),
        Fact::RegistryKey(key) => registry_key(key),
        Fact::File(info) => file(info),
        Fact::Directory(directory) => {
            let more = if directory.truncated { ", and more that are not listed" } else { "" };
            named(directory.entries.iter().map(|entry| &entry.name), "entry", "entries") + more
        }
        Fact::Text(text) => format!("\"{}\"", short(&text.text)),
        Fact::Service(info) => service(info),
        Fact::Services(services) => named(services.iter().map(|service| &service.name), "service", "services"),
        Fact::Accounts(accounts) => listed(accounts.iter().map(account), "account", "accounts"),
        Fact::Groups(groups) => listed(
            groups.iter().map(|group| format!("{} ({})", short(&group.name), group.members.len())),
            "group",
            "groups",
        ),
        Fact::Shares(shares) => named(shares.iter().map(|share| &share.name), "share", "shares"),
        Fact::Volumes(volumes) => listed(
            volumes.iter().map(|volume| {
                format!(
                    "{} {}",
                    short(&volume.drive),
                    volume.file_system.as_deref().map_or("unknown".to_owned(), short)
                )
            }),
            "volume",
            "volumes",
        ),
        Fact::AuditPolicy(policy) if !policy.enabled => "auditing is off".to_owned(),
        Fact::AuditPolicy(policy) => listed(
            policy
                .categories
                .iter()
                .map(|category| format!("{}: {}", short(&category.name), audit_setting(category.setting))),
            "category",
            "categories",
        ),
        Fact::PasswordPolicy(policy) => format!(
            "minimum length {}, {} remembered, maximum age {}, complexity {}, lockout {}",
            policy.minimum_length,
            policy.history,
            policy.maximum_age.map_or("none".to_owned(), |days| format!("{days} days")),
            if policy.complexity { "on" } else { "off" },
            if policy.lockout_threshold == 0 {
                "off".to_owned()
            } else {
                format!("after {} attempts", policy.lockout_threshold)
            },
        ),
        Fact::Profiles(profiles) => named(profiles.iter().map(|profile| &profile.name), "profile", "profiles"),
        Fact::Permissions(permissions) => access(Object::File, permissions),
    }
}

fn system_line(system: &SystemInfo) -> String {
    let mut line = format!("{} {}.{}", short(&system.product_name), short(&system.version), system.build);
    if let Some(revision) = system.revision {
        let _ = write!(line, ".{revision}");
    }
    if let Some(service_pack) = &system.service_pack_name {
        let _ = write!(line, ", {}", short(service_pack));
    }
    line + ", " + role(system.role)
}

/// Returns the word used in reports: `volume`.
pub fn source_kind(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Volume => "volume",
        SourceKind::Image => "disk image",
        SourceKind::Live => "running machine",
        SourceKind::Recording => "recording",
        SourceKind::Text => "text",
    }
}

/// Formats a role: `domain controller`.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Workstation => "workstation",
        Role::Server => "server",
        Role::DomainController => "domain controller",
        Role::Unknown => "role unknown",
    }
}

/// Formats data as an administrator would type it: numbers in decimal, texts verbatim, bytes in hexadecimal.
pub fn registry_data(data: &RegistryData) -> String {
    match data {
        RegistryData::None => "(no data)".to_owned(),
        RegistryData::Text(text) | RegistryData::ExpandText(text) if text.is_empty() => "(empty)".to_owned(),
        RegistryData::Text(text) | RegistryData::ExpandText(text) => short(text),
        RegistryData::MultiText(texts) => named(texts.iter(), "text", "texts"),
        RegistryData::Dword(number) => number.to_string(),
        RegistryData::Qword(number) => number.to_string(),
        RegistryData::Binary(bytes) => {
            let shown: Vec<String> = bytes.iter().take(32).map(|byte| format!("{byte:02x}")).collect();
            let more = if bytes.len() > 32 { format!(" … ({} bytes)", bytes.len()) } else { String::new() };
            format!("{}{more}", shown.join(" "))
        }
        RegistryData::Other(kind) => format!("(data of type {kind})"),
    }
}

fn registry_key(key: &RegistryKey) -> String {
    let values = key.values.iter().map(|value| {
        let name = if value.name.is_empty() { "(default)".to_owned() } else { short(&value.name) };
        format!("{name} = {}", registry_data(&value.data))
    });
    let mut line = listed(values, "value", "values") + "; " + &named(key.subkeys.iter(), "subkey", "subkeys");
    if key.truncated {
        line.push_str(", and more that are not listed");
    }
    line
}

fn file(info: &FileInfo) -> String {
    let mut line = info.version.as_ref().map_or("no version".to_owned(), file_version);
    if let Some(checksum) = info.checksum {
        let _ = write!(line, ", checksum {checksum}");
    }
    let _ = write!(line, ", {} bytes", info.size);
    line
}

/// Formats a file version: `5.0.2195.3649`.
pub fn file_version(version: &FileVersion) -> String {
    format!("{}.{}.{}.{}", version.major, version.minor, version.build, version.revision)
}

fn service(service: &ServiceInfo) -> String {
    let start = service_start(service.start);
    match &service.account {
        Some(account) => format!("start {start}, runs as {}", short(account)),
        None => format!("start {start}"),
    }
}

/// Formats a start type: `automatic`.
pub fn service_start(start: ServiceStart) -> &'static str {
    match start {
        ServiceStart::Boot => "boot",
        ServiceStart::System => "system",
        ServiceStart::Automatic => "automatic",
        ServiceStart::Manual => "manual",
        ServiceStart::Disabled => "disabled",
        ServiceStart::Unknown => "unknown",
    }
}

fn account(account: &Account) -> String {
    let state = match (account.disabled, account.locked) {
        (true, _) => "disabled",
        (false, true) => "locked",
        (false, false) => "enabled",
    };
    format!("{} ({}, {state})", short(&account.name), account.rid)
}

fn audit_setting(setting: AuditSetting) -> &'static str {
    match setting {
        AuditSetting::None => "none",
        AuditSetting::Success => "success",
        AuditSetting::Failure => "failure",
        AuditSetting::SuccessAndFailure => "success and failure",
    }
}

fn access(object: Object, permissions: &Permissions) -> String {
    match &permissions.access {
        None => "no access list: everyone has full access".to_owned(),
        Some(entries) => {
            listed(entries.iter().map(|entry| access_entry(object, entry)), "access entry", "access entries")
        }
    }
}

/// Formats an access entry: `Everyone (S-1-1-0): read (0x00020019)`, `Guests (S-1-5-32-546): denied full control (0x001f01ff)`.
fn access_entry(object: Object, entry: &AccessEntry) -> String {
    let how = match entry.access_type {
        AccessType::Allow => "",
        AccessType::Deny => "denied ",
        AccessType::Audit => "audited ",
    };
    let rights = windows::access(object, entry.mask);
    let inside = if entry.inherit_only { ", inside only" } else { "" };
    format!("{}: {how}{rights}{inside}", short(&windows::sid(&entry.sid)))
}

fn named<'a>(names: impl ExactSizeIterator<Item = &'a String>, one: &str, many: &str) -> String {
    listed(names.map(|name| short(name)), one, many)
}

/// Formats a list: `no shares`, `1 share: C$`, `14 shares: a, b, … and 2 more`.
fn listed<D: Display>(items: impl ExactSizeIterator<Item = D>, one: &str, many: &str) -> String {
    let count = items.len();
    if count == 0 {
        return format!("no {many}");
    }
    let mut line = format!("{count} {}: ", if count == 1 { one } else { many });
    for (index, item) in items.take(LISTED).enumerate() {
        let _ = write!(line, "{}{item}", if index > 0 { ", " } else { "" });
    }
    if count > LISTED {
        let _ = write!(line, " and {} more", count - LISTED);
    }
    line
}

/// Truncates a text, which may be arbitrarily long.
fn short(text: &str) -> String {
    match text.char_indices().nth(TEXT_LENGTH) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardline_contract::{RegistryValue, RegistryValueName};

    #[test]
    fn questions_name_what_they_ask() {
        let name = |key: &str, name: &str| RegistryValueName { key: key.into(), name: name.into() };
        let table = [
            (Question::System, "system"),
            (Question::RegistryValue(name(r"HKLM\A", "B")), r"registry value HKLM\A\B"),
            (Question::RegistryValue(name(r"HKLM\A", "")), r"registry value HKLM\A\(default)"),
            (Question::FileVersion(r"%windir%\a.dll".into()), r"file %windir%\a.dll"),
            (Question::AuditPolicy, "audit policy"),
        ];
        for (asked, expected) in table {
            assert_eq!(question(&asked), expected);
        }
    }

    #[test]
    fn conditions_say_how_far_the_evidence_goes() {
        let words = |state, entries, reason: Option<&str>| {
            condition(&ConditionReport { part: "part".into(), state, entries, reason: reason.map(str::to_owned) })
        };
        for (words, expected) in [
            (words(ConditionState::Recovered, Some(1), None), "which were applied from its transaction log (1 entry)"),
            (words(ConditionState::Stale, Some(0), Some("no log")), "may be old: no log"),
            (words(ConditionState::Damaged, None, Some("a hole")), "is damaged in part: a hole"),
            (words(ConditionState::Text, None, Some("the version")), "is a text and tells only the version"),
        ] {
            assert!(words.ends_with(expected), "{words}");
        }
    }

    #[test]
    fn access_lists_name_whom_they_concern() {
        let entry = |access_type, sid: &str, mask, inherit_only| AccessEntry {
            access_type,
            sid: sid.into(),
            mask,
            inherit_only,
        };
        let answer = Answer::Known(Fact::Permissions(Permissions {
            owner: None,
            access: Some(vec![
                entry(AccessType::Deny, "S-1-5-32-546", 0x000f_003f, false),
                entry(AccessType::Allow, "S-1-1-0", 0x0002_0019, true),
            ]),
        }));
        assert_eq!(
            answer_to(&Question::RegistryPermissions(r"HKLM\A".into()), &answer),
            "2 access entries: Guests (S-1-5-32-546): denied full control (0x000f003f), \
             Everyone (S-1-1-0): read (0x00020019), inside only"
        );
    }

    #[test]
    fn answers_are_short_whatever_the_target_holds() {
        let values = (0..5000)
            .map(|number| RegistryValue { name: format!("value {number}"), data: RegistryData::Text("x".repeat(9000)) })
            .collect();
        let key = RegistryKey { values, subkeys: vec!["s".repeat(70_000); 900], truncated: true, last_written: 0 };
        let line = answer(&Answer::Known(Fact::RegistryKey(key)));
        assert!(line.len() < 8_000, "{} bytes", line.len());
        assert!(line.contains("and 4988 more") && line.contains("and 888 more"), "{line}");
        assert_eq!(answer(&Answer::Known(Fact::Shares(Vec::new()))), "no shares");
        assert_eq!(answer(&Answer::Known(Fact::RegistryValue(RegistryData::Text(String::new())))), "(empty)");
        assert_eq!(answer(&Answer::Unreadable("hive damaged".into())), "unreadable: hive damaged");
    }
}
