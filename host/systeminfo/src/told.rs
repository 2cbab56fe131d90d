//! The facts that a text tells, and how those of several texts about one machine are combined.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::product::{Architecture, Role};

/// The tool or class that a text is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Systeminfo,
    /// `Win32_QuickFixEngineering`: `wmic qfe`, `Get-HotFix`.
    Hotfixes,
    /// `Win32_OperatingSystem`: `wmic os`.
    OperatingSystem,
    /// `Get-ComputerInfo`.
    ComputerInfo,
    /// Builds and articles that people write, and the output of `ver`.
    Plain,
}

/// The facts that texts tell about one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub form: Form,
    /// The computer's name, without its domain.
    pub computer: Option<String>,
    /// `None` if the text does not have the version of Windows.
    pub system: Option<System>,
    pub hotfixes: Hotfixes,
}

/// The installed Windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// `Windows 10 Pro`, without the name of its maker.
    pub product_name: Option<String>,
    /// Major and minor version: (10, 0).
    pub version: (u32, u32),
    pub build: u32,
    /// The fourth number of the version, which only `ver` and lists by people have.
    pub revision: Option<u32>,
    /// 0 without a service pack.
    pub service_pack: u32,
    /// `Service Pack 1`.
    pub service_pack_name: Option<String>,
    pub role: Option<Role>,
    /// Windows' own names for the product suites: `Enterprise`, `Blade`.
    pub suites: Vec<&'static str>,
    pub architecture: Option<Architecture>,
    /// The language identifier of Windows: 0x0409.
    pub language: Option<u16>,
    /// `C:\Windows`.
    pub windows_folder: Option<String>,
}

/// The installed hotfixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hotfixes {
    /// The text is not about hotfixes.
    Untold,
    /// There is a list, but it names none. Windows prints the same if it could not read them, so that nothing is known.
    Unreadable(&'static str),
    Listed {
        /// `KB5034441`, `Q147222`.
        articles: BTreeSet<String>,
        /// Whether the list names each of its entries. If not, others are installed as well.
        complete: bool,
    },
}

/// Two statements that cannot be about one machine at one time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("describes more than one machine: {what} is {one}, and {other}; use one file or folder for each machine")]
pub struct Conflict {
    /// `the computer's name`.
    pub what: &'static str,
    pub one: String,
    pub other: String,
}

impl Conflict {
    pub(crate) fn new(what: &'static str, one: impl ToString, other: impl ToString) -> Self {
        Conflict { what, one: one.to_string(), other: other.to_string() }
    }

    pub(crate) fn of_builds(one: &System, other: &System) -> Self {
        Conflict::new("the build", one.numbers(), other.numbers())
    }
}

impl Told {
    pub(crate) fn of(form: Form) -> Told {
        Told { form, computer: None, system: None, hotfixes: Hotfixes::Untold }
    }

    /// Adds the facts of another text about the same machine. If both have a detail, that of `Win32_OperatingSystem` or
    /// `Get-ComputerInfo` counts, which have it as a number, then that of the text that was added first.
    ///
    /// # Errors
    ///
    /// If the computer's name, the version or the revision differ.
    pub fn add(&mut self, other: Told) -> Result<(), Conflict> {
        let computer =
            agreed(COMPUTER, self.computer.take(), other.computer, |one, other| one.eq_ignore_ascii_case(other))?;
        self.computer = computer;
        self.system = match (self.system.take(), other.system) {
            (Some(one), Some(another)) => Some(match other.form {
                Form::OperatingSystem | Form::ComputerInfo => another.completed_by(one)?,
                Form::Systeminfo | Form::Hotfixes | Form::Plain => one.completed_by(another)?,
            }),
            (one, another) => one.or(another),
        };
        self.hotfixes = std::mem::replace(&mut self.hotfixes, Hotfixes::Untold).and(other.hotfixes);
        Ok(())
    }
}

pub(crate) const COMPUTER: &str = "the computer's name";

/// Returns the value that both agree on, or that one of them has.
fn agreed<T: ToString>(
    what: &'static str,
    one: Option<T>,
    other: Option<T>,
    same: impl Fn(&T, &T) -> bool,
) -> Result<Option<T>, Conflict> {
    match (one, other) {
        (Some(one), Some(other)) if !same(&one, &other) => Err(Conflict::new(what, one, other)),
        (one, other) => Ok(one.or(other)),
    }
}

