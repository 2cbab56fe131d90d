//! MBSA 101: whether the vendor still supports this release of Windows.

use wardline_plugin::prelude::*;

use crate::product::{self, Marks};
use crate::release::{self, TABLE_DATE};

/// The setting for the day on which support is judged.
const SUPPORT_DATE: Setting<&str> = Setting::new(
    "support-date",
    "The date as of which support for a release is judged; a plugin has no clock.",
    TABLE_DATE,
);

/// The setting for machines with paid support.
const EXTENDED_SUPPORT: Setting<bool> = Setting::new(
    "extended-security-updates",
    "Whether extended security updates (ESU) are paid for, which some releases still get after the end of support.",
    false,
);

/// Whether this is a date like `2026-11-22`; these dates compare as text.
pub(crate) fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

pub(crate) struct WindowsVersion;

impl Check for WindowsVersion {
    const INFO: CheckInfo = CheckInfo::new("windows-version", "Windows version")
        .mbsa(101)
        .columns(&["Release", "Version", "Service pack", "Last day of support"])
        .explanation("No further security updates are published for a release that the vendor no longer supports.");
    const ASKS: &'static [Asks] = &[Asks::System];
    const SETTINGS: &'static [&'static dyn DeclaredSetting] = &[&SUPPORT_DATE, &EXTENDED_SUPPORT];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let day = cx.setting(SUPPORT_DATE)?;
        if !is_date(day) {
            let name = SUPPORT_DATE.name;
            return Err(Unable::new(format!("The setting {name} is not a date like {TABLE_DATE}.")));
        }
        let extended = cx.setting(EXTENDED_SUPPORT)?;
        let system = cx.evidence.system().await.required()?;
        let Some(support) = release::support(&system) else {
            if release::depends_on_role(&system) {
                return Err(Unable::new(format!(
                    "Build {} of Windows {} is of a client and of a server, and which of them this is could not be determined, so none \
                     of its updates were judged.",
                    system.build, system.version
                ))
                .because(&system));
            }
            return Err(Unable::new(format!(
                "{} (version {}, build {}) is not in this plugin's table of releases, which dates from {TABLE_DATE}.",
                system.product_name, system.version, system.build
            ))
            .because(&system));
        };
        // Reported here, because otherwise a machine without judged updates would look complete.
        product::identify(&system, Marks::default())
            .map_err(|reason| Unable::new(format!("{reason}, so none of its updates were judged.")).because(&system))?;
        let ends = support.ends_for(&system.product_name, extended);
        let ended = ends < day;
        let finding = if ended {
            Finding::best_practice(format!(
                "Support for {} ended on {ends}: upgrade to a supported release.",
                support.name
            ))
            .mend(
                Remedy::manual(format!("Upgrade the machine from {} to a supported release.", support.name))
                    .restart(true)
                    .risk("Programs and devices may need newer versions on another release.")
                    .article("https://learn.microsoft.com/lifecycle/products/"),
            )
        } else {
            Finding::passed(format!("{} is supported until {ends}.", support.name))
        };
        let grade = if ended { Grade::BestPractice } else { Grade::Passed };
        let version = format!("{}.{}", system.version, system.build);
        let service_pack = system.service_pack_name.as_deref().unwrap_or("none");
        Ok(finding.row([support.name, &version, service_pack, ends], grade).because(&system))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Os;
    use crate::product::tests::machine;
    use wardline_plugin::testing::Bench;

    const ID: &str = WindowsVersion::INFO.id;

    fn bench(version: &str, build: u32, role: Role, product_name: &str) -> Bench {
        let mut machine = machine(version, build, 0, role, &[]);
        machine.product_name = product_name.to_owned();
        Bench::new().fact(Question::System, Fact::System(machine))
    }

    #[test]
    fn support_is_judged_by_release_edition_and_role() {
        use Role::{Server, Unknown, Workstation};
        for (version, build, role, name, grade, ends) in [
            ("5.0", 2195, Server, "Microsoft Windows 2000", Grade::BestPractice, "2010-07-13"),
            ("4.0", 1381, Workstation, "Windows NT", Grade::BestPractice, "2004-06-30"),
            ("4.0", 1381, Server, "Windows NT", Grade::BestPractice, "2004-12-31"),
            ("10.0", 14393, Server, "Windows Server 2016 Datacenter", Grade::Passed, "2027-01-12"),
            ("10.0", 14393, Workstation, "Windows 10 Pro", Grade::BestPractice, "2018-04-10"),
            ("10.0", 17763, Workstation, "Windows 10 Enterprise LTSC 2019", Grade::Passed, "2029-01-09"),
            ("10.0", 26100, Workstation, "Windows 10 Pro", Grade::BestPractice, "2026-10-13"),
            ("10.0", 26100, Workstation, "Windows 10 Enterprise", Grade::Passed, "2027-10-12"),
            ("10.0", 26100, Workstation, "Windows 11 Entreprise", Grade::Passed, "2027-10-12"),
            ("10.0", 26100, Workstation, "Windows 11 Корпоративная", Grade::Passed, "2027-10-12"),
            ("10.0", 26100, Workstation, "Windows 11 教育版", Grade::Passed, "2027-10-12"),
            ("10.0", 26100, Workstation, "Windows 11 Pro Education", Grade::BestPractice, "2026-10-13"),
            ("10.0", 14393, Unknown, "Windows Server 2016 Standard", Grade::Passed, "2027-01-12"),
            // A single line: the role is not needed.
            ("10.0", 20348, Unknown, "Windows Server 2022", Grade::Passed, "2031-10-14"),
        ] {
            let run = bench(version, build, role, name).run::<Os>();
            let finding = run.check(ID);
            assert_eq!(finding.grade, grade, "{name}: {}", finding.summary);
            assert!(finding.summary.contains(ends), "{name}: {}", finding.summary);
            assert_eq!(finding.rows[0].cells.len(), WindowsVersion::INFO.columns.len());
            assert_eq!(finding.rows[0].grade, grade);
            assert!(!finding.evidence.is_empty());
        }
    }

    #[test]
    fn a_build_of_two_releases_needs_the_role() {
        for (build, words) in [(17763, "of a client and of a server"), (99999, "not in this plugin's table")] {
            let run = bench("10.0", build, Role::Unknown, "Windows").run::<Os>();
            assert!(run.check(ID).summary.contains(words), "{}", run.check(ID).summary);
        }
    }

    #[test]
    fn the_day_is_a_setting() {
        let bench = bench("10.0", 20348, Role::Server, "Windows Server 2022");
        for (day, grade) in [
            ("2031-10-14", Grade::Passed),
            ("2031-10-15", Grade::BestPractice),
            ("tomorrow", Grade::UnableToScan),
            ("2031/10/15", Grade::UnableToScan),
        ] {
            let run = bench.clone().setting(SUPPORT_DATE.name, SettingValue::Text(day.to_owned())).run::<Os>();
            assert_eq!(run.check(ID).grade, grade, "{day}");
        }
    }

    #[test]
    fn extended_support_is_a_setting() {
        for (build, paid, grade) in
            [(19045, false, Grade::BestPractice), (19045, true, Grade::Passed), (19043, true, Grade::BestPractice)]
        {
            let bench = bench("10.0", build, Role::Workstation, "Windows 10 Pro");
            let run = bench.setting(EXTENDED_SUPPORT.name, SettingValue::Flag(paid)).run::<Os>();
            assert_eq!(run.check(ID).grade, grade, "{build} {paid}");
        }
    }

    #[test]
    fn a_release_out_of_support_has_a_step_for_people() {
        let run = bench("5.0", 2195, Role::Server, "Microsoft Windows 2000").run::<Os>();
        assert!(run.actions.iter().any(|action| matches!(&action.operation,
            Operation::ManualStep(step) if step.contains("Windows 2000"))));
    }

    #[test]
    fn unknown_is_never_passed() {
        for bench in [
            Bench::new().unreadable_by_default("the hive is damaged"),
            Bench::new(),
            bench("3.51", 1057, Role::Server, "Windows NT"),
            bench("10.0", 14393, Role::Unknown, "Windows"),
            bench("5.0", 2195, Role::Unknown, "Microsoft Windows 2000"),
            bench("10.0", 99999, Role::Workstation, "Windows 12"),
        ] {
            assert_eq!(bench.run::<Os>().check(ID).grade, Grade::UnableToScan);
        }
    }
}
