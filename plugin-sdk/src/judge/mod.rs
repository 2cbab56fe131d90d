//! The patch judge: which updates a machine lacks, by the rules of HFNetChk and MBSA.
//!
//! The judge is pure. [`Judge::new`] takes the catalog's updates and indexes them, once, in `prepare`. For each target,
//! [`Judge::case`] takes the installed products and lists the questions to ask; [`Case::decide`] takes the answers and
//! returns the findings.
//!
//! ```
//! use wardline_plugin::contract::exports::wardline::check::types::*;
//! use wardline_plugin::judge::{Installed, Judge, JudgeOptions};
//! use wardline_plugin::version;
//!
//! # let product = Product { id: "6".into(), name: "Windows 2000 Server".into() };
//! let update = Update {
//!     number: 7,
//!     bulletin: "MS01-022".into(),
//!     article: "Q296441".into(),
//!     files: vec![FileTest {
//!         path: r"%windir%\system32\msdaipp.dll".into(),
//!         change: Change::Replace,
//!         version: version::parse("8.103.2402.0"),
//!         alternates: vec![],
//!         checksum: None,
//!         size: None,
//!     }],
//!     // …
//! #   title: String::new(), package: String::new(), url: None, posted: None, severity: Severity::Unrated, cves: vec![],
//! #   restart: false, registry: vec![], superseded_by: vec![], notes: vec![], language: None,
//! #   applies_to: vec![Applicability {
//! #       product, service_packs: vec![], included_in: None, severity: None, fixed_build: None,
//! #   }],
//! };
//! let judge = Judge::new(vec![update]);
//!
//! let installed = Installed::new("Windows 2000 Server", Some(20));
//! let case = judge.case(&[installed], JudgeOptions::default());
//! assert_eq!(case.questions(), [Question::FileVersion(r"%windir%\system32\msdaipp.dll".into())]);
//!
//! let findings = case.decide(&[Answer::Absent], 0);
//! assert_eq!(findings[0].status, UpdateStatus::Missing);
//! assert_eq!(findings[0].reason, "msdaipp.dll is not there");
//! ```
//!
//! # The rules
//!
//! MBSA's rules as Microsoft describes them for HFNetChk. This module refers to them by number.
//!
//! 1. An update is considered for each product that it names, at each service pack that it names for that product; a row that
//!    names no service pack covers all of them. If the installed service pack is the one that contains the fix, or a later
//!    one, the update is *included*, whether or not that service pack is also named. If several rows of one update name the
//!    product, a row that requires the update outweighs one that says it is included. If the service pack is unknown and the
//!    answer depends on it, the update is *unable to scan*.
//! 2. An update that a newer one replaces is *superseded*. The newer one must itself apply to this product and service pack,
//!    or be included in it; otherwise it supersedes nothing here. An entry that names only a bulletin, and no update, always
//!    supersedes. Updates that supersede each other in a cycle are each judged.
//! 3. Every registry value, file version and file checksum in the catalog is tested, and the product's build if the catalog
//!    has one. One mismatch: *missing*. All match: *installed*. A file without a version where one is expected is a mismatch.
//!    A registry value is compared only in the type of the expected one: a number in a `REG_DWORD`, anything else in a
//!    string; *at least* accepts either. A value of another type is not a mismatch: it cannot be compared, and the update is
//!    *unable to scan*. Catalogs in the `mssecure.xml` format name these two types (`RegKey@Type`: 0x10001 is the
//!    `FLG_ADDREG_TYPE_DWORD` of INF files, 0 a string), and contain only numbers for the former and no numbers for the
//!    latter.
//! 4. Nothing to test, or no test that proves anything: *note*. The presence of a file that an update replaces proves
//!    nothing, because the file was there before.
//! 5. A newer file: *warning*, unless its version is one of the alternates, or another update for this product ships exactly
//!    this version of this file. Its checksum is then ignored.
//! 6. A file or value that is added or replaced must be present; one that is replaced if present may be absent; one that is
//!    deleted must be absent; one that the catalog calls unsupported is not tested. If every file that an update would
//!    replace is absent, the update is *installed*: there is nothing to fix.
//! 7. Checksums count if the target's language is the update's. [Languages](JudgeOptions::language) are equal if their
//!    identifiers are; any two variants of English are equal, because Windows was published in one English but in two
//!    variants each of Chinese and Portuguese. An unknown language equals none. The operator may turn checksums off or force
//!    them, and turn the registry tests off.
//! 8. Anything that could not be read is *unable to scan*, never installed. A test that fails still proves that the update is
//!    missing, no matter what else could not be read.
//! 9. If all failing tests are of files that the next restart replaces (`PendingFileRenameOperations`) with files that pass,
//!    and all other tests pass, the update is *pending restart*. A waiting file passes by its version, if one is expected;
//!    its checksum is ignored. A waiting file that is older, or could not be read, leaves the update missing. If all tests
//!    pass, and the next restart replaces one of these files with an older one, deletes it, or restores one that must be
//!    absent, the update is a *warning*: QChain was made to prevent this (Q296861). If all tests pass and the effect of the
//!    restart on one of these files is not known, the update is *unable to scan*. A rename that may not replace a file, and
//!    one whose source is not there, fail without a trace; their consequences are followed.
//! 10. If a registry value says that the update is installed, and only files fail, the update is still *missing*: it is
//!     recorded without being in effect, and has to be installed again. Qfecheck looked for this state (Q282784).
//!
//! # The rules for cumulative updates
//!
//! Catalogs of today (MSRC's documents, as CVRF or CSAF) name no files. They give, for each product, an article, the CVEs that
//! it closes, the updates that it supersedes, and usually a build. Rules 11 to 22 judge an update without file and registry
//! tests on a product [with a branch](Installed::with_branch) or [with a record](Installed::with_record); rules 2 to 4 do not
//! apply to it. What is not covered by a rule is undecided, never missing: *note* if the catalog gives nothing to test,
//! *unable to scan* if evidence is missing.
//!
//! 11. Builds are compared only within a [`Branch`]. At or above the fixed build, the update is *installed*, whatever is
//!     recorded; below it, the other rules decide whether it is *missing*. A build of another branch or a text that is not a build
//!     proves nothing, and neither does a cumulative update's build if at least two updates published later have lower ones. If
//!     the catalog gives two builds for one update, the update is undecided between them.
//! 12. Several updates may be offered for the same CVEs: a cumulative update and a hotpatch with a lower build, a monthly rollup
//!     and a security-only update. If updates that are in place close every CVE that an update closes for this product, it is
//!     *installed* as well. One that it supersedes does not count: a CVE is named again if it was closed only in part. In the
//!     documents of 2016 to 2026, this rule applies to such pairs only, and each hotpatch has a higher build than the cumulative
//!     update of the month before.
//! 13. The record is what Windows lists as installed: packages of component-based servicing, or hotfix keys. Packages that are
//!     installed, permanent or superseded (`CurrentState` 0x70, 0x80, 0x50) count; staged ones do not. An update that is
//!     recorded, and that no build contradicts, is *installed*.
//! 14. Without a build, an installed update implies its own, whichever product the catalog gives it for, and so does the version
//!     of a rollup's package. An update that an installed one supersedes, directly or through others, is *superseded*. A link
//!     to an update with a higher build is not followed; without builds, neither is one to an update with a higher article,
//!     unless that one is of an earlier month: KB4565351 of August 2020 supersedes KB4565483 of July. If a chain of links is
//!     broken, because it led through an update that the catalog does not contain, an installed newer update with a build still
//!     supersedes its members.
//! 15. An update that is recorded but whose build has not been reached, and one whose package waits for a restart (0x60), is
//!     *pending restart*, and so is what it supersedes.
//! 16. If the build does not decide, an update is *missing* only if the catalog gives no build for it that cannot be compared, and
//!     the record is complete and contains neither the update nor one that may have its fix: a newer one for the same product,
//!     or one that the catalog does not contain and whose article is higher, or lower by less than 5,000, because articles are
//!     numbered before they are published. An update of the servicing stack has no other's fix, and neither has one
//!     [of another product](Judge::with_other_articles). Windows lists only the newest cumulative update as installed: if exactly
//!     one that is listed has a build and closes at least eight CVEs, articles that are lower do not count. Rollups are recorded
//!     without their articles: then only the build decides. An update without a build is absent, whatever is recorded of others, if
//!     it contains one whose build has not been reached: by its links, or by rule 18 as one of a later month.
//! 17. Of the updates that are missing, only those are *missing* that no other missing one contains, by its build, its links or
//!     its CVEs; the others are *superseded* by it. In a branch [without cumulative updates](Branch::with_separate_updates),
//!     only rollups contain all with lower builds, and without builds the earlier rollups. An update is a rollup if its title says
//!     so; else if it is the only one with a build that is offered for its CVEs, or supersedes more than the others, which are
//!     then security-only updates. Without a build, these are the others of its month; one without others is a rollup if it
//!     supersedes at least four. A rollup contains the security-only update of its month, whichever article is higher, and one of
//!     Internet Explorer no rollup: one that is for no other product is of Internet Explorer.
//! 18. In a branch with cumulative updates, those with a build, those that the catalog links with others, and those that
//!     close at least eight CVEs are one chain: one of a later month, or in the same month with a higher article, contains
//!     the earlier ones, whether or not the catalog links them. An article is a member as a whole: for a component it may close
//!     fewer CVEs than for Windows. An update that only its links make a member is contained by later ones, but contains only
//!     what it supersedes and what that contains: updates that are separate, those of Secure Boot's lists for example, are
//!     linked with each other, too. In the documents of 2016 to 2026, separate updates close at most three CVEs, and cumulative ones
//!     without links at least 21.
//! 19. Updates of the servicing stack are a chain of their own, and so are cumulative updates of Internet Explorer. A
//!     cumulative update that is in place, and was published at least six months later, supersedes those of the servicing
//!     stack: Windows does not install it with an older one. One that is missing does not: the servicing stack has to be
//!     updated first.
//! 20. Updates of Windows Setup (`Setup DU`) are for installation media, and those of the Windows Recovery Environment for the image
//!     from which it starts. Windows records none of them: *note*.
//! 21. An update that the vendor [withdrew](Judge::with_withdrawn) cannot be installed any more. Where it is not in place: *note*.
//! 22. An update that closes at least twenty CVEs for one product and at most a tenth as many for another, without a build and
//!     without links to other updates there, is not for the other one: *note*. WES-NG's definitions of 2026 contain some twenty such
//!     articles, each listed for the other product with one or two CVEs: KB5055518 of Windows 10 22H2, for one, with one of 62 for
//!     Windows 11 21H2. The last update of Windows 10 1903, which is one of 1909, closes one CVE there and supersedes the one before.

