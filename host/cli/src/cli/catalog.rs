//! `wardline catalog`.

use std::io::{BufWriter, Write, stdout};

use super::Fatal;
use super::args::{CatalogArgs, CatalogCommand};
use super::exit::ExitStatus;
use super::parts::Parts;
use crate::aliasing::Files;

pub(super) fn run(arguments: &CatalogArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    match &arguments.command {
        CatalogCommand::Show { file, format } => {
            let mut files = Files::default();
            files.reads("the catalog", file);
            files.writes_stdout();
            files.check()?;
            let mut out = BufWriter::new(stdout());
            parts.show_catalog(file, *format, &mut out)?;
            out.flush()?;
        }
    }
    Ok(ExitStatus::Success)
}
