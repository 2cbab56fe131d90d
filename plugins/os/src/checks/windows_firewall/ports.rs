//! Ports that the firewall leaves open to every program.
//!
//! XP and Server 2003 have lists of them (`3389:TCP` = `3389:TCP:*:Enabled:name`: port, protocol, scope, state, name). Vista
//! has rules (`v2.0|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|…`, MS-FASP 2.2.20); a rule that names a program or
//! a service opens no port to others and is skipped.

use wardline_plugin::prelude::*;

use super::{MACHINE, POLICY, Profile};

/// The maximum number of ports in a cell.
const MAX_SHOWN: usize = 20;

/// Returns, for each profile, the table cell about its ports. The ports do not affect the grade.
pub(super) async fn open(evidence: &Evidence, version: (u32, u32), profiles: &[Profile]) -> Vec<String> {
    let keys = if version >= (6, 0) {
        vec![format!(r"{MACHINE}\FirewallRules"), format!(r"{POLICY}\FirewallRules")]
    } else {
        profiles
            .iter()
            .flat_map(|profile| [format!(r"{POLICY}\{}", profile.machine), format!(r"{MACHINE}\{}", profile.machine)])
            .map(|profile| format!(r"{profile}\GloballyOpenPorts\List"))
            .collect()
    };
    let replies = join_all(keys.into_iter().map(|key| evidence.registry_key(key))).await;
    let replies: Vec<_> = replies.into_iter().map(Reply::optional).collect();
    let cells = profiles.iter().enumerate().map(|(place, profile)| {
        if version >= (6, 0) {
            cell(&replies, |text| of_rule(text, profile.rules))
        } else {
            cell(replies.get(place * 2..place * 2 + 2).unwrap_or_default(), of_list)
        }
    });
    cells.collect()
}

type Found = Result<Witness<Option<RegistryKey>>, Unable>;

fn cell(keys: &[Found], port: impl Fn(&str) -> Option<String>) -> String {
    let mut ports: Vec<String> = Vec::new();
    let mut unread = false;
    for key in keys {
        let Ok(key) = key else {
            unread = true;
            continue;
        };
        let Some(key) = key.as_ref() else { continue };
        unread |= key.truncated;
        for port in key.values.iter().filter_map(|value| port(value.data.as_text()?)) {
            if !ports.contains(&port) && ports.len() <= MAX_SHOWN {
                ports.push(port);
            }
        }
    }
    let more = ports.len() > MAX_SHOWN;
    ports.truncate(MAX_SHOWN);
    match (ports.is_empty(), unread, more) {
        (true, true, _) => "could not be read".to_owned(),
        (true, false, _) => "none".to_owned(),
        (false, false, false) => ports.join(", "),
        (false, ..) => format!("{} and others", ports.join(", ")),
    }
}

fn of_list(text: &str) -> Option<String> {
    let mut parts = text.splitn(5, ':');
    let (port, protocol, from, enabled) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let port: u16 = port.trim().parse().ok()?;
    if !enabled.trim().eq_ignore_ascii_case("Enabled") {
        return None;
    }
    let from = from.trim();
    let from = if from == "*" { String::new() } else { format!(" from {from}") };
    Some(format!("{port}/{protocol}{from}"))
}

fn of_rule(text: &str, profile: &str) -> Option<String> {
    let (mut port, mut protocol) = (None, None);
    let (mut allows, mut active, mut inbound) = (false, false, false);
    let mut profiles = Vec::new();
    for (name, value) in text.split('|').filter_map(|part| part.split_once('=')) {
        match name {
            "Action" => allows = value.eq_ignore_ascii_case("Allow"),
            "Active" => active = value.eq_ignore_ascii_case("TRUE"),
            "Dir" => inbound = value.eq_ignore_ascii_case("In"),
            "Protocol" => protocol = value.parse::<u8>().ok(),
            "LPort" => port = value.parse::<u16>().ok(),
            "Profile" => profiles.push(value),
            "App" | "Svc" => return None,
            _ => {}
        }
    }
    // A rule that names no profile applies to all of them.
    let in_force = profiles.is_empty() || profiles.iter().any(|found| found.eq_ignore_ascii_case(profile));
    let protocol = match protocol? {
        6 => "TCP",
        17 => "UDP",
        _ => return None,
    };
    (allows && active && inbound && in_force).then_some(())?;
    Some(format!("{}/{protocol}", port?))
}
