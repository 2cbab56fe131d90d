//! MBSA 180: updates that take effect only at the next start of the machine.
//!
//! Several mechanisms leave traces: files to be replaced at the next start (Q181345), the update installer of Windows 2000 to
//! Server 2003, Automatic Updates, and from Vista on component servicing. Some of these keys do not survive a restart and are
//! not in any hive on disk, so a disk alone reveals less than the running machine.
//!
//! The marks of servicing and of the installers always belong to an update. Waiting files do not: any program may have
//! Windows rename or delete its own files at the next start. [`waiting_files`] decides which of them count.

mod waiting_files;

use wardline_plugin::evidence::{Evident, why_unknown};
use wardline_plugin::judge::{Judge, PendingOperation, SESSION_MANAGER};
use wardline_plugin::prelude::*;

use crate::wording::{counted, with_table};
use waiting_files::{Owner, Ownership};

const UPDATE_EXE: &str = r"HKLM\SOFTWARE\Microsoft\Updates\UpdateExeVolatile";
const REBOOT_PENDING: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending";
const REBOOT_IN_PROGRESS: &str =
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootInProgress";
const PACKAGES_PENDING: &str =
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\PackagesPending";
const AUTOMATIC_UPDATES: &str =
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired";

/// The operations that servicing could not carry out while Windows ran. The next start carries them out and renames the file.
const PENDING_XML: &str = r"%windir%\WinSxS\pending.xml";

const ARTICLE: &str = "Q181345";

/// The maximum number of files in the table.
const MAX_FILES: usize = 50;

/// A mark of a waiting update, wherever it is stored.
#[derive(Clone, Copy)]
enum Mark {
    /// `Flags` of the update installer: any value but 0.
    Flags,
    /// A key whose presence is the mark.
    Present,
    /// A key whose subkeys name what waits.
    Named,
    /// The programs that the session manager starts, including servicing's.
    SetupExecute,
    File,
}

/// Returns the question for each mark, with its description.
fn marks() -> Vec<(Question, Mark, &'static str)> {
    let value = |key: &str, name: &str| {
        Question::RegistryValue(RegistryValueName { key: key.to_owned(), name: name.to_owned() })
    };
    let key = |key: &str| Question::RegistryKey(key.to_owned());
    const SERVICING: &str = "Component servicing is waiting for a restart";
    vec![
        (value(UPDATE_EXE, "Flags"), Mark::Flags, "An update installer requests a restart"),
        (key(REBOOT_PENDING), Mark::Present, SERVICING),
        (key(REBOOT_IN_PROGRESS), Mark::Present, SERVICING),
        (key(PACKAGES_PENDING), Mark::Named, SERVICING),
        (value(SESSION_MANAGER, "SetupExecute"), Mark::SetupExecute, SERVICING),
        (Question::FileVersion(PENDING_XML.to_owned()), Mark::File, SERVICING),
        (key(AUTOMATIC_UPDATES), Mark::Present, "Automatic Updates is waiting for a restart"),
    ]
}

/// The known facts about everything that may wait.
#[derive(Default)]
struct Found {
    rows: Vec<([String; 2], Grade)>,
    /// The questions whose answers show that something waits.
    waiting: Vec<u32>,
    /// The first question that left something open, and why.
    open: Option<(u32, String)>,
    /// Whether an update is known to be waiting.
    of_update: bool,
    /// Waiting files that do not count.
    others: usize,
}

pub(crate) struct IncompleteUpdates;

