//! MBSA 102: whether every fixed volume has a file system with permissions.
//!
//! MBSA requires NTFS. From Server 2012 on a volume may also be ReFS or a cluster's shared volume, which have the same
//! permissions.

use wardline_plugin::prelude::*;

use crate::wording::{counted, listed, with_remedies, with_table};

/// How to use Convert.exe to convert a partition to NTFS.
const ARTICLE: &str = "Q214579";

const WITH_PERMISSIONS: [&str; 5] = ["NTFS", "ReFS", "CSVFS", "CSVFS_NTFS", "CSVFS_ReFS"];
const CONVERTIBLE: [&str; 3] = ["FAT", "FAT16", "FAT32"];

pub(crate) struct FileSystem;

impl Check for FileSystem {
    const INFO: CheckInfo =
        CheckInfo::new("file-system", "File system").mbsa(102).columns(&["Volume", "File system"]).explanation(
            "FAT does not support permissions: anyone who can log on, or reach a share, can read and change every file \
             there.",
        );
    const ASKS: &'static [Asks] = &[Asks::Volumes, Asks::System];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let evidence = cx.evidence;
        let volumes = evidence.volumes().await.required()?;
        let system = evidence.system().await;
        let fixed: Vec<&Volume> = volumes.iter().filter(|volume| volume.fixed).collect();
        if fixed.is_empty() {
            return Err(Unable::new("No fixed volume is listed.").because(&volumes));
        }
        let unknown: Vec<&str> =
            fixed.iter().filter(|volume| volume.file_system.is_none()).map(|volume| volume.drive.as_str()).collect();
        let weak: Vec<(&Volume, &str)> = fixed
            .iter()
            .filter_map(|&volume| Some((volume, volume.file_system.as_deref()?)))
            .filter(|(_, file_system)| !is_one_of(file_system, &WITH_PERMISSIONS))
            .collect();
        let mut finding = if !weak.is_empty() {
            let drives: Vec<&str> = weak.iter().map(|(volume, _)| volume.drive.as_str()).collect();
            let also = if unknown.is_empty() {
                String::new()
            } else {
                format!(" The file system of {} is not known.", listed(&unknown))
            };
            let worse = if system.known().is_some_and(|system| system.role == Role::DomainController) {
                " On a domain controller this exposes the domain's own data."
            } else {
                ""
            };
            Finding::critical(format!(
                "{} of {} cannot protect files with permissions: {}.{worse}{also}",
                weak.len(),
                counted(fixed.len(), "fixed volume"),
                listed(&drives)
            ))
        } else if unknown.len() == fixed.len() {
            // A directory of a volume's files does not show which file system they came from.
            Finding::not_performed("The file systems of the volumes cannot be determined from this kind of target.")
        } else if !unknown.is_empty() {
            Finding::new(Grade::UnableToScan, format!("The file system of {} is not known.", listed(&unknown)))
        } else {
            let seen = fixed
                .iter()
                .map(|volume| format!("{} ({})", volume.drive, volume.file_system.as_deref().unwrap_or_default()));
            let seen: Vec<String> = seen.collect();
            Finding::passed(format!(
                "Every fixed volume has a file system that supports permissions: {}.",
                listed(&seen)
            ))
        };
        let rows = fixed.iter().map(|volume| match volume.file_system.as_deref() {
            Some(name) if is_one_of(name, &WITH_PERMISSIONS) => (name.to_owned(), Grade::Passed, volume),
            Some(name) => (name.to_owned(), Grade::Critical, volume),
            None if unknown.len() == fixed.len() => ("not known".to_owned(), Grade::NotPerformed, volume),
            None => ("not known".to_owned(), Grade::UnableToScan, volume),
        });
        let rows = rows.map(|(name, grade, volume)| ([volume.drive.clone(), name], grade)).collect();
        finding = with_table(finding, rows).because(&volumes);
        if !weak.is_empty() && system.known().is_some() {
            finding = finding.because(&system);
        }
        let windows_folder = system.known().map(|system| system.windows_folder.to_lowercase());
        let remedies = weak.iter().map(|(volume, file_system)| {
            let holds_windows =
                windows_folder.as_ref().is_none_or(|folder| folder.starts_with(&volume.drive.to_lowercase()));
            convert(volume, file_system, holds_windows)
        });
        Ok(with_remedies(finding, remedies))
    }
}

