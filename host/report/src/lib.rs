//! The results of a scan, for people and programs: the report's model, one module per format, and a reader.

mod convert;
mod cyclonedx;
mod decision;
pub mod explain;
mod format;
mod grade;
pub mod html;
mod journal;
mod json;
mod junit;
mod links;
mod markdown;
mod mbsa_xml;
mod model;
mod not_judged;
mod openmetrics;
mod operations;
mod output;
mod read;
mod remedies;
mod replaced;
mod sarif;
mod summary;
mod table;
mod terms;
mod text;
mod waived;
pub mod words;
mod xml;

pub use convert::{Conversion, ConvertError, convert};
pub use decision::{Rerated, Waived};
pub use format::{Format, FormatOptions};
pub use grade::{OverallGrade, severity_grade, update_grade};
pub use journal::{Journal, JournalError};
pub use json::Json;
pub use links::is_plain_url;
pub use mbsa_xml::{MbsaIdentity, MbsaXml};
pub use model::*;
pub use not_judged::{NotJudged, not_judged_lines};
pub use operations::operation as operation_in_words;
pub use output::Writer;
pub use output::{Destination, OutputError, Outputs, Render, Rendered};
pub use read::{MAX_TARGET, ReadError, ReportPart, SavedSummary, read, read_from, read_parts};
pub use replaced::Replaced;
pub use summary::{
    Change, CheckCounts, FailOn, Gap, GapKind, GateResult, Install, MachineLine, Machines, MissingUpdate, OpenCves,
    OverallCounts, PolicyDenials, Reached, Share, ShareError, Summary, Tally, UpdateCounts, WaivedCounts, WaivedWork,
    WaiverProblem, WaiverToReview, Work, WorkEntry, WorkItem,
};
pub use table::{HFNETCHK_COLUMNS, tab_row};
pub use terms::{counted, grade_words, severity_word, status_words, update_name};
pub use text::{Page, Span, Text, TextStyle};
pub use waived::WaivedFinding;
pub use words::{condition as condition_in_words, question as question_in_words};
