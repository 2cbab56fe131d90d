//! `wardline plan`.

use std::io::{BufWriter, IsTerminal, stdout};
use std::ops::ControlFlow;

use super::Fatal;
use super::args::{OutputArg, OutputFormat, PlanArgs};
use super::exit::ExitStatus;
use super::files;
use crate::aliasing::Files;
use crate::remediation::{self, JsonPlan, RenderPlan, TextPlan};
use crate::report::{self, Destination, OutputError, Writer};
use crate::unfinished::Access;

pub(super) fn run(arguments: &PlanArgs) -> Result<ExitStatus, Fatal> {
    let default = [OutputArg { format: OutputFormat::Text, file: None }];
    let wanted = if arguments.outputs.is_empty() { &default[..] } else { &arguments.outputs };
    if wanted.iter().filter(|output| output.file.is_none()).count() > 1 {
        return Err("only one plan can go to standard output: give the others a file, `-o json=plan.json`".into());
    }
    let mut files = Files::default();
    files.reads("the report", &arguments.report);
    for output in wanted {
        files::with_output(&mut files, output.format.word(), output.file.as_deref());
    }
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
    let colour = output.file.is_none()
        && stdout().is_terminal()
        && anstream::AutoStream::choice(&stdout()) != anstream::ColorChoice::Never;
    let format: Box<dyn RenderPlan> = match output.format {
        OutputFormat::Text => Box::new(TextPlan { colour }),
        OutputFormat::Json => Box::new(JsonPlan),
    };
    let destination = match &output.file {
        None => Destination::Stdout(Box::new(BufWriter::new(stdout()))),
        Some(path) => Destination::File(path.clone()),
    };
    let mut writer = Writer::open(destination, format.separator(), Access::Private)?;
    writer.write(&format.begin())?;
    Ok((format, writer))
}
