//! The allowed dependencies between crates: the host's layers, and the diagram of them in `docs/architecture.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use cargo_metadata::DependencyKind;

use crate::run::{cargo, output_of};
use crate::workspace::Workspace;

/// The layers, bottom to top. A crate may depend only on crates of lower layers.
const LAYERS: [(&str, &[&str]); 7] = [
    ("Windows' formats and words", &["windows-words", "upcase", "questions", "package-name", "json-derive"]),
    (
        "libraries of their own",
        &["pe", "regf", "sam", "systeminfo", "disk", "kerberos", "live", "this-computer", "ldap", "files", "patrol"],
    ),
    ("the vocabulary", &["contract"]),
    ("sources and the sandbox", &["catalog", "evidence", "sandbox", "supply"]),
    ("what is written", &["collector", "fleet", "report", "triage", "history", "plan", "mbsacli", "serve"]),
    ("a scan", &["engine"]),
    ("what people run", &["vet", "kit"]),
];

/// The crate above all layers.
const PROGRAM: &str = "wardline";

/// The crates that build and test without a WebAssembly compiler, in seconds.
const WITHOUT_RUNTIME: [&str; 23] = [
    "catalog",
    "collector",
    "contract",
    "disk",
    "evidence",
    "files",
    "fleet",
    "history",
    "kerberos",
    "ldap",
    "live",
    "mbsacli",
    "patrol",
    "pe",
    "plan",
    "regf",
    "report",
    "sam",
    "serve",
    "supply",
    "systeminfo",
    "this-computer",
    "triage",
];
const RUNTIME: [&str; 2] = ["cranelift", "wasmtime"];

/// The page with the diagram.
const PAGE: &str = "docs/architecture.md";
const BEGIN: &str = "<!-- crates: written by `WARDLINE_ACCEPT=1 cargo xtask crates` -->\n```\n";
const END: &str = "```\n";
/// The environment variable that makes this task rewrite the diagram instead of comparing it.
const ACCEPT: &str = "WARDLINE_ACCEPT";

/// Fails if a crate of the host depends upwards, if the diagram is out of date, or if a crate that needs no sandbox has come to
/// depend on one.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let edges = edges(workspace)?;
    let faults = upward(&edges);
    if !faults.is_empty() {
        bail!("crates depend upwards (the layers are in {}):\n{}", file!(), faults.join("\n"));
    }
    compare(&workspace.root.join(PAGE), &drawing(&edges))?;
    for name in WITHOUT_RUNTIME {
        let package = format!("wardline-{name}");
        let mut tree = cargo(&workspace.root);
        tree.args(["tree", "--package", &package, "--edges", "normal,build,dev", "--prefix", "none"]);
        let tree = output_of(&mut tree)?;
        if let Some(line) = tree.lines().find(|line| RUNTIME.iter().any(|runtime| line.starts_with(runtime))) {
            bail!("{package} depends on {line}: it has to build without a runtime for WebAssembly");
        }
    }
    Ok(())
}

/// Returns the crates of the host, each with the crates that it is built from, without the prefix `wardline-`.
fn edges(workspace: &Workspace) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let metadata = Workspace::packages()?;
    let host = workspace.root.join("host");
    let layers: BTreeSet<&str> = LAYERS.iter().flat_map(|(_, crates)| crates.iter().copied()).collect();
    let mut edges = BTreeMap::new();
    for package in metadata.workspace_packages() {
        let name = short(&package.name);
        if !package.manifest_path.starts_with(&host) && !layers.contains(name) {
            continue;
        }
        let built_from = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind != DependencyKind::Development && dependency.path.is_some());
        edges.insert(name.to_owned(), built_from.map(|dependency| short(&dependency.name).to_owned()).collect());
    }
    Ok(edges)
}

fn short(package: &str) -> &str {
    package.strip_prefix("wardline-").unwrap_or(package)
}

/// Returns the layer of a crate, counted from the bottom, or `None` if it has none.
fn layer(name: &str) -> Option<usize> {
    if name == PROGRAM {
        return Some(LAYERS.len());
    }
    LAYERS.iter().position(|(_, crates)| crates.contains(&name))
}

fn upward(edges: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, built_from) in edges {
        let Some(own) = layer(name) else {
            faults.push(format!("  {name} has no layer"));
            continue;
        };
        // `plan` reads what `report` writes: within a layer, the order of the list counts.
        let place = |name: &str| LAYERS.get(own).and_then(|(_, crates)| crates.iter().position(|one| *one == name));
        for other in built_from {
            let is_lower = match layer(other) {
                Some(layer) if layer == own => place(other) < place(name),
                layer => layer < Some(own) && layer.is_some(),
            };
            if !is_lower {
                faults.push(format!("  {name} -> {other}"));
            }
        }
    }
    faults
}

/// Renders the diagram, one line per crate, top to bottom.
fn drawing(edges: &BTreeMap<String, BTreeSet<String>>) -> String {
    let line = |name: &str| {
        let others: Vec<&str> = edges.get(name).into_iter().flatten().map(String::as_str).collect();
        let others = if others.is_empty() { "nothing of ours".to_owned() } else { others.join(", ") };
        format!("  {name:14} -> {others}\n")
    };
    let mut drawn = format!("the program\n{}", line(PROGRAM));
    for (title, crates) in LAYERS.iter().rev() {
        drawn.push_str(&format!("\n{title}\n"));
        drawn.extend(crates.iter().rev().map(|name| line(name)));
    }
    drawn
}

fn compare(page: &Path, drawing: &str) -> Result<()> {
    let text = fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
    let (before, rest) = text.split_once(BEGIN).with_context(|| format!("{}: no drawing of crates", page.display()))?;
    let (drawn, after) = rest.split_once(END).with_context(|| format!("{}: the drawing has no end", page.display()))?;
    if drawn == drawing {
        return Ok(());
    }
    if env::var_os(ACCEPT).is_none() {
        bail!(
            "{}: the crates are not as drawn; run `{ACCEPT}=1 cargo xtask crates` and read the change",
            page.display()
        );
    }
    fs::write(page, format!("{before}{BEGIN}{drawing}{END}{after}"))
        .with_context(|| format!("cannot write {}", page.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(edges: &[(&str, &[&str])]) -> Vec<String> {
        let edges = edges.iter().map(|(name, others)| {
            ((*name).to_owned(), others.iter().map(|other| (*other).to_owned()).collect::<BTreeSet<_>>())
        });
        upward(&edges.collect())
    }

    #[test]
    fn dependencies_point_downwards() {
        assert_eq!(of(&[("evidence", &["contract", "regf"]), ("wardline", &["vet", "files"])]), [""; 0]);
        assert_eq!(of(&[("plan", &["report"])]), [""; 0], "by the order of the list");
        assert_eq!(of(&[("report", &["plan"])]), ["  report -> plan"]);
        assert_eq!(of(&[("evidence", &["sandbox"])]), ["  evidence -> sandbox"]);
        assert_eq!(of(&[("contract", &["report"])]), ["  contract -> report"]);
        assert_eq!(of(&[("sandbox", &["vet", "wardline"])]), ["  sandbox -> vet", "  sandbox -> wardline"]);
        assert_eq!(of(&[("news", &["contract"])]), ["  news has no layer"]);
        assert_eq!(of(&[("report", &["news"])]), ["  report -> news"]);
    }
}
