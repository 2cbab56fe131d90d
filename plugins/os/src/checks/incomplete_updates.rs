//! MBSA 180: an update that takes effect only with the next start of the machine.
//!
//! Several mechanisms leave traces: files to be replaced at the next start (Q181345), the installer of the updates of Windows
//! 2000 to Server 2003, Automatic Updates, and from Vista on the servicing of components. Some of these keys do not outlive a
//! restart and stand in no hive on a disk, so that a disk alone tells less than the machine that runs.

use wardline_plugin::prelude::*;

use crate::wording::with_table;

pub(crate) const ID: &str = "incomplete-updates";
pub(crate) const TITLE: &str = "Incomplete updates";
pub(crate) const COLUMNS: &[&str] = &["What waits", "Detail"];
pub(crate) const EXPLANATION: &str =
    "Until the machine restarts it runs the old code, though the update is recorded as installed.";

const SESSION_MANAGER: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager";
const UPDATE_EXE: &str = r"HKLM\SOFTWARE\Microsoft\Updates\UpdateExeVolatile";
const SERVICING: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending";
const AUTOMATIC_UPDATES: &str =
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired";

/// What is asked.
pub(crate) const KEYS: [&str; 4] = [SESSION_MANAGER, UPDATE_EXE, SERVICING, AUTOMATIC_UPDATES];

const RENAMES: [&str; 2] = ["PendingFileRenameOperations", "PendingFileRenameOperations2"];
const ARTICLE: &str = "Q181345";

/// More files than this are left out of the table.
const MOST_FILES: usize = 50;

pub(crate) async fn check(evidence: &Evidence) -> Result<Finding, Unable> {
    let value = |key: &str, name: &str| {
        Question::RegistryValue(RegistryValueName { key: key.to_owned(), name: name.to_owned() })
    };
    let [renames, more_renames] = RENAMES;
    let replies = evidence
        .ask_all(vec![
            value(SESSION_MANAGER, renames),
            value(SESSION_MANAGER, more_renames),
            value(UPDATE_EXE, "Flags"),
            Question::RegistryKey(SERVICING.to_owned()),
            Question::RegistryKey(AUTOMATIC_UPDATES.to_owned()),
        ])
        .await;
    let mut waiting = Vec::new();
    let mut unread = None;
    let mut rows = Vec::new();
    for (number, answer) in (replies.first..).zip(&replies.answers) {
        let found = match answer {
            Answer::Known(fact) => waits(fact, number - replies.first),
            Answer::Absent => Vec::new(),
            Answer::Denied(reason) | Answer::Unreadable(reason) => {
                unread.get_or_insert((number, reason.as_str()));
                continue;
            }
            Answer::Unsupported => {
                unread.get_or_insert((number, "this kind of target does not tell"));
                continue;
            }
        };
        if !found.is_empty() {
            waiting.push(number);
        }
        rows.extend(found.into_iter().map(|cells| (cells, Grade::NonCritical)));
    }
    if waiting.is_empty() {
        if let Some((number, reason)) = unread {
            return Err(
                Unable::new(format!("Whether an update waits for a restart cannot be read: {reason}")).because(&number)
            );
        }
        let passed = Finding::passed("No file waits to be replaced, and no installer asks for a restart.");
        return Ok((replies.first..)
            .take(replies.answers.len())
            .fold(passed, |finding, number| finding.because(&number)));
    }
    let finding = with_table(Finding::non_critical("An update is complete only when the machine has restarted."), rows);
    let finding = waiting.iter().fold(finding, |finding, number| finding.because(number));
    Ok(finding.mend(
        Remedy::manual("Save open work, and end what must not be interrupted.")
            .restart(true)
            .risk("What the machine serves is not to be had meanwhile.")
            .article(ARTICLE),
    ))
}

/// What an answer says to wait, as lines of the table; `place` is that of its question.
fn waits(fact: &Fact, place: u32) -> Vec<[String; 2]> {
    let line = |what: &str, detail: &str| [what.to_owned(), detail.to_owned()];
    match (place, fact) {
        (0 | 1, Fact::RegistryValue(data)) => files(data),
        (2, Fact::RegistryValue(data)) => match data.as_dword() {
            None | Some(0) => Vec::new(),
            Some(flags) => vec![line("The installer of an update asks for a restart", &format!("Flags {flags}"))],
        },
        (3, Fact::RegistryKey(_)) => vec![line("The servicing of components waits for a restart", "RebootPending")],
        (_, Fact::RegistryKey(_)) => vec![line("Automatic Updates waits for a restart", "RebootRequired")],
        _ => Vec::new(),
    }
}

