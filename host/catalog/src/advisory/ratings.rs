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
    pub(super) fn new(ratings: &[Rating], weaknesses: usize) -> Self {
        // By counting: there are many more ratings than vulnerabilities.
        let mut ends = vec![0_u32; weaknesses];
        for rating in ratings {
            if let Some(count) = ends.get_mut(rating.weakness as usize) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for end in &mut ends {
            // The place of its next row, and its end once it has all.
            (sum, *end) = (sum + *end, sum);
        }
        let mut rows = vec![(0, Severity::Unrated); sum as usize];
        for rating in ratings {
            if let Some(next) = ends.get_mut(rating.weakness as usize)
                && let Some(row) = rows.get_mut(*next as usize)
            {
                *row = (rating.product, rating.severity);
                *next += 1;
            }
        }

        let (mut begin, mut kept) = (0, 0);
        for end in &mut ends {
            let own = begin..*end as usize;
            begin = own.end;
            // A stable sort keeps the order of those for one product.
            if let Some(own) = rows.get_mut(own.clone()) {
                own.sort_by_key(|(product, _)| *product);
            }
            for at in own.clone() {
                let next = rows.get(at + 1).filter(|_| at + 1 < own.end);
                if let Some(row) = rows.get(at).copied()
                    && next.is_none_or(|(product, _)| *product != row.0)
                    && let Some(place) = rows.get_mut(kept)
                {
                    *place = row;
                    kept += 1;
                }
            }
            *end = index_of(kept);
        }
        rows.truncate(kept);
        Self { ends, rows }
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
            &[
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