mod articles;
mod branch;
mod case;
mod course;
mod folders;
mod following;
mod gap;
mod index;
mod pending;
mod plans;
mod products;
mod reason;
mod records;
mod restart;
mod serviced;
mod supersedence;
mod verdict;

pub use articles::{ArticleKind, article_number};
pub use branch::Branch;
pub use case::Case;
pub use folders::{CURRENT_VERSION, resolved};
pub use pending::{PendingOperation, SESSION_MANAGER, is_loose, may_name};
pub use records::{HOTFIX, HOTFIXES, InstalledUpdates, PACKAGE, PACKAGES, RecordedNames, UpdateRecord};
pub use restart::{AfterRestart, PendingRenames, Restart};

use crate::contract::exports::wardline::check::types::{ChecksumMode, Options, SystemInfo, Update};
use index::Index;
use plans::Plans;

/// All updates of a scan, indexed. Built once, in `prepare`, and kept in the plugin's memory.
#[derive(Debug)]
pub struct Judge {
    index: Index,
    plans: Plans,
}

/// A judge without updates.
impl Default for Judge {
    fn default() -> Self {
        Judge::new(Vec::new())
    }
}

impl Judge {
    /// Indexes these updates. If two have the same number, the second is ignored.
    pub fn new(updates: Vec<Update>) -> Judge {
        let index = Index::new(updates);
        let plans = Plans::new(&index);
        Judge { index, plans }
    }

