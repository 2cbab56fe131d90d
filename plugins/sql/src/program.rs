//! Locates an instance's program and checks that it is present.

use wardline_plugin::evidence::Evident;
use wardline_plugin::prelude::*;

use crate::product::SqlVersion;

const FILE: &str = "sqlservr.exe";

/// The program of an instance, as named in the registry.
#[derive(Debug)]
pub(crate) enum Program {
    /// Neither its keys nor its service name a location.
    NotNamed,
    Found {
        /// The question that found it.
        question: u32,
        version: Option<SqlVersion>,
    },
    /// It is not at any location that the registry names; contains the first of them.
    Gone(String),
    Unread(Unable),
}

impl Program {
    /// Returns the version of the file.
    pub(crate) fn version(&self) -> Option<SqlVersion> {
        match self {
            Program::Found { version, .. } => version.clone(),
            Program::NotNamed | Program::Gone(_) | Program::Unread(_) => None,
        }
    }
}

/// Looks for the program at the path that the service starts, and in the program folders that setup recorded.
pub(crate) async fn find(evidence: &Evidence, image: Option<&str>, folders: [Option<String>; 2]) -> Program {
    let in_folders = folders.into_iter().flatten().map(|folder| format!(r"{}\{FILE}", folder.trim_end_matches('\\')));
    let mut paths: Vec<String> = Vec::new();
    for path in image.and_then(path_of_image).into_iter().chain(in_folders) {
        if !paths.iter().any(|other| other.eq_ignore_ascii_case(&path)) {
            paths.push(path);
        }
    }
    let Some(first) = paths.first().cloned() else { return Program::NotNamed };
    let mut unread = None;
    for reply in join_all(paths.into_iter().map(|path| evidence.file_version(path))).await {
        match reply.optional() {
            Ok(file) => {
                if let Some(info) = file.as_ref() {
                    let version = info.version.as_ref().and_then(SqlVersion::of_program);
                    return Program::Found { question: file.question_number(), version };
                }
            }
            Err(unable) => unread = unread.or(Some(unable)),
        }
    }
    unread.map_or(Program::Gone(first), Program::Unread)
}

/// Extracts the program from a service's command line: `"C:\Program Files\…\Binn\sqlservr.exe" -sSHOP`, with or without the
/// quotes. `None` if the command is not a path on a drive that ends in a folder `Binn`, the form that setup writes.
fn path_of_image(image: &str) -> Option<String> {
    let command = image.trim().trim_start_matches('"');
    let lower = command.to_ascii_lowercase();
    let end = lower.find(FILE)? + FILE.len();
    let path = command.get(..end)?;
    let on_drive = path.get(1..3) == Some(r":\") && path.starts_with(|drive: char| drive.is_ascii_alphabetic());
    (on_drive && lower.get(..end)?.ends_with(r"\binn\sqlservr.exe")).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_names_the_program() {
        for (image, expected) in [
            (r"C:\MSSQL7\binn\sqlservr.exe", Some(r"C:\MSSQL7\binn\sqlservr.exe")),
            (
                r#""C:\Program Files\X\MSSQL\Binn\sqlservr.exe" -sSHOP"#,
                Some(r"C:\Program Files\X\MSSQL\Binn\sqlservr.exe"),
            ),
            (r"C:\Program Files\X\Binn\SQLSERVR.EXE -sSHOP", Some(r"C:\Program Files\X\Binn\SQLSERVR.EXE")),
            (r"%ProgramFiles%\X\Binn\sqlservr.exe", None),
            (r"C:\X\sqlservr.exe", None),
            ("sqlservr.exe", None),
            (r"C:\X\Binn\other.exe", None),
            (r"\\server\share\Binn\sqlservr.exe", None),
            ("", None),
            ("İ\u{130}sqlservr.exe", None),
        ] {
            assert_eq!(path_of_image(image).as_deref(), expected, "{image}");
        }
    }
}
