//! Check 308: the sample applications that ship with IIS.

use wardline_plugin::prelude::*;

use crate::product::Installation;

const SAMPLES: &str = r"%systemdrive%\Inetpub\iissamples";
const HELP: &str = r"%windir%\help\iishelp";
const MSADC: &str = r"%commonprogramfiles%\System\msadc";
/// Next to the folder of the default site, wherever that is.
const SAMPLES_ANYWHERE: &str = r"*:\**\iissamples";

/// From this version of IIS on `msadc` is part of Windows' own data access components, and is present on every machine.
const MSADC_IS_WINDOWS: u32 = 6;

pub(crate) struct SampleApplications;

impl Check<Installation> for SampleApplications {
    const INFO: CheckInfo =
        CheckInfo::new("sample-applications", "IIS sample applications").mbsa(308).columns(&["Folder"]).explanation(
            "The samples show how to program IIS. They are not designed to withstand attacks, and several of them let \
             anyone read or run files.",
        );
    const ASKS: &'static [Asks] =
        &[Asks::File(SAMPLES), Asks::File(SAMPLES_ANYWHERE), Asks::File(HELP), Asks::File(MSADC)];

    async fn run(cx: Context<'_, Installation>) -> Result<Finding, Unable> {
        let Context { evidence, subject: installation, .. } = cx;
        let folders = folders(installation);
        let replies = join_all(folders.iter().map(|folder| evidence.directory(folder.as_str()))).await;
        let mut present = Vec::new();
        let mut absent = Vec::new();
        let mut unable = None;
        for (folder, reply) in folders.iter().zip(replies) {
            match reply.optional() {
                Ok(listing) if listing.is_some() => present.push((folder.as_str(), listing)),
                Ok(listing) => absent.push(listing),
                Err(mut reason) => {
                    reason.reason = format!("{folder}: {}", reason.reason);
                    unable = Some(reason);
                }
            }
        }
        // One folder that is present decides, no matter what else could not be read.
        if present.is_empty() {
            if let Some(unable) = unable {
                return Err(unable);
            }
            let passed = Finding::passed(format!("There is no {}.", folders.join(", and no ")));
            return Ok(absent.iter().fold(passed, |finding, listing| finding.because(listing)));
        }
        let names: Vec<_> = present.iter().map(|(folder, _)| *folder).collect();
        let failed = Finding::non_critical(format!("IIS samples are installed: {}.", names.join(", ")));
        Ok(present.iter().fold(failed, |finding, (folder, listing)| {
            finding.because(listing).row([*folder], Grade::NonCritical).mend(remedy(folder))
        }))
    }
}

/// Returns the folders that may contain samples. `Inetpub` is on the system drive unless setup was configured otherwise.
fn folders(installation: &Installation) -> Vec<String> {
    let mut folders = vec![SAMPLES.to_owned(), HELP.to_owned()];
    if installation.version.is_none_or(|version| version.major < MSADC_IS_WINDOWS) {
        folders.push(MSADC.to_owned());
    }
    folders.extend(installation.web_root.as_deref().and_then(|web_root| beside_web_root(web_root, installation)));
    folders
}

/// `D:\Web\wwwroot` → `D:\Web\iissamples`. `None` if that is not a path with a drive, or is [`SAMPLES`] under another name.
fn beside_web_root(web_root: &str, installation: &Installation) -> Option<String> {
    let (parent, _) = web_root.trim_end_matches('\\').rsplit_once('\\')?;
    let drive = parent.get(..2).filter(|drive| drive.ends_with(':'))?;
    let system_drive = installation.system.known().and_then(|system| system.windows_folder.get(..2));
    let usual = system_drive.is_some_and(|system| system.eq_ignore_ascii_case(drive))
        && parent.get(2..).is_some_and(|folder| folder.eq_ignore_ascii_case(r"\Inetpub"));
    (!usual).then(|| format!(r"{parent}\iissamples"))
}

fn remedy(folder: &str) -> Remedy {
    let risk = match folder {
        HELP => "The error pages of IIS 5 and 6 are in its folder `common`. Keep that folder if they are used.",
        MSADC => "Sites that use Remote Data Services stop working.",
        _ => "Site pages that were copied from the samples may still refer to them.",
    };
    Remedy::new(Operation::RemoveFolder(RemoveFolder { path: folder.to_owned() })).risk(risk)
}
