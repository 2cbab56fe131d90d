//! Whether the agent has its security fix.

use wardline_plugin::prelude::*;
use wardline_plugin::version;

use crate::Agent;

const PROGRAM: &str = r"%programfiles%\Contoso\Agent\agent.exe";

/// Before this version the agent runs commands from anybody who sends some.
const FIXED: FileVersion = FileVersion { major: 4, minor: 2, build: 1, revision: 0 };

pub(crate) struct AgentVersion;

impl Check<Agent> for AgentVersion {
    const INFO: CheckInfo =
        CheckInfo::new("agent-version", "Version of the agent").columns(&["File", "Found", "Needed"]).explanation(
            "Before version 4.2.1.0 the agent runs commands without asking who sends them (hotfix CA-2026-01).",
        );
    const ASKS: &'static [Asks] = &[Asks::File(PROGRAM)];

    async fn run(cx: Context<'_, Agent>) -> Result<Finding, Unable> {
        let file = cx.evidence.file_version(PROGRAM).await.required()?;
        let Some(found) = file.version else {
            return Err(Unable::new("The agent's program holds no version.").because(&file));
        };
        if version::compare(&found, &FIXED).is_lt() {
            let row = [PROGRAM.to_owned(), version::show(&found), version::show(&FIXED)];
            return Ok(Finding::critical("The agent runs commands from anybody: hotfix CA-2026-01 is missing.")
                .row(row, Grade::Critical)
                .because(&file)
                .mend(Remedy::manual("Install hotfix CA-2026-01 for the Contoso Agent.")));
        }
        Ok(Finding::passed(format!("The agent has version {}.", version::show(&found))).because(&file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plugin;
    use crate::tests::installed;

    #[test]
    fn versions_before_the_fix_are_critical() {
        for (found, grade) in [
            (Some(FileVersion { revision: 9, build: 0, ..FIXED }), Grade::Critical),
            (Some(FIXED), Grade::Passed),
            (None, Grade::UnableToScan),
        ] {
            let file = FileInfo { version: found, checksum: None, size: 1, modified: None, language: None };
            let bench = installed(ServiceStart::Automatic);
            let run = bench.fact(Question::FileVersion(PROGRAM.into()), Fact::File(file)).run::<Plugin>();
            assert_eq!(run.check(AgentVersion::INFO.id).grade, grade, "{found:?}");
        }
    }
}
