//! Updates that Microsoft withdrew.

/// The table of withdrawn updates. Its head describes the columns and names the source.
const WITHDRAWN: &str = include_str!("../data/withdrawn.tsv");

/// Returns the numbers of the articles. A row that cannot be read is left out; a test reads them all.
pub(crate) fn articles() -> impl Iterator<Item = u32> {
    let rows = WITHDRAWN.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| row.split('\t').next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        let rows = WITHDRAWN.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(articles().count(), rows);
        assert!(articles().any(|article| article == 4_524_244));
    }
}
