//! The Common Vulnerability Reporting Framework 1.1 as the Microsoft Security Response Center writes it: one XML document for each
//! month, with every vulnerability, product and update of that month.
//!
//! The schema is ICASI's: <https://www.icasi.org/cvrf/>. Microsoft adds `Supercedence`, `RestartRequired`, `SubType` and `FixedBuild`
//! to `Remediation`.

use std::path::Path;

use super::document::{Collector, Document, Fix, Rating, RemedyText, date_of, says_exploited, severity};
use crate::xml::{DocumentPass, Event};
use crate::{CatalogError, CatalogInfo, Limits};

/// The name of the root element.
pub(crate) const ROOT: &str = "cvrfdoc";

/// The meaning of an element, given that of the one around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Root,
    Tracking,
    ProductTree,
    Vulnerability,
    List,
    Threat,
    Remediation,
    Text(Text),
    /// Nothing in it is used.
    Other,
}

/// An element whose text is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Text {
    Id,
    Released,
    Revised,
    ProductName,
    Cve,
    ThreatDescription,
    ThreatProduct,
    Description,
    Url,
    Supersedes,
    Restart,
    SubType,
    Build,
    FixedProduct,
}

fn kind_of(within: Option<Kind>, name: &str) -> Kind {
    let Some(within) = within else { return Kind::Root };
    match (within, name) {
        (Kind::Root, "DocumentTracking") => Kind::Tracking,
        (Kind::Root, "ProductTree") | (Kind::ProductTree, "Branch") => Kind::ProductTree,
        (Kind::Root, "Vulnerability") => Kind::Vulnerability,
        (Kind::Tracking, "Identification") => Kind::Tracking,
        (Kind::Tracking, "ID") => Kind::Text(Text::Id),
        (Kind::Tracking, "InitialReleaseDate") => Kind::Text(Text::Released),
        (Kind::Tracking, "CurrentReleaseDate") => Kind::Text(Text::Revised),
        (Kind::ProductTree, "FullProductName") => Kind::Text(Text::ProductName),
        (Kind::Vulnerability, "CVE") => Kind::Text(Text::Cve),
        (Kind::Vulnerability, "Threats" | "Remediations") => Kind::List,
        (Kind::List, "Threat") => Kind::Threat,
        (Kind::List, "Remediation") => Kind::Remediation,
        (Kind::Threat, "Description") => Kind::Text(Text::ThreatDescription),
        (Kind::Threat, "ProductID") => Kind::Text(Text::ThreatProduct),
        (Kind::Remediation, "Description") => Kind::Text(Text::Description),
        (Kind::Remediation, "URL") => Kind::Text(Text::Url),
        (Kind::Remediation, "Supercedence") => Kind::Text(Text::Supersedes),
        (Kind::Remediation, "RestartRequired") => Kind::Text(Text::Restart),
        (Kind::Remediation, "SubType") => Kind::Text(Text::SubType),
        (Kind::Remediation, "FixedBuild") => Kind::Text(Text::Build),
        (Kind::Remediation, "ProductID") => Kind::Text(Text::FixedProduct),
        _ => Kind::Other,
    }
}

/// Parses a document. `info` is the identity of its file.
///
/// # Errors
///
/// [`CatalogError`] if the text is not well-formed, is incomplete, or exceeds `limits`.
pub(crate) fn parse(text: &str, info: CatalogInfo, origin: &Path, limits: &Limits) -> Result<Document, CatalogError> {
    let mut reader = Reader {
        pass: DocumentPass::new(text, origin, limits),
        limits,
        collector: Collector::new(limits),
        id: String::new(),
        released: String::new(),
        revised: String::new(),
        text: String::new(),
        product_id: String::new(),
        weakness: 0,
        products: Vec::new(),
        threat: String::new(),
        description: String::new(),
        remedy: RemedyText::default(),
        byte: 0,
    };
    reader.read()?;
    Ok(reader.into_document(text, info))
}