impl System {
    pub(crate) fn new(version: (u32, u32), build: u32) -> System {
        // Each service pack of Vista and Windows 7, and of their servers, has a build of its own; 6003 is 6002 since March 2019
        // (KB4489887).
        let service_pack = match (version, build) {
            ((6, 0), 6001) | ((6, 1), 7601) => 1,
            ((6, 0), 6002 | 6003) => 2,
            _ => 0,
        };
        System {
            product_name: None,
            version,
            build,
            revision: None,
            service_pack,
            service_pack_name: (service_pack > 0).then(|| format!("Service Pack {service_pack}")),
            role: None,
            suites: Vec::new(),
            architecture: None,
            language: None,
            windows_folder: None,
        }
    }

    /// The version with its build: `10.0.19045`.
    fn numbers(&self) -> String {
        format!("{}.{}.{}", self.version.0, self.version.1, self.build)
    }

    fn completed_by(self, other: System) -> Result<System, Conflict> {
        if (self.version, self.build) != (other.version, other.build) {
            return Err(Conflict::of_builds(&self, &other));
        }
        Ok(System {
            product_name: self.product_name.or(other.product_name),
            revision: agreed("the revision", self.revision, other.revision, u32::eq)?,
            service_pack: self.service_pack.max(other.service_pack),
            service_pack_name: self.service_pack_name.or(other.service_pack_name),
            role: self.role.or(other.role),
            suites: if self.suites.is_empty() { other.suites } else { self.suites },
            architecture: self.architecture.or(other.architecture),
            language: self.language.or(other.language),
            windows_folder: self.windows_folder.or(other.windows_folder),
            ..self
        })
    }
}

impl Hotfixes {
    /// Both lists, each of which may know of some that the other does not.
    fn and(self, other: Hotfixes) -> Hotfixes {
        match (self, other) {
            (
                Hotfixes::Listed { mut articles, complete },
                Hotfixes::Listed { articles: others, complete: other_is_complete },
            ) => {
                articles.extend(others);
                Hotfixes::Listed { articles, complete: complete || other_is_complete }
            }
            (listed @ Hotfixes::Listed { .. }, _) | (_, listed @ Hotfixes::Listed { .. }) => listed,
            (unreadable @ Hotfixes::Unreadable(_), _) | (_, unreadable @ Hotfixes::Unreadable(_)) => unreadable,
            (Hotfixes::Untold, Hotfixes::Untold) => Hotfixes::Untold,
        }
    }

    /// The result of reading a list of hotfixes. `hidden` is whether it has entries that name no article.
    pub(crate) fn listed(articles: BTreeSet<String>, hidden: bool) -> Hotfixes {
        match (articles.is_empty(), hidden) {
            (true, false) => Hotfixes::Unreadable("the list of hotfixes is empty"),
            (true, true) => Hotfixes::Unreadable("the list of hotfixes does not name their articles"),
            (false, hidden) => Hotfixes::Listed { articles, complete: !hidden },
        }
    }
}

/// Returns whether an entry of a list of hotfixes hides an article: `File 1`, which Windows XP and 2003 show in place of the article,
/// in any language; or a name that the tool cut off.
pub(crate) fn hides_article(entry: &str) -> bool {
    let numbered = entry.rsplit_once(char::is_whitespace).is_some_and(|(word, number)| {
        !word.is_empty() && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    numbered || entry.ends_with("...") || entry.ends_with('…')
}

/// Returns a computer's name without its domain, or `None` if the text cannot be one.
pub(crate) fn computer_name(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('\\');
    if text.parse::<IpAddr>().is_ok() {
        return None;
    }
    let name = text.split('.').next()?;
    let forbidden = |letter: char| {
        letter.is_whitespace() || letter.is_control() || r#"\/:*?"<>|[],;=+"#.contains(letter) || letter == '\u{fffd}'
    };
    let is_name = !name.is_empty() && name.chars().count() <= 63 && !name.contains(forbidden);
    (is_name && !name.eq_ignore_ascii_case("localhost")).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computers_are_named_without_their_domain() {
        for (text, expected) in [
            ("WEB01", Some("WEB01")),
            (r"\\WEB01", Some("WEB01")),
            ("web01.example.org", Some("web01")),
            ("192.168.0.7", None),
            ("fe80::1", None),
            ("localhost", None),
            (".", None),
            (r"\>systeminfo", None),
            ("a b", None),
            ("", None),
        ] {
            assert_eq!(computer_name(text).as_deref(), expected, "{text}");
        }
    }
}
