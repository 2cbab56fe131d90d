//! `cargo xtask fuzz`: fuzzes each parser of untrusted bytes for a limited time.
//!
//! Uses cargo-fuzz without a sanitizer: the code under test has no unsafe code, so the project's own toolchain suffices.

mod seeds;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::run::{cargo, output_of, run, step};
use crate::workspace::Workspace;

/// The timeout per input, longer than any input takes; one that takes longer is a bug.
const SECONDS_AN_INPUT: u32 = 10;
/// The memory limit for a parser, for an input of a megabyte or less.
const MEBIBYTES: u32 = 512;

/// Runs the named targets, or all, for `seconds` each, and stops at the first that fails.
pub(crate) fn fuzz(workspace: &Workspace, names: &[String], seconds: u32) -> Result<()> {
    if output_of(cargo(&workspace.root).args(["fuzz", "--version"])).is_err() {
        bail!("cargo-fuzz is not installed; install it with `cargo install cargo-fuzz`");
    }
    let targets = targets(workspace)?;
    for name in names {
        if !targets.contains(name) {
            bail!("unknown fuzz target `{name}`; there are: {}", targets.join(", "));
        }
    }
    for target in targets.iter().filter(|target| names.is_empty() || names.contains(target)) {
        step(&format!("fuzz {target}"), || run_one(workspace, target, seconds))?;
    }
    Ok(())
}

/// Returns the names of all targets, sorted.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let folder = workspace.root.join("fuzz/fuzz_targets");
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let sources = paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let mut names =
        sources.filter_map(|path| path.file_stem()).map(|stem| stem.to_string_lossy().into_owned()).collect::<Vec<_>>();
    names.sort();
    Ok(names)
}

/// Fuzzes one target. New inputs are kept in `target/fuzz-corpus` for the next time; `fuzz/corpus` has the ones kept for good, and is
/// only read.
fn run_one(workspace: &Workspace, target: &str, seconds: u32) -> Result<()> {
    let found = workspace.root.join("target/fuzz-corpus").join(target);
    fs::create_dir_all(&found).with_context(|| format!("cannot create {}", found.display()))?;
    for (name, seed) in seeds::of(target)? {
        write(&found.join(name), &seed)?;
    }
    let kept = workspace.root.join("fuzz/corpus").join(target);
    let mut fuzz = cargo(&workspace.root);
    // Instrumentation requires flags that only a nightly compiler accepts by default.
    fuzz.env("RUSTC_BOOTSTRAP", "1").args(["fuzz", "run", "--sanitizer", "none", target]);
    fuzz.arg(found).args(Some(kept).filter(|kept| kept.is_dir()));
    fuzz.args(["--".to_owned(), format!("-max_total_time={seconds}")]);
    fuzz.args([format!("-timeout={SECONDS_AN_INPUT}"), format!("-rss_limit_mb={MEBIBYTES}")]);
    run(fuzz.args(["-max_len=262144", "-print_final_stats=1"]))
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}
