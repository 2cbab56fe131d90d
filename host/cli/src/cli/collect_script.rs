//! `wardline collect --script`.

use std::io::{Write as _, stdout};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::collect_args::CollectArgs;
use super::exit::ExitStatus;
use super::parts::{LoadedPlugins, Parts, PluginRequest};
use super::{Fatal, catalogs, files, warn};
use crate::aliasing::Files;
use crate::collector::{Asking, Plan};
use crate::contract::products::updates_for;
use crate::contract::{ChecksumMode, Description, Grants, Question, Scope, digest};
use crate::replace;
use crate::stock::is_stock;
use crate::trust::{SecretKey, Signature, signature_path};

pub(super) fn run(arguments: &CollectArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let script_arguments = &arguments.script;
    check_files(arguments)?;
    let catalogs = catalogs::chosen(&arguments.plugins.catalogs, &arguments.plugins.cache, parts)?;
    let request = PluginRequest::new(&arguments.plugins, 0)?;
    let LoadedPlugins { plugins, not_loaded, .. } = parts.plugins(&request, &catalogs.updates)?;
    if not_loaded > 0 {
        // Nobody can say what they would ask.
        return Err("no script was written: not all plugins could be loaded; leave them out, or see above".into());
    }
    let granted = plugins.iter().map(|plugin| {
        let description = plugin.examiner.description();
        let updates = updates_for(description, &catalogs.updates);
        (within(description, &plugin.grants), plugin.examiner.digest(), updates)
    });
    let granted = granted.collect::<Vec<_>>();
    let asking = granted.iter().map(|(description, digest, updates)| Asking { description, digest, updates });
    let with_checksums = arguments.judging.options().checksums != ChecksumMode::Never;
    let plan = Plan::new(asking.clone(), with_checksums);
    let script = plan.script();
    let Some(output) = &arguments.output else {
        stdout().lock().write_all(script.as_bytes())?;
        return Ok(ExitStatus::Success);
    };
    // The key is read first: a wrong password leaves no script without its signature.
    let key = match &script_arguments.key {
        Some(key) => Some(SecretKey::read(key, || script_arguments.password.password())?),
        None => None,
    };
    write(output, &script)?;
    if let Some(key) = key {
        let timestamp = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let version = env!("CARGO_PKG_VERSION");
        let sum = digest(script.as_bytes());
        let comment = format!("script of wardline {version}\tsha256:{sum}\ttimestamp:{timestamp}");
        let signature = Signature::sign_file(script.as_bytes(), &key, &comment)?;
        write(&signature_path(output), &signature.to_string())?;
    }
    // The book says what the stock plugins go without.
    let of_others = Plan::new(asking.filter(|plugin| !is_stock(plugin.digest)), with_checksums);
    if !of_others.left_out.is_empty() {
        let patterns = of_others.left_out.join(", ");
        warn(&format!("{}: the script cannot look for these patterns: {patterns}", output.display()));
    }
    Ok(ExitStatus::Success)
}

fn check_files(arguments: &CollectArgs) -> Result<(), Fatal> {
    let mut named = Files::default();
    files::with_plugins(&mut named, &arguments.plugins);
    match &arguments.output {
        Some(output) => {
            named.writes("-o", output);
            if let Some(key) = &arguments.script.key {
                named.reads("--key", key);
                named.writes("the signature", &signature_path(output));
            }
        }
        None => named.writes_stdout(),
    }
    if let Some(file) = &arguments.script.password.password_file {
        named.reads("--password-file", file);
    }
    Ok(named.check()?)
}

fn write(path: &Path, text: &str) -> Result<(), Fatal> {
    replace::replace_file(path, |out| out.write_all(text.as_bytes()))
        .map_err(|error| format!("{}: cannot be written: {error}", path.display()).into())
}

/// Returns the description of a plugin without the scopes that the operator does not grant, as far as one question decides that.
fn within(description: &Description, grants: &Grants) -> Description {
    let is_granted = |scope: &Scope| {
        let question = match scope {
            Scope::System => Question::System,
            Scope::Services => Question::Services,
            Scope::Accounts => Question::Accounts,
            Scope::Groups => Question::Groups,
            Scope::Shares => Question::Shares,
            Scope::Volumes => Question::Volumes,
            Scope::AuditPolicy => Question::AuditPolicy,
            Scope::PasswordPolicy => Question::PasswordPolicy,
            Scope::Profiles => Question::Profiles,
            Scope::Registry(path) if !path.contains('*') => Question::RegistryKey(path.clone()),
            Scope::File(path) if !path.contains('*') => Question::FileVersion(path.clone()),
            _ => return true,
        };
        grants.check(&question).is_ok()
    };
    let scopes = description.scopes.iter().filter(|scope| is_granted(scope)).cloned().collect();
    Description { scopes, ..description.clone() }
}
