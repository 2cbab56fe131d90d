//! SQL Server and its desktop engine: the installed instances, their missing updates, and their configuration.

mod access;
mod account;
mod candidates;
mod domain_controller;
mod end_of_support;
mod examined;
mod exposed_password;
mod folder_permissions;
mod instances;
mod leftover;
mod live_connection;
mod password_traces;
mod product;
mod program;
mod registry_permissions;
mod security_mode;
mod service_account;
mod setup_files;
mod status;

use std::rc::Rc;

use domain_controller::DomainController;
use end_of_support::{EndOfSupport, LIFECYCLE};
use examined::Examined;
use exposed_password::ExposedPassword;
use folder_permissions::FolderPermissions;
use instances::{Instance, Instances};
use live_connection::{BuiltinAdministrators, CmdExec, DatabaseGuests, LoginPasswords, SysadminMembers};
use registry_permissions::RegistryPermissions;
use security_mode::SecurityMode;
use service_account::ServiceAccounts;
use status::Status;
use wardline_plugin::branches::Branches;
use wardline_plugin::builds::BuildTable;
use wardline_plugin::describe::Describing;
use wardline_plugin::judge::Judge;
use wardline_plugin::prelude::*;
use wardline_plugin::support::LIFECYCLE_COLUMNS;
use wardline_plugin::updates::judge_updates;

const CHECKS: Suite<Examined> = suite![
    DomainController,
    SecurityMode,
    ExposedPassword,
    RegistryPermissions,
    FolderPermissions,
    ServiceAccounts,
    Status,
    EndOfSupport,
    SysadminMembers,
    DatabaseGuests,
    CmdExec,
    BuiltinAdministrators,
    LoginPasswords,
];

/// The branches of SQL Server with their names in catalogs.
const BRANCHES: &str = include_str!("../data/branches.tsv");

/// The checker for SQL Server and MSDE.
#[derive(Debug, Default)]
pub struct Sql {
    judge: Judge,
    branches: Branches,
    lifecycle: Rc<BuildTable>,
}

impl Checker for Sql {
    fn describe() -> Description {
        let describing = describe(
            "sql",
            env!("CARGO_PKG_VERSION"),
            "Judges the updates and settings of every instance of SQL Server and its desktop engine.",
        )
        .checks(CHECKS)
        .judges_updates(product::CATALOG_NAMES);
        instances::scopes().fold(describing, Describing::asks).into()
    }

    fn prepare(&mut self, mut updates: Vec<Update>) -> Result<(), String> {
        let table = |text, columns| BuildTable::parse(text, columns).map_err(|error| error.to_string());
        self.lifecycle = Rc::new(table(LIFECYCLE, LIFECYCLE_COLUMNS)?);
        self.branches = Branches::new(table(BRANCHES, Branches::COLUMNS)?, &mut updates);
        self.judge = Judge::new(updates);
        Ok(())
    }

    async fn detect(&self, cx: Context<'_>) -> Findings {
        let instances = instances::find(cx.evidence).await;
        let products: Vec<_> = instances.found.iter().map(Instance::product).collect();
        let architecture = instances.system.known().and_then(|system| system.architecture.as_deref());
        let judged = instances.found.iter().flat_map(|instance| instance.judged(&self.branches, architecture));
        let judged: Vec<_> = judged.collect();
        let (mut findings, updates) = join(self.checks(cx, instances), judge_updates(&self.judge, &judged, cx)).await;
        products.into_iter().for_each(|product| findings.product(product));
        findings.updates(self.branches.settle(&self.judge, updates));
        findings
    }
}

impl Sql {
    async fn checks(&self, cx: Context<'_>, instances: Instances) -> Findings {
        let Instances { found, leftovers, unable, searched, system } = instances;
        let is_installed = !found.is_empty();
        let mut findings = Findings::new();
        if is_installed {
            self.examine(cx, found, &system, &mut findings).await;
        }
        if let Some(unable) = unable {
            findings.checks(CHECKS.conclude(|_| unable.clone()));
        } else if !is_installed {
            let absent =
                || searched.iter().fold(Finding::not_performed("SQL Server is not installed."), Finding::because);
            // The status reports more about leftovers.
            let concluded = |checked: &CheckedFinding| leftovers.is_empty() || checked.check != Status::INFO.id;
            findings.checks(CHECKS.conclude(|_| absent()).into_iter().filter(concluded));
        }
        for leftover in leftovers {
            findings.check_about(Status::INFO.id, &leftover.name, leftover.finding());
        }
        findings
    }

    async fn examine(
        &self,
        cx: Context<'_>,
        found: Vec<Instance>,
        system: &Reply<SystemInfo>,
        findings: &mut Findings,
    ) {
        let setup_files = Rc::new(setup_files::search(cx.evidence).await);
        let with_shared = |instance| Examined {
            instance,
            system: system.clone(),
            setup_files: Rc::clone(&setup_files),
            lifecycle: Rc::clone(&self.lifecycle),
        };
        let examined: Vec<_> = found.into_iter().map(with_shared).collect();
        let checked = examined.iter().map(|subject| CHECKS.run_about(&subject.instance.name, cx.with(subject)));
        for (Examined { instance, .. }, checked) in examined.iter().zip(join_all(checked).await) {
            findings.checks(checked);
            for unknown in status::unknown(instance) {
                findings.check_about(Status::INFO.id, &instance.name, unknown);
            }
        }
    }
}

wardline_plugin::export!(Sql);
