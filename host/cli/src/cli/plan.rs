//! `wardline plan`.

use std::ops::ControlFlow;

use super::Fatal;
use super::args::PlanArgs;
use super::exit::ExitStatus;
use super::output::{OutputArg, OutputFormat, check_single_stdout};
use crate::aliasing::Files;
use crate::remediation::{self, JsonPlan, RenderPlan, TextPlan};
use crate::report::{self, OutputError, Writer};
use crate::unfinished::Access;

pub(super) fn run(arguments: &PlanArgs) -> Result<ExitStatus, Fatal> {
    let default = [OutputArg { format: OutputFormat::Text, file: None }];
    let wanted = if arguments.outputs.is_empty() { &default[..] } else { &arguments.outputs };
    check_single_stdout(wanted, "plan")?;
    let mut files = Files::default();
    files.reads("the report", &arguments.report);
    wanted.iter().for_each(|output| output.register(&mut files));
    files.check()?;
    let mut outputs = wanted.iter().map(open).collect::<Result<Vec<_>, OutputError>>()?;
    let mut failure = None;
    let mut begun = false;
    report::read(&arguments.report, &mut |machine| {
        let plan = remediation::plan(&machine);
        let written = outputs.iter_mut().try_for_each(|(format, writer)| {
            if begun {
                writer.write(format.separator())?;
            }
            writer.write(&format.machine(&plan))
        });
        begun = true;
        failure = written.err();
        if failure.is_some() || outputs.iter().all(|(_, writer)| writer.closed()) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    if let Some(error) = failure {
        return Err(error.into());
    }
    for (format, mut writer) in outputs {
        writer.write(&format.end())?;
        writer.finish()?;
    }
    Ok(ExitStatus::Success)
}

type Output = (Box<dyn RenderPlan>, Writer);

fn open(output: &OutputArg) -> Result<Output, OutputError> {
    let format: Box<dyn RenderPlan> = match output.format {
        OutputFormat::Text => Box::new(TextPlan { colour: output.has_colour() }),
        OutputFormat::Json => Box::new(JsonPlan),
    };
    let mut writer = Writer::open(output.destination(), format.separator(), Access::Private)?;
    writer.write(&format.begin())?;
    Ok((format, writer))
}
