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

impl Folding<'_> {
    /// Collects the statements of all documents, sorted by package, product and weakness.
    pub(super) fn facts(&mut self) -> Vec<Fact> {
        let mut facts = Vec::with_capacity(self.documents.iter().map(|document| document.fixes.len()).sum());
        let mut ratings = Vec::with_capacity(self.documents.iter().map(|document| document.ratings.len()).sum());
        let mut packages: HashMap<Package, u32> = HashMap::new();
        let same_name = self.same_name();
        let mut weaknesses: HashMap<String, u32> = HashMap::new();
        let documents = self.documents;
        for (at, document) in (0..).zip(documents) {
            self.counts.vulnerabilities += document.tally.vulnerabilities;
            self.counts.vendor_fixes += document.tally.vendor_fixes;
            self.counts.other_remediations += document.tally.other_remediations;
            self.counts.fixed_products += document.fixes.len() as u64;
            let own_weaknesses: Vec<u32> =
                document.weaknesses.iter().map(|weakness| self.weakness(document, weakness, &mut weaknesses)).collect();
            let own_products = self.products.of_document.get(at as usize).cloned().unwrap_or_default();
            for rating in &document.ratings {
                let (Some(weakness), Some(product)) =
                    (own_weaknesses.get(rating.weakness as usize), own_products.get(rating.product as usize))
                else {
                    continue;
                };
                ratings.push(Rating { weakness: *weakness, product: *product, severity: rating.severity });
            }

            let builds: Vec<Build> = document.remedies.iter().map(|remedy| build::parse(&remedy.text.build)).collect();
            let articles: Vec<Option<u32>> = (0..)
                .zip(&document.remedies)
                .map(|(place, remedy)| self.package_of_article(document, place, remedy, &builds, &mut packages))
                .collect();
            for fix in &document.fixes {
                let remedy = fix.remedy as usize;
                let (Some(product), Some(weakness)) =
                    (own_products.get(fix.product as usize), own_weaknesses.get(fix.weakness as usize))
                else {
                    continue;
                };
                let article = articles.get(remedy).copied().flatten();
                let package = match (article, builds.get(remedy)) {
                    (Some(package), _) => package,
                    (None, Some(Build::Given { numbers, .. })) => {
                        let product = same_name.get(*product as usize).copied().unwrap_or(*product);
                        self.package(Package::Build { product, numbers: numbers.clone() }, &mut packages)
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
        let weaknesses = self.weaknesses.len();
        // Documents are sorted by age, so that the newest one's rating counts.
        let rate = || Ratings::new(ratings, weaknesses);
        let (ratings, ()) = in_pool(|| rayon::join(rate, || facts.par_sort_unstable_by_key(Fact::sort_key)));
        self.ratings = ratings;
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

    /// Returns for each product the first one of its name, by index.
    fn same_name(&self) -> Vec<u32> {
        let mut first: HashMap<&str, u32> = HashMap::new();
        (0..).zip(&self.products.all).map(|(at, product)| *first.entry(&product.name).or_insert(at)).collect()
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