impl Check<Judge> for IncompleteUpdates {
    const INFO: CheckInfo = CheckInfo::new("incomplete-updates", "Incomplete updates")
        .mbsa(180)
        .columns(&["What waits", "Detail"])
        .explanation("Until the machine restarts, it runs the old code although the update is recorded as installed.");
    const ASKS: &'static [Asks] = &[
        Asks::System,
        Asks::Registry(SESSION_MANAGER),
        Asks::Registry(UPDATE_EXE),
        Asks::Registry(REBOOT_PENDING),
        Asks::Registry(REBOOT_IN_PROGRESS),
        Asks::Registry(PACKAGES_PENDING),
        Asks::Registry(AUTOMATIC_UPDATES),
        Asks::File(PENDING_XML),
    ];

    async fn run(cx: Context<'_, Judge>) -> Result<Finding, Unable> {
        let Context { evidence, subject: judge, .. } = cx;
        let marks = marks();
        let operations = PendingOperation::questions();
        let questions = operations.iter().chain(marks.iter().map(|(question, ..)| question)).cloned().collect();
        let replies = evidence.ask_all(questions).await;
        let mut numbered = (replies.first..).zip(&replies.answers);

        let mut found = Found::default();
        let mut files = Vec::new();
        for (number, answer) in numbered.by_ref().take(operations.len()) {
            match PendingOperation::read(Some(answer)) {
                Ok(operations) => files.extend(operations.into_iter().map(|operation| (number, operation))),
                Err(reason) => found.leave_open(number, reason),
            }
        }
        for ((number, answer), (question, mark, words)) in numbered.zip(&marks) {
            found.mark(number, answer, question, *mark, words);
        }
        let system = if files.is_empty() { None } else { found.files(&files, evidence, judge).await };

        if found.waiting.is_empty() {
            if let Some((number, reason)) = &found.open {
                return Err(Unable::new(format!(
                    "Whether an update is waiting for a restart could not be determined: {reason}"
                ))
                .because(number));
            }
            let summary = match found.others {
                0 => "No file is waiting to be replaced, and no installer requests a restart.".to_owned(),
                others => format!(
                    "Nothing shows that an update is waiting for a restart. The next start moves or deletes {} that {} \
                     not known to belong to an update.",
                    counted(others, "file"),
                    if others == 1 { "is" } else { "are" }
                ),
            };
            let passed = with_table(Finding::passed(summary), found.rows);
            let all = (replies.first..).take(replies.answers.len()).chain(system);
            return Ok(all.fold(passed, |finding, number| finding.because(&number)));
        }
        let summary = if found.of_update {
            "An update is complete only when the machine has restarted."
        } else {
            "The next start replaces files in Windows folders; until then the old files are in use."
        };
        let finding = with_table(Finding::non_critical(summary), found.rows);
        let finding = found.waiting.iter().fold(finding, |finding, number| finding.because(number));
        Ok(finding.mend(
            Remedy::manual("Save open work, and close anything that must not be interrupted.")
                .restart(true)
                .risk("The services of the machine are not available during the restart.")
                .article(ARTICLE),
        ))
    }
}

impl Found {
    fn leave_open(&mut self, number: u32, reason: String) {
        self.open.get_or_insert((number, reason));
    }

    fn wait(&mut self, number: u32, cells: [String; 2], grade: Grade) {
        if self.waiting.last() != Some(&number) {
            self.waiting.push(number);
        }
        self.rows.push((cells, grade));
    }

    fn mark(&mut self, number: u32, answer: &Answer, question: &Question, mark: Mark, words: &str) {
        let fact = match answer {
            Answer::Known(fact) => fact,
            Answer::Absent => return,
            silent => return self.leave_open(number, why_unknown(silent).unwrap_or_default().to_owned()),
        };
        match says(mark, fact, question) {
            Ok(None) => {}
            Ok(Some(detail)) => {
                self.of_update = true;
                self.wait(number, [words.to_owned(), detail], Grade::NonCritical);
            }
            Err(reason) => self.leave_open(number, reason),
        }
    }

