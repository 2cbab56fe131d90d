//! The operating system: its version, its missing updates, and its weak settings.

mod accounts;
mod checks;
mod companion;
mod minimum_grades;
mod principal;
mod product;
mod release;
mod settings;
mod together;
mod wording;

use wardline_plugin::evidence::Evident;
use wardline_plugin::judge::{Installed, Judge};
use wardline_plugin::prelude::*;
use wardline_plugin::updates::judge_updates;

use minimum_grades::{MINIMUM_GRADES, MinimumGrades};
use product::{Marks, Windows};

use checks::{
    administrators, auditing, autologon, automatic_updates, file_system, guest_account, incomplete_updates,
    local_account_passwords, password_expiration, restrict_anonymous, services, shares, windows_firewall,
    windows_version,
};

/// Collects the description of each check from its module, with MBSA's number.
macro_rules! described {
    ($($number:literal $check:ident,)*) => {
        &[$(($check::ID, $number, $check::TITLE, $check::COLUMNS, $check::EXPLANATION),)*]
    };
}

/// The id, MBSA number, title, columns and explanation of a check.
type Described = (&'static str, u32, &'static str, &'static [&'static str], &'static str);

const CHECKS: &[Described] = described![
    101 windows_version,
    102 file_system,
    104 local_account_passwords,
    106 password_expiration,
    107 guest_account,
    110 autologon,
    117 restrict_anonymous,
    119 auditing,
    121 shares,
    122 administrators,
    123 services,
    178 windows_firewall,
    179 automatic_updates,
    180 incomplete_updates,
];

/// The plugin: the judge with the catalog's updates for Windows and its companions.
#[derive(Debug)]
pub struct Os {
    judge: Judge,
}

impl Checker for Os {
    fn describe() -> Description {
        use checks::windows_version::SUPPORT_DATE;
        let describing = describe(
            "os",
            env!("CARGO_PKG_VERSION"),
            "Judges Windows itself: updates, accounts, logon, files and shares.",
        )
        .judges_updates(product::PRODUCTS.iter().copied())
        .judges_updates(companion::products())
        .asks(Scope::Accounts)
        .asks(Scope::Groups)
        .asks(Scope::Shares)
        .asks(Scope::Services)
        .asks(Scope::Volumes)
        .asks(Scope::AuditPolicy)
        .asks_registry(product::CURRENT_VERSION)
        .asks_registry(product::SERVICE_PACK_6A)
        .asks_registry(autologon::WINLOGON)
        .asks_registry(autologon::SECRET)
        .asks_registry(guest_account::LSA)
        .asks_registry(guest_account::TCPIP)
        .asks_registry(shares::STORED)
        .setting(
            SUPPORT_DATE,
            "The date as of which support for a release is judged; a plugin has no clock.",
            SettingValue::Text(release::TABLE_DATE.to_owned()),
        );
        let keys = incomplete_updates::KEYS.iter().chain(&automatic_updates::KEYS).chain(&windows_firewall::KEYS);
        let describing = keys.fold(describing, |describing, key| describing.asks_registry(key));
        let describing = password_expiration::EXCEPTIONS.declare(describing);
        let describing = administrators::MOST.declare(describing);
        let describing = services::UNNEEDED.declare(describing);
        let describing = MINIMUM_GRADES.declare(describing);
        let describing = describing.asks_file(incomplete_updates::PENDING_XML);
        let mut describing = companion::FILES.iter().fold(describing, |describing, file| describing.asks_file(file));
        for (id, number, title, columns, explanation) in CHECKS.iter().copied() {
            describing = describing.mbsa_check(id, number, title, columns, explanation);
        }
        describing.into()
    }

    fn prepare(updates: Vec<Update>) -> Result<Self, String> {
        Ok(Os { judge: Judge::new(updates) })
    }

