//! Regular scans of server lists, as the script MBSAPatchCheck.cmd made them: the reports of each list are filed in a folder of the
//! day, and the scans are scheduled, some lists more often than others.

mod filing;
mod quoting;
mod schedule;

pub use filing::{Filing, FilingError};
pub use schedule::{BadInterval, BadTime, Entry, Interval, Scheduler, TimeOfDay, Unprintable, lines};
