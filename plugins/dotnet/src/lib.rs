//! .NET Framework, .NET and ASP.NET Core: the installed versions, their missing updates, and the end of their support.

mod end_of_support;
mod framework;
mod old_runtimes;
mod proof;
mod runtime;
mod windows;

use end_of_support::Release;
use framework::{Framework, Names};
use old_runtimes::OldRuntimes;
use runtime::{ASPNET, DOTNET, Runtime, Runtimes};
use wardline_plugin::branches::Branches;
use wardline_plugin::builds::BuildTable;
use wardline_plugin::describe::Describing;
use wardline_plugin::judge::{Installed, Judge};
use wardline_plugin::prelude::*;
use wardline_plugin::support::LIFECYCLE_COLUMNS;
use wardline_plugin::updates::judge_updates;
use windows::{CURRENT_VERSION, INSTALLATION_TYPE, Windows};

const OF_RUNTIMES: Suite<Runtimes> = suite![OldRuntimes];

/// The names whose updates are judged.
const CATALOG_NAMES: [&str; 5] =
    ["Microsoft .NET Framework *", ".NET Core *", ".NET *", "ASP.NET Core *", "Microsoft .NET Core *"];

const DOTNET_BRANCHES: &str = include_str!("../data/runtime-branches.tsv");
const ASPNET_BRANCHES: &str = include_str!("../data/aspnet-branches.tsv");

/// The checker for .NET.
#[derive(Debug, Default)]
pub struct Dotnet {
    judge: Judge,
    names: Names,
    dotnet: Branches,
    aspnet: Branches,
    tables: Tables,
}

/// The plugin's tables.
#[derive(Debug, Default)]
struct Tables {
    windows: BuildTable,
    framework_versions: BuildTable,
    framework_lifecycle: BuildTable,
    runtime_lifecycle: BuildTable,
}

impl Checker for Dotnet {
    fn describe() -> Description {
        let summary = "Judges the updates and the support of .NET Framework, .NET and ASP.NET Core.";
        let describing = describe("dotnet", env!("CARGO_PKG_VERSION"), summary)
            .check(end_of_support::INFO)
            .checks(OF_RUNTIMES)
            .judges_updates(CATALOG_NAMES)
            .reads_update_records()
            .asks(Asks::Registry(CURRENT_VERSION));
        let describing = end_of_support::SETTINGS.into_iter().fold(describing, Describing::setting);
        framework::ASKS.into_iter().chain(runtime::ASKS).fold(describing, Describing::asks).into()
    }

    fn prepare(&mut self, mut updates: Vec<Update>) -> Result<(), String> {
        let table = |text, columns| BuildTable::parse(text, columns).map_err(|error| error.to_string());
        self.tables = Tables {
            windows: table(windows::RELEASES, windows::COLUMNS)?,
            framework_versions: table(framework::VERSIONS, framework::COLUMNS)?,
            framework_lifecycle: table(end_of_support::FRAMEWORK, LIFECYCLE_COLUMNS)?,
            runtime_lifecycle: table(end_of_support::RUNTIMES, LIFECYCLE_COLUMNS)?,
        };
        self.dotnet = Branches::new(table(DOTNET_BRANCHES, Branches::COLUMNS)?, &mut updates);
        self.aspnet = Branches::new(table(ASPNET_BRANCHES, Branches::COLUMNS)?, &mut updates);
        self.names = Names::new(&updates);
        self.judge = Judge::new(updates);
        Ok(())
    }

    async fn detect(&self, cx: Context<'_>) -> Findings {
        let (framework, runtimes) =
            join(framework::find(cx.evidence, &self.tables.framework_versions), runtime::find(cx.evidence)).await;
        let mut findings = Findings::new();
        self.support(cx, &framework, &runtimes, &mut findings);
        findings.checks(OF_RUNTIMES.run(cx.with(&runtimes)).await);
        let framework = framework.unwrap_or_else(|_| Framework { versions: vec![], newest_file: None, absent: vec![] });
        products(&framework, &runtimes).for_each(|product| findings.product(product));

        let mut installed = self.installed_framework(cx, &framework, &mut findings).await;
        let is_cumulative = installed.is_cumulative;
        installed.products.extend(runtimes.newest.iter().flat_map(|runtime| self.installed_runtime(runtime)));
        let mut judged = judge_updates(&self.judge, &installed.products, cx).await;
        let of_4 = framework.versions.iter().find(|version| version.version.starts_with('4'));
        if let (Some(version), Some(file), true) = (of_4, framework.newest_file, is_cumulative) {
            proof::apply(&self.judge, &version.version, file, &mut judged);
        }
        findings.updates(self.aspnet.settle(&self.judge, self.dotnet.settle(&self.judge, judged)));
        findings
    }
}

