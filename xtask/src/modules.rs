//! Module cycles: modules of one folder that depend on each other cannot be understood one at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree};

use crate::workspace::Workspace;

/// `["image", "registry"]` for `src/image/registry.rs`.
type Module = Vec<String>;

/// Fails if sibling modules of the host's crates or of the SDK depend on each other in a cycle. Tests do not count, and neither
/// do references between a module and its own submodules.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut faults = Vec::new();
    let host = fs::read_dir(workspace.root.join("host")).context("cannot read host/")?;
    let host = host.map(|entry| entry.map(|entry| entry.path()));
    for package in host.chain([Ok(workspace.root.join("plugin-sdk"))]) {
        let source = package.context("cannot read host/")?.join("src");
        let mut modules = BTreeMap::new();
        read(&source, &[], &mut modules)?;
        for circle in circles(&modules) {
            faults.push(format!("  {}: {}", source.display(), circle.join(" <-> ")));
        }
    }
    if !faults.is_empty() {
        bail!("modules need each other in a circle:\n{}", faults.join("\n"));
    }
    Ok(())
}

/// Reads all modules below a folder, each with the prefixes of its paths.
fn read(folder: &Path, module: &[String], modules: &mut BTreeMap<Module, BTreeSet<Module>>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        if stem == "tests" {
            continue;
        }
        let mut own = module.to_vec();
        if path.is_dir() {
            own.push(stem);
            read(&path, &own, modules)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            if !["lib", "main", "mod"].contains(&stem.as_str()) {
                own.push(stem);
            }
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let file = syn::parse_file(&text).with_context(|| format!("cannot parse {}", path.display()))?;
            modules.entry(own.clone()).or_default().extend(needs(&own, &file));
        }
    }
    Ok(())
}

/// Returns the paths that a module names, from the crate's root.
fn needs(module: &[String], file: &syn::File) -> BTreeSet<Module> {
    let mut paths = Paths { module, inline: 0, found: BTreeSet::new() };
    paths.visit_file(file);
    paths.found
}

struct Paths<'m> {
    module: &'m [String],
    /// Modules written out in the file around the current place: `super` leads out of these first.
    inline: usize,
    found: BTreeSet<Module>,
}

impl Paths<'_> {
    fn add(&mut self, segments: &[String]) {
        let (base, rest) = match segments.split_first() {
            Some((first, rest)) if first == "crate" => (Vec::new(), rest),
            Some((first, _)) if first == "super" => {
                let up = segments.iter().take_while(|segment| *segment == "super").count();
                let out = up.saturating_sub(self.inline);
                let base = self.module[..self.module.len().saturating_sub(out)].to_vec();
                (base, &segments[up..])
            }
            _ => return,
        };
        self.found.insert(base.into_iter().chain(rest.iter().cloned()).collect());
    }

    fn add_tree(&mut self, tree: &UseTree, before: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.add_tree(&path.tree, before);
                before.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(tree, before)),
            UseTree::Name(name) => self.add_leaf(before, name.ident.to_string()),
            UseTree::Rename(rename) => self.add_leaf(before, rename.ident.to_string()),
            UseTree::Glob(_) => self.add(before),
        }
    }

    fn add_leaf(&mut self, before: &[String], name: String) {
        let segments: Vec<String> = before.iter().cloned().chain(Some(name)).collect();
        self.add(&segments);
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes: &[Attribute] = match item {
            Item::Mod(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            _ => &[],
        };
        if !attributes.iter().any(is_for_tests) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        self.inline += 1;
        visit::visit_item_mod(self, module);
        self.inline -= 1;
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.add_tree(&item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add(&segments);
        visit::visit_path(self, path);
    }
}

/// Whether an attribute is `#[cfg(test)]`.
fn is_for_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
}

/// Returns, for each folder, the groups of its modules (a module includes everything below it) in which each module depends on
/// each.
fn circles(modules: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<Vec<String>> {
    let folders: BTreeSet<&[String]> =
        modules.keys().filter_map(|module| module.split_last()).map(|(_, folder)| folder).collect();
    let mut found = Vec::new();
    for folder in folders {
        let child = |module: &[String]| module.strip_prefix(folder).and_then(|rest| rest.first().cloned());
        let children: BTreeSet<String> = modules.keys().filter_map(|module| child(module)).collect();
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (module, needed) in modules {
            let Some(from) = child(module) else { continue };
            let to = needed.iter().filter_map(|path| child(path)).filter(|to| *to != from && children.contains(to));
            edges.entry(from.clone()).or_default().extend(to);
        }
        let reached: BTreeMap<&String, BTreeSet<String>> =
            edges.keys().map(|start| (start, reachable(&edges, start))).collect();
        let mut told = BTreeSet::new();
        for (start, others) in &reached {
            let circle: Vec<String> = others
                .iter()
                .filter(|other| reached.get(other).is_some_and(|back| back.contains(*start)))
                .cloned()
                .collect();
            if circle.len() > 1 && told.insert(circle.clone()) {
                found.push(circle);
            }
        }
    }
    found
}

/// Returns everything reachable from a module, including the module itself only if a cycle leads back to it.
fn reachable(edges: &BTreeMap<String, BTreeSet<String>>, start: &String) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut next = vec![start];
    while let Some(module) = next.pop() {
        for other in edges.get(module).into_iter().flatten() {
            if reached.insert(other.clone()) {
                next.push(other);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles_of(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let modules = files.iter().map(|(module, text)| {
            let module: Module = module.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
            let needed = needs(&module, &syn::parse_file(text).unwrap());
            (module, needed)
        });
        circles(&modules.collect())
    }

    #[test]
    fn modules_side_by_side_that_need_each_other_are_a_circle() {
        let none: [[&str; 0]; 0] = [];
        assert_eq!(circles_of(&[("a", "use super::b::B;"), ("b", ""), ("", "mod a; mod b;")]), none);
        assert_eq!(circles_of(&[("a", "use super::b::B;"), ("b", "use crate::a::{A, Other as C};")]), [["a", "b"]]);
        assert_eq!(
            circles_of(&[("a", "fn f() { super::b::g() }"), ("b", "fn g() -> crate::a::T { todo!() }")]),
            [["a", "b"]]
        );
        let three = [("a", "use crate::b::x;"), ("b", "use crate::c::*;"), ("c", "use crate::a;")];
        assert_eq!(circles_of(&three), [["a", "b", "c"]]);
        // A folder counts as a whole.
        assert_eq!(
            circles_of(&[("a/one", "use crate::b::B;"), ("a/two", ""), ("b", "use crate::a::two;")]),
            [["a", "b"]]
        );
        assert_eq!(circles_of(&[("a/one", "use super::two::T;"), ("a/two", "use super::one::O;")]), [["one", "two"]]);
    }

    #[test]
    fn modules_within_a_file_belong_to_it() {
        let none: [[&str; 0]; 0] = [];
        assert_eq!(circles_of(&[("a", "mod inner { use super::b::B; }"), ("b", "use crate::a::A;")]), none);
        assert_eq!(circles_of(&[("a", "mod inner { use super::super::b::B; }"), ("b", "use crate::a;")]), [["a", "b"]]);
    }

    #[test]
    fn tests_and_parents_do_not_count() {
        let none: [[&str; 0]; 0] = [];
        let tested = "#[cfg(test)] mod tests { use crate::b::B; } #[cfg(test)] use crate::b::C;";
        assert_eq!(circles_of(&[("a", tested), ("b", "use crate::a::A;")]), none);
        assert_eq!(circles_of(&[("a", "use crate::Root;"), ("", "pub use a::A; mod a;")]), none);
    }
}
