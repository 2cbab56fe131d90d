//! Component Based Servicing packages, in which Windows Vista and later record installed components.

use wardline_plugin::judge::PACKAGES;

use super::article::{article_in, by_article, is_article};
use super::ask::{Asker, dword, text};

/// The prefix of the names of packages that represent a whole update: `Package_for_KB4013214~…`, `Package_for_RollupFix~…`,
/// `Package_for_DotNetRollup_481~…`.
const OF_UPDATE: &str = "Package_for_";

/// The values that may contain an update's article if its name does not.
const ARTICLE_VALUES: [&str; 2] = ["InstallLocation", "InstallName"];

/// The packages that represent a whole update, by article; those without one last.
#[derive(Debug, Default)]
pub(super) struct Packages {
    pub(super) whole: Vec<Package>,
    /// The number of parts of updates: `Package_1_for_KB4013214~…`.
    pub(super) parts: usize,
    /// The number of parts of Windows itself: features, drivers, languages.
    pub(super) features: usize,
}

#[derive(Debug)]
pub(super) struct Package {
    /// `KB4013214`, from the package's name, else from the file that it was installed from. `None` if neither contains it.
    pub(super) article: Option<String>,
    /// `Package_for_KB4013214~31bf3856ad364e35~amd64~~10.0.1.0`.
    pub(super) name: String,
    pub(super) state: String,
}

/// Reads the packages below the key [`PACKAGES`].
pub(super) async fn packages(asker: &mut Asker<'_>) -> Packages {
    let root = asker.roots(vec![PACKAGES.to_owned()]).await.pop().flatten();
    let mut packages = Packages::default();
    let mut names = Vec::new();
    for name in root.map(|key| key.data.subkeys).unwrap_or_default() {
        let identity = identity(&name);
        if is_part(&name) {
            packages.parts += 1;
        } else if update(identity).is_none() && article_in(identity).is_none() && !is_top_level(identity) {
            packages.features += 1;
        } else {
            names.push(name);
        }
    }
    let paths: Vec<String> = names.iter().map(|name| format!(r"{PACKAGES}\{name}")).collect();
    let keys = asker.listed_keys(paths.clone()).await;
    for ((name, path), key) in names.into_iter().zip(paths).zip(keys) {
        let Some(key) = key else { continue };
        let Some(state) = dword(&key.data, "CurrentState") else {
            asker.not_understood.push((path, "unknown state: expected a REG_DWORD CurrentState"));
            continue;
        };
        let named = article_in(identity(&name));
        let article = match update(identity(&name)).and_then(|update| update.split('_').next()) {
            Some(first) if is_article(first) => Some(first.to_owned()),
            _ if named.is_some() => named,
            _ => ARTICLE_VALUES.iter().find_map(|value| article_in(&text(&key.data, value)?)),
        };
        packages.whole.push(Package { article, name, state: in_words(state) });
    }
    packages.whole = by_article(packages.whole, |package| (package.article.as_ref(), package.name.clone()));
    packages
}

fn identity(name: &str) -> &str {
    name.split('~').next().unwrap_or_default()
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
fn in_words(state: u32) -> String {
    let words = match state {
        0 => "absent",
        5 => "to be uninstalled at the next restart",
        64 => "staged",
        80 => "superseded",
        96 => "to be installed at the next restart",
        112 => "installed",
        other => return format!("in state {other}"),
    };
    words.to_owned()
}
