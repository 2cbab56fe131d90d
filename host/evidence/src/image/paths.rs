//! Resolves Windows paths, including variables, to places in the volume.

use super::failure::{Failure, Found};
use super::names;

/// The components of a path, from the volume's root.
pub(super) type Components = Vec<String>;

/// The locations of this target's folders.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// The system drive's letter, in upper case.
    pub(super) drive: char,
    /// The Windows folder as it was found in the volume.
    pub(super) windows: Components,
    pub(super) program_files: Found<Components>,
    pub(super) common_files: Found<Components>,
    /// The folders for 32-bit programs on 64-bit Windows; absent on 32-bit Windows, which does not have the variables either.
    pub(super) program_files_x86: Found<Components>,
    pub(super) common_files_x86: Found<Components>,
}

impl Places {
    /// Resolves a path as in `question.file`.
    pub(super) fn resolve(&self, path: &str) -> Found<Components> {
        let path = path.trim().replace('/', "\\");
        let (mut components, rest) = match path.strip_prefix('%').and_then(|path| path.split_once('%')) {
            Some((variable, rest)) => (self.variable(variable)?, rest),
            None => (Components::new(), after_drive(&path, self.drive)?),
        };
        if !rest.is_empty() && !rest.starts_with('\\') {
            return Err(Failure::Unsupported);
        }
        for component in names::components(rest) {
            // Windows ignores trailing spaces and dots.
            let component = component.trim_end_matches([' ', '.']);
            // `.` and `..` are empty by now. A colon names an alternate data stream.
            if component.is_empty() || component.contains(':') {
                return Err(Failure::Unsupported);
            }
            // No file can have such a name.
            if component.contains(['*', '?', '"', '<', '>', '|']) || component.contains(char::is_control) {
                return Err(Failure::Absent);
            }
            components.push(component.to_owned());
        }
        Ok(components)
    }

    /// Returns whether the location, or the absence, of every folder is known.
    pub(super) fn are_known(&self) -> bool {
        let folders = [&self.program_files, &self.common_files, &self.program_files_x86, &self.common_files_x86];
        folders.into_iter().all(|found| matches!(found, Ok(_) | Err(Failure::Absent | Failure::Unsupported)))
    }

    fn variable(&self, name: &str) -> Found<Components> {
        match name.to_ascii_lowercase().as_str() {
            "systemdrive" => Ok(Components::new()),
            "windir" | "systemroot" => Ok(self.windows.clone()),
            "programfiles" => self.program_files.clone(),
            "commonprogramfiles" => self.common_files.clone(),
            "programfiles(x86)" => self.program_files_x86.clone(),
            "commonprogramfiles(x86)" => self.common_files_x86.clone(),
            _ => Err(Failure::Unsupported),
        }
    }
}

/// Returns the rest of a path on this drive. Other drives are not part of the volume.
fn after_drive(path: &str, drive: char) -> Found<&str> {
    match split_drive(path) {
        Some((letter, rest)) if letter == drive && rest.starts_with('\\') => Ok(rest),
        _ => Err(Failure::Unsupported),
    }
}

/// Splits `C:\WINNT` into `C` and `\WINNT`.
pub(super) fn split_drive(path: &str) -> Option<(char, &str)> {
    let mut characters = path.chars();
    let letter = characters.next().filter(char::is_ascii_alphabetic)?.to_ascii_uppercase();
    characters.as_str().strip_prefix(':').map(|rest| (letter, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_begin_with_the_system_drive_or_a_known_variable() {
        let places = Places {
            drive: 'C',
            windows: vec!["WINNT".to_owned()],
            program_files: Ok(vec!["Program Files".to_owned()]),
            common_files: Ok(vec!["Program Files".to_owned(), "Common Files".to_owned()]),
            program_files_x86: Err(Failure::Absent),
            common_files_x86: Err(Failure::Absent),
        };
        for (path, expected) in [
            ("C:\\", Ok("")),
            ("c:\\boot.ini", Ok("boot.ini")),
            ("%SystemDrive%\\boot.ini", Ok("boot.ini")),
            ("%SYSTEMDRIVE%", Ok("")),
            ("%windir%\\system32\\ntdll.dll", Ok("WINNT|system32|ntdll.dll")),
            ("%SystemRoot%\\\\system32\\", Ok("WINNT|system32")),
            ("%windir%/system32/ntdll.dll", Ok("WINNT|system32|ntdll.dll")),
            ("%CommonProgramFiles%\\System", Ok("Program Files|Common Files|System")),
            ("C:\\trailing. .\\name ", Ok("trailing|name")),
            ("%ProgramFiles(x86)%\\a", Err(Failure::Absent)),
            ("%windir%system32", Err(Failure::Unsupported)),
            ("%EXCHSRVR%\\bin", Err(Failure::Unsupported)),
            ("%variable", Err(Failure::Unsupported)),
            ("D:\\data", Err(Failure::Unsupported)),
            ("C:data", Err(Failure::Unsupported)),
            ("\\\\server\\share", Err(Failure::Unsupported)),
            ("C:\\WINNT\\..\\..\\etc", Err(Failure::Unsupported)),
            ("C:\\WINNT\\.\\x", Err(Failure::Unsupported)),
            ("C:\\file:stream", Err(Failure::Unsupported)),
            ("C:\\*.dll", Err(Failure::Absent)),
            ("C:\\nul\0byte", Err(Failure::Absent)),
            ("", Err(Failure::Unsupported)),
        ] {
            assert_eq!(places.resolve(path).map(|found| found.join("|")), expected.map(str::to_owned), "{path:?}");
        }
    }
}
