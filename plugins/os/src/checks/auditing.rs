//! MBSA 119: whether successful and failed logons are audited.
//!
//! Up to Server 2003 there are nine categories (seven in NT 4). From Vista on each has subcategories; the host reports for a
//! category the settings that all its subcategories share.

use wardline_plugin::prelude::*;

use crate::release::known_version;
use crate::wording::{listed, with_table};

/// The category that MBSA asks about, by Microsoft's English name.
const LOGONS: &str = "Logon/Logoff";
/// The same category for `auditpol`, whose names depend on the language of Windows.
const LOGONS_GUID: &str = "{69979849-797A-11D9-BED3-505054503030}";

/// How to enable and apply security auditing in Windows 2000.
const ARTICLE: &str = "Q300549";
const AUDITPOL: &str = "https://learn.microsoft.com/windows-server/administration/windows-commands/auditpol-set";

pub(crate) struct Auditing;

impl Check for Auditing {
    const INFO: CheckInfo = CheckInfo::new("auditing", "Auditing")
        .mbsa(119)
        .columns(&["Category", "Success", "Failure"])
        .explanation("Only audited logons show who tried to log on, and who did, before and after an incident.");
    const ASKS: &'static [Asks] = &[Asks::System, Asks::AuditPolicy];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let evidence = cx.evidence;
        let policy = evidence.audit_policy().await.required()?;
        let system = evidence.system().await.required()?;
        let version = known_version(&system)?;
        let logons = match policy.categories.iter().find(|category| category.name == LOGONS) {
            Some(category) if policy.enabled => category.setting,
            Some(_) => AuditSetting::None,
            None => return Err(Unable::new("The audit policy has no setting for logons.").because(&policy)),
        };
        let audited: Vec<&str> = policy
            .categories
            .iter()
            .filter(|category| policy.enabled && category.setting != AuditSetting::None)
            .map(|category| category.name.as_str())
            .collect();
        // Without it the finding would read as "nothing is audited", which only the subcategories can show.
        let every = if version >= (6, 0) { " in every subcategory of Logon/Logoff" } else { "" };
        let (success, failure) = parts(logons);
        let finding = match (success, failure) {
            (true, true) => Finding::passed(format!(
                "Successful and failed logons are audited{every}. Audited categories: {}.",
                listed(&audited)
            )),
            _ if !policy.enabled => Finding::best_practice("Nothing is audited, including logons."),
            (true, false) => Finding::best_practice(format!("Failed logons are not audited{every}.")),
            (false, true) => Finding::best_practice(format!("Successful logons are not audited{every}.")),
            (false, false) => {
                Finding::best_practice(format!("Neither successful nor failed logons are audited{every}."))
            }
        };
        let passed = finding_passes(logons);
        let rows = policy.categories.iter().map(|category| {
            let (success, failure) = if policy.enabled { parts(category.setting) } else { (false, false) };
            let yes_or_no = |yes| if yes { "yes" } else { "no" };
            let grade = match (category.name == LOGONS, passed) {
                (true, true) => Grade::Passed,
                (true, false) => Grade::BestPractice,
                (false, _) => Grade::Informational,
            };
            ([category.name.as_str(), yes_or_no(success), yes_or_no(failure)].map(str::to_owned), grade)
        });
        let finding = with_table(finding, rows.collect()).because(&policy).because(&system);
        Ok(if passed { finding } else { finding.mend(audit_logons(version, (success, failure))) })
    }
}

fn parts(setting: AuditSetting) -> (bool, bool) {
    match setting {
        AuditSetting::None => (false, false),
        AuditSetting::Success => (true, false),
        AuditSetting::Failure => (false, true),
        AuditSetting::SuccessAndFailure => (true, true),
    }
}

fn finding_passes(logons: AuditSetting) -> bool {
    logons == AuditSetting::SuccessAndFailure
}

