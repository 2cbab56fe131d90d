//! The formats of a report, by name.

use crate::cyclonedx::CycloneDx;
use crate::html::Html;
use crate::json::Json;
use crate::junit::Junit;
use crate::markdown::Markdown;
use crate::mbsa_xml::MbsaXml;
use crate::openmetrics::OpenMetrics;
use crate::output::Render;
use crate::sarif::Sarif;
use crate::table::{Csv, Tab};
use crate::text::{Text, TextStyle};

/// A format that a report can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    Text,
    Json,
    Html,
    Csv,
    Tab,
    MbsaXml,
    Sarif,
    Junit,
    OpenMetrics,
    Markdown,
    CycloneDx,
}

/// Options of all formats. Those that do not apply to a format are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormatOptions {
    /// Shows results that need no attention, too, and the evidence.
    pub verbose: bool,
    /// Lists waived findings, too, in formats that otherwise only count them or leave them out.
    pub show_waived: bool,
    /// Colours the text.
    pub colour: bool,
    /// The number of columns of the terminal; `None` for a file or a pipe. See [`TextStyle::width`].
    pub width: Option<u16>,
    /// When the scan was made, in UTC: `2026-11-27T01:33:19Z`. If it is `None`, the same evidence always gives the same bytes.
    pub date: Option<String>,
}

impl Format {
    pub const ALL: [Format; 11] = [
        Format::Text,
        Format::Json,
        Format::Html,
        Format::Csv,
        Format::Tab,
        Format::MbsaXml,
        Format::Sarif,
        Format::Junit,
        Format::OpenMetrics,
        Format::Markdown,
        Format::CycloneDx,
    ];

    /// Returns the format's name on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
            Format::Html => "html",
            Format::Csv => "csv",
            Format::Tab => "tab",
            Format::MbsaXml => "mbsa-xml",
            Format::Sarif => "sarif",
            Format::Junit => "junit",
            Format::OpenMetrics => "openmetrics",
            Format::Markdown => "markdown",
            Format::CycloneDx => "cyclonedx",
        }
    }

    /// Returns the renderer of the format.
    pub fn renderer(self, options: &FormatOptions) -> Box<dyn Render> {
        let FormatOptions { verbose, show_waived, colour, width, date } = options.clone();
        match self {
            Format::Text => Box::new(Text(TextStyle { colour, verbose, show_waived, width })),
            Format::Json => Box::new(Json),
            Format::Html => Box::new(Html { verbose, show_waived, date }),
            Format::Csv => Box::new(Csv { verbose, show_waived }),
            Format::Tab => Box::new(Tab { verbose, show_waived }),
            Format::MbsaXml => Box::new(MbsaXml::new(verbose, show_waived, date)),
            Format::Sarif => Box::new(Sarif { date }),
            Format::Junit => Box::new(Junit { verbose, date }),
            Format::OpenMetrics => Box::new(OpenMetrics),
            Format::Markdown => Box::new(Markdown { verbose, show_waived }),
            Format::CycloneDx => Box::new(CycloneDx { date }),
        }
    }
}
