//! SQL Server and its desktop engine: which instances are installed, which of their updates are missing, and how they are set
//! up.

mod domain_controller;
mod instances;
mod product;
mod security_mode;
mod service_account;

use futures_util::future::join;
use instances::{Instance, Instances};
use wardline_plugin::judge::Judge;
use wardline_plugin::prelude::*;
use wardline_plugin::updates::judge_updates;

const CHECKS: [&str; 3] = [domain_controller::ID, security_mode::ID, service_account::ID];

/// The checker for SQL Server and MSDE.
#[derive(Debug)]
pub struct Sql {
    judge: Judge,
}

impl Checker for Sql {
    fn describe() -> Description {
        let describing = describe(
            "sql",
            env!("CARGO_PKG_VERSION"),
            "Judges the updates and settings of every instance of SQL Server and its desktop engine.",
        )
        .mbsa_check(
            domain_controller::ID,
            201,
            "SQL Server on a domain controller",
            &[],
            "A weakness of a database server on a domain controller gives away every account of the domain.",
        )
        .mbsa_check(
            security_mode::ID,
            203,
            "Security mode",
            &[],
            "Logins of SQL Server's own have passwords that no policy of Windows covers, and are not locked when guessed at.",
        )
        .mbsa_check(
            service_account::ID,
            218,
            "Service accounts",
            &["Service", "Account", "Finding"],
            "Whoever breaks into the server can do what its account can do; a service needs no administrator's rights.",
        )
        .judges_updates(product::CATALOG_NAMES)
        .asks(Scope::System)
        .asks(Scope::Services)
        .asks(Scope::Groups)
        .asks_file(instances::PROGRAM_FILES);
        instances::registry_scopes().iter().fold(describing, |describing, key| describing.asks_registry(key)).into()
    }

    fn prepare(updates: Vec<Update>) -> Result<Self, String> {
        Ok(Sql { judge: Judge::new(updates) })
    }

    async fn detect(&self, about: &About, evidence: &Evidence) -> Findings {
        let instances = instances::find(evidence).await;
        let mut findings = Findings::new();
        for instance in &instances.found {
            findings.product(instance.product());
        }
        let judged: Vec<_> = instances.found.iter().filter_map(Instance::judged).collect();
        let (checked, updates) =
            join(checks(evidence, &instances).run(), judge_updates(&self.judge, &judged, about, evidence)).await;
        findings.checks(checked);
        findings.updates(updates);
        findings
    }
}

fn checks<'c>(evidence: &'c Evidence, instances: &'c Instances) -> Checks<'c> {
    let mut checks = Checks::new();
    for instance in &instances.found {
        add_checks(&mut checks, evidence, instance, &instances.system);
    }
    for id in CHECKS {
        match &instances.unable {
            Some(unable) => checks.add(id, async { Err(unable.clone()) }),
            None if instances.found.is_empty() => checks.add(id, async {
                let finding = Finding::not_performed("SQL Server is not installed.");
                Ok(instances.searched.iter().fold(finding, |finding, question| finding.because(question)))
            }),
            None => {}
        }
    }
    checks
}

fn add_checks<'c>(
    checks: &mut Checks<'c>,
    evidence: &'c Evidence,
    instance: &'c Instance,
    system: &'c Reply<SystemInfo>,
) {
    checks.add_about(domain_controller::ID, &instance.name, domain_controller::check(instance, system));
    checks.add_about(security_mode::ID, &instance.name, security_mode::check(evidence, instance));
    checks.add_about(service_account::ID, &instance.name, service_account::check(evidence, instance, system));
}

wardline_plugin::export!(Sql);
