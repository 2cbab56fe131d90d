//! The keys of Office's machine-wide settings. Each has a subkey for every release that is, or was, installed.

use wardline_plugin::evidence::why_unknown;
use wardline_plugin::prelude::*;

/// The key, and the one for 32-bit programs on 64-bit Windows.
pub(crate) const ROOTS: [&str; 2] = [r"HKLM\SOFTWARE\Microsoft\Office", r"HKLM\SOFTWARE\Wow6432Node\Microsoft\Office"];

/// The questions of this module.
pub(crate) const ASKS: [Asks; 2] = [Asks::Registry(ROOTS[0]), Asks::Registry(ROOTS[1])];

/// The keys that exist.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roots {
    keys: Vec<(&'static str, RegistryKey)>,
    /// The numbers of the questions about the keys.
    pub(crate) evidence: Vec<u32>,
}

impl Roots {
    /// Returns the releases that may be installed, each with its root. `key` is the name of a release's subkey: `9.0`.
    pub(crate) fn releases<'r, R>(
        &'r self,
        releases: &'r [R],
        key: impl Fn(&R) -> &'static str + 'r,
    ) -> impl Iterator<Item = (&'static str, &'r R)> {
        let is_there =
            move |root: &RegistryKey, key: &str| root.truncated || root.subkeys.iter().any(|name| name == key);
        self.keys.iter().flat_map(move |(root, found)| {
            let of_root: Vec<_> = releases.iter().filter(|release| is_there(found, key(release))).collect();
            of_root.into_iter().map(|release| (*root, release))
        })
    }
}

/// Finds the keys, in one round.
///
/// # Errors
///
/// If one of them cannot be read.
pub(crate) async fn find(evidence: &Evidence) -> Result<Roots, Unable> {
    let mut roots = Roots::default();
    let replies = evidence.ask_all(ROOTS.map(|root| Question::RegistryKey(root.to_owned())).to_vec()).await;
    for ((root, answer), number) in ROOTS.iter().zip(replies.answers).zip(replies.first..) {
        if let Some(reason) = why_unknown(&answer) {
            return Err(Unable::new(format!("Whether Office is installed cannot be read: {reason}")).because(&number));
        }
        roots.evidence.push(number);
        if let Answer::Known(Fact::RegistryKey(key)) = answer {
            roots.keys.push((root, key));
        }
    }
    Ok(roots)
}
