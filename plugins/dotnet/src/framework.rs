//! Finds .NET Framework: its versions, and the files that prove its updates.
//!
//! `Release` tells the version from 4.5 on (learn.microsoft.com/dotnet/framework/install/
//! how-to-determine-which-versions-are-installed); 2.0, 3.0 and 3.5 have keys of their own, which stay when 3.5 contains them.

use std::collections::BTreeSet;

use wardline_plugin::builds::BuildTable;
use wardline_plugin::evidence::{Evident, why_unknown};
use wardline_plugin::prelude::*;

/// The versions by `Release`.
pub(crate) const VERSIONS: &str = include_str!("../data/framework.tsv");
/// The columns of [`VERSIONS`]: the version.
pub(crate) const COLUMNS: usize = 1;

const FULL: &str = r"HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full";
/// The keys of earlier versions, the newest first: each of these contains the next.
const EARLIER: [(&str, &str); 3] = [
    ("3.5", r"HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v3.5"),
    ("3.0", r"HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v3.0"),
    ("2.0", r"HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v2.0.50727"),
];
/// Files of 4.x that its updates replace. All have the version of the update that last changed them.
const FILES: [&str; 8] = [
    r"%windir%\Microsoft.NET\Framework\v4.0.30319\clr.dll",
    r"%windir%\Microsoft.NET\Framework\v4.0.30319\mscorlib.dll",
    r"%windir%\Microsoft.NET\Framework\v4.0.30319\System.dll",
    r"%windir%\Microsoft.NET\Framework\v4.0.30319\System.Web.dll",
    r"%windir%\Microsoft.NET\Framework64\v4.0.30319\clr.dll",
    r"%windir%\Microsoft.NET\Framework64\v4.0.30319\mscorlib.dll",
    r"%windir%\Microsoft.NET\Framework64\v4.0.30319\System.dll",
    r"%windir%\Microsoft.NET\Framework64\v4.0.30319\System.Web.dll",
];

/// The questions of this module.
pub(crate) const ASKS: [Asks; 6] = [
    Asks::Registry(FULL),
    Asks::Registry(EARLIER[0].1),
    Asks::Registry(EARLIER[1].1),
    Asks::Registry(EARLIER[2].1),
    Asks::File(r"%windir%\Microsoft.NET\Framework\v4.0.30319\*"),
    Asks::File(r"%windir%\Microsoft.NET\Framework64\v4.0.30319\*"),
];

/// One installed version.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    /// `4.8.1`.
    pub(crate) version: String,
    /// The question that returned it.
    pub(crate) evidence: u32,
}

/// The newest of the files that updates of 4.x replace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewestFile {
    pub(crate) version: FileVersion,
    pub(crate) evidence: u32,
}

/// .NET Framework on a target.
#[derive(Debug)]
pub(crate) struct Framework {
    /// One of 4.x, and the newest of the earlier ones.
    pub(crate) versions: Vec<Version>,
    pub(crate) newest_file: Option<NewestFile>,
    /// The questions that showed what is not installed.
    pub(crate) absent: Vec<u32>,
}

/// Finds .NET Framework, in two rounds: the keys, the files.
///
/// # Errors
///
/// If a key cannot be read, or `Release` is not in the table.
pub(crate) async fn find(evidence: &Evidence, table: &BuildTable) -> Result<Framework, Unable> {
    let (full, earlier) =
        join(evidence.registry_key(FULL), join_all(EARLIER.map(|(_, key)| evidence.registry_value(key, "Install"))))
            .await;
    let full = full.optional()?;
    let mut framework = Framework { versions: Vec::new(), newest_file: None, absent: Vec::new() };
    match full.as_ref() {
        Some(key) => {
            let version = version_of(key, table).map_err(|unable| unable.because(&full))?;
            framework.versions.push(Version { version, evidence: full.question_number() });
        }
        None => framework.absent.push(full.question_number()),
    }
    for ((version, _), reply) in EARLIER.iter().zip(earlier) {
        let install = reply.optional()?;
        if install.as_ref().and_then(|data| data.as_dword()) == Some(1) {
            framework.versions.push(Version { version: (*version).to_owned(), evidence: install.question_number() });
            break;
        }
        framework.absent.push(install.question_number());
    }
    if full.is_some() {
        framework.newest_file = newest_file(evidence).await;
    }
    Ok(framework)
}

fn version_of(full: &RegistryKey, table: &BuildTable) -> Result<String, Unable> {
    let value = |name: &str| full.values.iter().find(|value| value.name.eq_ignore_ascii_case(name));
    let Some(release) = value("Release") else {
        // 4.0 has none.
        return Ok("4.0".to_owned());
    };
    let Some(number) = release.data.as_dword() else {
        return Err(Unable::new(format!("Release holds {}.", release.data.instead_of("REG_DWORD"))));
    };
    let range = table.of(&number.to_string()).next().map(|range| range.cell(0).to_owned());
    range.ok_or_else(|| {
        let date = &table.date;
        Unable::new(format!(
            ".NET Framework with Release {number} is not in this plugin's table, which dates from {date}."
        ))
    })
}

async fn newest_file(evidence: &Evidence) -> Option<NewestFile> {
    let replies = evidence.ask_all(FILES.map(|path| Question::FileVersion(path.to_owned())).to_vec()).await;
    let files = replies.answers.iter().zip(replies.first..).filter_map(|(answer, evidence)| match answer {
        Answer::Known(Fact::File(file)) if why_unknown(answer).is_none() => {
            Some(NewestFile { version: file.version?, evidence })
        }
        _ => None,
    });
    files.filter(|file| file.version.major == 4).max_by_key(|file| {
        let FileVersion { major, minor, build, revision } = file.version;
        [major, minor, build, revision]
    })
}

