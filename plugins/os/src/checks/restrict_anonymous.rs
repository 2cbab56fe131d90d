//! MBSA 117: the information about accounts and shares that is available without logging on.
//!
//! The meaning of the values depends on the release:
//! - NT 4 supports `RestrictAnonymous` 0 and 1 (Q143474), so 1 is the best it can do.
//! - Windows 2000 adds 2, no access without explicit permission (Q246261). MBSA grades 0 critical, 1 non-critical, 2 passed.
//! - From XP on `RestrictAnonymousSAM` (1 by default) protects the list of accounts and `RestrictAnonymous` the list of
//!   shares, and anonymous users do not get Everyone's access unless `EveryoneIncludesAnonymous` is 1; a `RestrictAnonymous`
//!   of 2 means no more than 1 there (security options "Network access: …" in Microsoft's security guides).
//!
//! All three values are documented as `REG_DWORD` (the articles above; MS-GPSB 2.2 lists them as type 4). A value of another
//! type is judged by the default; a machine that would then pass is unable to scan instead: whether Windows accepts such data
//! is not known.

use wardline_plugin::prelude::*;

use super::guest_account::LSA;
use crate::release::{parse_version, unknown_version};

const RESTRICT: &str = "RestrictAnonymous";
const RESTRICT_ACCOUNTS: &str = "RestrictAnonymousSAM";
const EVERYONE: &str = "EveryoneIncludesAnonymous";

/// A value, its current data and its recommended data.
struct Value {
    name: &'static str,
    found: Witness<Option<RegistryData>>,
    /// The value that applies if it is absent or of another type.
    default: u32,
    best: u32,
}

impl Value {
    async fn ask(name: &'static str, default: u32, best: u32, evidence: &Evidence) -> Result<Value, Unable> {
        let found = evidence.registry_value(LSA, name).await.optional()?;
        Ok(Value { name, found, default, best })
    }

    fn number(&self) -> u32 {
        self.found.as_ref().and_then(|data| data.as_dword()).unwrap_or(self.default)
    }

    /// Returns the value's data if it is present with another type.
    fn wrong_type(&self) -> Option<&RegistryData> {
        self.found.as_ref().filter(|data| data.as_dword().is_none())
    }

    /// Returns the value's grade if it is the only one.
    fn grade(&self) -> Grade {
        match self.number() {
            0 => Grade::Critical,
            number if number < self.best => Grade::NonCritical,
            _ => Grade::Passed,
        }
    }

    fn shown(&self) -> String {
        match (self.found.as_ref(), self.wrong_type()) {
            (_, Some(data)) => format!("{}, default {}", data.instead_of("REG_DWORD"), self.default),
            (Some(_), None) => self.number().to_string(),
            (None, None) => format!("absent, which means {}", self.default),
        }
    }

    /// Adds the value to a finding, as a row and as evidence.
    fn add_to(&self, finding: Finding, grade: Grade) -> Finding {
        let (finding, grade) = match self.wrong_type() {
            Some(data) => {
                let grade = if grade == Grade::Passed { Grade::UnableToScan } else { grade };
                (finding.with_wrong_type(self.name, data, "REG_DWORD"), grade)
            }
            None => (finding, grade),
        };
        finding.row([self.name.to_owned(), self.shown(), self.best.to_string()], grade).because(&self.found)
    }

    fn put_right(&self, risk: &str, article: &str) -> Remedy {
        Remedy::set_registry_value(LSA, self.name, self.found.as_ref().cloned(), RegistryData::Dword(self.best))
            .restart(true)
            .risk(risk)
            .article(article)
    }
}

pub(crate) struct RestrictAnonymous;

