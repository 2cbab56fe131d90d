//! The operating system: its version, its missing updates, and its weak settings.

mod accounts;
mod catalog;
mod checks;
mod companion;
mod kinds;
mod minimum_grades;
mod others;
mod principal;
mod product;
mod release;
mod withdrawn;
mod wording;

use wardline_plugin::evidence::Evident;
use wardline_plugin::judge::{Installed, Judge, article_number};
use wardline_plugin::prelude::*;
use wardline_plugin::updates::judge_updates;

use checks::windows_version::WindowsVersion;
use checks::{CHECKS, OF_UPDATES, administrators};
use product::{Marks, Windows};

/// The plugin: the judge with the catalog's updates for Windows and its companions.
#[derive(Debug, Default)]
pub struct Os {
    judge: Judge,
    products: catalog::Products,
    flash: others::Flash,
}

impl Checker for Os {
    fn describe() -> Description {
        let describing = describe(
            "os",
            env!("CARGO_PKG_VERSION"),
            "Judges Windows itself: updates, accounts, logon, files and shares.",
        )
        .checks(CHECKS)
        .checks(OF_UPDATES)
        .setting(&minimum_grades::SETTING)
        .judges_updates(product::PRODUCTS.iter().copied())
        .judges_updates(companion::products())
        .judges(others::PRODUCTS.iter().copied())
        .reads_update_records()
        .asks(Asks::Registry(product::CURRENT_VERSION))
        .asks(Asks::Registry(product::CONTROL_WINDOWS))
        .asks(Asks::Registry(product::INTERNET_EXPLORER))
        .asks(Asks::Registry(product::SERVICE_PACK_6A));
        companion::FILES.iter().fold(describing, |describing, file| describing.asks(Asks::File(file))).into()
    }

    fn prepare(&mut self, updates: Vec<Update>) -> Result<(), String> {
        let (others, updates): (Vec<_>, Vec<_>) = updates.into_iter().partition(others::is_of_others);
        self.products = catalog::Products::new(&updates);
        self.flash = others::Flash::new(&others);
        self.judge = Judge::new(updates)
            .with_withdrawn(withdrawn::articles())
            .with_kinds(kinds::articles())
            .with_other_articles(others.iter().filter_map(|update| article_number(&update.article)));
        Ok(())
    }

    async fn detect(&self, cx: Context<'_>) -> Findings {
        let evidence = cx.evidence;
        let (mut checked, of_updates) = join(CHECKS.run(cx), OF_UPDATES.run(cx.with(&self.judge))).await;
        checked.extend(of_updates);
        checked.extend(administrators::tampered_accounts(evidence).await);
        let mut findings = Findings::from(minimum_grades::raise(checked, cx.about));

        // The check of the Windows version reports the obstacle.
        let Ok(system) = evidence.system().await.required() else { return findings };
        let Some(InstalledWindows { windows, build_evidence, contradiction, unknown_explorer }) =
            installed_windows(&system, &self.products, evidence).await
        else {
            return findings;
        };
        if let Some(contradiction) = contradiction {
            findings.check_about(WindowsVersion::INFO.id, "revision", contradiction);
        }
        findings.product(InstalledProduct {
            name: self.products.name(&windows).to_owned(),
            version: Some(windows.build.clone()),
            service_pack: windows.service_pack.clone(),
            subject: None,
        });
        let files = companion::FILES.iter().map(|&file| Question::FileVersion(file.to_owned())).collect();
        let files = evidence.ask_all(files).await;
        let companions = companion::found(&windows, &files.answers);
        for (place, companion) in companion::unread(&windows, &files.answers) {
            if companion.products.iter().any(|product| self.products.contains(product)) {
                let number = files.first.saturating_add(u32::try_from(place).unwrap_or(u32::MAX));
                let unable = not_judged(&companion).because(&number);
                findings.check_about(WindowsVersion::INFO.id, companion.file, unable);
            }
        }
        for companion in &companions {
            findings.product(InstalledProduct {
                name: companion.product.to_owned(),
                version: Some(companion.version.clone()),
                service_pack: None,
                subject: None,
            });
        }
        if let Some(finding) = self.products.about(&windows, build_evidence) {
            findings.check_about(WindowsVersion::INFO.id, catalog::SUBJECT, finding);
        }
        if let Some(finding) = self.flash.about(&windows, build_evidence) {
            findings.check_about(WindowsVersion::INFO.id, others::SUBJECT, finding);
        }
        let of_explorer =
            unknown_explorer.and_then(|question| self.products.about_internet_explorer(&windows, question));
        if let Some(finding) = of_explorer {
            findings.check_about(WindowsVersion::INFO.id, catalog::EXPLORER, finding);
        }
        let of_windows = windows.installed(build_evidence);
        let of_companions = companions.iter().map(|companion| Installed::new(companion.product, companion.level));
        let installed: Vec<_> = of_windows.chain(of_companions).collect();
        findings.updates(judge_updates(&self.judge, &installed, cx).await);
        findings
    }
}

