//! The actions that remedy a finding, in words.

use super::page::{Page, Span};
use super::{BOLD, PLAIN};
use crate::model::ActionReport;
use crate::operations::operation;

pub(super) fn lines(page: &mut Page, column: usize, actions: &[&ActionReport]) {
    for action in actions {
        line(page, column, action);
    }
}

/// Writes an action: `To do: disable the account Guest. Restart. Risk: …`.
pub(crate) fn line(page: &mut Page, column: usize, action: &ActionReport) {
    let mut text = operation(&action.operation);
    if action.restart {
        text.push_str(", then restart");
    }
    text.push('.');
    if let Some(risk) = &action.risk {
        text.push_str(&format!(" Risk: {risk}"));
    }
    if let Some(article) = &action.article {
        text.push_str(&format!(" See {article}."));
    }
    page.hanging(column, &[Span(BOLD, "To do: ")], column + 7, PLAIN, &text);
}
