//! Debian's packages of the Rust compiler and of its library's sources, unpacked under `target/` and not installed.
//!
//! They provide a standard library for WebAssembly on machines that can reach a Debian mirror but no Rust server. `apt-get`
//! verifies its downloads against the mirror's signed list.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use cargo_metadata::semver::Version;

use crate::run::{exists, output_of, run};
use crate::workspace::Workspace;

/// The compiler, the newest that Debian has for its browsers, and the sources of its standard library.
const WANTED: [&str; 2] = ["rustc-web", "rust-web-src"];

/// Dependencies of the compiler's package that are not needed to build a library for WebAssembly.
const NOT_WANTED: [&str; 4] = ["gcc", "libc-dev", "binutils", "libc6-dev"];

/// A compiler that has been unpacked and run successfully.
#[derive(Debug)]
pub(crate) struct Compiler {
    rustc: PathBuf,
    libraries: Vec<PathBuf>,
}

impl Compiler {
    /// Returns the compiler that an earlier run unpacked.
    pub(crate) fn unpacked(workspace: &Workspace) -> Option<Self> {
        Self::at(&home(workspace).join("root")).ok()
    }

    /// Downloads the packages, unpacks them, and tries the compiler.
    pub(crate) fn fetch(workspace: &Workspace) -> Result<Self> {
        for program in ["apt-get", "apt-cache", "dpkg", "dpkg-query"] {
            if !exists(program) {
                bail!("there is no {program}");
            }
        }
        let home = home(workspace);
        let downloads = home.join("downloads");
        let partial = home.join("root.partial");
        for folder in [&downloads, &partial] {
            if folder.exists() {
                fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
            }
            fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }

        // The system's package list may be missing or too old; in that case, use a private one, which does not require root.
        if let Err(error) = download(&Apt::System, &downloads) {
            eprintln!("    {error:#}; asking the mirrors for a new list of packages");
            let apt = Apt::own(home.join("apt"))?;
            run(&mut apt.command("apt-get", &["-qq", "update"]))?;
            download(&apt, &downloads)?;
        }
        for package in fs::read_dir(&downloads)? {
            let path = package?.path();
            if path.extension().is_some_and(|extension| extension == "deb") {
                run(Command::new("dpkg").arg("-x").arg(&path).arg(&partial))?;
            }
        }
        let compiler = Self::at(&partial)?;
        compiler.check_version(&workspace.rust_version)?;

        let root = home.join("root");
        if root.exists() {
            fs::remove_dir_all(&root)?;
        }
        fs::rename(&partial, &root)?;
        // The downloads are no longer needed, and the package list will be too old by the next time.
        for folder in [downloads, home.join("apt")] {
            if folder.exists() {
                fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
            }
        }
        Self::at(&root)
    }

    /// Makes cargo use this compiler, and allows it to build the standard library, which cargo considers experimental.
    pub(crate) fn apply(&self, cargo: &mut Command) {
        cargo.env("RUSTC", &self.rustc).env("RUSTC_BOOTSTRAP", "1").env("LD_LIBRARY_PATH", self.library_path());
    }

    fn at(root: &Path) -> Result<Self> {
        let rustc = root.join("usr/bin/rustc");
        if !rustc.is_file() {
            bail!("{} is missing", rustc.display());
        }
        if !root.join("usr/lib/rustlib/src/rust/library/Cargo.lock").is_file() {
            bail!("the standard library's sources are not where {} looks for them", rustc.display());
        }
        // Debian puts libraries into a folder named after the architecture.
        let mut libraries = Vec::new();
        for folder in ["usr/lib", "lib"] {
            let entries = fs::read_dir(root.join(folder)).into_iter().flatten().flatten().map(|entry| entry.path());
            libraries.extend(entries.filter(|path| path.is_dir() && !path.ends_with("rustlib")));
        }
        Ok(Self { rustc, libraries })
    }

    fn check_version(&self, wanted: &Version) -> Result<()> {
        let mut command = Command::new(&self.rustc);
        let text = output_of(command.arg("-vV").env("LD_LIBRARY_PATH", self.library_path()))?;
        let version = text.lines().find_map(|line| line.strip_prefix("release: ")).unwrap_or_default();
        let version =
            Version::parse(version).with_context(|| format!("{} does not say its version", self.rustc.display()))?;
        if version < *wanted {
            bail!("the mirror's compiler is Rust {version}, and wardline needs {wanted}");
        }
        Ok(())
    }

    fn library_path(&self) -> OsString {
        let inherited = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
        let folders = self.libraries.iter().cloned().chain(std::env::split_paths(&inherited));
        // Joining fails for a folder with a colon in its name, which could not be passed to the loader anyway.
        std::env::join_paths(folders).unwrap_or(inherited)
    }
}

fn home(workspace: &Workspace) -> PathBuf {
    workspace.target.join("wasm-toolchain")
}

/// The package list to use.
enum Apt {
    System,
    Own(Vec<String>),
}

impl Apt {
    fn own(folder: PathBuf) -> Result<Self> {
        let (lists, cache) = (folder.join("lists"), folder.join("cache"));
        fs::create_dir_all(lists.join("partial"))?;
        fs::create_dir_all(cache.join("archives/partial"))?;
        Ok(Self::Own(vec![
            format!("Dir::State::Lists={}", lists.display()),
            format!("Dir::Cache={}", cache.display()),
            // When run as root, apt would download as its own user, who cannot write here.
            "APT::Sandbox::User=root".to_owned(),
        ]))
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        if let Self::Own(settings) = self {
            for setting in settings {
                command.args(["-o", setting]);
            }
        }
        command.args(arguments).env("LC_ALL", "C");
        command
    }
}

fn download(apt: &Apt, folder: &Path) -> Result<()> {
    let mut packages = BTreeSet::new();
    let mut open: Vec<String> = WANTED.iter().map(|&name| name.to_owned()).collect();
    while let Some(package) = open.pop() {
        let (name, _) = package.split_once(':').unwrap_or((&package, ""));
        if NOT_WANTED.contains(&name) || packages.contains(&package) || is_installed(&package) {
            continue;
        }
        let text = output_of(&mut apt.command("apt-cache", &["show", "--no-all-versions", &package]))
            .with_context(|| format!("the list of packages has no {package}"))?;
        open.extend(depends(&text));
        packages.insert(package);
    }
    let mut command = apt.command("apt-get", &["-qq", "download"]);
    run(command.args(&packages).current_dir(folder))
}

fn is_installed(package: &str) -> bool {
    output_of(Command::new("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", package]))
        .is_ok_and(|status| status == "installed")
}

/// Returns the packages in the field `Depends` of a package's description; of alternatives, the first.
fn depends(description: &str) -> Vec<String> {
    let field = description.lines().find_map(|line| line.strip_prefix("Depends:")).unwrap_or_default();
    let first_words = field.split(',').filter_map(|entry| entry.split(['|', '(']).next());
    first_words.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::depends;

    #[test]
    fn dependencies_are_read_without_versions_and_alternatives() {
        let description = "Package: rustc-web\nPre-Depends: dpkg (>= 1.17)\n\
                           Depends: libc6 (>= 2.34), libstd-rust-web-dev (= 1.96.0+dfsg1-1~deb12u2), gcc | clang, libz3-4\n";
        assert_eq!(depends(description), ["libc6", "libstd-rust-web-dev", "gcc", "libz3-4"]);
        assert!(depends("Package: rust-web-src\n").is_empty());
    }
}
