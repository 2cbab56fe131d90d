//! Compares the program in Wine with the same program on this system.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use wardline_fixtures::{NtfsVolume, WindowsVolume, fleet};

use super::wine::Wine;
use crate::run::output_of;

/// A package that waits for a restart, with the update of the second of [`fleet::months`].
const PENDING: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages\Package_for_RollupFix~31bf3856ad364e35~amd64~~19045.6950.1.10";
const INSTALL_PENDING: u32 = 0x60;

/// A field of reports: what a plugin used up.
const FUEL: &str = "fuel";

/// The folder of compiled plugins, which `wardline.exe` creates, and uses only if Windows says that it is private.
const CACHE: &str = "cache";

/// The expected statuses of updates, by the computer's build and the package, and grades of settings, by its registry.
const UPDATES: [(&str, &str); 2] = [("KB5990201", "installed"), ("KB5990301", "pending-restart")];
const CHECKS: [(&str, &str); 2] = [("os.restrict-anonymous", "non-critical"), ("os.autologon", "critical")];

/// The services of the machine. Wine would start them: `services.exe`, which runs several, would start them again, and so on.
const SERVICES: &str = r"HKLM\SYSTEM\CurrentControlSet\Services";

/// The machine of the demo's fleet that is also scanned as a disk image and as a recording.
const RECORDED: &str = "today/windows-10";

/// The machine that Wine plays.
pub(super) fn machine() -> WindowsVolume {
    WindowsVolume::windows_10()
        .computer_name("PC10")
        .revision(6900)
        .registry(PENDING, "CurrentState", INSTALL_PENDING)
        .restrict_anonymous(0)
        .autologon_in_clear_text("Ann", "secret")
        .without_registry_key(SERVICES)
}

/// Runs the program for Windows in Wine, whose registry is [`machine`]'s, and the one for this system beside it.
pub(super) struct Tryout<'a> {
    pub(super) wine: &'a Wine,
    pub(super) windows: &'a Path,
    pub(super) here: &'a Path,
    /// A folder for what they read and write, which does not exist yet.
    pub(super) folder: &'a Path,
}

impl Tryout<'_> {
    pub(super) fn run(&self) -> Result<()> {
        fs::create_dir_all(self.folder).with_context(|| format!("cannot create {}", self.folder.display()))?;
        let version = |program: Command| output_of({ program }.arg("--version"));
        let (windows, here) = (version(self.windows())?, version(self.here())?);
        ensure!(windows.trim_end() == here.trim_end(), "wardline.exe is {windows}, and this system's program {here}");
        self.same_reports()?;
        self.this_computer()
    }

    /// Scans the fleets of the demo with both, one machine also from a disk image and from a recording.
    fn same_reports(&self) -> Result<()> {
        let written = || -> io::Result<_> {
            let fleet = fleet::demo(&self.folder.join("2001"))?;
            let today = fleet::today(&self.folder.join("today"))?;
            fs::write(self.folder.join("disk.raw"), NtfsVolume::of_folder(&self.folder.join(RECORDED))?.build())?;
            Ok((fleet, today))
        };
        let (fleet, today) = written().with_context(|| format!("cannot write into {}", self.folder.display()))?;
        output_of(self.windows().args(["collect", RECORDED, "-o", "pc.recording"]))?;
        let machines = fleet.machines.into_iter().map(|machine| machine.folder);
        let machines = machines.chain(today.machines.into_iter().map(|machine| machine.folder));
        // Paths that both understand.
        let machines: Vec<PathBuf> =
            machines.map(|folder| folder.strip_prefix(self.folder).map(Path::to_owned).unwrap_or(folder)).collect();
        let scan = |mut program: Command, report: &str| {
            program.env("WARDLINE_HISTORY", "off").arg("scan").args(&machines).args(["disk.raw", "pc.recording"]);
            program.args(["--catalog", "2001/mssecure.xml", "--catalog", "today/msrc", "-o"]);
            output_of(program.arg(format!("json={report}")))?;
            read(&self.folder.join(report))
        };
        let (windows, here) = (scan(self.windows(), "windows.json")?, scan(self.here(), "here.json")?);
        match difference("", &windows, &here) {
            None => Ok(()),
            Some(place) => bail!(
                "windows.json and here.json in {} are different reports of the same machines: see {place}",
                self.folder.display()
            ),
        }
    }

    /// Scans the computer that Wine plays, and looks for the scan in the history.
    fn this_computer(&self) -> Result<()> {
        let scan = &["scan", "--catalog", "today/msrc", "-o", "json=computer.json"];
        output_of(self.windows().args(scan))?;
        let report = read(&self.folder.join("computer.json"))?;
        let target = &report["targets"][0];
        let said = |list: &str, key: &str, name: &str, says: &str| {
            let found = target[list].as_array().into_iter().flatten().find(|entry| entry[key] == name);
            found.and_then(|entry| entry[says].as_str()).unwrap_or("nothing").to_owned()
        };
        for (article, status) in UPDATES {
            let found = said("updates", "bulletin", article, "status");
            ensure!(found == status, "computer.json says of {article}: {found}; expected {status}");
        }
        for (check, grade) in CHECKS {
            let found = said("checks", "id", check, "grade");
            ensure!(found == grade, "computer.json says of {check}: {found}; expected {grade}");
        }
        let mut cached = fs::read_dir(self.folder.join(CACHE)).into_iter().flatten().flatten();
        let is_code = |entry: fs::DirEntry| entry.file_name().to_string_lossy().starts_with("code-");
        ensure!(cached.any(is_code), "no compiled plugin is in the cache");
        let history = output_of(self.windows().args(["history", "list"]))?;
        // A heading, and the scan.
        ensure!(history.lines().count() == 2, "the history is not one scan:\n{history}");
        Ok(())
    }

    fn windows(&self) -> Command {
        let mut command = self.wine.command();
        command.arg(self.windows).current_dir(self.folder).env("WARDLINE_CACHE_DIR", CACHE);
        command
    }

    fn here(&self) -> Command {
        let mut command = Command::new(self.here);
        command.current_dir(self.folder).env("WARDLINE_CACHE_DIR", "cache-here");
        command
    }
}

fn read(report: &Path) -> Result<Value> {
    let at = || format!("cannot read {}", report.display());
    serde_json::from_slice(&fs::read(report).with_context(at)?).with_context(at)
}

/// Returns the first place where two values differ, except in fuel: an instance's memory is copied on Windows, which counts, where it is
/// mapped elsewhere.
fn difference(place: &str, one: &Value, other: &Value) -> Option<String> {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) if one.keys().eq(other.keys()) => one
            .iter()
            .filter(|(key, _)| *key != FUEL)
            .find_map(|(key, value)| difference(&format!("{place}/{key}"), value, &other[key])),
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let mut both = one.iter().zip(other).enumerate();
            both.find_map(|(index, (one, other))| difference(&format!("{place}/{index}"), one, other))
        }
        _ => (one != other).then(|| place.to_owned()),
    }
}
