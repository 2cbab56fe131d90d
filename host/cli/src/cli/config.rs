//! Options of `wardline scan` from the environment and from configuration files.
//!
//! They are inserted into the command line, so that they mean exactly the same as there. The command line takes precedence over the
//! environment, the environment over the user's file, and the user's file over the system's.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use toml::Spanned;

use super::Fatal;
use crate::contract::Escaped;
use crate::{platform, text_file};

/// The command that has a configuration.
const COMMAND: &str = "scan";
/// The file's name in the configuration folders.
const FILE: &str = "config.toml";
/// The maximum size of a file in bytes.
const LARGEST_FILE: u64 = 1 << 20;
/// The environment's name for an option is this and the option's, in capitals and with `_`.
const PREFIX: &str = "WARDLINE_";
/// Options that are not taken from the environment here: the first have a variable of that name with a meaning of its own, which
/// several commands read, and the others are decisions for one scan.
const NOT_IN_THE_ENVIRONMENT: [&str; 7] = ["cache-dir", "history", "evidence", "config", "resume", "help", "version"];

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    scan: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
}

/// An option that is set elsewhere than on the command line.
struct Setting {
    /// The long option.
    key: String,
    /// The option as on the command line, once for each value; none for a flag that is not set.
    arguments: Vec<OsString>,
    /// Where it is written, for errors.
    source: String,
}

/// Adds the options that the environment and the configuration files set and the command line does not, except those in `excepted`.
///
/// # Errors
///
/// If a file cannot be read, is not as `docs/configuration.md` says, or has an option or value that the command does not take.
pub(super) fn complete(command: &Command, arguments: Vec<OsString>, excepted: &[&str]) -> Result<Vec<OsString>, Fatal> {
    // A command line that is wrong by itself is reported by the caller, which parses it.
    let Ok(matches) = command.clone().try_get_matches_from(&arguments) else { return Ok(arguments) };
    let Some((COMMAND, given)) = matches.subcommand() else { return Ok(arguments) };
    let Some(scan) = command.find_subcommand(COMMAND) else { return Ok(arguments) };
    let Some(place) = arguments.iter().position(|argument| argument == COMMAND) else { return Ok(arguments) };
    let mut places = vec![environment(scan)?];
    for file in files(given)? {
        places.push(read(&file, scan)?);
    }
    let mut whole = arguments;
    let is_given = |arg: &&Arg| given.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
    let mut set: Vec<&Arg> = scan.get_arguments().filter(is_given).collect();
    for settings in places {
        // Two options in one place that exclude each other are a mistake; in different places, the earlier place counts.
        let earlier = set.clone();
        for setting in settings {
            if excepted.contains(&setting.key.as_str()) {
                continue;
            }
            let arg = option(scan, &setting.key);
            if arg.is_some_and(|arg| earlier.iter().any(|other| replaces(scan, other, arg))) {
                continue;
            }
            let mut tried = whole.clone();
            tried.splice(place + 1..place + 1, setting.arguments);
            if let Err(error) = command.clone().try_get_matches_from(&tried) {
                return Err(format!("{}: {}", setting.source, in_a_line(&error)).into());
            }
            whole = tried;
            set.extend(arg);
        }
    }
    Ok(whole)
}

/// Returns whether an option is another one, or excludes it. Only one of two that exclude each other says so.
fn replaces(scan: &Command, one: &Arg, other: &Arg) -> bool {
    let excludes = |one: &Arg, other: &Arg| {
        scan.get_arg_conflicts_with(one).iter().any(|excluded| excluded.get_id() == other.get_id())
    };
    one.get_id() == other.get_id() || excludes(one, other) || excludes(other, one)
}

fn option<'c>(scan: &'c Command, key: &str) -> Option<&'c Arg> {
    scan.get_arguments().find(|arg| arg.get_long() == Some(key))
}

/// The files to read, the most specific first: the one that `--config` or the environment names, or those of the user and the
/// system that exist.
fn files(given: &ArgMatches) -> Result<Vec<PathBuf>, Fatal> {
    let named = given.get_one::<PathBuf>("config").cloned();
    let named =
        named.or_else(|| std::env::var_os("WARDLINE_CONFIG").filter(|file| !file.is_empty()).map(PathBuf::from));
    if let Some(file) = named {
        return Ok(vec![file]);
    }
    let folders = [platform::config_folder(), system_folder()?].into_iter().flatten();
    let mut files: Vec<PathBuf> = folders.map(|folder| folder.join(FILE)).filter(|file| file.exists()).collect();
    files.dedup();
    Ok(files)
}

