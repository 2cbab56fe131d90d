//! Collects the statements of all documents.

use foldhash::{HashMap, HashMapExt};
use rayon::prelude::*;

use super::build::{self, Build};
use super::document::{Document, Rating, Remedy, Weakness, index_of};
use super::folding::{Fact, Folding, Package, label};
use super::names;
use super::ratings::Ratings;
use crate::error::printable;
use crate::parallel::in_pool;
use crate::{Unresolved, UnresolvedKind};

/// A document, with the indices of its vulnerabilities and products among those of all documents.
struct Named<'d> {
    document: &'d Document,
    weaknesses: Vec<u32>,
    products: Vec<u32>,
}

/// Returns the ratings of all documents.
fn ratings(named: &[Named<'_>]) -> Vec<Rating> {
    let mut ratings = Vec::with_capacity(named.iter().map(|it| it.document.ratings.len()).sum());
    for Named { document, weaknesses, products } in named {
        ratings.extend(document.ratings.iter().filter_map(|rating| {
            let weakness = *weaknesses.get(rating.weakness as usize)?;
            Some(Rating { weakness, product: *products.get(rating.product as usize)?, severity: rating.severity })
        }));
    }
    ratings
}

impl Folding<'_> {
    /// Collects the statements of all documents, sorted by package, product and weakness.
    pub(super) fn facts(&mut self) -> Vec<Fact> {
        let mut packages: HashMap<Package, u32> = HashMap::new();
        let mut weaknesses: HashMap<String, u32> = HashMap::new();
        let documents = self.documents;
        let mut named = Vec::with_capacity(documents.len());
        for (at, document) in documents.iter().enumerate() {
            let left_out = document.tally.fixes_without_update + document.tally.repeated_fixes;
            self.counts.vulnerabilities += document.tally.vulnerabilities;
            self.counts.vendor_fixes += document.tally.vendor_fixes;
            self.counts.other_remediations += document.tally.other_remediations;
            self.counts.fixed_products += document.fixes.len() as u64 + left_out;
            self.counts.fixes_without_update += document.tally.fixes_without_update;
            let weaknesses: Vec<u32> =
                document.weaknesses.iter().map(|weakness| self.weakness(document, weakness, &mut weaknesses)).collect();
            let products = self.products.of_document.get(at).cloned().unwrap_or_default();
            named.push(Named { document, weaknesses, products });
        }
        let weaknesses = self.weaknesses.len();
        // Documents are sorted by age, so that the newest one's rating counts.
        let rate = || Ratings::new(&ratings(&named), weaknesses);
        let collect = || {
            let mut facts = self.collect(&named, &mut packages);
            facts.par_sort_unstable_by_key(Fact::sort_key);
            facts
        };
        let (facts, ratings) = in_pool(|| rayon::join(collect, rate));
        self.ratings = ratings;
        facts
    }

    fn collect(&mut self, named: &[Named<'_>], packages: &mut HashMap<Package, u32>) -> Vec<Fact> {
        let mut facts = Vec::with_capacity(named.iter().map(|it| it.document.fixes.len()).sum());
        for (at, Named { document, weaknesses, products }) in (0..).zip(named) {
            let builds: Vec<Build> = document.remedies.iter().map(|remedy| build::parse(&remedy.text.build)).collect();
            let articles: Vec<Option<u32>> = (0..)
                .zip(&document.remedies)
                .map(|(place, remedy)| self.package_of_article(document, place, remedy, &builds, packages))
                .collect();
            for fix in &document.fixes {
                let remedy = fix.remedy as usize;
                let (Some(product), Some(weakness)) =
                    (products.get(fix.product as usize), weaknesses.get(fix.weakness as usize))
                else {
                    continue;
                };
                let article = articles.get(remedy).copied().flatten();
                let package = match (article, builds.get(remedy)) {
                    (Some(package), _) => package,
                    (None, Some(Build::Given { numbers, .. })) => {
                        self.package(Package::Build { product: *product, numbers: numbers.clone() }, packages)
                    }
                    _ => {
                        self.counts.fixes_without_update += 1;
                        continue;
                    }
                };
                facts.push(Fact { package, product: *product, weakness: *weakness, document: at, remedy: fix.remedy });
            }
            self.builds.push(builds);
        }
        facts
    }

    /// Returns the weakness's index among those of all documents. One without a readable name is `u32::MAX`: its fixes are kept.
    fn weakness(&mut self, document: &Document, weakness: &Weakness, known: &mut HashMap<String, u32>) -> u32 {
        let Some((name, mended)) = names::vulnerability(&weakness.id) else {
            self.note_item(Unresolved {
                kind: UnresolvedKind::Vulnerability,
                id: printable(&weakness.id),
                referrer: "Vulnerability".to_owned(),
                line: weakness.line,
                byte: weakness.byte,
                document: Some(label(document)),
            });
            return u32::MAX;
        };
        self.dirt.mended_cves += u64::from(mended);
        let index = *known.entry(name).or_insert_with_key(|name| {
            self.weaknesses.push(name.clone());
            self.exploited.push(false);
            index_of(self.weaknesses.len() - 1)
        });
        if let Some(exploited) = self.exploited.get_mut(index as usize) {
            *exploited |= weakness.exploited;
        }
        index
    }

    fn package(&mut self, package: Package, known: &mut HashMap<Package, u32>) -> u32 {
        *known.entry(package).or_insert_with_key(|package| {
            self.packages.push(package.clone());
            index_of(self.packages.len() - 1)
        })
    }

    /// Returns the package of a remedy that names an article, and notes its texts that cannot be read.
    fn package_of_article(
        &mut self,
        document: &Document,
        place: usize,
        remedy: &Remedy,
        builds: &[Build],
        known: &mut HashMap<Package, u32>,
    ) -> Option<u32> {
        let article = names::article(&remedy.text.description);
        match builds.get(place) {
            Some(Build::Given { mended, .. }) => self.dirt.mended_builds += u64::from(*mended),
            Some(Build::Unreadable) if article.is_some() => {
                self.note(UnresolvedKind::Build, &remedy.text.build, document, remedy);
            }
            _ => {}
        }
        let article = article?;
        if names::superseded(&remedy.text.supersedes).1 {
            self.note(UnresolvedKind::SupersededArticle, &remedy.text.supersedes, document, remedy);
        }
        Some(self.package(Package::Article(article), known))
    }
}