impl Check for RestrictAnonymous {
    const INFO: CheckInfo = CheckInfo::new("restrict-anonymous", "Restrict anonymous")
        .mbsa(117)
        .columns(&["Value", "Found", "Recommended"])
        .explanation(
            "Lists of accounts and shares help attackers guess passwords; unless restricted, anyone on the network \
             gets them.",
        );
    const ASKS: &'static [Asks] = &[Asks::System, Asks::Registry(LSA)];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let evidence = cx.evidence;
        let system = evidence.system().await.required()?;
        match parse_version(&system.version) {
            Some((4, 0)) => windows_nt_4(evidence).await,
            Some((5, 0)) => windows_2000(evidence).await,
            Some(version) if version > (5, 0) => since_xp(&system, evidence).await,
            _ => Err(unknown_version(&system)),
        }
        .map(|finding| finding.because(&system))
    }
}

async fn windows_nt_4(evidence: &Evidence) -> Result<Finding, Unable> {
    let restrict = Value::ask(RESTRICT, 0, 1, evidence).await?;
    let finding = match restrict.number() {
        0 => Finding::critical("Anyone can list accounts and shares without logging on (RestrictAnonymous is 0).")
            .mend(restrict.put_right(
                "Programs that list accounts of another domain without logging on stop working.",
                "Q143474",
            )),
        number => {
            Finding::passed(format!("RestrictAnonymous is {number}; Windows NT 4.0 has no stricter setting than 1."))
        }
    };
    Ok(restrict.add_to(finding, restrict.grade()))
}

async fn windows_2000(evidence: &Evidence) -> Result<Finding, Unable> {
    const RISK: &str = "Trusts with Windows NT 4.0 domains, older clients and the browser service may stop working; on \
                        domain controllers of mixed domains keep 1.";
    let restrict = Value::ask(RESTRICT, 0, 2, evidence).await?;
    let finding = match restrict.number() {
        0 => Finding::critical("Anyone can list accounts and shares without logging on (RestrictAnonymous is 0).")
            .mend(restrict.put_right(RISK, "Q246261")),
        1 => Finding::non_critical(
            "Anonymous users cannot list accounts and shares, but other ways to this information are open \
             (RestrictAnonymous is 1).",
        )
        .mend(restrict.put_right(RISK, "Q246261")),
        number => Finding::passed(format!(
            "Anonymous users have no access without explicit permission (RestrictAnonymous is {number})."
        )),
    };
    Ok(restrict.add_to(finding, restrict.grade()))
}

