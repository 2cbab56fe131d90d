//! Examples in the help of each command, completions for shells, and manual pages.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Command};

use super::{ExitStatus, Fatal};
use crate::replace;

#[derive(Clone, Debug, Args)]
pub struct CompletionsArgs {
    /// The shell that reads them
    pub shell: clap_complete::Shell,
}

#[derive(Clone, Debug, Args)]
pub struct ManArgs {
    /// Directory to write a page for each command to; it is created if need be
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// Examples by command.
const EXAMPLES: [(&[&str], &str); 22] = [
    (
        &["scan"],
        "  wardline scan /mnt/web01                                    one machine, as text\n  \
           wardline scan /mnt/* -o html=report.html -o json=report.json\n  \
           wardline scan disks/*.vhdx --catalog mssecure.xml --only os,iis\n  \
           wardline scan /mnt/* --waivers waivers.toml --fail-on critical --fail-coverage-below 95\n  \
           wardline scan /mnt/* -o json=report.json --resume           goes on if it was killed",
    ),
    (&["explain"], "  wardline explain /mnt/web01 CVE-2024-21407\n  wardline explain /mnt/web01 os.guest-account"),
    (
        &["collect"],
        "  wardline collect /mnt/web01 -o web01.recording\n  \
           wardline collect --script -o collect.ps1                    for a machine that nothing may reach\n  \
           wardline scan web01.recording",
    ),
    (&["replay"], "  wardline replay proof/* --plugin acme.wasm"),
    (
        &["serve"],
        "  wardline serve                                              http://127.0.0.1:8080/, for this machine only\n  \
           wardline serve --listen 0.0.0.0:8080 --token-file token     for other machines, too",
    ),
    (&["plan"], "  wardline plan report.json\n  wardline plan report.json -o json=plan.json"),
    (&["hotfixes"], "  wardline hotfixes /mnt/web01\n  wardline hotfixes /mnt/* -o json"),
    (&["catalog", "update"], "  wardline catalog update"),
    (&["catalog", "import"], "  wardline catalog import documents/ mssecure.cab"),
    (&["catalog", "show"], "  wardline catalog show mssecure.xml"),
    (&["catalog", "verify"], "  wardline catalog verify"),
    (
        &["completions"],
        "  wardline completions bash > ~/.local/share/bash-completion/completions/wardline\n  \
        wardline completions zsh > ~/.zfunc/_wardline\n  \
        wardline completions powershell >> $PROFILE",
    ),
    (&["man"], "  wardline man ~/.local/share/man/man1 && man wardline-scan"),
    (&["plugin", "inspect"], "  wardline plugin inspect acme.wasm"),
    (&["plugin", "list"], "  wardline plugin list --settings settings.toml"),
    (&["plugin", "vet"], "  wardline plugin vet acme.wasm -o html=vet.html"),
    (&["plugin", "diff"], "  wardline plugin diff acme-1.0.wasm acme-1.1.wasm"),
    (&["plugin", "policy"], "  wardline plugin policy acme.wasm -o policy.toml"),
    (&["plugin", "verify"], "  wardline plugin verify acme.wasm --key acme.pub"),
    (&["plugin", "new"], "  wardline plugin new acme-door --lang rust"),
    (&["plugin", "sign"], "  wardline plugin sign build/acme-door.wasm --key acme.key"),
    (&["plugin", "keygen"], "  wardline plugin keygen -o acme"),
];

/// Adds the examples to the help of the commands.
pub(super) fn with_examples(command: Command) -> Command {
    EXAMPLES.iter().fold(command, |command, (path, examples)| with_example(command, path, examples))
}

fn with_example(command: Command, path: &[&str], examples: &str) -> Command {
    match path {
        [] => {
            let more = command.get_after_help().map(|more| format!("\n\n{more}")).unwrap_or_default();
            command.after_help(format!("Examples:\n{examples}{more}"))
        }
        [first, rest @ ..] if command.find_subcommand(first).is_some() => {
            command.mut_subcommand(*first, |command| with_example(command, rest, examples))
        }
        _ => command,
    }
}

/// Writes completions to standard output.
pub(super) fn completions(arguments: &CompletionsArgs, mut command: Command) -> Result<ExitStatus, Fatal> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "wardline", &mut script);
    let mut out = std::io::stdout().lock();
    out.write_all(&script)?;
    out.flush()?;
    Ok(ExitStatus::Success)
}

/// Writes a manual page for each command.
pub(super) fn man(arguments: &ManArgs, mut command: Command) -> Result<ExitStatus, Fatal> {
    let folder = &arguments.folder;
    let failed = |error| format!("{}: cannot write manual pages: {error}", folder.display());
    std::fs::create_dir_all(folder).map_err(failed)?;
    command.build();
    pages(&command, &mut |name, page| {
        let mut bytes = Vec::new();
        page.render(&mut bytes)?;
        replace::replace_file(&folder.join(format!("{name}.1")), |file| file.write_all(&bytes))
    })
    .map_err(failed)?;
    Ok(ExitStatus::Success)
}

/// Passes on the page of a command and those of its commands, with their names: `wardline-plugin-vet`.
fn pages(
    command: &Command,
    write: &mut dyn FnMut(&str, clap_mangen::Man) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    write(&name, clap_mangen::Man::new(command.clone()))?;
    command
        .get_subcommands()
        .filter(|command| command.get_name() != "help" && !command.is_hide_set())
        .try_for_each(|command| pages(command, write))
}
