//! `wardline collect`.

use std::ops::ControlFlow;

use super::Fatal;
use super::args::CollectArgs;
use super::exit::ExitStatus;
use super::parts::{Parts, PluginRequest};
use crate::scan::{self, Plan, Silent, TargetSpec};

pub(super) fn run(arguments: &CollectArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let catalogs = parts.catalogs(&arguments.plugins.catalogs)?;
    let plugins = parts.plugins(&PluginRequest::new(&arguments.plugins, 0)?, &catalogs.updates)?;
    let target = TargetSpec { location: arguments.target.clone() };
    let mut scanned = None;
    scan::run(
        &Plan { plugins: &plugins, options: &arguments.judging.options(), jobs: 0 },
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
        return Err(format!("{}: {error}", scan.location).into());
    }
    parts.record(&scan, &plugins, &arguments.output)?;
    Ok(ExitStatus::Fine)
}
