//! Check 315: whether the IIS Lockdown tool was run.

use wardline_plugin::prelude::*;

use crate::product::Installation;

/// The tool's record of its changes, which it needs to undo them.
const LOG: &str = r"%windir%\system32\inetsrv\oblt-log.log";
/// The tool's records of undoing them: the first is written during the undo, the second afterwards.
const UNDO_LOG: &str = r"%windir%\system32\inetsrv\oblt-undo.log";
const UNDONE_LOG: &str = r"%windir%\system32\inetsrv\oblt-undone.log";
const UNDONE: &str = "The IIS Lockdown tool was run, and its changes were undone.";

const FILES: &str = r"%windir%\system32\inetsrv\oblt-*.log";
const KEY: &str = r"HKLM\SOFTWARE\Microsoft\IIS Lockdown Wizard";

/// The versions that the tool was made for. Later ones are installed in the state that it would produce.
const MADE_FOR: std::ops::RangeInclusive<u32> = 4..=5;

pub(crate) struct LockdownTool;

impl Check<Installation> for LockdownTool {
    const INFO: CheckInfo = CheckInfo::new("lockdown-tool", "IIS Lockdown tool").mbsa(315).explanation(
        "IIS 4 and 5 are installed with everything turned on. The tool turns off what a server does not need.",
    );
    const ASKS: &'static [Asks] = &[Asks::Registry(KEY), Asks::File(FILES)];

    /// The traces are those that "IIS Insider", November 2003, names for detecting whether the tool was run and is still in
    /// effect. None of them reveals the tool's version.
    async fn run(cx: Context<'_, Installation>) -> Result<Finding, Unable> {
        let Context { evidence, subject: installation, .. } = cx;
        if let Some(version) = installation.version.filter(|version| !MADE_FOR.contains(&version.major)) {
            let why = if version.major > *MADE_FOR.end() { "is installed locked down" } else { "is too old for it" };
            return Ok(Finding::not_performed(format!(
                "The tool is designed for IIS 4.0 to 5.1; IIS {version} {why}."
            ))
            .because(&installation.evidence));
        }
        let (files, key) = join(
            join3(evidence.file_version(LOG), evidence.file_version(UNDO_LOG), evidence.file_version(UNDONE_LOG)),
            evidence.registry_key(KEY),
        )
        .await;
        let log = files.0.optional()?;
        let undo_logs = [files.1, files.2];
        let Some(run) = log.as_ref() else {
            let key = key.optional()?;
            if key.is_none() {
                return Ok(Finding::critical("The IIS Lockdown tool was not run.")
                    .because(&log)
                    .because(&key)
                    .mend(remedy()));
            }
            let finding = Finding::passed(
                "The IIS Lockdown tool was run: its key exists. Its log is missing, so what it turned off is not known.",
            );
            let mut finding = finding.because(&key).because(&log);
            for undone in undo_logs {
                let undone = undone.optional()?;
                if undone.is_some() {
                    return Ok(Finding::critical(UNDONE).because(&key).because(&log).because(&undone).mend(remedy()));
                }
                finding = finding.because(&undone);
            }
            return Ok(finding);
        };
        let mut finding = Finding::passed("The IIS Lockdown tool was run and has not been undone since.").because(&log);
        for undone in undo_logs {
            let undone = undone.optional()?;
            let Some(file) = undone.as_ref() else {
                finding = finding.because(&undone);
                continue;
            };
            match (run.modified, file.modified) {
                (Some(run), Some(undo)) if undo < run => finding = finding.because(&undone),
                (Some(_), Some(_)) => {
                    return Ok(Finding::critical(UNDONE).because(&log).because(&undone).mend(remedy()));
                }
                _ => {
                    return Err(Unable::new(
                        "Whether the IIS Lockdown tool was run or undone last could not be determined.",
                    )
                    .because(&log)
                    .because(&undone));
                }
            }
        }
        Ok(finding)
    }
}

/// When run a second time, the tool offers to undo its changes.
fn remedy() -> Remedy {
    let run = || {
        Operation::RunTool(RunTool {
            tool: "iislockd.exe".to_owned(),
            arguments: Vec::new(),
            article: Some("Q325864".to_owned()),
        })
    };
    Remedy::new(run()).undo(run()).article("Q325864").risk(
        "Pages and programs that need what the tool turns off stop working. Undoing does not bring back services that \
         it uninstalls.",
    )
}