fn not_judged(companion: &companion::Unread) -> Unable {
    let companion::Unread { file, products, reason } = companion;
    Unable::new(format!(
        "Whether {} is installed and lacks updates could not be determined: {file}: {reason}.",
        products.join(" or ")
    ))
}

struct InstalledWindows {
    windows: Windows,
    /// The question for its build.
    build_evidence: u32,
    /// Says that the two records of the revision differ.
    contradiction: Option<Finding>,
    /// The question for the version of Internet Explorer, if its answer does not tell it.
    unknown_explorer: Option<u32>,
}

/// Names the installed Windows, after asking for the facts that its release leaves open.
async fn installed_windows(
    system: &Witness<SystemInfo>,
    products: &catalog::Products,
    evidence: &Evidence,
) -> Option<InstalledWindows> {
    let version = release::parse_version(&system.version)?;
    let mut marks = Marks::default();
    let mut build_evidence = system.question_number();
    let mut contradiction = None;
    if version == (4, 0) && system.service_pack == 6 {
        let installed = evidence.registry_value(product::SERVICE_PACK_6A, "Installed").await.optional();
        marks.service_pack_6a = installed
            .ok()
            .and_then(|value| value.as_ref().map_or(Some(false), |data| data.as_dword().map(|on| on == 1)));
    }
    if version >= (6, 0) {
        let kind = evidence.registry_value(product::CURRENT_VERSION, "InstallationType");
        let revision = evidence.registry_value(product::CONTROL_WINDOWS, "CSDBuildNumber");
        let (kind, revision) = join(kind, revision).await;
        marks.server_core =
            kind.known().and_then(|value| value.as_text()).is_some_and(|kind| kind.eq_ignore_ascii_case("Server Core"));
        // Of older releases it is the build of the service pack.
        let repeated =
            revision.known().and_then(|value| value.as_dword()).filter(|&number| number > 0 && version >= (10, 0));
        match (system.revision, repeated) {
            (None, Some(repeated)) => {
                marks.revision = Some(repeated);
                build_evidence = revision.question_number();
            }
            (Some(told), Some(repeated)) if told != repeated => {
                let summary = format!(
                    "The hive SOFTWARE gives the revision {told} (UBR), SYSTEM gives {repeated} (CSDBuildNumber); updates are \
                     judged by the former."
                );
                contradiction = Some(Finding::informational(summary).because(system).because(&revision));
            }
            _ => {}
        }
    }
    let mut unknown_explorer = None;
    // The catalogs of their time have it as a product of the plugin `ie`.
    let is_old = version < (6, 0);
    if ((5, 0)..=(6, 2)).contains(&version) && !marks.server_core && (!is_old || products.have_internet_explorer()) {
        match internet_explorer(evidence).await {
            Ok(version) => marks.internet_explorer = version,
            Err(question) => unknown_explorer = Some(question),
        }
    }
    let windows = product::identify(system, marks).ok()?;
    Some(InstalledWindows { windows, build_evidence, contradiction, unknown_explorer })
}

/// Returns the first two numbers of Internet Explorer's version, and `None` if it is not installed. From 10 on, `Version` stays at 9, and
/// `svcVersion` has the version.
///
/// # Errors
///
/// The question for the version, if its answer does not tell it.
async fn internet_explorer(evidence: &Evidence) -> Result<Option<(u16, u16)>, u32> {
    let value = |name| evidence.registry_value(product::INTERNET_EXPLORER, name);
    let (version, newer) = join(value("Version"), value("svcVersion")).await;
    let question = version.question_number();
    for told in [newer, version] {
        if let Some(told) = told.optional().map_err(|_| question)?.as_ref() {
            let version =
                told.as_text().and_then(|text| wardline_plugin::version::parse(text.trim())).ok_or(question)?;
            return Ok(Some((version.major, version.minor)));
        }
    }
    Ok(None)
}

wardline_plugin::export!(Os);