    /// Judges the renames and deletions, and returns the number of the question about the Windows folder.
    async fn files(&mut self, files: &[(u32, PendingOperation)], evidence: &Evidence, judge: &Judge) -> Option<u32> {
        let system = evidence.system().await;
        let number = system.question_number();
        let mut ownership =
            Ownership::new(system.known().map(|system| system.windows_folder.as_str()), judge.updates());
        let mut shown = 0;
        for (question, operation) in files {
            let owner = ownership.of(operation);
            let grade = match owner {
                Owner::Update | Owner::Windows => Grade::NonCritical,
                Owner::Other | Owner::Temporary => Grade::Informational,
                Owner::Unknown => {
                    self.leave_open(number, "files are waiting, and the Windows folder is not known".to_owned());
                    continue;
                }
                Owner::ShortName => {
                    let path = operation.to.as_ref().unwrap_or(&operation.from);
                    self.leave_open(
                        *question,
                        format!("{path} is waiting, a short name that may be that of an update's file"),
                    );
                    continue;
                }
            };
            self.of_update |= owner == Owner::Update;
            let cells = described(owner, operation);
            shown += 1;
            match grade {
                Grade::NonCritical if shown > MAX_FILES => {
                    if self.waiting.last() != Some(question) {
                        self.waiting.push(*question);
                    }
                }
                Grade::NonCritical => self.wait(*question, cells, grade),
                _ => {
                    self.others += 1;
                    if shown <= MAX_FILES {
                        self.rows.push((cells, grade));
                    }
                }
            }
        }
        system.known().is_some().then_some(number)
    }
}

/// Returns what a mark says is waiting, if anything.
///
/// # Errors
///
/// A clause if the data are not what Windows writes.
fn says(mark: Mark, fact: &Fact, question: &Question) -> Result<Option<String>, String> {
    let last = |question: &Question| match question {
        Question::RegistryKey(path) | Question::FileVersion(path) => {
            path.rsplit('\\').next().unwrap_or_default().to_owned()
        }
        _ => String::new(),
    };
    let misfit = || Err("the answer does not fit the question".to_owned());
    match (mark, fact) {
        (Mark::Flags, Fact::RegistryValue(RegistryData::Dword(flags))) => {
            Ok((*flags != 0).then(|| format!("Flags {flags}")))
        }
        (Mark::Flags, Fact::RegistryValue(_)) => Err(format!(r"{UPDATE_EXE}\Flags is not a number (REG_DWORD)")),
        (Mark::Present, Fact::RegistryKey(_)) | (Mark::File, Fact::File(_)) => Ok(Some(last(question))),
        (Mark::Named, Fact::RegistryKey(key)) => {
            let named = key.subkeys.first().or(key.values.first().map(|value| &value.name));
            match named {
                Some(name) => Ok(Some(format!("{}: {name}", last(question)))),
                None if key.truncated => Err(format!("the entries of {} are not listed", last(question))),
                None => Ok(None),
            }
        }
        (Mark::SetupExecute, Fact::RegistryValue(data)) => match data {
            RegistryData::MultiText(programs) => Ok(programs.iter().find(|program| is_servicing(program)).cloned()),
            RegistryData::Text(program) => Ok(is_servicing(program).then(|| program.clone())),
            _ => Err(format!(r"{SESSION_MANAGER}\SetupExecute is not a list of texts (REG_MULTI_SZ)")),
        },
        _ => misfit(),
    }
}

/// `poqexec.exe`, the executor of primitive operations queues, carries out the operations in `pending.xml`.
fn is_servicing(program: &str) -> bool {
    program.to_ascii_lowercase().contains("poqexec")
}

fn described(owner: Owner, operation: &PendingOperation) -> [String; 2] {
    let PendingOperation { from, to, .. } = operation;
    let (whose, file) = match owner {
        Owner::Update => ("An update's file", true),
        Owner::Windows => ("A file of Windows", true),
        Owner::Temporary => ("A temporary file", false),
        Owner::Other | Owner::Unknown | Owner::ShortName => ("Another file", false),
    };
    match to {
        Some(to) => {
            let what = if file { "is put in place" } else { "is moved" };
            [format!("{whose} {what}"), format!("{from} to {to}")]
        }
        None => [format!("{whose} is deleted"), from.clone()],
    }
}

#[cfg(test)]
mod tests;
