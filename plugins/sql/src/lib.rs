//! SQL Server and its desktop engine: the installed instances, their missing updates, and their configuration.

mod access;
mod account;
mod candidates;
mod domain_controller;
mod exposed_password;
mod folder_permissions;
mod instances;
mod leftover;
mod live_connection;
mod product;
mod program;
mod registry_permissions;
mod security_mode;
mod service_account;
mod setup_file;
mod status;

use futures_util::future::join;
use instances::{Instance, Instances};
use wardline_plugin::describe::Describing;
use wardline_plugin::finding::CheckedFinding;
use wardline_plugin::judge::Judge;
use wardline_plugin::prelude::*;
use wardline_plugin::updates::judge_updates;

/// The checks that a disk can answer; the others are in [`live_connection`].
const CHECKS: [&str; 7] = [
    domain_controller::ID,
    security_mode::ID,
    exposed_password::ID,
    registry_permissions::ID,
    folder_permissions::ID,
    service_account::ID,
    status::ID,
];

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
            "A vulnerability in a database server on a domain controller exposes every account in the domain.",
        )
        .mbsa_check(
            security_mode::ID,
            203,
            "Security mode",
            &[],
            "SQL Server logins have passwords that no Windows policy covers, and are not locked out when guessed at.",
        )
        .mbsa_check(
            exposed_password::ID,
            205,
            "Exposed password",
            &["File", "Setting", "Lines"],
            "The setup programs of SQL Server 7.0 and 2000 and their service packs leave passwords in files that every \
             user of the machine can read.",
        )
        .mbsa_check(
            registry_permissions::ID,
            213,
            "Registry permissions",
            &["Key", "Everyone may"],
            "Anyone who can change SQL Server's keys can change which program it runs and who can log on.",
        )
        .mbsa_check(
            folder_permissions::ID,
            216,
            "Folder permissions",
            &["Folder", "Who", "May"],
            "Anyone who can read database files needs no login. Anyone who can change the programs can do anything.",
        )
        .mbsa_check(
            service_account::ID,
            218,
            "Service accounts",
            &["Service", "Account", "Finding"],
            "Anyone who breaks into a server can do what its account can do. A service needs no administrator rights.",
        )
        .mbsa_check(
            status::ID,
            219,
            "SQL Server status",
            &["Service", "Start", "Account"],
            "A database server that is not needed should not be installed.",
        )
        .judges_updates(product::CATALOG_NAMES)
        .asks(Scope::Services)
        .asks(Scope::Accounts)
        .asks(Scope::Groups)
        .asks(Scope::Permissions)
        .asks_file(instances::PROGRAM_FILES)
        .asks_file(folder_permissions::PROGRAMS)
        .asks_file(folder_permissions::DATABASES);
        let scopes = (instances::registry_scopes().into_iter().map(Scope::Registry))
            .chain(exposed_password::file_scopes().map(Scope::File))
            .chain(exposed_password::text_scopes().map(Scope::Text));
        live_connection::describe(scopes.fold(describing, Describing::asks)).into()
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
            join(checks(evidence, &instances), judge_updates(&self.judge, &judged, about, evidence)).await;
        findings.checks(checked);
        findings.updates(updates);
        findings
    }
}

async fn checks(evidence: &Evidence, instances: &Instances) -> Vec<CheckedFinding> {
    let mut asking = Checks::new();
    for instance in &instances.found {
        add_checks(&mut asking, evidence, instance, &instances.system);
    }
    for id in CHECKS.into_iter().chain(live_connection::ids()) {
        match &instances.unable {
            Some(unable) => asking.add(id, async { Err(unable.clone()) }),
            // The status reports more about leftovers.
            None if instances.found.is_empty() && (id != status::ID || instances.leftovers.is_empty()) => {
                asking.add(id, async {
                    let finding = Finding::not_performed("SQL Server is not installed.");
                    Ok(instances.searched.iter().fold(finding, |finding, question| finding.because(question)))
                });
            }
            None => {}
        }
    }
    for leftover in &instances.leftovers {
        asking.add_about(status::ID, &leftover.name, async { Ok(leftover.finding()) });
    }
    let (mut checked, exposed) = join(asking.run(), exposed_passwords(evidence, &instances.found)).await;
    checked.extend(exposed);
    checked
}

/// Runs check 205 for each instance. The files that all instances share are read once.
async fn exposed_passwords(evidence: &Evidence, instances: &[Instance]) -> Vec<CheckedFinding> {
    if instances.is_empty() {
        return Vec::new();
    }
    let searched = exposed_password::search(evidence).await;
    let mut checks = Checks::new();
    for instance in instances {
        let check = exposed_password::check(evidence, instance, &searched);
        checks.add_about(exposed_password::ID, &instance.name, check);
    }
    checks.run().await
}

fn add_checks<'c>(
    checks: &mut Checks<'c>,
    evidence: &'c Evidence,
    instance: &'c Instance,
    system: &'c Reply<SystemInfo>,
) {
    let name = &instance.name;
    checks.add_about(domain_controller::ID, name, domain_controller::check(instance, system));
    checks.add_about(security_mode::ID, name, security_mode::check(evidence, instance));
    checks.add_about(registry_permissions::ID, name, registry_permissions::check(evidence, instance));
    checks.add_about(folder_permissions::ID, name, folder_permissions::check(evidence, instance, system));
    checks.add_about(service_account::ID, name, service_account::check(evidence, instance, system));
    checks.add_about(status::ID, name, status::check(evidence, instance));
    if let Some(why) = &instance.version_unknown {
        checks.add_about(status::ID, name, async { Err(status::updates_not_judged(why.clone())) });
    }
    if let Some(why) = &instance.service_pack_unknown {
        checks.add_about(status::ID, name, async { Err(status::service_pack_unknown(why.clone())) });
    }
    live_connection::add(checks, instance);
}

wardline_plugin::export!(Sql);
