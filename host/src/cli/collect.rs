//! `wardline collect`.

use std::ops::ControlFlow;

use super::Fatal;
use super::args::CollectArgs;
use super::exit::ExitStatus;
use super::files;
use super::parts::{Parts, PluginRequest};
use crate::aliasing::Files;
use crate::scan::{self, Plan, Recorder, Silent, TargetSpec};

pub(super) fn run(arguments: &CollectArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let mut files = Files::default();
    files::with_plugins(&mut files, &arguments.plugins);
    files.reads("the target", &arguments.target);
    files.writes("-o", &arguments.output);
    files.check()?;
    let catalogs = parts.catalogs(&arguments.plugins.catalogs)?;
    let plugins = parts.plugins(&PluginRequest::new(&arguments.plugins, 0)?, &catalogs.updates)?;
    let target = TargetSpec { location: arguments.target.clone() };
    let mut scanned = None;
    let options = arguments.judging.options();
    scan::run(
        &Plan { plugins: &plugins, options: &options, jobs: 0 },
        std::slice::from_ref(&target),
        &|target| parts.open(target),
        &|scan| scan,
        &Silent,
        &mut |scan| {
            scanned = Some(scan);
            ControlFlow::Continue(())
        },
    )?;
    let scan = scanned.ok_or("nothing was scanned")?;
    if let Some(error) = &scan.error {
        return Err(format!("{}: {error}; no recording was written", scan.location).into());
    }
    if let Some(failure) = scan.host_failure() {
        return Err(format!("{failure}; no recording was written").into());
    }
    Recorder::new(&plugins, &catalogs.updates, &options).write(&scan, &arguments.output)?;
    Ok(ExitStatus::Fine)
}