    /// Adds articles whose updates the vendor withdrew and no longer offers, which catalogs seldom say: rule 21.
    #[must_use]
    pub fn with_withdrawn(mut self, articles: impl IntoIterator<Item = u32>) -> Judge {
        self.index.articles.withdraw(articles);
        self
    }

    /// Adds what updates of these articles are, for catalogs that do not say it. One that closes few CVEs and has neither a title, a
    /// build nor links could be anything: rules 18 and 19.
    #[must_use]
    pub fn with_kinds(mut self, kinds: impl IntoIterator<Item = (u32, ArticleKind)>) -> Judge {
        self.index.articles.set_kinds(kinds);
        self
    }

    /// Adds articles of the catalog whose updates are for products that are not judged here. Windows records them among its own; one
    /// that is recorded is known not to contain updates of another product: rule 16.
    #[must_use]
    pub fn with_other_articles(mut self, articles: impl IntoIterator<Item = u32>) -> Judge {
        self.index.articles.add_others(articles);
        self
    }

    /// Returns the updates in the order in which they were passed in.
    pub fn updates(&self) -> &[Update] {
        &self.index.updates
    }

    /// Returns the update with this number.
    pub fn update(&self, number: u32) -> Option<&Update> {
        self.index.by_number(number).map(|place| &self.index.updates[place as usize])
    }

