//! Finds Office as Click-to-Run installs it: Microsoft 365 Apps, and Office 2013 to 2024.
//!
//! One installation has one version, whatever products it contains; `ProductReleaseIds` lists them (learn.microsoft.com,
//! "Product IDs that are supported by the Office Deployment Tool for Click-to-Run").

use wardline_plugin::evidence::Evident;
use wardline_plugin::prelude::*;

const CONFIGURATIONS: [&str; 2] = [
    r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration",
    r"HKLM\SOFTWARE\Microsoft\Office\15.0\ClickToRun\Configuration",
];
const UPDATE_POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\office\16.0\common\officeupdate";
const ENABLE_UPDATES: &str = "enableautomaticupdates";

/// The questions of this module.
pub(crate) const ASKS: [Asks; 3] =
    [Asks::Registry(CONFIGURATIONS[0]), Asks::Registry(CONFIGURATIONS[1]), Asks::Registry(UPDATE_POLICY)];

/// A product of an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Edition {
    /// A product that is bought once, by the year of its release: 2013 to 2024.
    Year(u32),
    /// Microsoft 365 Apps, formerly Office 365 ProPlus.
    Subscription,
}

impl Edition {
    /// Returns the edition that a product id belongs to: `O365ProPlusRetail`, `ProPlus2021Volume`. Products without a year are
    /// those of 2016 or, in the configuration of 15.0, of 2013.
    fn of(id: &str, without_year: u32) -> Edition {
        let id = id.to_ascii_lowercase();
        let year = [2019, 2021, 2024].into_iter().find(|year| id.contains(&year.to_string()));
        match year {
            Some(year) => Edition::Year(year),
            None if id.starts_with("o365") => Edition::Subscription,
            None => Edition::Year(without_year),
        }
    }

    /// Returns the name for people.
    pub(crate) fn name(self) -> String {
        match self {
            Edition::Subscription => "Microsoft 365 Apps for Enterprise".to_owned(),
            Edition::Year(year @ (2021 | 2024)) => format!("Microsoft Office LTSC {year}"),
            Edition::Year(year) => format!("Microsoft Office {year}"),
        }
    }

    /// Whether a catalog's name is one of this edition. Documents name the programs of 2013 and 2016 too.
    pub(crate) fn is_named(self, name: &str) -> bool {
        match self {
            Edition::Subscription => name.starts_with("Microsoft 365 Apps") || name.starts_with("Office 365 ProPlus"),
            Edition::Year(year @ (2013 | 2016)) => name.contains(&format!("{year} Click-to-Run")),
            Edition::Year(_) => name.starts_with(&self.name()),
        }
    }
}

/// An installation.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    /// `16.0.17928.20114`.
    pub(crate) version: String,
    pub(crate) editions: Vec<Edition>,
    pub(crate) is_32_bit: bool,
    /// Whether it is told to update itself.
    pub(crate) updates: bool,
    /// The question about its configuration.
    pub(crate) evidence: u32,
    /// The question about the policy.
    pub(crate) policy: u32,
}

/// The installation, if there is one; else the questions that showed that there is none.
pub(crate) type Found = Result<Installation, Vec<u32>>;

/// Finds Click-to-Run, in one round.
///
/// # Errors
///
/// If its configuration cannot be read, or has no version.
pub(crate) async fn find(evidence: &Evidence) -> Result<Found, Unable> {
    let (configurations, policy) = join(
        join_all(CONFIGURATIONS.map(|key| evidence.registry_key(key))),
        evidence.registry_value(UPDATE_POLICY, ENABLE_UPDATES),
    )
    .await;
    let mut absent = Vec::new();
    for (reply, without_year) in configurations.into_iter().zip([2016, 2013]) {
        let key = match reply.optional()?.present() {
            Ok(key) => key,
            Err(proof) => {
                absent.push(proof.question_number());
                continue;
            }
        };
        let text = |name: &str| {
            let value = key.values.iter().find(|value| value.name.eq_ignore_ascii_case(name))?;
            value.data.as_text().map(str::trim)
        };
        let ids = text("ProductReleaseIds").unwrap_or_default();
        let mut editions: Vec<_> =
            ids.split(',').map(str::trim).filter(|id| !id.is_empty()).map(|id| Edition::of(id, without_year)).collect();
        editions.sort();
        editions.dedup();
        if editions.is_empty() {
            // The key stays behind when Office is removed.
            absent.push(key.question_number());
            continue;
        }
        let version = text("VersionToReport").or_else(|| text("ClientVersionToReport"));
        let version = version.ok_or_else(|| Unable::new("Click-to-Run records no version of Office.").because(&key))?;
        let forbidden = policy.known().and_then(|data| data.as_dword()) == Some(0);
        return Ok(Ok(Installation {
            version: version.to_owned(),
            editions,
            is_32_bit: text("Platform").is_some_and(|platform| platform.eq_ignore_ascii_case("x86")),
            updates: !forbidden && !text("UpdatesEnabled").is_some_and(|enabled| enabled.eq_ignore_ascii_case("false")),
            evidence: key.question_number(),
            policy: policy.question_number(),
        }));
    }
    Ok(Err(absent))
}

/// The subject of the checks of Click-to-Run.
pub(crate) type Detected = Result<Found, Unable>;

pub(crate) struct SelfUpdate;

impl Check<Detected> for SelfUpdate {
    const INFO: CheckInfo = CheckInfo::new("click-to-run-updates", "Click-to-Run updates")
        .columns(&["Version", "Updates itself"])
        .explanation("Office that Click-to-Run installed gets security updates only by updating itself.");

    async fn run(cx: Context<'_, Detected>) -> Result<Finding, Unable> {
        let installation = match cx.subject.as_ref().map_err(Unable::clone)? {
            Ok(installation) => installation,
            Err(absent) => {
                let finding = Finding::not_performed("Click-to-Run has not installed Office.");
                return Ok(absent.iter().fold(finding, Finding::because));
            }
        };
        let version = installation.version.as_str();
        let finding = if installation.updates {
            Finding::passed(format!("Office {version} updates itself.")).row([version, "yes"], Grade::Passed)
        } else {
            Finding::non_critical(format!("Office {version} is told not to update itself."))
                .row([version, "no"], Grade::NonCritical)
                .mend(
                    Remedy::manual("Turn on the updates of Office (Office Deployment Tool or group policy).")
                        .article("https://learn.microsoft.com/microsoft-365-apps/updates/configure-update-settings-microsoft-365-apps"),
                )
        };
        Ok(finding.because(&installation.evidence).because(&installation.policy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_id_says_the_edition() {
        for (id, expected) in [
            ("O365ProPlusRetail", Edition::Subscription),
            ("O365BusinessRetail", Edition::Subscription),
            ("ProPlus2019Volume", Edition::Year(2019)),
            ("VisioPro2021Volume", Edition::Year(2021)),
            ("Standard2024Volume", Edition::Year(2024)),
            ("ProPlusRetail", Edition::Year(2016)),
        ] {
            assert_eq!(Edition::of(id, 2016), expected, "{id}");
        }
    }
}
