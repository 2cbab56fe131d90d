//! The places that catalogs come from.

use std::path::{Path, PathBuf};

use crate::fetch;

/// Microsoft's service for security updates: an index, and a document for each month.
pub const MSRC: &str = "https://api.msrc.microsoft.com/cvrf/v3.0";

/// The endings of files that are catalogs by themselves.
const ENDINGS: [&str; 6] = ["xml", "json", "zip", "gz", "cab", "csaf"];

/// Where to look for catalogs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A service with the paths of Microsoft's: `updates`, and `cvrf/2024-Mar`. The URL has no slash at its end.
    Service { base: String },
    /// One file on a server.
    Url(String),
    /// One file, catalog or cabinet.
    File(PathBuf),
    /// A folder of such files: a mirror. Folders in it are left out.
    Folder(PathBuf),
}

impl Source {
    /// Reads what an operator names: a URL of a file (its path ends in `.xml`, `.json`, `.zip`, `.gz` or `.cab`), another URL, which
    /// is taken for that of a service, or a path.
    pub fn parse(text: &str) -> Source {
        if let Some(path) = fetch::file_path(text) {
            return Source::at(path);
        }
        if !text.starts_with("http://") && !text.starts_with("https://") {
            return Source::at(PathBuf::from(text));
        }
        let path = without_query(text);
        match Source::ending(text).is_some_and(|ending| ENDINGS.contains(&ending.as_str())) {
            true => Source::Url(text.to_owned()),
            false => Source::Service { base: path.trim_end_matches('/').trim_end_matches("/updates").to_owned() },
        }
    }

    /// Returns the ending of the file that a URL or path names, in lower case.
    pub(crate) fn ending(text: &str) -> Option<String> {
        let path = if text.contains("://") { without_query(text) } else { text };
        let name = path.rsplit(['/', '\\']).next()?;
        name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase())
    }

    fn at(path: PathBuf) -> Source {
        if path.is_dir() { Source::Folder(path) } else { Source::File(path) }
    }

    /// Returns the source as an operator would name it.
    pub fn name(&self) -> String {
        match self {
            Source::Service { base } => base.clone(),
            Source::Url(url) => url.clone(),
            Source::File(path) | Source::Folder(path) => absolute(path),
        }
    }

    /// Whether the source says on its own which catalogs are the newest: one that is asked now is as current as it can be.
    pub fn is_authority(&self) -> bool {
        matches!(self, Source::Service { .. } | Source::Url(_))
    }
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

pub(crate) fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_told_by_its_form() {
        let service = |base: &str| Source::Service { base: base.to_owned() };
        let url = |url: &str| Source::Url(url.to_owned());
        for (text, expected) in [
            (MSRC, service(MSRC)),
            ("https://api.msrc.microsoft.com/cvrf/v3.0/updates", service(MSRC)),
            ("http://mirror.example:8080/", service("http://mirror.example:8080")),
            ("http://mirror.example/mssecure.cab", url("http://mirror.example/mssecure.cab")),
            ("https://mirror.example/d.ZIP?token=a/b", url("https://mirror.example/d.ZIP?token=a/b")),
            ("catalogs/none.xml", Source::File("catalogs/none.xml".into())),
            ("ftp://mirror.example/x.xml", Source::File("ftp://mirror.example/x.xml".into())),
        ] {
            assert_eq!(Source::parse(text), expected, "{text}");
        }
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Source::parse(&folder.path().display().to_string()), Source::Folder(folder.path().into()));
        #[cfg(unix)]
        assert_eq!(Source::parse("file:///no%20such/x.cab"), Source::File("/no such/x.cab".into()));
    }
}