    /// Opens the case of a target with these products installed. If two entries have the same product and subject, the second
    /// is ignored.
    pub fn case(&self, products: &[Installed], options: JudgeOptions) -> Case<'_> {
        Case::new(&self.index, &self.plans, products, options)
    }
}

/// A product installed on a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The catalog's name for it, compared case-insensitively.
    pub product: String,
    /// On the scale of `service-pack.level`: 0 as first shipped, 20 for Service Pack 2. `None` if not known.
    pub service_pack: Option<u32>,
    /// Compared with `applicability.fixed-build`. `None` if not known.
    pub build: Option<Build>,
    /// Identifies one of several installations of a product: a SQL Server instance.
    pub subject: Option<String>,
    /// The folders behind variables in file paths, beyond those that the host knows.
    pub paths: Vec<PathVariable>,
    /// The builds that its own can be compared with: rules 11 to 22 judge updates without tests. Installed products with the
    /// same branch and subject are one product under several names.
    pub branch: Option<Branch>,
    /// Where its updates are recorded (rule 13).
    pub record: Option<UpdateRecord>,
}

impl Installed {
    /// A product known only by its catalog name and, if known, its service pack's level.
    pub fn new(product: impl Into<String>, service_pack: Option<u32>) -> Installed {
        Installed {
            product: product.into(),
            service_pack,
            build: None,
            subject: None,
            paths: Vec::new(),
            branch: None,
            record: None,
        }
    }

    /// Sets the product's build, and the number of the question whose answer contained it.
    pub fn with_build(mut self, version: impl Into<String>, evidence: Option<u32>) -> Installed {
        self.build = Some(Build { version: version.into(), evidence });
        self
    }

    /// Sets the builds that the product's own can be compared with, for catalogs of cumulative updates. Without a branch, every
    /// build is compared part by part.
    #[must_use]
    pub fn with_branch(mut self, branch: Branch) -> Installed {
        self.branch = Some(branch);
        self
    }