    async fn detect(&self, about: &About, evidence: &Evidence) -> Findings {
        let ids: Vec<&str> = CHECKS.iter().map(|check| check.0).collect();
        let grades = MinimumGrades::of(about, &ids);
        let mut checks = Checks::new();
        checks.add(windows_version::ID, grades.raise(windows_version::ID, windows_version::check(about, evidence)));
        checks.add(file_system::ID, grades.raise(file_system::ID, file_system::check(evidence)));
        checks.add(
            local_account_passwords::ID,
            grades.raise(local_account_passwords::ID, local_account_passwords::check(evidence)),
        );
        checks.add(
            password_expiration::ID,
            grades.raise(password_expiration::ID, password_expiration::check(about, evidence)),
        );
        checks.add(guest_account::ID, grades.raise(guest_account::ID, guest_account::check(evidence)));
        checks.add(autologon::ID, grades.raise(autologon::ID, autologon::check(evidence)));
        checks.add(restrict_anonymous::ID, grades.raise(restrict_anonymous::ID, restrict_anonymous::check(evidence)));
        checks.add(auditing::ID, grades.raise(auditing::ID, auditing::check(evidence)));
        checks.add(shares::ID, grades.raise(shares::ID, shares::check(evidence)));
        checks.add(administrators::ID, grades.raise(administrators::ID, administrators::check(about, evidence)));
        checks.add(services::ID, grades.raise(services::ID, services::check(about, evidence)));
        checks.add(windows_firewall::ID, grades.raise(windows_firewall::ID, windows_firewall::check(evidence)));
        checks.add(automatic_updates::ID, grades.raise(automatic_updates::ID, automatic_updates::check(evidence)));
        checks.add(
            incomplete_updates::ID,
            grades.raise(incomplete_updates::ID, incomplete_updates::check(evidence, &self.judge)),
        );
        let mut findings = Findings::from(checks.run().await);
        let mut tampered = Checks::new();
        for (account, finding) in administrators::tampered_accounts(evidence).await {
            tampered.add_about(
                administrators::ID,
                account,
                grades.raise(administrators::ID, std::future::ready(Ok(finding))),
            );
        }
        findings.checks(tampered.run().await);

        // The check of the Windows version reports the obstacle.
        let Ok(system) = evidence.system().await.required() else { return findings };
        let Some(windows) = installed_windows(&system, evidence).await else { return findings };
        findings.product(InstalledProduct {
            name: windows.name().to_owned(),
            version: Some(windows.build.clone()),
            service_pack: windows.service_pack.clone(),
            subject: None,
        });
        let files = companion::FILES.iter().map(|&file| Question::FileVersion(file.to_owned())).collect();
        let files = evidence.ask_all(files).await;
        let companions = companion::found(&windows, &files.answers);
        let mut unread = Checks::new();
        for (place, companion) in companion::unread(&windows, &files.answers) {
            if companion.products.iter().any(|product| self.has_updates_for(product)) {
                let number = files.first.saturating_add(u32::try_from(place).unwrap_or(u32::MAX));
                unread.add_about(windows_version::ID, companion.file, async move {
                    Err(not_judged(&companion).because(&number))
                });
            }
        }
        findings.checks(unread.run().await);
        for companion in &companions {
            findings.product(InstalledProduct {
                name: companion.product.to_owned(),
                version: Some(companion.version.clone()),
                service_pack: None,
                subject: None,
            });
        }
        let of_windows = windows
            .catalog_names
            .iter()
            .map(|name| Installed::new(name, windows.level).with_build(&windows.build, Some(system.question_number())));
        let of_companions = companions.iter().map(|companion| Installed::new(companion.product, companion.level));
        let installed: Vec<_> = of_windows.chain(of_companions).collect();
        findings.updates(judge_updates(&self.judge, &installed, about, evidence).await);
        findings
    }
}

impl Os {
    fn has_updates_for(&self, product: &str) -> bool {
        let mut rows = self.judge.updates().iter().flat_map(|update| &update.applies_to);
        rows.any(|row| row.product.name.eq_ignore_ascii_case(product))
    }
}

fn not_judged(companion: &companion::Unread) -> Unable {
    let companion::Unread { file, products, reason } = companion;
    Unable::new(format!(
        "Whether {} is installed and lacks updates could not be determined: {file}: {reason}.",
        products.join(" or ")
    ))
}

/// Names the installed Windows, after asking for the facts that its release leaves open.
async fn installed_windows(system: &SystemInfo, evidence: &Evidence) -> Option<Windows> {
    let version = release::parse_version(&system.version)?;
    let mut marks = Marks::default();
    if version == (4, 0) && system.service_pack == 6 {
        let installed = evidence.registry_value(product::SERVICE_PACK_6A, "Installed").await.optional();
        marks.service_pack_6a = installed
            .ok()
            .and_then(|value| value.as_ref().map_or(Some(false), |data| data.as_dword().map(|on| on == 1)));
    }
    if version >= (6, 0) {
        let kind = evidence.registry_value(product::CURRENT_VERSION, "InstallationType").await;
        marks.server_core =
            kind.known().and_then(|value| value.as_text()).is_some_and(|kind| kind.eq_ignore_ascii_case("Server Core"));
    }
    product::identify(system, marks).ok()
}

wardline_plugin::export!(Os);
