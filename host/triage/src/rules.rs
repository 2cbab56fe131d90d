//! All of the operator's rules together.

use std::path::Path;

use wardline_report::{NetworkRole, TargetReport, WaiverToReview};

use crate::date::Date;
use crate::error::RulesError;
use crate::ignore;
use crate::ratings::Ratings;
use crate::waivers::Waivers;

/// Ratings, waivers and ignore lists, and which of them were used.
///
/// ```
/// use wardline_triage::Rules;
///
/// let mut rules = Rules::default();
/// rules.parse_waivers("waivers.toml", r#"
///     [[waiver]]
///     finding = ["MS01-033", "os.guest-account"]
///     machines = "web*"
///     reason = "Behind the proxy until the move."
///     owner = "Ann"
///     expires = 2027-03-31
/// "#, "2027-03-31".parse().unwrap()).unwrap();
/// assert!(!rules.is_empty());
/// ```
#[derive(Debug, Default)]
pub struct Rules {
    ratings: Option<Ratings>,
    waivers: Vec<Waivers>,
    /// With the name of each file.
    ignored: Vec<(String, Waivers)>,
}

impl Rules {
    /// Adds a file of waivers. Those whose last day is before `today` have expired.
    ///
    /// # Errors
    /// If it cannot be read, or at the first key or value that is not as `docs/waivers.md` says, with its line.
    pub fn read_waivers(&mut self, path: &Path, today: Date) -> Result<(), RulesError> {
        self.waivers.push(Waivers::read(path, today)?);
        Ok(())
    }

    /// Like [`Rules::read_waivers`], from a text. `file` is its name in errors and reports.
    ///
    /// # Errors
    /// Like those of [`Rules::read_waivers`].
    pub fn parse_waivers(&mut self, file: &str, text: &str, today: Date) -> Result<(), RulesError> {
        self.waivers.push(Waivers::parse(file, text, today)?);
        Ok(())
    }

    /// Adds an ignore list: an article or a bulletin a line.
    ///
    /// # Errors
    /// If it cannot be read, or at the first line that is neither a name nor a comment.
    pub fn read_ignored(&mut self, path: &Path) -> Result<(), RulesError> {
        self.ignored.push((path.display().to_string(), ignore::read(path)?));
        Ok(())
    }

    /// Like [`Rules::read_ignored`], from the bytes of a file.
    ///
    /// # Errors
    /// Like those of [`Rules::read_ignored`].
    pub fn parse_ignored(&mut self, file: &str, bytes: &[u8]) -> Result<(), RulesError> {
        self.ignored.push((file.to_owned(), ignore::parse(file, bytes)?));
        Ok(())
    }

    /// Sets the file of roles and ratings.
    ///
    /// # Errors
    /// If it cannot be read, or at the first key or value that is not as `docs/ratings.md` says, with its line.
    pub fn read_ratings(&mut self, path: &Path) -> Result<(), RulesError> {
        self.ratings = Some(Ratings::read(path)?);
        Ok(())
    }

    /// Like [`Rules::read_ratings`], from a text.
    ///
    /// # Errors
    /// Like those of [`Rules::read_ratings`].
    pub fn parse_ratings(&mut self, file: &str, text: &str) -> Result<(), RulesError> {
        self.ratings = Some(Ratings::parse(file, text)?);
        Ok(())
    }

    /// Whether there are no rules at all, so that reports remain as they are.
    pub fn is_empty(&self) -> bool {
        self.ratings.is_none()
            && self.waivers.iter().all(Waivers::is_empty)
            && self.ignored.iter().all(|(_, list)| list.is_empty())
    }

    /// Applies the rules to a machine's report, which must not have been through this before. `role` is the machine's, if the
    /// operator told it; the file of ratings takes precedence.
    pub fn apply(&self, report: &mut TargetReport, role: Option<NetworkRole>) {
        if self.is_empty() && role.is_none() {
            return;
        }
        match &self.ratings {
            Some(ratings) => {
                report.role = ratings.role(report, role);
                ratings.apply(report);
            }
            None => report.role = role,
        }
        self.waivers.iter().for_each(|waivers| waivers.apply(report));
        self.ignored.iter().for_each(|(_, list)| list.apply(report));
        report.grade_again();
    }

    /// Returns the waivers that are of no effect, once all machines are judged.
    pub fn to_review(&self) -> Vec<WaiverToReview> {
        let lists = self.ignored.iter().filter_map(|(file, list)| ignore::to_review(file, list));
        self.waivers.iter().flat_map(Waivers::to_review).chain(lists).collect()
    }
}
