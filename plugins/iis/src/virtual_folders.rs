//! Virtual folders that a server should not have: the common part of checks 309 and 316.

use wardline_plugin::prelude::*;

use crate::appcmd;
use crate::configuration::VirtualFolder;
use crate::metabase;
use crate::source::{Form, Source};

/// The maximum number of folders that a finding lists and removes; its summary counts all of them.
const LISTED: usize = 1_000;

pub(crate) const COLUMNS: &[&str] = &["Site", "Virtual folder", "Directory"];

/// Fails if a virtual folder has one of these names, in any case and at any depth in its site.
pub(crate) fn judge(source: &Source, names: &[&str], risk: &str) -> Finding {
    let configuration = &source.configuration;
    let is_one = |folder: &&VirtualFolder| {
        let last = folder.name.rsplit('/').next().unwrap_or(&folder.name);
        names.iter().any(|name| name.eq_ignore_ascii_case(last))
    };
    let present: Vec<_> = configuration.virtual_folders().filter(is_one).collect();
    let finding = match present.as_slice() {
        [] => {
            return Finding::passed(format!(
                "None of the {} virtual folders of {} web sites is {}.",
                configuration.virtual_folders().len(),
                configuration.sites().len(),
                names.join(" or "),
            ))
            .because(&source.question());
        }
        [folder] => Finding::non_critical(format!("{} has the virtual folder {}.", folder.site, folder.name)),
        _ => {
            Finding::non_critical(format!("There are {} virtual folders named {}.", present.len(), names.join(" or ")))
        }
    };
    let listed = || present.iter().take(LISTED);
    let finding = listed().fold(finding, |finding, folder| {
        let directory = folder.directory.as_deref().unwrap_or_default();
        finding
            .row([folder.site.as_str(), folder.name.as_str(), directory], Grade::NonCritical)
            .mend(remedy(source.form, folder).risk(risk))
    });
    source.because(finding, listed().map(|folder| folder.position))
}

fn remedy(form: Form, folder: &VirtualFolder) -> Remedy {
    let removal = Remedy::new(Operation::RemoveVirtualFolder(RemoveVirtualFolder {
        site: folder.site_path.clone(),
        name: folder.name.clone(),
        path: folder.directory.clone(),
    }));
    match form {
        Form::Metabase => {
            let class = ("KeyType", metabase::VIRTUAL_FOLDER);
            let properties = folder.properties.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            std::iter::once(class)
                .chain(properties)
                .fold(removal, |remedy, (name, value)| remedy.undo(metabase::set(&folder.path, name, None, value)))
        }
        Form::ApplicationHost => removal.undo(appcmd::run(add(folder))),
    }
}

fn add(folder: &VirtualFolder) -> Vec<String> {
    let (site, name) = (&folder.site_path, &folder.name);
    let (kind, place) = if folder.application {
        ("app", [format!("/site.name:{site}"), format!("/path:/{name}")])
    } else {
        ("vdir", [format!("/app.name:{site}/"), format!("/path:/{name}")])
    };
    let directory = folder.directory.iter().map(|directory| format!("/physicalPath:{directory}"));
    ["add".to_owned(), kind.to_owned()].into_iter().chain(place).chain(directory).collect()
}
