//! Whether a release is still supported, by a table of lifecycles.

use crate::builds::{BuildTable, is_date};
use crate::context::About;
use crate::evidence::{Evident, Unable};
use crate::finding::Finding;
use crate::remedy::Remedy;
use crate::setting::Setting;

/// The number of columns of a lifecycle table, after the range of builds: the release's name, the last day of its support, and
/// the last day of the support that is sold separately, or `-`.
pub const LIFECYCLE_COLUMNS: usize = 3;

/// The headings of the table in a finding of [`judge`].
pub const HEADINGS: &[&str] = &["Release", "Version", "Last day of support", "Last day of extended updates"];

/// The setting for the day on which support is judged: a plugin has no clock. `default` is the date of the plugin's table.
pub const fn date_setting(default: &'static str) -> Setting<&'static str> {
    Setting::new(
        "support-date",
        "The date as of which support for a release is judged; a plugin has no clock.",
        default,
    )
}

/// The setting that says whether the machine receives the security updates that are sold after the end of support.
pub const EXTENDED_UPDATES: Setting<bool> = Setting::new(
    "extended-security-updates",
    "Whether the machine has the extended security updates (ESU) that are sold after the end of support.",
    false,
);

/// Judges the support of the release that `build` belongs to.
///
/// `table` has [`LIFECYCLE_COLUMNS`], `product` is the product's name for a sentence, and `date` the plugin's setting from
/// [`date_setting`].
///
/// # Errors
///
/// If the table does not have the build, or the operator's date is not a date.
pub fn judge(
    table: &BuildTable,
    product: &str,
    build: &str,
    evidence: &impl Evident,
    about: &About,
    date: Setting<&'static str>,
) -> Result<Finding, Unable> {
    let day = about.setting(date)?;
    if !is_date(day) {
        return Err(Unable::new(format!("The setting {} is not a date like {}.", date.name, table.date)));
    }
    let extended = about.setting(EXTENDED_UPDATES)?;
    let Some(range) = table.of(build).next() else {
        let date = &table.date;
        let reason = format!("{product} {build} is not in this plugin's table of releases, which dates from {date}.");
        return Err(Unable::new(reason).because(evidence));
    };
    let (release, ends, sold) = (range.cell(0), range.cell(1), range.cell(2));
    let finding = if ends.is_empty() {
        Finding::passed(format!("{release} is supported; no end has been announced."))
    } else if day <= ends {
        Finding::passed(format!("{release} is supported until {ends}."))
    } else if extended && day <= sold {
        Finding::passed(format!("{release} has extended security updates until {sold}; its support ended on {ends}."))
    } else {
        let sold_until = match sold {
            "" => String::new(),
            sold if day <= sold => format!(" Extended security updates are sold until {sold}."),
            sold => format!(" Its extended security updates ended on {sold}."),
        };
        Finding::best_practice(format!("Support for {release} ended on {ends}: upgrade it.{sold_until}")).mend(
            Remedy::manual(format!("Upgrade {release} to a supported release."))
                .risk("Programs that use it may need newer versions on another release.")
                .article("https://learn.microsoft.com/lifecycle/products/"),
        )
    };
    let grade = finding.grade;
    Ok(finding.row([release, build, ends, sold], grade).because(evidence))
}