struct Reader<'a> {
    pass: DocumentPass<'a, Kind>,
    limits: &'a Limits,
    collector: Collector<'a>,
    id: String,
    released: String,
    revised: String,
    /// The text of the current element.
    text: String,
    /// The identifier of the product that the current text names.
    product_id: String,
    /// The vulnerability that contains the current element.
    weakness: u32,
    /// The products of the current threat or remediation.
    products: Vec<u32>,
    /// The current threat's type and description.
    threat: String,
    description: String,
    remedy: RemedyText,
    /// The offset of the current remediation.
    byte: usize,
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), CatalogError> {
        loop {
            match self.pass.step()? {
                Event::Begin { tag, empty } => {
                    let mut kind = kind_of(self.pass.inside(), tag.local_name().as_ref());
                    match kind {
                        Kind::Vulnerability => {
                            self.collector.tally.vulnerabilities += 1;
                            self.weakness = self.collector.weakness(self.pass.byte());
                        }
                        Kind::Threat => {
                            self.threat = self.pass.attribute(&tag, "Type")?;
                            if self.threat == "Impact" {
                                kind = Kind::Other;
                            }
                            self.description.clear();
                            self.products.clear();
                        }
                        Kind::Remediation => {
                            if self.pass.attribute(&tag, "Type")? == "Vendor Fix" {
                                self.collector.tally.vendor_fixes += 1;
                                self.byte = self.pass.byte();
                            } else {
                                self.collector.tally.other_remediations += 1;
                                kind = Kind::Other;
                            }
                            self.clear_remedy();
                            self.products.clear();
                        }
                        Kind::Text(Text::ProductName) => self.product_id = self.pass.attribute(&tag, "ProductID")?,
                        _ => {}
                    }
                    self.text.clear();
                    match kind {
                        _ if empty => {}
                        Kind::Other => self.pass.skip(&tag, kind)?,
                        _ => self.pass.enter(kind, matches!(kind, Kind::Text(_)))?,
                    }
                }
                Event::Text(text) => {
                    if self.text.len() + text.len() > self.limits.attribute_bytes {
                        return Err(self.pass.too_large("a text that is too long", self.limits.attribute_bytes as u64));
                    }
                    self.text.push_str(&text);
                }
                Event::End(kind) => self.end(kind)?,
                Event::Finished => return Ok(()),
            }
        }
    }

    fn end(&mut self, kind: Kind) -> Result<(), CatalogError> {
        match kind {
            Kind::Text(text) => {
                self.take(text);
                self.text.clear();
            }
            Kind::Threat => {
                if self.threat == "Exploit Status" && says_exploited(&self.description) {
                    if let Some(weakness) = self.collector.weaknesses.get_mut(self.weakness as usize) {
                        weakness.exploited = true;
                    }
                } else if self.threat == "Severity"
                    && let Some(severity) = severity(&self.description)
                {
                    for product in std::mem::take(&mut self.products) {
                        self.collector.state(|what, limit| self.pass.too_large(what, limit))?;
                        self.collector.ratings.push(Rating { weakness: self.weakness, product, severity });
                    }
                }
            }
            Kind::Remediation => {
                let too_large = |what, limit| self.pass.too_large(what, limit);
                let remedy = self.collector.remedy(&self.remedy, self.byte, too_large)?;
                for &product in &self.products {
                    self.collector.state(|what, limit| self.pass.too_large(what, limit))?;
                    self.collector.fixes.push(Fix { remedy, weakness: self.weakness, product });
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn take(&mut self, which: Text) {
        let text = self.text.trim();
        let place = match which {
            Text::Id => &mut self.id,
            Text::Released => &mut self.released,
            Text::Revised => &mut self.revised,
            Text::ProductName => return self.collector.name_product(&self.product_id, text),
            Text::Cve => {
                if let Some(weakness) = self.collector.weaknesses.get_mut(self.weakness as usize) {
                    weakness.id = text.into();
                }
                return;
            }
            Text::ThreatProduct | Text::FixedProduct => return self.products.push(self.collector.product(text)),
            Text::ThreatDescription => &mut self.description,
            Text::Description => &mut self.remedy.description,
            Text::Url => &mut self.remedy.url,
            Text::Supersedes => &mut self.remedy.supersedes,
            Text::Restart => &mut self.remedy.restart,
            Text::SubType => &mut self.remedy.kind,
            Text::Build => &mut self.remedy.build,
        };
        place.clear();
        place.push_str(text);
    }

    fn clear_remedy(&mut self) {
        let RemedyText { description, kind, url, supersedes, build, restart, posted } = &mut self.remedy;
        [description, kind, url, supersedes, build, restart, posted].into_iter().for_each(String::clear);
    }

    fn into_document(mut self, text: &str, info: CatalogInfo) -> Document {
        self.collector.count_lines(text);
        let released = date_of(&self.released);
        let info = CatalogInfo { date: date_of(&self.revised).or_else(|| released.clone()), ..info };
        self.collector.into_document(info, self.id, released, self.revised)
    }
}
