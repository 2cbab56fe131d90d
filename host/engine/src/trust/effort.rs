//! How much is tried on a plugin before anything is said about it.

use serde::{Deserialize, Serialize};

/// How many targets a vetting run was asked to make up and to try its laws on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effort {
    /// Whether it was meant for a look between two builds.
    pub quick: bool,
    /// Targets that are made up for the plugin.
    pub generated: usize,
    /// Targets that the laws are tried on, at most; all are looked at.
    pub most_tried: usize,
}

impl Effort {
    /// What a report to rely on takes, at least.
    pub const USUAL: Effort = Effort { quick: false, generated: 20, most_tried: 40 };

    /// `--quick`.
    pub const QUICK: Effort = Effort { quick: true, generated: 4, most_tried: 8 };

    /// Why a report made with this is not one to rely on. None where it is.
    ///
    /// ```
    /// # use wardline_engine::trust::Effort;
    /// assert_eq!(Effort::USUAL.shortfall(), None);
    /// assert!(Effort::QUICK.shortfall().is_some_and(|reason| reason.contains("--quick")));
    /// ```
    pub fn shortfall(&self) -> Option<String> {
        let Effort { quick, generated, most_tried } = *self;
        let usual = Effort::USUAL;
        if quick {
            Some("with --quick, which is for a look between two builds".to_owned())
        } else if generated < usual.generated || most_tried < usual.most_tried {
            Some(format!(
                "with --generated {generated} and --tried {most_tried}, less than the usual {} and {}",
                usual.generated, usual.most_tried
            ))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_than_usual_is_told() {
        for (quick, generated, most_tried, enough) in [
            (false, 20, 40, true),
            (false, 1_000, 41, true),
            (true, 20, 40, false),
            (false, 19, 40, false),
            (false, 20, 39, false),
            (false, 0, 0, false),
        ] {
            let effort = Effort { quick, generated, most_tried };
            assert_eq!(effort.shortfall().is_none(), enough, "{effort:?}");
        }
    }
}
