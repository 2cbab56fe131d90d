//! Component Based Servicing packages, in which Windows Vista and later record installed components.

use super::article::{article_in, is_article, order};
use super::ask::{Asker, dword, text};
use super::{NotListed, Package, PackageState};

const PACKAGES: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages";

/// The prefix of the names of packages that represent a whole update: `Package_for_KB4013214~…`, `Package_for_RollupFix~…`,
/// `Package_for_DotNetRollup_481~…`.
const OF_UPDATE: &str = "Package_for_";

/// The values that may contain an update's article if its name does not.
const ARTICLE_VALUES: [&str; 2] = ["InstallLocation", "InstallName"];

pub(super) fn packages(asker: &mut Asker<'_>) -> (Vec<Package>, NotListed) {
    let mut packages = Vec::new();
    let mut not_listed = NotListed::default();
    for name in asker.key(PACKAGES).map(|key| key.subkeys).unwrap_or_default() {
        if is_part(&name) {
            not_listed.parts += 1;
            continue;
        }
        let identity = name.split('~').next().unwrap_or_default();
        let (update, named) = (update(identity), article_in(identity));
        if update.is_none() && named.is_none() && !is_top_level(identity) {
            not_listed.features += 1;
            continue;
        }
        let path = format!(r"{PACKAGES}\{name}");
        let Some(key) = asker.listed_key(&path) else { continue };
        let Some(state_number) = dword(&key, "CurrentState") else {
            asker.note_unread(&path, "unknown state: expected a REG_DWORD CurrentState");
            continue;
        };
        let article = match update.and_then(|update| update.split('_').next()) {
            Some(first) if is_article(first) => Some(first.to_owned()),
            _ if named.is_some() => named,
            _ => ARTICLE_VALUES.iter().find_map(|value| article_in(&text(&key, value)?)),
        };
        packages.push(Package { article, name, state: state(state_number), state_number });
    }
    packages.sort_by_cached_key(|package| {
        let article = package.article.as_deref();
        (article.is_none(), article.map(order), package.name.clone())
    });
    (packages, not_listed)
}

/// Returns `KB4013214` for `Package_for_KB4013214`, or `None` if the name has another form.
fn update(identity: &str) -> Option<&str> {
    let (beginning, rest) = identity.split_at_checked(OF_UPDATE.len())?;
    beginning.eq_ignore_ascii_case(OF_UPDATE).then_some(rest)
}

/// Returns whether this represents a whole installation without the prefix `Package_for_`, like that of Internet Explorer 9:
/// `Microsoft-Windows-InternetExplorer-Package-TopLevel`.
fn is_top_level(identity: &str) -> bool {
    identity.rsplit('-').next().is_some_and(|last| last.eq_ignore_ascii_case("TopLevel"))
}

/// Returns whether this is a part of an update, `Package_1_for_KB4013214~…`, whose state is that of the whole.
fn is_part(name: &str) -> bool {
    let mut words = name.split('_');
    let is = |word: Option<&str>, expected: &str| word.is_some_and(|word| word.eq_ignore_ascii_case(expected));
    is(words.next(), "Package")
        && words.next().is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
        && is(words.next(), "for")
}

/// The final states of a package (`CbsState` of Windows' servicing).
fn state(number: u32) -> PackageState {
    match number {
        0 => PackageState::Absent,
        5 => PackageState::UninstallPending,
        64 => PackageState::Staged,
        80 => PackageState::Superseded,
        96 => PackageState::InstallPending,
        112 => PackageState::Installed,
        _ => PackageState::Other,
    }
}