fn audit_logons(version: (u32, u32), before: (bool, bool)) -> Remedy {
    const RISK: &str = "The security log fills faster: make it large enough and choose what happens when it is full. A \
                        domain policy sets its own value again.";
    let earlier = match before {
        (true, false) => "audit only successful logons again",
        (false, true) => "audit only failed logons again",
        _ => "stop auditing logons",
    };
    let remedy = if version >= (6, 0) {
        let arguments = ["/set", &format!("/category:{LOGONS_GUID}"), "/success:enable", "/failure:enable"];
        Remedy::new(Operation::RunTool(RunTool {
            tool: "auditpol".to_owned(),
            arguments: arguments.map(str::to_owned).to_vec(),
            article: None,
        }))
        .undo(Operation::ManualStep(
            "Restore the subcategories of Logon/Logoff; \"auditpol /get\" before the change shows their settings."
                .to_owned(),
        ))
    } else if version >= (5, 0) {
        Remedy::manual(
            "In Local Security Policy, under Local Policies, Audit Policy, audit success and failure of logon events.",
        )
        .undo(Operation::ManualStep(format!("In Local Security Policy, under Audit Policy, {earlier}.")))
    } else {
        Remedy::manual("In User Manager, under Policies, Audit, audit success and failure of Logon and Logoff.")
            .undo(Operation::ManualStep(format!("In User Manager, under Policies, Audit, {earlier}.")))
    };
    remedy.risk(RISK).article(if version >= (6, 0) { AUDITPOL } else { ARTICLE })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Os;
    use crate::checks::tests::actions_of;
    use crate::product::tests::machine;
    use wardline_plugin::testing::Bench;

    const ID: &str = Auditing::INFO.id;

    fn bench(version: &str, enabled: bool, logons: Option<AuditSetting>) -> Bench {
        let category = |name: &str, setting| AuditCategory { name: name.to_owned(), setting };
        let mut categories = vec![category("System", AuditSetting::Success)];
        categories.extend(logons.map(|setting| category(LOGONS, setting)));
        Bench::new()
            .fact(Question::System, Fact::System(machine(version, 2195, 2, Role::Server, &[])))
            .fact(Question::AuditPolicy, Fact::AuditPolicy(AuditPolicy { enabled, categories }))
    }

    #[test]
    fn both_kinds_of_logons_have_to_be_audited() {
        use AuditSetting::{Failure, None, Success, SuccessAndFailure};
        for version in ["4.0", "5.0", "5.2", "6.1"] {
            for (enabled, logons, grade) in [
                (true, SuccessAndFailure, Grade::Passed),
                (false, SuccessAndFailure, Grade::BestPractice),
                (true, Success, Grade::BestPractice),
                (true, Failure, Grade::BestPractice),
                (true, None, Grade::BestPractice),
            ] {
                let run = bench(version, enabled, Some(logons)).run::<Os>();
                let finding = run.check(ID);
                assert_eq!(finding.grade, grade, "{version} {enabled} {logons:?}: {}", finding.summary);
                assert_eq!(finding.rows.len(), 2);
                let actions = actions_of(&run, ID);
                assert_eq!(actions.len(), usize::from(grade != Grade::Passed));
                assert!(actions.iter().all(|action| action.undo.len() == 1 && action.risk.is_some()));
                let by_tool = actions.iter().any(|action| matches!(action.operation, Operation::RunTool(_)));
                assert_eq!(by_tool, version == "6.1" && grade != Grade::Passed);
            }
        }
    }

    #[test]
    fn an_unread_or_unknown_policy_is_never_passed() {
        for bench in [
            bench("5.0", true, None),
            bench("5.0", true, None).answer(Question::AuditPolicy, Answer::Unreadable("damaged".to_owned())),
            bench("5.0", true, None).answer(Question::AuditPolicy, Answer::Absent),
        ] {
            assert_eq!(bench.run::<Os>().check(ID).grade, Grade::UnableToScan);
        }
    }
}
