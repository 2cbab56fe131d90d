//! The figures of a set of documents, for `catalog show`.

use serde::Serialize;

/// The numbers of things in a set of documents, after earlier revisions have been left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub documents: u64,
    /// Documents left out because a later revision of them was given.
    pub replaced_documents: u64,
    pub vulnerabilities: u64,
    /// Remediations that are fixes by the vendor.
    pub vendor_fixes: u64,
    /// Release notes, known issues, mitigations and workarounds.
    pub other_remediations: u64,
    /// Statements that one fix removes one vulnerability from one product.
    pub fixed_products: u64,
    /// Those of them that name neither an article nor a build, and so become no update: `Click to Run`, packages of Linux.
    pub fixes_without_update: u64,
    pub products: u64,
    /// Different vulnerabilities that updates close.
    pub cves: u64,
    pub exploited_cves: u64,
    /// Knowledge base articles that updates have.
    pub articles: u64,
    /// Updates without an article, named by their product and build.
    pub updates_named_by_build: u64,
    pub updates: u64,
    /// Pairs of an update and a product that it is for.
    pub update_products: u64,
    /// Those of them for which the build with the fix is known.
    pub fixed_builds: u64,
    /// Different statements that one article replaces another.
    pub superseded: u64,
    /// Those of them that name an article with a higher number than the one that replaces it.
    pub superseded_higher_numbers: u64,
    /// The length of [`Catalog::unresolved`](crate::Catalog::unresolved).
    pub unresolved: u64,
}

impl Counts {
    pub(crate) fn labelled(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("documents", self.documents),
            ("replaced by later revisions", self.replaced_documents),
            ("vulnerabilities", self.vulnerabilities),
            ("vendor fixes", self.vendor_fixes),
            ("other remediations", self.other_remediations),
            ("fixed products", self.fixed_products),
            ("fixes without an update", self.fixes_without_update),
            ("products", self.products),
            ("CVEs", self.cves),
            ("CVEs known to be exploited", self.exploited_cves),
            ("articles", self.articles),
            ("updates named by their build", self.updates_named_by_build),
            ("updates", self.updates),
            ("updates' products", self.update_products),
            ("fixed builds", self.fixed_builds),
            ("superseded articles", self.superseded),
            ("superseded higher numbers", self.superseded_higher_numbers),
            ("unresolved", self.unresolved),
        ]
    }
}

/// Irregularities that were corrected while reading, without any loss of information.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Dirt {
    /// Builds with two dots in a row, commas, and the like.
    pub mended_builds: u64,
    /// Names of vulnerabilities without their hyphens.
    pub mended_cves: u64,
    /// Product names with more than one space between words.
    pub spaced_names: u64,
    /// Products whose name differs between documents. The newest document's is used.
    pub renamed_products: u64,
    /// Products of an update with several builds, of which one is of the product's own branch and is used.
    pub builds_of_several_branches: u64,
}

impl Dirt {
    pub(crate) fn labelled(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("builds", self.mended_builds),
            ("names of CVEs", self.mended_cves),
            ("product names with extra spaces", self.spaced_names),
            ("renamed products", self.renamed_products),
            ("builds of several branches", self.builds_of_several_branches),
        ]
    }
}