    /// Sets where the product's updates are recorded. The plugin declares the question with
    /// [`reads_update_records`](crate::describe::Describing::reads_update_records).
    #[must_use]
    pub fn with_record(mut self, record: UpdateRecord) -> Installed {
        self.record = Some(record);
        self
    }

    /// Sets the subject: the SQL Server instance's name.
    pub fn with_subject(mut self, subject: impl Into<String>) -> Installed {
        self.subject = Some(subject.into());
        self
    }

    /// Sets the folder for a variable at the start of the catalog's paths: `with_path("%mssql7%", r"D:\MSSQL7")`.
    ///
    /// The question then names the folder, so the plugin has to declare the scope for it; `scope.updates` contains the paths
    /// as the catalog spells them.
    pub fn with_path(mut self, variable: impl Into<String>, folder: impl Into<String>) -> Installed {
        self.paths.push(PathVariable { variable: variable.into(), folder: Some(folder.into()) });
        self
    }

    /// Marks a variable at the start of the catalog's paths whose folder is not known. Files there are not asked about, and
    /// updates that depend on them are *unable to scan*: a file at the path as the catalog spells it may belong to another
    /// product.
    pub fn with_unknown_path(mut self, variable: impl Into<String>) -> Installed {
        self.paths.push(PathVariable { variable: variable.into(), folder: None });
        self
    }
}

/// A product's build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// `10.0.19045.4170`.
    pub version: String,
    /// The question whose answer contained it, numbered as in `check-finding.evidence`.
    pub evidence: Option<u32>,
}

/// A variable at the start of a path, and the folder that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathVariable {
    /// With its percent signs, `%mssql7%`; compared case-insensitively.
    pub variable: String,
    /// `D:\MSSQL7`. `None` if not known.
    pub folder: Option<String>,
}

/// The tests that count in this scan (rule 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JudgeOptions {
    /// When checksums count.
    pub checksums: ChecksumMode,
    /// The target's Windows language identifier, `system-info.language`.
    pub language: Option<u16>,
    /// Whether registry tests count.
    pub registry: bool,
}

impl JudgeOptions {
    /// Returns the operator's options for this target.
    pub fn new(options: &Options, system: Option<&SystemInfo>) -> JudgeOptions {
        JudgeOptions {
            checksums: options.checksums,
            language: system.and_then(|system| system.language),
            registry: options.registry,
        }
    }

    fn checksums_count(&self, update: &Update) -> bool {
        match self.checksums {
            ChecksumMode::Always => true,
            ChecksumMode::Never => false,
            ChecksumMode::SameLanguage => match (self.language, update.language) {
                (Some(target), Some(catalog)) => same_language(target, catalog),
                _ => false,
            },
        }
    }
}

impl Default for JudgeOptions {
    /// Registry tests count. Checksums count if the languages are equal, and no language is known yet.
    fn default() -> JudgeOptions {
        JudgeOptions { checksums: ChecksumMode::SameLanguage, language: None, registry: true }
    }
}

/// The low ten bits of a language identifier are the language, the others its variant. No variant matches any.
fn same_language(left: u16, right: u16) -> bool {
    const LANGUAGE: u16 = 0x3ff;
    const ENGLISH: u16 = 0x09;
    let language = left & LANGUAGE;
    language == right & LANGUAGE && (left == right || language == ENGLISH || left == language || right == language)
}

/// Whether two catalog names are equal. MSRC's documents contain `Windows Server 2019  (Server Core installation)` with one
/// and with two spaces.
fn same_name(left: &str, right: &str) -> bool {
    let (left, right) = (left.trim(), right.trim());
    if left.len() == right.len() {
        left.eq_ignore_ascii_case(right)
    } else {
        folded_product(left) == folded_product(right)
    }
}

/// Returns the form in which products are indexed: names that [`same_name`] calls equal have the same.
fn folded_product(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").to_ascii_lowercase()
}

/// Returns the form in which names are indexed. Catalog, registry and file names differ in ASCII letters only.
fn folded(name: &str) -> String {
    name.trim().to_ascii_lowercase()
}
