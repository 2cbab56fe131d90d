//! The results of a scan, for people and programs: the report's model, one module per format, and a reader.

pub mod explain;
mod grade;
mod json;
mod model;
mod output;
mod read;
mod summary;
mod text;
pub mod words;

pub use grade::{OverallGrade, severity_grade, update_grade};
pub use json::Json;
pub use model::*;
pub use output::Writer;
pub use output::{Destination, OutputError, Outputs, Render, Rendered};
pub use read::{MOST_OF_A_TARGET, ReadError, read, read_from};
pub use summary::{FailOn, PolicyDenials, Summary, Tally};
pub use text::{NotJudged, Page, Span, not_judged_lines, operation_in_words};
pub use text::{Text, TextStyle};
pub use words::{condition as condition_in_words, question as question_in_words};