async fn since_xp(system: &SystemInfo, evidence: &Evidence) -> Result<Finding, Unable> {
    const RISK: &str = "Older clients and domains that list accounts or shares without logging on stop working.";
    const ARTICLE: &str = "KB823659";
    let restrict = Value::ask(RESTRICT, 0, 1, evidence).await?;
    let accounts = Value::ask(RESTRICT_ACCOUNTS, 1, 1, evidence).await?;
    let everyone = Value::ask(EVERYONE, 0, 0, evidence).await?;
    // On a domain controller the directory's own permissions protect the accounts, and RestrictAnonymousSAM has no effect.
    let accounts_open = accounts.number() == 0 && system.role != Role::DomainController;
    let shares_open = restrict.number() == 0;
    let mut finding = match (everyone.number() != 0, accounts_open, shares_open) {
        (true, _, _) => Finding::critical(
            "Anonymous users have the access that is granted to Everyone (EveryoneIncludesAnonymous is on).",
        ),
        (_, true, true) => Finding::critical("Anyone can list accounts and shares without logging on."),
        (_, true, false) => {
            Finding::non_critical("RestrictAnonymousSAM does not prevent anonymous users from listing accounts.")
        }
        (_, false, true) => {
            Finding::non_critical("Anyone can list shares without logging on (RestrictAnonymous is 0).")
        }
        (false, false, false) => Finding::passed("Anonymous users cannot list accounts or shares."),
    };
    let open = if accounts_open && shares_open { Grade::Critical } else { Grade::NonCritical };
    for (value, wrong, weight) in [
        (&everyone, everyone.number() != 0, Grade::Critical),
        (&accounts, accounts_open, open),
        (&restrict, shares_open, open),
    ] {
        if wrong {
            finding = finding.mend(value.put_right(RISK, ARTICLE));
        }
        finding = value.add_to(finding, if wrong { weight } else { Grade::Passed });
    }
    Ok(finding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Os;
    use crate::product::tests::machine;
    use wardline_plugin::testing::Bench;

    const ID: &str = RestrictAnonymous::INFO.id;

    fn bench(version: &str, role: Role, values: &[(&str, u32)]) -> Bench {
        let system = Fact::System(machine(version, 2600, 0, role, &[]));
        values.iter().fold(Bench::new().fact(Question::System, system), |bench, &(name, number)| {
            bench.value(LSA, name, RegistryData::Dword(number))
        })
    }

    #[test]
    fn each_release_has_its_own_best() {
        use Grade::{Critical, NonCritical, Passed};
        let server = Role::Server;
        for (version, role, values, grade, repairs) in [
            ("4.0", server, &[][..], Critical, 1),
            ("4.0", server, &[(RESTRICT, 1)], Passed, 0),
            ("5.0", server, &[], Critical, 1),
            ("5.0", server, &[(RESTRICT, 0)], Critical, 1),
            ("5.0", server, &[(RESTRICT, 1)], NonCritical, 1),
            ("5.0", server, &[(RESTRICT, 2)], Passed, 0),
            ("5.1", Role::Workstation, &[], NonCritical, 1),
            ("5.1", Role::Workstation, &[(RESTRICT, 1)], Passed, 0),
            ("5.2", server, &[(RESTRICT, 1), (RESTRICT_ACCOUNTS, 0)], NonCritical, 1),
            ("5.2", server, &[(RESTRICT_ACCOUNTS, 0)], Critical, 2),
            ("5.2", Role::DomainController, &[(RESTRICT, 1), (RESTRICT_ACCOUNTS, 0)], Passed, 0),
            ("10.0", server, &[(RESTRICT, 1), (EVERYONE, 1)], Critical, 1),
            ("10.0", server, &[(RESTRICT, 1), (RESTRICT_ACCOUNTS, 1), (EVERYONE, 0)], Passed, 0),
        ] {
            let run = bench(version, role, values).run::<Os>();
            let finding = run.check(ID);
            assert_eq!(finding.grade, grade, "{version} {values:?}: {}", finding.summary);
            let sets = run
                .actions
                .iter()
                .filter(|action| matches!(&action.operation, Operation::SetRegistryValue(set) if set.key == LSA));
            assert_eq!(sets.count(), repairs, "{version} {values:?}");
            assert!(finding.evidence.len() > 1);
            assert!(finding.rows.iter().all(|row| row.cells.len() == RestrictAnonymous::INFO.columns.len()));
            assert!(finding.rows.iter().any(|row| row.grade == grade), "no row bears the finding's grade: {finding:?}");
        }
    }

    #[test]
    fn the_remedy_keeps_what_was_there() {
        let run = bench("5.0", Role::Server, &[(RESTRICT, 1)]).run::<Os>();
        let set = run.actions.iter().find_map(|action| match &action.operation {
            Operation::SetRegistryValue(set) if set.name == RESTRICT => Some((set, action)),
            _ => None,
        });
        let (set, action) = set.expect("an action");
        assert_eq!((&set.before, &set.after), (&Some(RegistryData::Dword(1)), &RegistryData::Dword(2)));
        assert!(action.restart && action.risk.is_some());
    }

    #[test]
    fn unknown_is_never_passed() {
        let unreadable = Bench::new().unreadable_by_default("damaged");
        let known = |version| Fact::System(machine(version, 2600, 0, Role::Server, &[]));
        for bench in [
            unreadable.clone(),
            unreadable.clone().fact(Question::System, known("4.0")),
            unreadable.clone().fact(Question::System, known("5.0")),
            unreadable.fact(Question::System, known("5.2")),
            Bench::new().fact(Question::System, known("3.51")),
        ] {
            assert_eq!(bench.run::<Os>().check(ID).grade, Grade::UnableToScan);
        }
    }
}
