//! The faults found while walking the SAM.

/// The number of faults listed in full; more are only counted, because a hostile hive may hold tens of thousands.
const MAX_NAMED: usize = 8;

/// The parts of the SAM that are damaged or contradict the rest, next to everything that could be read.
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

    /// Joins the faults into one line; `None` if there are none.
    pub(in crate::image) fn into_reason(self) -> Option<String> {
        let more = (self.not_named > 0).then(|| format!("{} more", self.not_named));
        let all = self.named.into_iter().chain(more).collect::<Vec<_>>();
        (!all.is_empty()).then(|| all.join("; "))
    }
}
