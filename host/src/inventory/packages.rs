//! Packages of Component Based Servicing, in which Windows Vista and later keep what is installed.

use super::article::{is_article, order};
use super::ask::{Asker, number};
use super::{Package, PackageState};

const PACKAGES: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages";

/// What the names of those packages begin with that stand for an article as a whole.
const OF_ARTICLE: &str = "Package_for_";

pub(super) fn packages(asker: &mut Asker<'_>) -> Vec<Package> {
    let mut packages = Vec::new();
    for name in asker.key(PACKAGES).map(|key| key.subkeys).unwrap_or_default() {
        let Some(article) = article(&name) else { continue };
        let Some(key) = asker.key(&format!(r"{PACKAGES}\{name}")) else { continue };
        if let Some(state_number) = number(&key, "CurrentState") {
            packages.push(Package { article, name, state: state(state_number), state_number });
        }
    }
    packages.sort_by_cached_key(|package| (order(&package.article), package.name.clone()));
    packages
}

/// `KB4013214` of `Package_for_KB4013214~31bf3856ad364e35~amd64~~10.0.1.0`. Parts of packages, `Package_1_for_…`, say nothing more.
fn article(name: &str) -> Option<String> {
    let (beginning, rest) = name.split_at_checked(OF_ARTICLE.len())?;
    let article = rest.split(['~', '_']).next()?;
    (beginning.eq_ignore_ascii_case(OF_ARTICLE) && is_article(article)).then(|| article.to_owned())
}

/// The states that a package comes to rest in (`CbsState` of Windows' servicing).
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
