//! Runs the program in Wine, on a small machine of its own.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use wardline_fixtures::WindowsVolume;
use wardline_fixtures::fleet;

use crate::run::{exists, run};
use crate::toolchain::MINGW_GCC;

/// The names under which distributions have Wine's loader for 64-bit programs. It is not on the path where Wine for 32-bit programs
/// could be installed, too.
const LOADERS: [&str; 3] = ["wine64", "wine", "/usr/lib/wine/wine64"];

/// Wine with a prefix of its own: a registry, and a drive C.
pub(super) struct Wine {
    loader: &'static str,
    folder: PathBuf,
}

impl Wine {
    /// Finds Wine. Its prefix will be in `folder`.
    pub(super) fn find(folder: &Path) -> Option<Self> {
        let loader = LOADERS.into_iter().find(|loader| exists(loader))?;
        Some(Wine { loader, folder: folder.to_owned() })
    }

    fn prefix(&self) -> PathBuf {
        self.folder.join("prefix")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.loader);
        self.apply(&mut command);
        command
    }

    fn apply(&self, command: &mut Command) {
        command
            .env("WINEPREFIX", self.prefix())
            .env("WINEARCH", "win64")
            // Nothing about what Wine lacks.
            .env("WINEDEBUG", "-all")
            // No offers to install .NET and a browser, and no changes to the user's menus.
            .env("WINEDLLOVERRIDES", "mscoree,mshtml,winemenubuilder.exe=")
            .env_remove("DISPLAY");
    }

    /// Makes cargo run what it has compiled in Wine.
    pub(super) fn run_tests_of(&self, cargo: &mut Command) {
        self.apply(cargo);
        cargo.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", self.loader);
    }

    /// Gives the prefix the library with `ProcessPrng`, which Rust's standard library takes random numbers from, and which Wine has only
    /// since version 9.
    fn add_random_numbers(&self) -> Result<()> {
        const SOURCE: &str = "#include <windows.h>\n\
            BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);\n\
            __declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T count)\n\
            { return SystemFunction036(bytes, (ULONG)count); }\n";
        let library = self.prefix().join("drive_c/windows/system32/bcryptprimitives.dll");
        if library.exists() {
            return Ok(());
        }
        let source = self.folder.join("bcryptprimitives.c");
        fs::write(&source, SOURCE).with_context(|| format!("cannot write {}", source.display()))?;
        let mut gcc = Command::new(MINGW_GCC);
        run(gcc.arg("-shared").arg("-o").arg(&library).arg(&source).arg("-ladvapi32"))
    }

    /// Creates the prefix, and makes it look like a machine of the demo: its registry, and the files that Wine does not have itself.
    pub(super) fn prepare(&self) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).with_context(|| format!("cannot remove {}", self.folder.display()))?;
        }
        fs::create_dir_all(&self.folder).with_context(|| format!("cannot create {}", self.folder.display()))?;
        run(self.command().args(["wineboot", "--init"]))?;
        self.add_random_numbers()?;
        let machine = machine();
        let written = || -> std::io::Result<()> {
            machine.write_to(&self.machine())?;
            add_files(&self.machine(), &self.prefix().join("drive_c"))?;
            fs::write(self.folder.join("machine.reg"), machine.registry_file("HKEY_LOCAL_MACHINE"))
        };
        written().with_context(|| format!("cannot write into {}", self.folder.display()))?;
        run(self.command().args(["regedit", "/S", "machine.reg"]).current_dir(&self.folder))
    }

    /// The machine as a folder.
    fn machine(&self) -> PathBuf {
        self.folder.join("machine")
    }

    /// Scans the prefix as the computer that the program runs on, and the same machine as a folder, and prints the differences of the reports.
    pub(super) fn scans(&self, program: &Path) -> Result<()> {
        let catalog = self.folder.join("msrc");
        fs::create_dir_all(&catalog).with_context(|| format!("cannot create {}", catalog.display()))?;
        for month in fleet::months() {
            let file = catalog.join(format!("{}.xml", month.id));
            fs::write(&file, month.cvrf()).with_context(|| format!("cannot write {}", file.display()))?;
        }
        let scan = |report: &str, target: &[&str]| {
            let output = format!("json={report}");
            let mut command = self.command();
            command.current_dir(&self.folder).env("WARDLINE_HISTORY", "off").arg(program).arg("scan").args(target);
            run(command.args(["--catalog", "msrc", "-o", &output]))?;
            Report::read(&self.folder.join(report))
        };
        let folder = scan("folder.json", &["machine"])?;
        let computer = scan("this-computer.json", &[])?;
        computer.print_differences(&folder);
        Ok(())
    }
}

/// What a report says of one machine, without its evidence.
struct Report(BTreeSet<String>);

impl Report {
    fn read(file: &Path) -> Result<Self> {
        let at = || format!("cannot read {}", file.display());
        let report: Value = serde_json::from_slice(&fs::read(file).with_context(at)?).with_context(at)?;
        let [target] = report["targets"].as_array().map(Vec::as_slice).unwrap_or_default() else {
            bail!("{}: expected one target", file.display())
        };
        let list = |name: &str| target[name].as_array().cloned().unwrap_or_default();
        let system = target["system"].as_object().into_iter().flatten().map(|(key, value)| format!("{key}: {value}"));
        let updates = list("updates");
        let updates = updates.iter().map(|update| format!("{}: {}", update["bulletin"], update["status"]));
        let checks = list("checks");
        let checks = checks.iter().map(|check| format!("{} {}: {}", check["id"], check["subject"], check["grade"]));
        Ok(Report(system.chain(updates).chain(checks).collect()))
    }

    /// Prints what this report of the computer says and that of its folder does not, and the reverse.
    fn print_differences(&self, folder: &Self) {
        let only =
            |one: &Self, other: &Self| one.0.difference(&other.0).map(|line| format!("  {line}\n")).collect::<String>();
        println!("only of the computer:\n{}only of the folder:\n{}", only(self, folder), only(folder, self));
    }
}

/// The machine that Wine plays.
fn machine() -> WindowsVolume {
    WindowsVolume::windows_10().computer_name("PC10").revision(6900)
}

/// Copies a volume's files to a drive that has some already, which are kept: Wine needs its own. Names are the same in any case.
fn add_files(from: &Path, to: &Path) -> std::io::Result<()> {
    let present = fs::read_dir(to)?.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<Vec<_>>>()?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let same = present.iter().find(|present| present.eq_ignore_ascii_case(&name));
        let place = to.join(same.unwrap_or(&name));
        match (entry.file_type()?.is_dir(), same.is_some()) {
            (true, is_present) => {
                if !is_present {
                    fs::create_dir(&place)?;
                }
                add_files(&entry.path(), &place)?;
            }
            (false, true) => {}
            (false, false) => {
                fs::copy(entry.path(), &place)?;
            }
        }
    }
    Ok(())
}