/// The folder for the configuration of all users.
///
/// # Errors
///
/// If there is a configuration that does not belong to an administrator.
fn system_folder() -> Result<Option<PathBuf>, Fatal> {
    let folder = match cfg!(windows) {
        true => std::env::var_os("ProgramData").map(|folder| Path::new(&folder).join("wardline")),
        false => Some(PathBuf::from("/etc/wardline")),
    };
    let Some(folder) = folder else { return Ok(None) };
    for place in [&folder, &folder.join(FILE)] {
        if folder.join(FILE).exists() && !platform::is_of_administrators(place) {
            let problem = "it does not belong to the administrators, so anyone may have written what is in it";
            return Err(format!("{}: {problem}; correct its owner or remove it", place.display()).into());
        }
    }
    Ok(Some(folder))
}

fn environment(scan: &Command) -> Result<Vec<Setting>, Fatal> {
    let mut settings = Vec::new();
    for arg in scan.get_arguments() {
        let Some(long) = arg.get_long().filter(|long| !NOT_IN_THE_ENVIRONMENT.contains(long)) else {
            continue;
        };
        let name = format!("{PREFIX}{}", long.to_ascii_uppercase().replace('-', "_"));
        let Some(value) = std::env::var_os(&name).filter(|value| !value.is_empty()) else { continue };
        let arguments = match arg.get_action() {
            ArgAction::SetTrue => match value.to_str() {
                Some("1" | "true") => vec![OsString::from(format!("--{long}"))],
                Some("0" | "false") => Vec::new(),
                _ => return Err(format!("{name}: bad value: expected `true` or `false`").into()),
            },
            _ => vec![with_value(long, &value)],
        };
        settings.push(Setting { key: long.to_owned(), arguments, source: name });
    }
    Ok(settings)
}

fn with_value(key: &str, value: &OsStr) -> OsString {
    let mut argument = OsString::from(format!("--{key}="));
    argument.push(value);
    argument
}

fn read(file: &Path, scan: &Command) -> Result<Vec<Setting>, Fatal> {
    let text = text_file::read(file, LARGEST_FILE)?;
    let name = file.display();
    let place = |offset| format!("{name}, line {}", text_file::line_of(&text, offset));
    let written: Written = toml::from_str(&text).map_err(|error| {
        let reason = Escaped(error.message()).to_string().replace('\n', " ");
        format!("{}: {reason}", place(error.span().map_or(0, |span| span.start)))
    })?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut settings = Vec::new();
    for (key, value) in written.scan {
        let source = format!("{}: {}", place(key.span().start), Escaped(key.get_ref()));
        let key = key.into_inner();
        if key == "config" {
            return Err(format!("{source}: a configuration cannot name another one").into());
        }
        let values = match value.into_inner() {
            toml::Value::Array(values) => values,
            value => vec![value],
        };
        let arg = option(scan, &key);
        let is_path = arg.is_some_and(|arg| arg.get_value_hint() == ValueHint::AnyPath);
        let is_location =
            arg.and_then(Arg::get_value_names).is_some_and(|names| names.iter().any(|name| name.contains("URL")));
        let mut arguments = Vec::new();
        for value in values {
            match value {
                toml::Value::Boolean(true) => arguments.push(OsString::from(format!("--{key}"))),
                toml::Value::Boolean(false) => {}
                toml::Value::Integer(number) => arguments.push(with_value(&key, number.to_string().as_ref())),
                toml::Value::Float(number) => arguments.push(with_value(&key, number.to_string().as_ref())),
                // A file is beside the configuration, wherever the scan is started; a URL is where it says.
                toml::Value::String(text) if (is_path || is_location) && !text.contains("://") => {
                    arguments.push(with_value(&key, folder.join(text).as_os_str()))
                }
                toml::Value::String(text) => arguments.push(with_value(&key, text.as_ref())),
                toml::Value::Datetime(date) => arguments.push(with_value(&key, date.to_string().as_ref())),
                toml::Value::Table(_) | toml::Value::Array(_) => {
                    return Err(format!(
                        "{source}: bad type: expected a string, a number, a boolean or an array of them"
                    )
                    .into());
                }
            }
        }
        settings.push(Setting { key, arguments, source });
    }
    Ok(settings)
}

/// Returns the first line of an error about a command line, with the option that was probably meant.
fn in_a_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    match error.get(ContextKind::SuggestedArg) {
        Some(ContextValue::String(meant)) => format!("{line}; did you mean `{}`?", meant.trim_start_matches("--")),
        _ => line.to_owned(),
    }
}
