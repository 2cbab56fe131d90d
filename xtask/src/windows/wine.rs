//! Wine with a small machine of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use wardline_fixtures::WindowsVolume;

use crate::run::{exists, run};
use crate::toolchain::MINGW_GCC;

/// The names under which distributions have Wine's loader for 64-bit programs. It is not on the path where Wine for 32-bit programs
/// could be installed, too.
const LOADERS: [&str; 3] = ["wine64", "wine", "/usr/lib/wine/wine64"];

const BYTE_ORDER_MARK: u16 = 0xfeff;

/// Removes the service pack that Wine claims to have.
const WITHOUT_WINES_OWN: &str =
    "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]\n\"CSDVersion\"=-\n";

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

    /// Returns a command that starts a program for Windows, whose arguments follow.
    pub(super) fn command(&self) -> Command {
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

    /// Creates the prefix, and makes it look like a machine: its registry, and the files that Wine does not have itself.
    pub(super) fn prepare(&self, machine: &WindowsVolume) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).with_context(|| format!("cannot remove {}", self.folder.display()))?;
        }
        fs::create_dir_all(&self.folder).with_context(|| format!("cannot create {}", self.folder.display()))?;
        run(self.command().args(["wineboot", "--init"]))?;
        self.add_random_numbers()?;
        let written = || -> std::io::Result<()> {
            let files = self.folder.join("machine");
            machine.write_to(&files)?;
            add_files(&files, &self.prefix().join("drive_c"))?;
            let registry = machine.registry_file("HKEY_LOCAL_MACHINE") + WITHOUT_WINES_OWN;
            // In another encoding data would count as text of a code page.
            let units = std::iter::once(BYTE_ORDER_MARK).chain(registry.encode_utf16());
            fs::write(self.folder.join("machine.reg"), units.flat_map(u16::to_le_bytes).collect::<Vec<_>>())
        };
        written().with_context(|| format!("cannot write into {}", self.folder.display()))?;
        run(self.command().args(["regedit", "/S", "machine.reg"]).current_dir(&self.folder))
    }
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
