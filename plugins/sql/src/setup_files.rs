//! The files that setups left, and the passwords in them.

use wardline_plugin::evidence::Evident;
use wardline_plugin::prelude::*;

use crate::password_traces::{self, Traces};

/// The folders common to all instances, which setups write to while they run.
const FOLDERS: [&str; 2] = [r"%windir%", r"%windir%\temp"];
/// In the first of them; an instance's own folder `Install` receives a copy.
pub(crate) const ANSWERS: &str = "setup.iss";

/// The maximum number of files, more than setups write. With more, the check is not judged.
const MAX_FILES: usize = 64;

/// The files that all instances share, and the passwords in them.
#[derive(Debug)]
pub(crate) struct SetupFiles {
    pub(crate) files: Vec<Looked>,
    /// The questions that prove that there are no others.
    pub(crate) listings: Vec<u32>,
    pub(crate) unable: Option<Unable>,
}

/// A file that was read, and the question about it, if that was answered.
#[derive(Debug)]
pub(crate) struct Looked {
    pub(crate) path: String,
    pub(crate) question: Option<u32>,
    pub(crate) traces: Traces,
}

/// Searches the files in the folders that all instances share.
pub(crate) async fn search(evidence: &Evidence) -> SetupFiles {
    let listings = join_all(FOLDERS.map(|folder| evidence.directory(folder))).await;
    let mut searched = SetupFiles { files: Vec::new(), listings: Vec::new(), unable: None };
    let mut paths = Vec::new();
    for (folder, listing) in FOLDERS.iter().zip(listings) {
        searched.listings.push(listing.question_number());
        match listing.optional() {
            Ok(listing) => {
                let entries = listing.as_ref().map(|listing| listing.entries.as_slice()).unwrap_or_default();
                let names = entries.iter().filter(|entry| !entry.directory && is_setup_file(&entry.name));
                paths.extend(names.map(|entry| format!(r"{folder}\{}", entry.name)));
                if listing.as_ref().is_some_and(|listing| listing.truncated) || paths.len() > MAX_FILES {
                    paths.truncate(MAX_FILES);
                    let reason = format!("{folder} contains more files than are examined.");
                    searched.unable.get_or_insert(Unable::new(reason).because(&listing));
                }
            }
            Err(mut unable) => {
                unable.reason = format!("{folder}: {}", unable.reason);
                searched.unable.get_or_insert(unable);
            }
        }
    }
    for looked in join_all(paths.into_iter().map(|path| look(evidence, path))).await {
        match looked {
            Ok(looked) => searched.files.extend(looked),
            Err(unable) => drop(searched.unable.get_or_insert(unable)),
        }
    }
    searched
}

/// `setup.iss`, `sqlstp.log`, and `sqlsp.log`, which later service packs number.
fn is_setup_file(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == ANSWERS || name == "sqlstp.log" || (name.starts_with("sqlsp") && name.ends_with(".log"))
}

/// Searches one file. `None` if it does not exist.
pub(crate) async fn look(evidence: &Evidence, path: String) -> Result<Option<Looked>, Unable> {
    let (file, traces) = join(evidence.file_version(path.as_str()), password_traces::read(evidence, &path)).await;
    let question = file.question_number();
    // The question about the text is not cited, because its answer may contain the password.
    let traces = traces.map_err(|reason| Unable::new(format!("{path}: {reason}")).because(&question))?;
    let told = file.optional().is_ok();
    Ok(traces.map(|traces| Looked { path, question: told.then_some(question), traces }))
}
