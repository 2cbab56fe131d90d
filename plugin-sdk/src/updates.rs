//! From installed products to judged updates, each with the remedy that installs it.

use wardline_package_name::PackageName;

use crate::context::Context;
use crate::contract::exports::wardline::check::types::{
    ChecksumMode, InstallUpdate, Operation, Question, Update, UpdateFinding, UpdateStatus,
};
use crate::judge::{AfterRestart, Installed, Judge, JudgeOptions, PendingRenames};
use crate::remedy::Remedy;

/// Judges every update that concerns these products and adds to each missing one how to install it.
///
/// Asks for the system's language if checksums depend on it, then for everything that the updates name, in one round. If some
/// of these files wait for a restart, the waiting files are asked about in a further round, and so are the states of recorded
/// updates. [`judges_updates`](crate::describe::Describing::judges_updates) declares these questions, and
/// [`reads_update_records`](crate::describe::Describing::reads_update_records) those about recorded updates. Only a missing
/// update has a remedy.
///
/// ```
/// # use wardline_plugin::prelude::*;
/// # use wardline_plugin::judge::{Installed, Judge};
/// # use wardline_plugin::updates::judge_updates;
/// # async fn detect(judge: &Judge, cx: Context<'_>) -> Findings {
/// let mut findings = Findings::new();
/// let installed = Installed::new("Windows 2000 Server", Some(20));
/// findings.updates(judge_updates(judge, &[installed], cx).await);
/// # findings
/// # }
/// ```
pub async fn judge_updates(
    judge: &Judge,
    installed: &[Installed],
    cx: Context<'_>,
) -> Vec<(UpdateFinding, Vec<Remedy>)> {
    let Context { about, evidence, .. } = cx;
    let system = match about.options.checksums {
        ChecksumMode::SameLanguage if !judge.updates().is_empty() => evidence.system().await.known().cloned(),
        _ => None,
    };
    let case = judge.case(installed, JudgeOptions::new(&about.options, system.as_ref()));
    let mut questions = case.questions().to_vec();
    if questions.iter().any(|question| matches!(question, Question::File(_) | Question::FileVersion(_))) {
        questions.extend(PendingRenames::questions());
    }
    let asks_for_files = questions.len() > case.questions().len();
    let records_from = questions.len();
    questions.extend(case.record_questions());
    let replies = evidence.ask_all(questions).await;
    let (replied, listed) = replies.answers.split_at_checked(records_from).unwrap_or_default();
    let first_record = replies.first.saturating_add(u32::try_from(records_from).unwrap_or(u32::MAX));
    let pending = match replied.get(case.questions().len()..) {
        Some(answers) if asks_for_files => PendingRenames::read(answers),
        _ => PendingRenames::default(),
    };
    let names = case.recorded(listed, first_record);
    let states = evidence.ask_all(names.questions().to_vec()).await;
    let record = names.settle(&states.answers, states.first);
    let after = if pending.is_empty() {
        AfterRestart::default()
    } else {
        let system = match system {
            None => evidence.system().await.known().cloned(),
            known => known,
        };
        let restart = case.restart(&pending, system.as_ref().map(|system| system.windows_folder.as_str()));
        let waiting = evidence.ask_all(restart.questions().to_vec()).await;
        restart.settle(&waiting.answers)
    };
    let findings = case.decide_with(replied, replies.first, &after, &record);
    let judged = findings.into_iter().map(|finding| {
        let remedies = match finding.status {
            UpdateStatus::Missing => judge.update(finding.update).map(install).into_iter().collect(),
            _ => Vec::new(),
        };
        (finding, remedies)
    });
    judged.collect()
}

/// The remedy that installs an update: its package, unattended if the package's name implies its switches.
///
/// If the catalog names neither a package nor a download location, the remedy can only point to the article.
pub fn install(update: &Update) -> Remedy {
    let operation = if update.package.is_empty() && update.url.is_none() {
        let article = if update.article.is_empty() { "no article is named" } else { update.article.as_str() };
        Operation::ManualStep(format!("Get and install the update of {} ({article}).", update.bulletin))
    } else {
        Operation::InstallUpdate(InstallUpdate {
            update: update.number,
            package: update.package.clone(),
            url: update.url.clone(),
            switches: switches(&update.package).iter().map(|&switch| switch.to_owned()).collect(),
        })
    };
    let remedy = Remedy::new(operation).restart(update.restart);
    if update.article.is_empty() { remedy } else { remedy.article(update.article.clone()) }
}

/// The switches for an unattended installation without restart, by the package's file name. Empty if the name does not imply
/// them.
pub fn switches(package: &str) -> &'static [&'static str] {
    PackageName::parse(package).map_or(&[], |name| name.switches())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_package_tells_its_switches() {
        for (package, expected) in [
            ("Q292435_W2K_SP3_x86_en.EXE", &["-q", "-z"][..]),
            ("WindowsXP-KB835732-x86-ENU.exe", &["-q", "-z"]),
            ("Windows6.1-KB3033929-x64.msu", &["/quiet", "/norestart"]),
            ("Q313675.exe", &[]),
            ("Office2000-KB835732-x86-ENU.exe", &[]),
            ("", &[]),
        ] {
            assert_eq!(switches(package), expected, "{package}");
        }
    }
}
