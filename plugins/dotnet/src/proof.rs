//! Files that prove an update of .NET Framework.
//!
//! An update of .NET Framework is a package of Windows, and whether Windows lists it is the judge's rule. Its files tell more:
//! within one version, the number in their versions rises with each update, so a file at the update's number or above it shows
//! that the update, or a later one, is in place. A lower file proves nothing, because not every update replaces every file.
//!
//! This holds where each update contains all earlier ones, from Windows 10 on. Before, an update may contain only the security
//! fixes of one month.

use std::collections::BTreeMap;

use wardline_plugin::judge::Judge;
use wardline_plugin::prelude::*;
use wardline_plugin::version;

use crate::framework::NewestFile;

/// The first number of 4.8.1, which shares `4.8` with its predecessor in the versions of files.
const FIRST_OF_481: u32 = 9000;

/// Records the updates of 4.x as installed that the newest file, or a later update that it proves, shows to be in place.
/// `installed` is the version of 4.x.
pub(crate) fn apply(judge: &Judge, installed: &str, file: NewestFile, judged: &mut [(UpdateFinding, Vec<Remedy>)]) {
    let mut proven: BTreeMap<String, (String, String)> = BTreeMap::new();
    for (finding, remedies) in judged.iter_mut() {
        let Some((row, fixed, update)) = row_of(judge, finding) else { continue };
        if is_open(finding.status) && fixed.is_some_and(|fixed| is_at_least(&file.version, fixed, installed)) {
            finding.status = UpdateStatus::Installed;
            finding.reason = format!("a file of .NET Framework is {}", version::show(&file.version));
            let subject = TestSubject::Build(row);
            finding.tests = vec![TestResult { subject, verdict: Verdict::Passed, evidence: Some(file.evidence) }];
            remedies.clear();
            let latest = (update.posted.clone().unwrap_or_default(), update.bulletin.clone());
            let known = proven.entry(finding.product.clone()).or_default();
            if latest > *known {
                *known = latest;
            }
        }
    }
    for (finding, remedies) in judged.iter_mut() {
        let Some((.., update)) = row_of(judge, finding) else { continue };
        let later =
            proven.get(&finding.product).filter(|(date, _)| update.posted.as_ref().is_some_and(|own| own < date));
        if let Some((_, bulletin)) = later.filter(|_| is_open(finding.status)) {
            finding.status = UpdateStatus::Installed;
            finding.reason = format!("{bulletin} is installed, which contains all earlier updates");
            finding.tests.clear();
            remedies.clear();
        }
    }
}

/// Returns the row of the finding's product, its build, and the update.
fn row_of<'j>(judge: &'j Judge, finding: &UpdateFinding) -> Option<(u32, Option<&'j str>, &'j Update)> {
    let update = judge.update(finding.update)?;
    let (place, row) = (0..).zip(&update.applies_to).find(|(_, row)| row.product.name == finding.product)?;
    Some((place, row.fixed_build.as_deref(), update))
}

fn is_open(status: UpdateStatus) -> bool {
    matches!(status, UpdateStatus::Missing | UpdateStatus::Note | UpdateStatus::UnableToScan)
}

/// Whether a file is at a document's build or above it. Documents write the build of version 4.8 as `4.8.4718.0`, `4.8.04762.01`,
/// `04590.02` or, for two versions at once, `4.8.9334.0 and 4.8.4802.0`.
fn is_at_least(file: &FileVersion, fixed: &str, installed: &str) -> bool {
    let found = u32::from(file.build);
    let is_481 = |number: u32| number >= FIRST_OF_481;
    if file.minor == 8 && is_481(found) != (installed == "4.8.1") {
        return false;
    }
    let of_branch = |(minor, number): &(Option<u32>, u32)| {
        minor.is_none_or(|minor| minor == u32::from(file.minor)) && is_481(*number) == is_481(found)
    };
    fixed.split([';', ' ']).filter_map(number_in).find(of_branch).is_some_and(|(_, number)| number <= found)
}

/// Returns the number that counts updates, and the second number of the version if it is there.
fn number_in(text: &str) -> Option<(Option<u32>, u32)> {
    let numbers: Vec<u32> = text.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (minor, number) = match numbers[..] {
        [number, _] => (None, number),
        // `4.8.1.9256.03`
        [4, minor, 0..=9, number, ..] => (Some(minor), number),
        [4, minor, number, ..] => (Some(minor), number),
        _ => return None,
    };
    (1000..10_000).contains(&number).then_some((minor, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_are_read_as_documents_write_them() {
        for (file, installed, fixed, expected) in [
            ("4.8.4718.0", "4.8", "4.8.4718.0", true),
            ("4.8.4718.0", "4.8", "4.8.4682.0", true),
            ("4.8.4718.0", "4.8", "4.8.04762.01", false),
            ("4.8.4762.0", "4.8", "4.8.04762.01", true),
            ("4.8.4762.0", "4.8", "04590.02", true),
            ("4.8.4762.0", "4.8", "4.8.9334.0 and 4.8.4802.0", false),
            ("4.8.4802.0", "4.8", "4.8.9334.0 and 4.8.4802.0", true),
            ("4.8.9334.0", "4.8.1", "4.8.9334.0 and 4.8.4802.0", true),
            ("4.8.9282.0", "4.8.1", "4.8.9334.0 and 4.8.4802.0", false),
            ("4.8.9282.0", "4.8.1", "4.8.1.9256.03", true),
            // Builds of another version prove nothing.
            ("4.8.9282.0", "4.8.1", "4.8.4718.0", false),
            ("4.8.4762.0", "4.8", "4.7.3905.0", false),
            ("4.7.4092.0", "4.7.2", "4.7.4092.0", true),
            ("4.7.4092.0", "4.7.2", "4.8.4465.0", false),
            ("4.8.9282.0", "4.8.1", "4.8.109277.02", false),
            ("4.8.4762.0", "4.8", "10.0.14393.6614", false),
            ("4.8.4762.0", "4.8", "2.0.50727.8970", false),
            ("4.8.4762.0", "4.8", "", false),
        ] {
            let file = version::parse(file).unwrap();
            assert_eq!(is_at_least(&file, fixed, installed), expected, "{} {fixed}", version::show(&file));
        }
    }
}