/// The names of .NET Framework in a catalog, `Microsoft .NET Framework 3.5 AND 4.8 on Windows Server 2022`.
#[derive(Debug, Default)]
pub(crate) struct Names(Vec<Name>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    whole: String,
    /// The versions of 4.x, if it names some; else the earlier ones. An update for several is needed by each.
    versions: Vec<String>,
    windows: String,
}

impl Names {
    pub(crate) fn new(updates: &[Update]) -> Names {
        let rows = updates.iter().flat_map(|update| &update.applies_to);
        let names: BTreeSet<&str> = rows.map(|row| row.product.name.as_str()).collect();
        Names(names.into_iter().filter_map(Name::parse).collect())
    }

    /// Returns the names for a version, and for those that it contains, on a Windows that `is_windows` recognises.
    pub(crate) fn of<'n>(
        &'n self,
        version: &'n str,
        is_windows: impl Fn(&str) -> bool + 'n,
    ) -> impl Iterator<Item = &'n str> {
        let names = self.0.iter().filter(move |name| {
            name.versions.iter().any(|named| contains(version, named)) && is_windows(&name.windows)
        });
        names.map(|name| name.whole.as_str())
    }
}

/// Whether a version is another, or contains it with its own files and updates: 3.5 on Windows Vista has those of 2.0 and 3.0.
fn contains(version: &str, other: &str) -> bool {
    let age = |version: &str| EARLIER.iter().position(|(known, _)| *known == version);
    version == other || age(version).is_some_and(|own| age(other).is_some_and(|other| own < other))
}

impl Name {
    fn parse(name: &str) -> Option<Name> {
        let (versions, windows) = name.strip_prefix("Microsoft .NET Framework ")?.split_once(" on ")?;
        let versions = versions.split_once(" Service Pack ").map_or(versions, |(versions, _)| versions);
        let parts = versions.split_whitespace().flat_map(|word| word.split('/'));
        let versions: Vec<_> = parts.filter(|part| part.starts_with(|first: char| first.is_ascii_digit())).collect();
        let versions: Vec<_> = versions.into_iter().map(|part| if part == "4" { "4.0" } else { part }).collect();
        let of_4: Vec<_> = versions.iter().filter(|version| version.starts_with("4.")).collect();
        let versions = match of_4.is_empty() {
            // Windows 7 calls its 3.5 3.5.1.
            true => {
                versions.iter().map(|version| if *version == "3.5.1" { "3.5" } else { version }.to_owned()).collect()
            }
            false => of_4.into_iter().map(|version| (*version).to_owned()).collect(),
        };
        Some(Name { whole: name.to_owned(), versions, windows: windows.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_the_versions_and_the_windows() {
        for (name, versions, windows) in [
            (
                "3.5 AND 4.8.1 on Windows 11 Version 24H2 for x64-based Systems",
                &["4.8.1"][..],
                "Windows 11 Version 24H2 for x64-based Systems",
            ),
            (
                "4.6.2/4.7/4.7.1/4.7.2 on Windows Server 2012 R2",
                &["4.6.2", "4.7", "4.7.1", "4.7.2"],
                "Windows Server 2012 R2",
            ),
            ("3.5 and 4.6.2 on Windows Server 2016", &["4.6.2"], "Windows Server 2016"),
            (
                "3.5.1 on Windows 7 for x64-based Systems Service Pack 1",
                &["3.5"],
                "Windows 7 for x64-based Systems Service Pack 1",
            ),
            ("2.0 Service Pack 2 on Windows Vista Service Pack 2", &["2.0"], "Windows Vista Service Pack 2"),
            ("4 on Windows Vista Service Pack 2", &["4.0"], "Windows Vista Service Pack 2"),
            ("4.5/4.5.1/4.5.2 on Windows Server 2012", &["4.5", "4.5.1", "4.5.2"], "Windows Server 2012"),
        ] {
            let parsed = Name::parse(&format!("Microsoft .NET Framework {name}")).unwrap();
            assert_eq!(parsed.versions, versions, "{name}");
            assert_eq!(parsed.windows, windows, "{name}");
        }
        assert_eq!(Name::parse(".NET Framework 4.7.2 Developer Pack"), None);
    }

    #[test]
    fn the_release_tells_the_version() {
        let table = BuildTable::parse(VERSIONS, COLUMNS).unwrap();
        let version = |release: Option<RegistryData>| {
            let values = release.map(|data| RegistryValue { name: "Release".to_owned(), data }).into_iter().collect();
            version_of(&RegistryKey { values, subkeys: vec![], truncated: false, last_written: 0 }, &table).ok()
        };
        assert_eq!(version(None).as_deref(), Some("4.0"));
        for (release, expected) in [
            (378389, "4.5"),
            (394802, "4.6.2"),
            (394806, "4.6.2"),
            (461814, "4.7.2"),
            (528449, "4.8"),
            (533325, "4.8.1"),
        ] {
            assert_eq!(version(Some(RegistryData::Dword(release))).as_deref(), Some(expected), "{release}");
        }
        assert_eq!(version(Some(RegistryData::Dword(1))), None);
        assert_eq!(version(Some(RegistryData::Text("533325".to_owned()))), None);
    }
}