/// Sources and targets take turns; an empty target stands for deletion, and a `!` before one for replacing what is there.
fn files(data: &RegistryData) -> Vec<[String; 2]> {
    let paths: Vec<&str> = match data {
        RegistryData::MultiText(paths) => paths.iter().map(String::as_str).collect(),
        other => other.as_text().into_iter().collect(),
    };
    // Later Windows puts a counter before the path: `*1\??\C:\…`.
    let plain = |path: &str| {
        let path = path.trim_start_matches('!');
        let path =
            path.strip_prefix('*').map_or(path, |path| path.trim_start_matches(|digit: char| digit.is_ascii_digit()));
        path.trim_start_matches(r"\??\").to_owned()
    };
    paths
        .chunks(2)
        .filter_map(|pair| match pair {
            ["", ..] => None,
            [source, target] if !target.is_empty() => {
                Some(["A file is put in place".to_owned(), format!("{} to {}", plain(source), plain(target))])
            }
            [source, ..] => Some(["A file is moved or deleted".to_owned(), plain(source)]),
            [] => None,
        })
        .take(MOST_FILES)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Os;
    use crate::checks::tests::actions_of;
    use wardline_plugin::testing::Bench;

    fn multi(paths: &[&str]) -> RegistryData {
        RegistryData::MultiText(paths.iter().map(|&path| path.to_owned()).collect())
    }

    fn key(path: &str) -> (Question, Fact) {
        let key = RegistryKey { values: vec![], subkeys: vec![], truncated: false, last_written: 0 };
        (Question::RegistryKey(path.to_owned()), Fact::RegistryKey(key))
    }

    #[test]
    fn any_of_the_traces_means_a_restart() {
        let [renames, more] = RENAMES;
        let replaced = multi(&[r"\??\C:\WINNT\ntdll.tmp", r"!\??\C:\WINNT\ntdll.dll"]);
        let deleted = multi(&[r"\??\C:\Temp\a.tmp", ""]);
        let with_key = |path| {
            let (question, fact) = key(path);
            Bench::new().fact(question, fact)
        };
        for (bench, lines) in [
            (Bench::new(), 0),
            (Bench::new().value(SESSION_MANAGER, renames, multi(&[])), 0),
            (Bench::new().value(SESSION_MANAGER, renames, multi(&["", ""])), 0),
            (Bench::new().value(SESSION_MANAGER, renames, replaced.clone()), 1),
            (Bench::new().value(SESSION_MANAGER, renames, deleted.clone()).value(SESSION_MANAGER, more, replaced), 2),
            (Bench::new().value(SESSION_MANAGER, renames, multi(&[r"\??\C:\Temp\a.tmp"])), 1),
            (Bench::new().value(UPDATE_EXE, "Flags", RegistryData::Dword(0)), 0),
            (Bench::new().value(UPDATE_EXE, "Flags", RegistryData::Dword(3)), 1),
            (with_key(SERVICING), 1),
            (with_key(AUTOMATIC_UPDATES), 1),
        ] {
            let run = bench.run::<Os>();
            let finding = run.check(ID);
            let grade = if lines == 0 { Grade::Passed } else { Grade::NonCritical };
            assert_eq!((finding.grade, finding.rows.len()), (grade, lines), "{finding:?}");
            assert_eq!(actions_of(&run, ID).iter().filter(|action| action.restart).count(), usize::from(lines > 0));
            assert!(!finding.evidence.is_empty());
        }
    }

    #[test]
    fn files_are_named_without_their_prefixes() {
        let data = multi(&[r"\??\C:\WINNT\a.tmp", r"!\??\C:\WINNT\a.dll", r"*1\??\C:\Temp\b.tmp", ""]);
        let run = Bench::new().value(SESSION_MANAGER, RENAMES[0], data).run::<Os>();
        let cells: Vec<_> = run.check(ID).rows.iter().map(|row| row.cells[1].as_str()).collect();
        assert_eq!(cells, [r"C:\WINNT\a.tmp to C:\WINNT\a.dll", r"C:\Temp\b.tmp"]);
    }

    #[test]
    fn what_is_unread_is_never_passed_and_hides_nothing() {
        let unread = Bench::new().unreadable_by_default("damaged");
        assert_eq!(unread.run::<Os>().check(ID).grade, Grade::UnableToScan);
        let (question, fact) = key(AUTOMATIC_UPDATES);
        assert_eq!(unread.fact(question, fact).run::<Os>().check(ID).grade, Grade::NonCritical);
        let (question, _) = key(SERVICING);
        let one = Bench::new().answer(question, Answer::Unreadable("damaged".to_owned()));
        assert_eq!(one.run::<Os>().check(ID).grade, Grade::UnableToScan);
    }
}
