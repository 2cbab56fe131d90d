//! Finds Edge, its version and its channel.
//!
//! Edge is installed for the machine below one of the two program folders. The file version of `msedge.exe` is the browser
//! that runs; its updater records the version that it has downloaded, which takes effect when the browser starts anew. A policy
//! of the updater chooses the channel (learn.microsoft.com/deployedge/microsoft-edge-update-policies, `TargetChannel`).

use std::cmp::Ordering;

use wardline_plugin::evidence::Evident;
use wardline_plugin::prelude::*;
use wardline_plugin::version;

const PROGRAMS: [&str; 2] = [
    r"%programfiles(x86)%\Microsoft\Edge\Application\msedge.exe",
    r"%programfiles%\Microsoft\Edge\Application\msedge.exe",
];
/// The updater's record of Edge's stable channel, of a 32-bit updater on 64-bit Windows first.
const CLIENTS: [&str; 2] = [
    r"HKLM\SOFTWARE\WOW6432Node\Microsoft\EdgeUpdate\Clients\{56EB18F8-B008-4CBD-B6D2-8C97FE7E9062}",
    r"HKLM\SOFTWARE\Microsoft\EdgeUpdate\Clients\{56EB18F8-B008-4CBD-B6D2-8C97FE7E9062}",
];
const POLICIES: &str = r"HKLM\SOFTWARE\Policies\Microsoft\EdgeUpdate";
const CHANNEL: &str = "TargetChannel{56EB18F8-B008-4CBD-B6D2-8C97FE7E9062}";

/// The questions of this module.
pub(crate) const ASKS: [Asks; 5] = [
    Asks::File(PROGRAMS[0]),
    Asks::File(PROGRAMS[1]),
    Asks::Registry(CLIENTS[0]),
    Asks::Registry(CLIENTS[1]),
    Asks::Registry(POLICIES),
];

/// Edge on a target.
#[derive(Debug)]
pub(crate) enum Presence {
    Installed(Browser),
    /// The questions that showed it.
    NotInstalled(Vec<u32>),
}

/// An installed Edge.
#[derive(Debug)]
pub(crate) struct Browser {
    /// `146.0.3856.84`.
    pub(crate) version: String,
    /// The question that returned the version.
    pub(crate) evidence: u32,
    /// The later version that waits for the browser to start anew, and the question that returned it.
    pub(crate) waiting: Option<(String, u32)>,
    /// Whether it is on the channel Extended Stable, else on Stable. `None` if the policy could not be read or names another
    /// channel.
    pub(crate) extended_stable: Option<bool>,
}

/// Finds Edge, in one round.
///
/// # Errors
///
/// If whether it is installed, or its version, cannot be read.
pub(crate) async fn find(evidence: &Evidence) -> Result<Presence, Unable> {
    let (programs, recorded, channel) = join3(
        join_all(PROGRAMS.map(|path| evidence.file_version(path))),
        join_all(CLIENTS.map(|key| evidence.registry_value(key, "pv"))),
        evidence.registry_value(POLICIES, CHANNEL),
    )
    .await;
    let recorded = recorded.iter().find_map(|reply| Some((text(reply)?, reply.question_number())));
    let extended_stable = match channel.clone().optional().map(|channel| text_of(channel.as_ref()?)) {
        Ok(None) => Some(false),
        Ok(Some(name)) if name.eq_ignore_ascii_case("extended") => Some(true),
        Ok(Some(name)) if name.is_empty() || name.eq_ignore_ascii_case("stable") => Some(false),
        Ok(Some(_)) | Err(_) => None,
    };
    let found = programs.iter().find_map(|reply| Some((reply.known()?, reply.question_number())));
    if let Some((file, question)) = found {
        let Some(version) = file.version.as_ref().map(version::show) else {
            return Err(Unable::new("The version of msedge.exe could not be read.").because(&question));
        };
        let is_later = |text: &str| version::compare_dotted(text, &version) == Some(Ordering::Greater);
        let waiting = recorded.filter(|(text, _)| is_later(text));
        return Ok(Presence::Installed(Browser { version, evidence: question, waiting, extended_stable }));
    }
    let asked: Vec<_> = programs.iter().map(Evident::question_number).collect();
    for program in programs {
        program.optional()?;
    }
    Ok(Presence::NotInstalled(asked))
}

fn text(reply: &Reply<RegistryData>) -> Option<String> {
    text_of(reply.known()?)
}

fn text_of(data: &RegistryData) -> Option<String> {
    data.as_text().map(|text| text.trim().to_owned())
}
