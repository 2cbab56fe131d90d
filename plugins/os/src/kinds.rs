//! The kinds of updates, where a catalog without titles and builds does not say them.

use wardline_plugin::judge::ArticleKind;

/// The table of these updates. Its head describes the columns and names the sources.
const KINDS: &str = include_str!("../data/kinds.tsv");

/// Returns the articles and what their updates are. A row that cannot be read is left out; a test reads them all.
pub(crate) fn articles() -> impl Iterator<Item = (u32, ArticleKind)> {
    KINDS.lines().filter(|line| !line.starts_with('#')).filter_map(|row| {
        let mut columns = row.split('\t');
        let article = columns.next()?.parse().ok()?;
        let kind = match columns.next()? {
            "servicing stack" => ArticleKind::ServicingStack,
            "setup" => ArticleKind::Setup,
            "recovery" => ArticleKind::Recovery,
            "cumulative" => ArticleKind::Cumulative,
            _ => return None,
        };
        Some((article, kind))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        let rows = KINDS.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(articles().count(), rows);
        for kind in [ArticleKind::ServicingStack, ArticleKind::Setup, ArticleKind::Recovery, ArticleKind::Cumulative] {
            assert!(articles().any(|(_, other)| other == kind), "{kind:?}");
        }
    }
}
