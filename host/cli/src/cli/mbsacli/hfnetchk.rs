//! The HFNetChk style.

use std::io::{BufWriter, Write, stdout};
use std::path::Path;

use super::scan_command::ScanCommand;
use crate::aliasing::Files;
use crate::cli::exit::ExitStatus;
use crate::cli::{Fatal, Parts};
use crate::contract::Escaped;
use crate::mbsacli::hfnetchk::{self, Hidden, Selection};
use crate::mbsacli::{Catalog, HfNetChk, Layout, trace};
use crate::replace::replace_private_file;
use crate::unfinished::{Access, UnfinishedFile};

/// The log of `-trace`, in the working directory as HFNetChk's.
const TRACE: &str = "hf.log";

/// Scans in the style of HFNetChk: one text.
pub(super) fn scan(request: &HfNetChk, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let mut command = ScanCommand::new(&request.own, &request.machines)?;
    command.option("--approved", request.approved.as_ref());
    command.flag("--no-checksums", request.no_checksums);
    command.flag("--force-checksums", request.force_checksums);
    command.flag("--no-registry", request.no_registry);
    command.option("--jobs", request.threads.map(|threads| threads.to_string()));
    match &request.catalog {
        None => {}
        Some(Catalog::File(path)) => command.option("--catalog", Some(path)),
        Some(Catalog::Cabinet(path)) => {
            return Err(format!(
                "-x {0}: a cabinet has to be verified first: run `wardline catalog import {0}`, then scan without -x",
                path.display()
            )
            .into());
        }
        Some(Catalog::Address(address)) => {
            return Err(format!(
                "-x {0}: a catalog has to be fetched and verified first: run `wardline catalog update --from {0}`, then \
                 scan without -x",
                Escaped(address)
            )
            .into());
        }
    }
    let selection = Selection {
        hide: request.hide,
        baseline_only: request.baseline_only,
        hidden: request.hidden_file.as_deref().map(Hidden::read).transpose()?.unwrap_or_default(),
        history: request.history,
    };
    let mut files = Files::default();
    command.register(&mut files);
    request.own.catalogs.iter().for_each(|catalog| files.reads("--catalog", catalog));
    if let Some(Catalog::File(catalog)) = &request.catalog {
        files.reads("-x", catalog);
    }
    request.machines.name_files.iter().for_each(|file| files.reads("-fh", file));
    request.machines.address_files.iter().for_each(|file| files.reads("-fip", file));
    request.hidden_file.iter().for_each(|file| files.reads("-fq", file));
    request.file.iter().for_each(|file| files.writes("-f", file));
    if request.trace {
        files.writes("-trace", Path::new(TRACE));
    }
    files.check()?;
    let untraced = |error| format!("{TRACE}: {error}");
    let mut log = match request.trace {
        true => Some(BufWriter::new(UnfinishedFile::begin(Path::new("."), Access::Private).map_err(untraced)?)),
        false => None,
    };
    if let Some(log) = &mut log {
        writeln!(log, "{}", command.shown()).map_err(untraced)?;
    }
    let mut status = Ok(ExitStatus::Success);
    let mut write = |out: &mut dyn Write| -> std::io::Result<()> {
        let heading = match request.layout {
            Layout::Tab => hfnetchk::tab_header(),
            Layout::Wrap => hfnetchk::wrap_heading(request.verbose).to_owned(),
        };
        let mut is_first = true;
        status = command.run(parts, &mut |_, report| {
            // A scan that fails before its first machine prints nothing but its error.
            if std::mem::take(&mut is_first) {
                out.write_all(heading.as_bytes())?;
            }
            if let Some(log) = &mut log {
                log.write_all(trace::machine(&report).as_bytes()).map_err(untraced)?;
            }
            let text = match request.layout {
                Layout::Tab => hfnetchk::tab(&report, &selection),
                Layout::Wrap => hfnetchk::wrap(&report, &selection, request.verbose),
            };
            Ok(out.write_all(text.as_bytes())?)
        });
        match &status {
            Ok(_) => out.flush(),
            // The file is then as it was; the error itself is returned below.
            Err(_) => Err(std::io::Error::other("the scan failed")),
        }
    };
    let written = match &request.file {
        Some(file) => {
            replace_private_file(file, |out| write(out)).map_err(|error| format!("{}: {error}", file.display()).into())
        }
        None => write(&mut BufWriter::new(stdout())).map_err(Fatal::from),
    };
    let status = status?;
    written?;
    if let Some(log) = log {
        let log = log.into_inner().map_err(std::io::IntoInnerError::into_error).map_err(untraced)?;
        log.finish(Path::new(TRACE)).map_err(untraced)?;
    }
    Ok(status)
}
