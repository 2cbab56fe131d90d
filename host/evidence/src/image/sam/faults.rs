//! What was found wrong on the way through the SAM.

/// More faults than this are only counted: a hostile hive may hold tens of thousands.
const MAX_NAMED: usize = 8;

/// What is damaged in the SAM or contradicts the rest of it, beside all that could be read.
#[derive(Debug, Default)]
pub(in crate::image) struct Faults {
    named: Vec<String>,
    not_named: usize,
}

impl Faults {
    pub(super) fn add(&mut self, fault: String) {
        if self.named.len() < MAX_NAMED {
            self.named.push(fault);
        } else {
            self.not_named += 1;
        }
    }

    /// All of them in a line; none where there are none.
    pub(in crate::image) fn into_reason(self) -> Option<String> {
        let more = (self.not_named > 0).then(|| format!("{} more", self.not_named));
        let all = self.named.into_iter().chain(more).collect::<Vec<_>>();
        (!all.is_empty()).then(|| all.join("; "))
    }
}
