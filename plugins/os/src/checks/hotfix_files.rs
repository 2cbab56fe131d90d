//! Whether the files of the recorded hotfixes are still those that the hotfixes brought.
//!
//! This is what `Hotfix.exe -l` listed and `Qfecheck.exe /v` verified (Q282784): an installed hotfix may no longer be in force, because
//! something else has replaced one of its files with an older one. No catalog is needed: the version in the hotfix's own record
//! is compared with the version found.
//!
//! Windows Vista and later record packages in place of hotfixes, without their files. They are listed if the operator wants a list.

mod article;
mod ask;
mod files;
mod packages;
mod records;
mod table;

use wardline_plugin::judge::{CURRENT_VERSION, HOTFIXES, PACKAGE, PACKAGES};
use wardline_plugin::prelude::*;

use crate::wording::{counted, listed, with_remedies, with_table};
use ask::{Asker, cut};
use files::Verdict;
use records::{Hotfix, UPDATES};

const LIST: Setting<bool> = Setting::new(
    "list-hotfixes",
    "Whether the check hotfix-files lists every recorded hotfix and package, and not only hotfixes that are no longer in force.",
    false,
);

/// The facts that `Qfecheck.exe` verifies.
const ARTICLE: &str = "Q282784";

/// The maximum number of answers that a finding cites.
const MAX_CITED: usize = 50;

pub(crate) struct HotfixFiles;

impl Check for HotfixFiles {
    const INFO: CheckInfo = CheckInfo::new("hotfix-files", "Hotfix files").columns(&table::COLUMNS).explanation(
        "Another installation may have put an older file back: the hotfix is still recorded as installed, but what it mended is \
         broken again.",
    );
    const ASKS: &'static [Asks] = &[
        Asks::System,
        Asks::Registry(r"HKLM\SOFTWARE\Microsoft\Updates\**"),
        Asks::Registry(r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\HotFix\**"),
        Asks::Registry(PACKAGES),
        Asks::Registry(PACKAGE),
        Asks::Registry(CURRENT_VERSION),
        Asks::File(r"%windir%\**"),
        Asks::File(r"%programfiles%\**"),
        Asks::File(r"%programfiles(x86)%\**"),
        Asks::File(r"%commonprogramfiles%\**"),
        Asks::File(r"%commonprogramfiles(x86)%\**"),
    ];
    const SETTINGS: &'static [&'static dyn DeclaredSetting] = &[&LIST];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let lists = cx.setting(LIST)?;
        let mut asker = Asker::new(cx.evidence);
        let mut roots = asker.roots(vec![UPDATES.to_owned(), HOTFIXES.to_owned()]).await.into_iter();
        let (updates, of_windows) = (roots.next().flatten(), roots.next().flatten());
        let mut hotfixes = records::hotfixes(&mut asker, updates, of_windows).await;
        files::compare(&mut asker, &mut hotfixes).await;
        let judged = judged(&hotfixes, &asker);
        if !lists {
            let finding = judged.unwrap_or_else(|| citing(nothing_to_compare(), asker.root_questions.iter().copied()));
            return Ok(with_table(finding, table::not_in_force(&hotfixes)));
        }
        let packages = packages::packages(&mut asker).await;
        let finding = judged.unwrap_or_else(|| match asker.unread.first() {
            Some(unread) => {
                let summary = format!("Not everything could be listed: {}: {}.", unread.subject, unread.reason);
                citing(Finding::new(Grade::UnableToScan, cut(summary)), unread.question.into_iter())
            }
            None => {
                let hotfixes = hotfixes_in_words(hotfixes.len());
                let packages = counted(packages.whole.len(), "package");
                Finding::informational(format!(
                    "Recorded without versions of files to compare: {hotfixes} and {packages}."
                ))
            }
        });
        Ok(table::with_everything(finding, &hotfixes, &packages, &asker))
    }
}

fn nothing_to_compare() -> Finding {
    Finding::not_performed("No hotfix is recorded with versions of its files, so there is nothing to compare.")
}

/// Returns `None` if there is nothing to compare.
fn judged(hotfixes: &[Hotfix], asker: &Asker<'_>) -> Option<Finding> {
    let installed: Vec<&Hotfix> = hotfixes.iter().filter(|hotfix| hotfix.is_installed()).collect();
    let files = || installed.iter().flat_map(|hotfix| &hotfix.files);
    let of = |verdict| files().filter(move |file| file.verdict == verdict);

    let broken: Vec<&Hotfix> = installed.iter().copied().filter(|hotfix| hotfix.is_broken()).collect();
    if !broken.is_empty() {
        let names: Vec<String> = broken.iter().map(|hotfix| hotfix.name()).collect();
        let (are, their) = if broken.len() == 1 { ("is", "its") } else { ("are", "their") };
        let summary = format!(
            "{} {are} recorded as installed but not in force: {their} files are older than recorded, or missing.",
            listed(&names)
        );
        let cited = of(Verdict::Older).chain(of(Verdict::Gone)).filter_map(|file| file.question);
        let finding = citing(Finding::non_critical(cut(summary)), cited);
        return Some(with_remedies(finding, broken.iter().map(|hotfix| install_again(hotfix))));
    }

    let unread = asker.unread.iter().map(|unread| (&unread.subject, Some(&unread.reason), unread.question));
    let uncheckable = of(Verdict::CannotBeChecked).map(|file| (&file.path, file.reason.as_ref(), file.question));
    let unknown: Vec<_> = unread.chain(uncheckable).collect();
    if let [(subject, reason, _), rest @ ..] = unknown.as_slice() {
        let reason = reason.map_or("cannot be checked", String::as_str);
        let more = match rest.len() {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        let summary =
            format!("Whether the recorded hotfixes are in force could not be determined: {subject}: {reason}{more}.");
        let cited = unknown.iter().filter_map(|(.., question)| *question);
        return Some(citing(Finding::new(Grade::UnableToScan, cut(summary)), cited));
    }

    let compared = of(Verdict::Current).count();
    if compared == 0 {
        return None;
    }
    let files_compared = counted(compared, "file");
    let of_hotfixes = hotfixes_in_words(installed.iter().filter(|hotfix| !hotfix.files.is_empty()).count());
    let have = if compared == 1 { "has" } else { "have" };
    let more = match of(Verdict::NoVersionRecorded).count() {
        0 => String::new(),
        more => format!(" {} cannot be compared: no version is recorded.", counted(more, "other file")),
    };
    let summary = format!("{files_compared} of {of_hotfixes} {have} the recorded version or a later one.{more}");
    Some(citing(Finding::passed(summary), asker.root_questions.iter().copied()))
}

fn hotfixes_in_words(number: usize) -> String {
    if number == 1 { "1 hotfix".to_owned() } else { format!("{number} hotfixes") }
}

fn citing(finding: Finding, questions: impl Iterator<Item = u32>) -> Finding {
    questions.take(MAX_CITED).fold(finding, |finding, question| finding.because(&question))
}

fn install_again(hotfix: &Hotfix) -> Remedy {
    Remedy::manual(cut(format!("Install {} again.", hotfix.name())))
        .restart(true)
        .risk("The services of the machine are not available during the restart.")
        .article(ARTICLE)
}

#[cfg(test)]
mod tests;
