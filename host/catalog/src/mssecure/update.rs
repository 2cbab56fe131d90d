//! One patch of the catalog as an update.

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use wardline_contract::{self as contract, Applicability, FileTest, RegistryTest, Severity, Superseding, Update};

use super::raw::*;
use super::referrer::Referrer;
use super::resolver::{Resolver, given_id};
use super::values::{self, Value};
use crate::{CatalogError, DEFAULT_LANGUAGE, UnresolvedKind};

/// The level of a service pack that the catalog refers to but does not contain: no installed one ever has this level.
const UNKNOWN_LEVEL: u32 = u32::MAX;

impl Resolver<'_> {
    pub(super) fn update(
        &mut self,
        patch: &Patch,
        number: u32,
        superseded_by: Vec<Superseding>,
        file_tests: &[FileTest],
        registry_tests: &[RegistryTest],
    ) -> Result<Update, CatalogError> {
        let unknown = Bulletin::default();
        let bulletin = self.tables.bulletins.get(patch.bulletin).unwrap_or(&unknown);
        let tables = self.tables;
        let referrer = Referrer::patch(tables, patch);

        let own_rating = self
            .severity(patch.severity, referrer)
            .or_else(|| self.severity(bulletin.severity, referrer.at(bulletin.place)));
        let mut applies_to = self.applies_to(patch)?;
        let severity = own_rating
            .or_else(|| applies_to.iter().filter_map(|row| row.severity).min_by_key(|severity| gravity(*severity)))
            .unwrap_or(Severity::Unrated);
        for row in &mut applies_to {
            row.severity = row.severity.filter(|own| *own != severity);
        }

        let files = self.files_of(patch, file_tests)?;
        let registry = self.registry_of(patch, registry_tests)?;
        let is_url = |path: &&str| {
            ["http://", "https://", "ftp://"]
                .iter()
                .any(|scheme| path.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
        };
        let url = self
            .location(patch.location, referrer)
            .filter(is_url)
            .or_else(|| self.known_location(bulletin.location).filter(is_url));
        // The cost that a bulletin adds to each of its patches, however little it contributes.
        let articles: usize =
            bulletin.articles.iter().map(|article| size_of::<String>() + article.id.len() + patch.name.len()).sum();
        self.spend(articles + bulletin.cves.len())?;
        self.spend(bulletin.comments.len() * size_of::<Reference>())?;
        let mut seen = HashSet::new();
        let cves: Vec<String> = [&patch.cves]
            .into_iter()
            .chain(patch.products.iter().map(|product| &product.cves))
            .chain([&bulletin.cves])
            .flat_map(|text| values::cves(text))
            .filter(|cve| seen.insert(cve.clone()))
            .collect();
        let notes = self.notes(patch, bulletin);
        let texts = notes.iter().chain(&cves).map(|text| text.len() + size_of::<String>()).sum::<usize>();
        self.spend(size_of::<Update>() + bulletin.title.len() + bulletin.id.len() + url.map_or(0, str::len) + texts)?;
        let posted = match values::day(bulletin.posted) {
            Value::Given(day) => Some(values::iso(day)),
            _ => None,
        };
        Ok(Update {
            number,
            bulletin: bulletin.id.to_string(),
            article: article(patch, bulletin),
            title: bulletin.title.to_string(),
            package: patch.name.to_string(),
            url: url.map(str::to_owned),
            posted,
            severity,
            cves,
            restart: patch.no_reboot != "1",
            applies_to,
            files,
            registry,
            superseded_by,
            notes,
            language: Some(DEFAULT_LANGUAGE),
        })
    }

    fn applies_to(&mut self, patch: &Patch) -> Result<Vec<Applicability>, CatalogError> {
        let referrer = Referrer::patch(self.tables, patch);
        let mut rows: Vec<Applicability> = Vec::with_capacity(patch.products.len());
        // If the same product occurs twice, its service packs are merged, so that nothing is judged twice.
        let mut seen: HashMap<(&str, &str, &str), usize> = HashMap::new();
        for affected in &patch.products {
            let referrer = referrer.at(affected.place);
            let at = self.products.position(affected.product);
            let product = at.and_then(|at| self.tables.products.get(at));
            if product.is_none() {
                self.note(UnresolvedKind::Product, affected.product, referrer);
            }
            let product = contract::Product {
                id: affected.product.to_string(),
                name: product.map_or_else(String::new, |product| product.name.to_string()),
            };
            let included_in = given_id(affected.fixed_in).and_then(|id| self.service_pack(at, id));
            if included_in.is_none() {
                self.check_service_pack(affected.fixed_in, referrer);
            }
            let severity = self.severity(affected.severity, referrer);
            let mut service_packs = Vec::with_capacity(affected.service_packs.len());
            for reference in &affected.service_packs {
                let service_pack = self.service_pack(at, reference.id).unwrap_or_else(|| {
                    self.note(UnresolvedKind::ServicePack, reference.id, referrer.at(reference.place));
                    contract::ServicePack { id: reference.id.to_string(), name: String::new(), level: UNKNOWN_LEVEL }
                });
                self.spend(size_of::<contract::ServicePack>() + service_pack.name.len() + service_pack.id.len())?;
                service_packs.push(service_pack);
            }
            self.spend(size_of::<Applicability>() + product.name.len() + product.id.len())?;
            let key = (affected.product, affected.fixed_in, affected.severity);
            match seen.get(&key).and_then(|at| rows.get_mut(*at)) {
                // No service packs means all of them.
                Some(row) if row.service_packs.is_empty() || service_packs.is_empty() => row.service_packs.clear(),
                Some(row) => row.service_packs.extend(service_packs),
                None => {
                    seen.insert(key, rows.len());
                    rows.push(Applicability { product, service_packs, included_in, severity, fixed_build: None });
                }
            }
        }
        for row in rows.iter_mut().filter(|row| row.service_packs.len() > 1) {
            let mut ids = HashSet::new();
            let is_first: Vec<bool> =
                row.service_packs.iter().map(|service_pack| ids.insert(&service_pack.id)).collect();
            let mut is_first = is_first.into_iter();
            row.service_packs.retain(|_| is_first.next().unwrap_or_default());
        }
        Ok(rows)
    }

    fn notes(&mut self, patch: &Patch, bulletin: &Bulletin) -> Vec<String> {
        let mut notes: Vec<&str> = Vec::new();
        let mut used = HashSet::new();
        for (reference, of_patch) in
            patch.comments.iter().map(|row| (row, true)).chain(bulletin.comments.iter().map(|row| (row, false)))
        {
            let Some(id) = given_id(reference.id) else { continue };
            match self.comments.get(id) {
                Some(comment) if !comment.text.is_empty() && used.insert(comment.id) => notes.push(comment.text),
                Some(_) => {}
                // A bulletin's own comments are recorded once, not for each of its patches.
                None if of_patch => {
                    let referrer = Referrer::patch(self.tables, patch).at(reference.place);
                    self.note(UnresolvedKind::Comment, id, referrer);
                }
                None => {}
            }
        }
        if !patch.note.is_empty() {
            notes.push(patch.note);
        }
        notes.into_iter().map(str::to_owned).collect()
    }
}

fn gravity(severity: Severity) -> u8 {
    match severity {
        Severity::Critical => 0,
        Severity::Important => 1,
        Severity::Moderate => 2,
        Severity::Low => 3,
        Severity::Unrated => 4,
    }
}

/// Returns the patch's own article, else the bulletin's only one, else the one in the package's name.
fn article(patch: &Patch, bulletin: &Bulletin) -> String {
    if !values::not_given(patch.article) {
        return values::article(patch.article);
    }
    let listed = bulletin.articles.iter().map(|article| article.id).filter(|text| !values::not_given(text));
    let mut articles: Vec<String> = listed.map(values::article).collect();
    let mut seen = HashSet::new();
    articles.retain(|article| seen.insert(article.clone()));
    if let [only] = articles.as_slice() {
        return only.clone();
    }
    articles
        .into_iter()
        .find(|article| {
            let number = values::article_number(article);
            number.len() >= 5 && patch.name.contains(number)
        })
        .or_else(|| values::article_in(patch.name))
        .unwrap_or_default()
}
