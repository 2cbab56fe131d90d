//! Builds plugins: from a package to a component that imports nothing.

use std::path::Path;
use std::{fs, io};

use anyhow::{Context, Result, bail};
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

use crate::run::{run, step};
use crate::toolchain::Toolchain;
use crate::workspace::{self, Workspace};

/// The stock plugins. Their packages are in `plugins/<name>` and are named `wardline-<name>`.
pub(crate) const STOCK: [&str; 8] = ["os", "iis", "sql", "exchange", "dotnet", "ie", "office", "edge"];

/// Builds stock plugins into `target/plugins/wardline-<name>.wasm`.
pub(crate) fn build_stock(workspace: &Workspace, toolchain: &Toolchain, names: &[impl AsRef<str>]) -> Result<()> {
    let packages = names.iter().map(|name| format!("wardline-{}", name.as_ref()));
    build_members(workspace, toolchain, packages, &workspace.plugins())
}

/// Builds the tests' own plugins into `target/guests/<package>.wasm`.
pub(crate) fn build_guests(workspace: &Workspace, toolchain: &Toolchain) -> Result<()> {
    build_members(workspace, toolchain, workspace.guests.iter().cloned(), &workspace.guest_plugins())
}

/// Writes the hostile components, and the well-behaved one that they are made from, into `target/hostile/<name>.wasm`.
pub(crate) fn write_hostile(workspace: &Workspace) -> Result<()> {
    let folder = workspace.target.join("hostile");
    let well_behaved = std::iter::once(("well-behaved", wardline_hostile::well_behaved()));
    let hostile = wardline_hostile::CORPUS.iter().map(|hostile| (hostile.name, hostile.bytes()));
    for (name, bytes) in well_behaved.chain(hostile) {
        let path = folder.join(format!("{name}.wasm"));
        let bytes = bytes.with_context(|| format!("{name} cannot be built"))?;
        replace(&path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn build_members(
    workspace: &Workspace,
    toolchain: &Toolchain,
    packages: impl Iterator<Item = String>,
    folder: &Path,
) -> Result<()> {
    let manifest = workspace.root.join("Cargo.toml");
    for package in packages {
        let path = folder.join(format!("{package}.wasm"));
        step(&format!("plugin {package}"), || {
            build(workspace, toolchain, &package, &manifest, &workspace.target.join("wasm"), &path)
        })?;
    }
    Ok(())
}

/// Builds a third-party plugin, whose workspace has a profile `plugin`, as a component into `path`.
pub(crate) fn build_foreign(
    workspace: &Workspace,
    toolchain: &Toolchain,
    package: &str,
    manifest: &Path,
    path: &Path,
) -> Result<()> {
    let manifest = std::path::absolute(manifest)?;
    // In a separate folder: in a folder that two workspaces share, cargo may confuse their packages if they have the same name.
    let target = workspace::target_of(&manifest)?;
    build(workspace, toolchain, package, &manifest, &target.join("wasm"), path)
}

fn build(
    workspace: &Workspace,
    toolchain: &Toolchain,
    package: &str,
    manifest: &Path,
    target_dir: &Path,
    path: &Path,
) -> Result<()> {
    let mut cargo = toolchain.cargo_for_plugins(workspace);
    // `rustc --crate-type` instead of `build`: with the additional crate type `rlib`, which the plugins' own tests need, cargo
    // would skip link-time optimisation.
    cargo.args(["rustc", "--lib", "--crate-type", "cdylib", "--profile", "plugin", "--package", package]);
    cargo.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(target_dir);
    run(&mut cargo)?;

    let module = target_dir.join("wasm32-unknown-unknown/plugin").join(format!("{}.wasm", package.replace('-', "_")));
    let module = fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
    let component = component(&module).with_context(|| format!("{package} is no plugin"))?;
    replace(path, &component).with_context(|| format!("cannot write {}", path.display()))
}

/// Turns a core module that carries wit-bindgen's description of its world into a component.
fn component(module: &[u8]) -> Result<Vec<u8>> {
    let component = ComponentEncoder::default()
        .module(module)
        .and_then(|encoder| encoder.validate(true).encode())
        .context("its core module cannot be made a component; does it call the SDK's export! macro?")?;
    let names = names(&component)?;
    if !names.imports.is_empty() {
        bail!("it imports {}; a plugin must import nothing", names.imports.join(", "));
    }
    if !names.exports.iter().any(|name| name.starts_with("wardline:check/detection@")) {
        bail!("it does not export wardline:check/detection; does it call the SDK's export! macro?");
    }
    Ok(component)
}

/// A component's imports and exports.
#[derive(Debug, Default, PartialEq)]
struct Names {
    imports: Vec<String>,
    exports: Vec<String>,
}

fn names(component: &[u8]) -> Result<Names> {
    let mut names = Names::default();
    // Only the outermost component's names count: it provides the imports of the nested ones itself.
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    names.imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    names.exports.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(names)
}

/// Writes to a temporary file, then renames it, so that a partial file is never visible. A file that already has these bytes is not
/// touched, because touching it would rebuild everything that embeds it.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let aside = path.with_extension("wasm.new");
    fs::write(&aside, bytes)?;
    fs::rename(&aside, path)
}

#[cfg(test)]
mod tests {
    use wit_component::{StringEncoding, dummy_module, embed_component_metadata};
    use wit_parser::{ManglingAndAbi, Resolve};

    use super::*;

    /// Returns a core module as a compiler would emit it, for a world in the contract's package.
    fn module(world: &str) -> Vec<u8> {
        let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugin-sdk/wit");
        let mut resolve = Resolve::default();
        let (contract, _) = resolve.push_path(contract).unwrap();
        let package = match world {
            "checker" | "detector" => contract,
            _ => resolve.push_str("other.wit", "package vendor:other; world curious { import wardline:check/types@0.1.0; import clock: func() -> u64; export wardline:check/detection@0.1.0; } world empty {}").unwrap(),
        };
        let world = resolve.select_world(&[package], Some(world)).unwrap();
        let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        module
    }

    #[test]
    fn a_plugin_of_the_contract_imports_nothing_and_exports_its_interfaces() {
        let common = ["wardline:check/types@0.1.0", "wardline:check/detection@0.1.0"];
        let table = [("detector", vec![]), ("checker", vec!["wardline:check/remediation@0.1.0"])];
        for (world, more) in table {
            let names = names(&component(&module(world)).unwrap()).unwrap();
            assert_eq!(names.imports, [""; 0], "{world}");
            let mut exports = names.exports;
            exports.sort();
            let mut expected = [&common[..], &more].concat();
            expected.sort();
            assert_eq!(exports, expected, "{world}");
        }
    }

    #[test]
    fn what_is_no_plugin_is_refused_with_the_reason() {
        let table = [
            (module("curious"), "clock"),
            (module("empty"), "does not export wardline:check/detection"),
            (b"\0asm\x01\0\0\0".to_vec(), "export!"),
            (b"MZ".to_vec(), "cannot be made a component"),
        ];
        for (module, expected) in table {
            let error = format!("{:#}", component(&module).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_file_that_holds_the_bytes_already_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/plugin.wasm");
        replace(&path, b"one").unwrap();
        let written = fs::metadata(&path).unwrap().modified().unwrap();
        let earlier = written - std::time::Duration::from_secs(60);
        fs::File::options().write(true).open(&path).unwrap().set_modified(earlier).unwrap();
        replace(&path, b"one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), earlier);
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