/// The products for the judge.
struct ForJudge {
    products: Vec<Installed>,
    /// Whether each update of the machine's Windows contains all earlier ones.
    is_cumulative: bool,
}

impl Dotnet {
    /// Reports the support of each release, once.
    fn support(
        &self,
        cx: Context<'_>,
        framework: &Result<Framework, Unable>,
        runtimes: &Runtimes,
        findings: &mut Findings,
    ) {
        let id = end_of_support::INFO.id;
        let mut releases = Vec::new();
        match framework {
            Ok(framework) => releases.extend(framework.versions.iter().map(|found| Release {
                table: &self.tables.framework_lifecycle,
                product: ".NET Framework",
                version: found.version.clone(),
                evidence: found.evidence,
            })),
            Err(unable) => findings.check_about(id, ".NET Framework", unable.clone()),
        }
        releases.extend(runtimes.newest.iter().filter(|runtime| runtime.kind == &DOTNET).map(|runtime| Release {
            table: &self.tables.runtime_lifecycle,
            product: ".NET",
            version: runtime.version.clone(),
            evidence: runtime.evidence,
        }));
        if let Some(unable) = &runtimes.unable {
            findings.check_about(id, ".NET", unable.clone());
        }
        let mut told = Vec::new();
        for release in &releases {
            let name = release.table.of(&release.version).next().map_or(release.product, |range| range.cell(0));
            if !told.contains(&name) {
                findings.check_about(id, name, end_of_support::judge(release, cx.about));
                told.push(name);
            }
        }
        if let (Ok(framework), None, true) = (framework, &runtimes.unable, releases.is_empty()) {
            let absent = Finding::not_performed("Neither .NET Framework nor .NET is installed.");
            findings.check(id, framework.absent.iter().chain(&runtimes.searched).fold(absent, Finding::because));
        }
    }

    async fn installed_framework(&self, cx: Context<'_>, framework: &Framework, findings: &mut Findings) -> ForJudge {
        if framework.versions.is_empty() {
            return ForJudge { products: Vec::new(), is_cumulative: false };
        }
        let (system, installation) =
            join(cx.evidence.system(), cx.evidence.registry_value(CURRENT_VERSION, INSTALLATION_TYPE)).await;
        let server_core = installation
            .known()
            .and_then(|data| data.as_text())
            .is_some_and(|text| text.trim().eq_ignore_ascii_case("Server Core"));
        let Some(system) = system.known() else {
            let reason = "Which Windows is installed could not be read, so no update of .NET Framework was judged.";
            let unable = Unable::new(reason).because(&system);
            findings.check_about(end_of_support::INFO.id, "updates of .NET Framework", unable);
            return ForJudge { products: Vec::new(), is_cumulative: false };
        };
        let windows = Windows::new(&self.tables.windows, system, server_core);
        let of_version = |version| self.names.of(version, |name| windows.is_named(name));
        let names = framework.versions.iter().flat_map(|found| of_version(found.version.as_str()));
        let products = names.map(|name| Installed::new(name, None).with_record(windows.record)).collect();
        ForJudge { products, is_cumulative: windows.is_cumulative }
    }

    fn installed_runtime(&self, runtime: &Runtime) -> impl Iterator<Item = Installed> {
        let branches = if runtime.kind == &ASPNET { &self.aspnet } else { &self.dotnet };
        let subject = runtime.subject();
        let installed = branches.installed(&runtime.version, Some(runtime.evidence), |_| true);
        installed.into_iter().map(move |product| product.with_subject(subject.as_str()))
    }
}

fn products(framework: &Framework, runtimes: &Runtimes) -> impl Iterator<Item = InstalledProduct> {
    let framework = framework.versions.iter().map(|found| InstalledProduct {
        name: format!("Microsoft .NET Framework {}", found.version),
        version: Some(found.version.clone()),
        service_pack: None,
        subject: None,
    });
    let runtimes = runtimes.newest.iter().map(|runtime| InstalledProduct {
        name: if runtime.kind == &ASPNET { "ASP.NET Core" } else { ".NET" }.to_owned(),
        version: Some(runtime.version.clone()),
        service_pack: None,
        subject: Some(runtime.subject()),
    });
    framework.chain(runtimes)
}

wardline_plugin::export!(Dotnet);