fn convert(volume: &Volume, file_system: &str, holds_windows: bool) -> Remedy {
    let drive = &volume.drive;
    let remedy = if is_one_of(file_system, &CONVERTIBLE) {
        Remedy::new(Operation::RunTool(RunTool {
            tool: "convert".to_owned(),
            arguments: vec![drive.clone(), "/fs:ntfs".to_owned()],
            article: Some(ARTICLE.to_owned()),
        }))
        // The volume that Windows runs from is converted during startup.
        .restart(holds_windows)
    } else {
        Remedy::manual(format!("Back up the files on {drive}, format it with NTFS, and restore them."))
    };
    remedy
        .risk(
            "It cannot be undone, another operating system on the machine may not read NTFS, and the permissions of \
             the files must be set afterwards; make a backup first.",
        )
        .article(ARTICLE)
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| name.trim().eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Os;
    use crate::product::tests::machine;
    use wardline_plugin::testing::Bench;

    const ID: &str = FileSystem::INFO.id;

    fn volume(drive: &str, file_system: Option<&str>, fixed: bool) -> Volume {
        Volume { drive: drive.to_owned(), file_system: file_system.map(str::to_owned), fixed }
    }

    fn bench(role: Role, volumes: Vec<Volume>) -> Bench {
        Bench::new()
            .fact(Question::System, Fact::System(machine("5.0", 2195, 2, role, &[])))
            .fact(Question::Volumes, Fact::Volumes(volumes))
    }

    #[test]
    fn every_fixed_volume_counts() {
        use Grade::{Critical, NotPerformed, Passed, UnableToScan};
        for (volumes, grade) in [
            (vec![("C:", Some("NTFS"), true)], Passed),
            (vec![("C:", Some("ntfs"), true), ("A:", Some("FAT"), false)], Passed),
            (vec![("C:", Some("NTFS"), true), ("D:", Some("ReFS"), true)], Passed),
            (vec![("C:", Some("FAT32"), true)], Critical),
            (vec![("C:", Some("NTFS"), true), ("D:", Some("FAT"), true)], Critical),
            (vec![("C:", None, true), ("D:", Some("exFAT"), true)], Critical),
            (vec![("C:", Some("NTFS"), true), ("D:", None, true)], UnableToScan),
            (vec![("C:", None, true)], NotPerformed),
            (vec![("A:", Some("FAT"), false)], UnableToScan),
            (vec![], UnableToScan),
        ] {
            let all = volumes.iter().map(|&(drive, name, fixed)| volume(drive, name, fixed)).collect();
            let run = bench(Role::Server, all).run::<Os>();
            let finding = run.check(ID);
            assert_eq!(finding.grade, grade, "{volumes:?}: {}", finding.summary);
            assert!(!finding.evidence.is_empty());
        }
    }

    #[test]
    fn fat_is_converted_and_the_system_volume_at_the_next_start() {
        let volumes =
            vec![volume("C:", Some("FAT32"), true), volume("D:", Some("FAT"), true), volume("E:", Some("exFAT"), true)];
        let run = bench(Role::DomainController, volumes).run::<Os>();
        assert!(run.check(ID).summary.contains("domain's own data"), "{}", run.check(ID).summary);
        let done: Vec<_> = run
            .actions
            .iter()
            .filter_map(|action| match &action.operation {
                Operation::RunTool(run) if run.tool == "convert" => Some((run.arguments[0].as_str(), action.restart)),
                Operation::ManualStep(step) if step.contains("E:") => Some(("E:", action.restart)),
                _ => None,
            })
            .collect();
        assert_eq!(done, [("C:", true), ("D:", false), ("E:", false)]);
    }

    #[test]
    fn unread_volumes_are_never_passed() {
        let unread = bench(Role::Server, vec![]).answer(Question::Volumes, Answer::Unreadable("damaged".to_owned()));
        assert_eq!(unread.run::<Os>().check(ID).grade, Grade::UnableToScan);
        let no_system = Bench::new()
            .unreadable_by_default("damaged")
            .fact(Question::Volumes, Fact::Volumes(vec![volume("C:", Some("FAT"), true)]));
        assert_eq!(no_system.run::<Os>().check(ID).grade, Grade::Critical);
    }
}
