//! How severe each vulnerability is for each product.

use wardline_contract::Severity;

use super::document::{Rating, index_of};

/// The ratings of all documents. There are many of them, and they are looked up by vulnerability, so they are grouped by it.
#[derive(Default)]
pub(super) struct Ratings {
    /// The end of each vulnerability's rows; they begin where those of the previous one end.
    ends: Vec<u32>,
    /// Products with their ratings, sorted by vulnerability and then by product. No pair occurs twice.
    rows: Vec<(u32, Severity)>,
}

impl Ratings {
    /// Sorts the ratings of `weaknesses` vulnerabilities. If a product has several for one of them, the last one counts.
    pub(super) fn new(mut ratings: Vec<Rating>, weaknesses: usize) -> Self {
        // A stable sort keeps the order of those for one product.
        ratings.sort_by_key(|rating| u64::from(rating.weakness) << 32 | u64::from(rating.product));
        let mut found = Self { ends: Vec::with_capacity(weaknesses), rows: Vec::with_capacity(ratings.len()) };
        let mut rest = ratings.as_slice();
        for weakness in 0..index_of(weaknesses) {
            let (own, after) = rest.split_at(rest.partition_point(|rating| rating.weakness <= weakness));
            rest = after;
            let newest = own.chunk_by(|a, b| a.product == b.product).filter_map(<[Rating]>::last);
            found.rows.extend(newest.map(|rating| (rating.product, rating.severity)));
            found.ends.push(index_of(found.rows.len()));
        }
        found
    }

    pub(super) fn get(&self, weakness: u32, product: u32) -> Option<Severity> {
        let at = weakness as usize;
        let begin = at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        let own = self.rows.get(begin as usize..*self.ends.get(at)? as usize)?;
        let place = own.binary_search_by_key(&product, |(product, _)| *product).ok()?;
        own.get(place).map(|(_, severity)| *severity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rating_of_a_product_counts() {
        let rating = |weakness, product, severity| Rating { weakness, product, severity };
        let ratings = Ratings::new(
            vec![
                rating(2, 7, Severity::Low),
                rating(0, 1, Severity::Critical),
                rating(2, 3, Severity::Moderate),
                rating(2, 7, Severity::Important),
                rating(u32::MAX, 7, Severity::Critical),
            ],
            4,
        );
        let found = [(0, 1), (0, 7), (1, 7), (2, 3), (2, 7), (3, 7), (4, 7), (u32::MAX, 7)];
        let found = found.map(|(weakness, product)| ratings.get(weakness, product));
        let expected = [Some(Severity::Critical), None, None, Some(Severity::Moderate), Some(Severity::Important)];
        assert_eq!(found[..5], expected);
        assert_eq!(found[5..], [None; 3]);
    }
}
