//! Check 205: passwords that setup left in its files.
//!
//! The setups of SQL Server 7.0 and 2000 and of their service packs wrote the passwords that were entered, of `sa` or of the
//! services' accounts, to `setup.iss` and their logs (article 263968). The contents of these files must not appear in a
//! report: findings cite a file's time and size as evidence, never its text.

use wardline_plugin::prelude::*;

use crate::examined::Examined;
use crate::setup_files::{ANSWERS, look};

pub(crate) struct ExposedPassword;

impl Check<Examined> for ExposedPassword {
    const INFO: CheckInfo = CheckInfo::new("exposed-password", "Exposed password")
        .mbsa(205)
        .columns(&["File", "Setting", "Lines"])
        .explanation(
            "The setup programs of SQL Server 7.0 and 2000 and their service packs leave passwords in files that every \
             user of the machine can read.",
        );
    const ASKS: &'static [Asks] = &[
        Asks::File(r"%windir%"),
        Asks::File(r"%windir%\temp"),
        Asks::File(r"%windir%\setup.iss"),
        Asks::File(r"%windir%\sqlstp.log"),
        Asks::File(r"%windir%\sqlsp*.log"),
        Asks::File(r"%windir%\temp\setup.iss"),
        Asks::File(r"%windir%\temp\sqlstp.log"),
        Asks::File(r"%windir%\temp\sqlsp*.log"),
        Asks::File(r"*:\**\Install\setup.iss"),
        Asks::Text(r"%windir%\setup.iss"),
        Asks::Text(r"%windir%\sqlstp.log"),
        Asks::Text(r"%windir%\sqlsp*.log"),
        Asks::Text(r"%windir%\temp\setup.iss"),
        Asks::Text(r"%windir%\temp\sqlstp.log"),
        Asks::Text(r"%windir%\temp\sqlsp*.log"),
        Asks::Text(r"*:\**\Install\setup.iss"),
    ];

    async fn run(cx: Context<'_, Examined>) -> Result<Finding, Unable> {
        let Context { evidence, subject: Examined { instance, setup_files: searched, .. }, .. } = cx;
        let own = match &instance.folder {
            Some(folder) => look(evidence, format!(r"{}\Install\{ANSWERS}", folder.trim_end_matches('\\'))).await,
            None => Err(Unable::new("The instance's folder could not be determined.").because(&instance.evidence)),
        };
        let (own, own_unable) = match own {
            Ok(looked) => (looked, None),
            Err(unable) => (None, Some(unable)),
        };
        let files: Vec<_> = searched.files.iter().chain(&own).collect();
        let exposing: Vec<_> = files.iter().filter(|looked| !looked.traces.is_empty()).collect();

        // A password that was found decides, no matter what else could not be read.
        if exposing.is_empty() {
            if let Some(unable) = searched.unable.clone().or(own_unable) {
                return Err(unable);
            }
            let summary = match files.as_slice() {
                [] => "Setup left no setup.iss, sqlstp.log or sqlsp*.log behind.".to_owned(),
                files => {
                    let paths: Vec<_> = files.iter().map(|looked| looked.path.as_str()).collect();
                    format!("No password is stored in {}.", paths.join(", "))
                }
            };
            let questions = searched.listings.iter().copied().chain(files.iter().filter_map(|looked| looked.question));
            return Ok(questions.fold(Finding::passed(summary), |finding, question| finding.because(&question)));
        }
        let paths: Vec<_> = exposing.iter().map(|looked| looked.path.as_str()).collect();
        let mut finding = Finding::critical(format!("A password is stored in {}.", paths.join(", ")));
        for looked in exposing {
            finding = looked.question.iter().fold(finding, Finding::because);
            for (setting, lines) in &looked.traces {
                let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
                finding = finding.row([looked.path.as_str(), setting, &lines.join(", ")], Grade::Critical);
            }
        }
        Ok(finding.mend(remedy()).mend(new_password()))
    }
}

fn remedy() -> Remedy {
    Remedy::new(Operation::RunTool(RunTool {
        tool: "KillPwd.exe".to_owned(),
        arguments: Vec::new(),
        article: Some("Q263968".to_owned()),
    }))
    .article("Q263968")
    .risk("An unattended setup that uses these files asks for the password again.")
}

fn new_password() -> Remedy {
    Remedy::manual("Change the passwords that were stored in these files, those of sa or of the services' accounts.")
        .article("Q263968")
        .risk("Programs and services that log on with the old password fail until they are given the new one.")
}
