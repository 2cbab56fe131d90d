//! The effort of a vetting run.

use serde::{Deserialize, Serialize};

/// How many targets a vetting run was asked to generate and to try its laws on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Effort {
    /// Whether it was meant as a quick check between two builds.
    pub quick: bool,
    /// The number of targets generated for the plugin.
    pub generated: usize,
    /// The maximum number of targets that the laws are tried on; all are examined.
    pub most_tried: usize,
}

impl Effort {
    /// The minimum effort of a report that can be relied on.
    pub const USUAL: Effort = Effort { quick: false, generated: 20, most_tried: 40 };

    /// The effort of `--quick`.
    pub const QUICK: Effort = Effort { quick: true, generated: 4, most_tried: 8 };

    /// Returns why a report made with this effort cannot be relied on, or `None` if it can.
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
            Some("with --quick, which is for a quick check between two builds".to_owned())
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
