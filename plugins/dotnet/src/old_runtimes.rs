//! Whether older patches of a runtime are left beside the newest one.

use wardline_plugin::prelude::*;

use crate::runtime::Runtimes;

pub(crate) struct OldRuntimes;

impl Check<Runtimes> for OldRuntimes {
    const INFO: CheckInfo =
        CheckInfo::new("old-runtimes", "Old .NET runtimes").columns(&["Folder", "Newest", "Older"]).explanation(
            "A program that does not roll forward runs on an old patch, with the holes that later patches close.",
        );

    async fn run(cx: Context<'_, Runtimes>) -> Result<Finding, Unable> {
        let runtimes = cx.subject;
        let crowded: Vec<_> = runtimes.newest.iter().filter(|runtime| !runtime.older.is_empty()).collect();
        if crowded.is_empty()
            && let Some(unable) = &runtimes.unable
        {
            return Err(unable.clone());
        }
        let finding = match (runtimes.newest.len(), crowded.len()) {
            (0, _) => Finding::not_performed("No runtime of .NET is installed."),
            (_, 0) => Finding::passed("Of each release of .NET, only the newest patch is installed."),
            (_, many) => {
                Finding::best_practice(format!("Older patches are installed beside the newest one: {many} releases."))
                    .mend(
                        Remedy::manual("Uninstall the older patches of .NET (dotnet-core-uninstall lists them).")
                            .risk("A program that requires exactly one patch no longer starts.")
                            .article("https://learn.microsoft.com/dotnet/core/additional-tools/uninstall-tool"),
                    )
            }
        };
        let finding = runtimes.searched.iter().fold(finding, Finding::because);
        Ok(crowded.into_iter().fold(finding, |finding, runtime| {
            let row = [runtime.subject(), runtime.version.clone(), runtime.older.join(", ")];
            finding.row(row, Grade::BestPractice).because(&runtime.evidence)
        }))
    }
}
