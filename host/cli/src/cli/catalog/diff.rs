//! `wardline catalog diff`.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::aliasing::Files;
use crate::cli::Fatal;
use crate::cli::args::CacheArgs;
use crate::cli::exit::ExitStatus;
use crate::cli::output::{OutputFormat, print};
use crate::cli::parts::Parts;
use crate::contract::{Escaped, Update};

#[derive(Clone, Debug, Args)]
pub(super) struct DiffArgs {
    /// Catalog, or directory of them
    #[arg(value_name = "OLD")]
    old: PathBuf,
    #[arg(value_name = "NEW")]
    new: PathBuf,
    #[command(flatten)]
    cache: CacheArgs,
    #[arg(short = 'o', long = "output", value_name = "FORMAT", default_value = "text")]
    format: OutputFormat,
}

/// The updates that differ, each by its bulletin, article and package.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Difference {
    added: Vec<String>,
    removed: Vec<String>,
    changed: Vec<Changed>,
    /// The number of updates that are equal.
    equal: usize,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Changed {
    update: String,
    /// The fields of the contract's `update` that differ.
    fields: Vec<&'static str>,
}

pub(super) fn run(arguments: &DiffArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let mut files = Files::default();
    files.reads("the old catalog", &arguments.old);
    files.reads("the new catalog", &arguments.new);
    files.writes_stdout();
    files.check()?;
    let updates =
        |path: &PathBuf| parts.catalogs(std::slice::from_ref(path), &arguments.cache).map(|read| read.updates);
    let difference = difference(&updates(&arguments.old)?, &updates(&arguments.new)?);
    print(&difference, arguments.format, |difference, _| text(difference).into_bytes())?;
    Ok(ExitStatus::Success)
}

fn difference(old: &[Update], new: &[Update]) -> Difference {
    let (old_groups, new_groups) = (grouped(old), grouped(new));
    let (old_articles, new_articles) = (articles(old), articles(new));
    let mut difference = Difference::default();
    for (name, before) in &old_groups {
        match new_groups.get(name) {
            None => difference.removed.push(name.clone()),
            Some(after) => match changed_fields((before, &old_articles), (after, &new_articles)) {
                fields if fields.is_empty() => difference.equal += 1,
                fields => difference.changed.push(Changed { update: name.clone(), fields }),
            },
        }
    }
    difference.added = new_groups.into_keys().filter(|name| !old_groups.contains_key(name)).collect();
    difference
}

/// One update may have several entries: a package for two products, an article with different fixes.
type Entries<'u> = Vec<&'u Update>;

fn grouped(updates: &[Update]) -> BTreeMap<String, Entries<'_>> {
    let mut groups: BTreeMap<String, Entries<'_>> = BTreeMap::new();
    for update in updates {
        let mut parts = vec![update.bulletin.as_str()];
        parts.extend([update.article.as_str(), update.package.as_str()].into_iter().filter(|part| !part.is_empty()));
        parts.dedup();
        groups.entry(parts.join(" ")).or_default().push(update);
    }
    groups
}

/// The article of each update, by its number in the scan.
type Articles<'u> = HashMap<u32, &'u str>;

fn articles(updates: &[Update]) -> Articles<'_> {
    updates.iter().map(|update| (update.number, update.article.as_str())).collect()
}

/// Returns the fields that differ. Numbers are those of a scan: superseding updates are compared by their articles.
fn changed_fields(
    (before, old): (&Entries<'_>, &Articles<'_>),
    (after, new): (&Entries<'_>, &Articles<'_>),
) -> Vec<&'static str> {
    fn differs<T: PartialEq>(before: &Entries<'_>, after: &Entries<'_>, field: impl Fn(&Update) -> T) -> bool {
        !before.iter().map(|update| field(update)).eq(after.iter().map(|update| field(update)))
    }
    fn superseding<'u>(update: &'u Update, articles: &Articles<'u>) -> Vec<&'u str> {
        let rows = update.superseded_by.iter();
        let article = |number: &u32| articles.get(number).copied();
        let mut names: Vec<&str> =
            rows.flat_map(|row| row.updates.iter().filter_map(article).chain([row.bulletin.as_str()])).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
    let links_before: Vec<_> = before.iter().map(|update| superseding(update, old)).collect();
    let links_after: Vec<_> = after.iter().map(|update| superseding(update, new)).collect();
    [
        ("title", differs(before, after, |update| update.title.clone())),
        ("url", differs(before, after, |update| update.url.clone())),
        ("posted", differs(before, after, |update| update.posted.clone())),
        ("severity", differs(before, after, |update| update.severity)),
        ("cves", differs(before, after, |update| update.cves.clone())),
        ("restart", differs(before, after, |update| update.restart)),
        ("applies-to", differs(before, after, |update| update.applies_to.clone())),
        ("files", differs(before, after, |update| update.files.clone())),
        ("registry", differs(before, after, |update| update.registry.clone())),
        ("superseded-by", links_before != links_after),
        ("notes", differs(before, after, |update| update.notes.clone())),
    ]
    .into_iter()
    .filter_map(|(field, differs)| differs.then_some(field))
    .collect()
}

fn text(difference: &Difference) -> String {
    let mut lines = Vec::new();
    lines.extend(difference.added.iter().map(|update| format!("+ {update}")));
    lines.extend(difference.removed.iter().map(|update| format!("- {update}")));
    lines.extend(
        difference.changed.iter().map(|changed| format!("~ {}: {}", changed.update, changed.fields.join(", "))),
    );
    let Difference { added, removed, changed, equal } = difference;
    lines.push(format!("{} added, {} removed, {} changed, {equal} equal", added.len(), removed.len(), changed.len()));
    lines.iter().map(|line| format!("{}\n", Escaped(line))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Severity;

    fn update(number: u32, article: &str, severity: Severity) -> Update {
        Update { bulletin: article.to_owned(), article: article.to_owned(), severity, ..Update::numbered(number) }
    }

    #[test]
    fn updates_are_matched_by_name_and_not_by_number() {
        let old = [update(0, "KB1", Severity::Low), update(1, "KB2", Severity::Low), update(2, "KB3", Severity::Low)];
        let new =
            [update(0, "KB3", Severity::Low), update(1, "KB2", Severity::Critical), update(2, "KB4", Severity::Low)];
        assert_eq!(
            text(&difference(&old, &new)),
            "+ KB4\n- KB1\n~ KB2: severity\n1 added, 1 removed, 1 changed, 1 equal\n"
        );
    }
}
