//! The patch judge: which updates a machine lacks, by the rules of HFNetChk and MBSA.
//!
//! It is pure. [`Judge::new`] takes the catalog's updates and indexes them, once, in `prepare`. For each target,
//! [`Judge::case`] takes the products that are installed and says what must be asked; [`Case::decide`] takes the answers and
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
//! MBSA's rules as Microsoft describes them for HFNetChk; the numbers are used throughout this module.
//!
//! 1. An update is looked at for a product that it names, at a service pack that it names for it; a row that names no service
//!    pack is for all of them. Where the product's installed service pack is the one that holds the fix, or a later one, the
//!    update is *included*, whether or not that service pack is named as well. If several rows of one update name the
//!    product, one that wants the update outweighs one that says it is included. Where the service pack is unknown and the
//!    answer depends on it, the update is *unable to scan*.
//! 2. An update that a newer one takes the place of is *superseded*. The newer one must itself apply to this product and
//!    service pack, or be included in it; else it supersedes nothing here. An entry that names a bulletin only, and no update,
//!    always supersedes. Updates that supersede each other in a circle are each judged.
//! 3. Every registry value, file version and file checksum that the catalog gives is tested, and the product's build where it
//!    gives one. One mismatch: *missing*. All match: *installed*. A file that bears no version where one is expected is a
//!    mismatch. A registry value is compared only in the type that the expected one has: a number in a `REG_DWORD`, anything
//!    else in a string; for *at least* either will do. A value of another type is no mismatch: it cannot be compared, and the
//!    update is *unable to scan*. Catalogs of the format `mssecure.xml` name these two types (`RegKey@Type`: 0x10001 is the
//!    `FLG_ADDREG_TYPE_DWORD` of INF files, 0 a string), and give numbers to the one and no numbers to the other.
//! 4. Nothing to test, or nothing that could tell: *note*. That a file which an update replaces is there says nothing, for it
//!    was there before.
//! 5. A newer file: *warning*, unless the version is one of the alternates, or another update for this product brings exactly
//!    this version of this file. Its checksum does not count then.
//! 6. A file or value that is added or replaced must be there; one that is replaced if present may be absent; one that is
//!    deleted must be absent; one that the catalog calls unsupported is not tested. Where all that an update would replace is
//!    absent, it is *installed*: there is nothing to mend.
//! 7. Checksums count where the target's language is the update's. [Languages](JudgeOptions::language) are the same when the
//!    identifiers are; any two kinds of English are, since Windows was published in one English but in two kinds each of
//!    Chinese and Portuguese. An unknown language is never the same. The operator may turn checksums off or force them, and
//!    turn the registry tests off.
//! 8. What could not be read is *unable to scan*, never installed. A test that fails still proves that the update is missing,
//!    whatever could not be read beside it.
//! 9. Where the tests that fail are those of files that the next restart replaces (`PendingFileRenameOperations`), by files
//!    that pass, and all else passes, the update is *pending restart*. A waiting file passes by its version, where one is
//!    expected; its checksum does not count. One that is older, or could not be read, leaves the update missing. Where all
//!    tests pass, and the next restart puts an older file in place of one of these, deletes it, or brings back one that must
//!    be absent, the update is a *warning*: that is what QChain was made to prevent (Q296861). Where all tests pass and it
//!    cannot be told what the restart does to one of these files, the update is *unable to scan*. A renaming that may not
//!    replace a file, and one whose own file is not there, fail without a trace; what follows from them is followed.
//! 10. Where a registry value says that the update is installed, and only files fail, the update is *missing* all the same: it
//!     is recorded without being in force, and has to be installed again. That is what Qfecheck looked for (Q282784).

mod case;
mod folders;
mod following;
mod index;
mod pending;
mod plan;
mod reason;
mod restart;
mod supersedence;
mod verdict;

pub use case::Case;
pub use folders::{CURRENT_VERSION, resolved};
pub use pending::{PendingOperation, SESSION_MANAGER, is_loose, may_name};
pub use restart::{AfterRestart, PendingRenames, Restart};

use crate::contract::exports::wardline::check::types::{ChecksumMode, Options, SystemInfo, Update};
use index::Index;
use plan::Plans;

/// All updates of a scan, indexed. Built once, in `prepare`, and kept in the plugin's memory.
#[derive(Debug)]
pub struct Judge {
    index: Index,
    plans: Plans,
}

impl Judge {
    /// Indexes these updates. Of two that bear the same number the second is left out.
    pub fn new(updates: Vec<Update>) -> Judge {
        let index = Index::new(updates);
        let plans = Plans::new(&index);
        Judge { index, plans }
    }

    /// The updates, in the order in which they were given.
    pub fn updates(&self) -> &[Update] {
        &self.index.updates
    }

    /// The update that bears this number.
    pub fn update(&self, number: u32) -> Option<&Update> {
        self.index.by_number(number).map(|place| &self.index.updates[place as usize])
    }

    /// Opens the case of a target on which these products are installed. Of two entries with the same product and subject
    /// the second is left out.
    pub fn case(&self, products: &[Installed], options: JudgeOptions) -> Case<'_> {
        Case::new(&self.index, &self.plans, products, options)
    }
}

/// A product that is installed on a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The catalog's name for it; compared without regard to case.
    pub product: String,
    /// On the scale of `service-pack.level`: 0 as first shipped, 20 for Service Pack 2. None: not known.
    pub service_pack: Option<u32>,
    /// What is compared with `applicability.fixed-build`. None: not known.
    pub build: Option<Build>,
    /// Which one, where a product is installed more than once: a SQL Server instance.
    pub subject: Option<String>,
    /// What variables in file paths stand for, beyond those that the host knows.
    pub paths: Vec<PathVariable>,
}

impl Installed {
    /// A product of which nothing more is known than its catalog name and its service pack's level, if that.
    pub fn new(product: impl Into<String>, service_pack: Option<u32>) -> Installed {
        Installed { product: product.into(), service_pack, build: None, subject: None, paths: Vec::new() }
    }

    /// The product's build, and the number of the question whose answer told it.
    pub fn with_build(mut self, version: impl Into<String>, evidence: Option<u32>) -> Installed {
        self.build = Some(Build { version: version.into(), evidence });
        self
    }

    /// Which one it is: the SQL Server instance's name.
    pub fn with_subject(mut self, subject: impl Into<String>) -> Installed {
        self.subject = Some(subject.into());
        self
    }

    /// What a variable at the beginning of the catalog's paths stands for: `with_path("%mssql7%", r"D:\MSSQL7")`.
    ///
    /// The question then names the folder, so the plugin has to declare the scope for it; `scope.updates` holds the paths as
    /// the catalog spells them.
    pub fn with_path(mut self, variable: impl Into<String>, folder: impl Into<String>) -> Installed {
        self.paths.push(PathVariable { variable: variable.into(), folder: Some(folder.into()) });
        self
    }

    /// A variable at the beginning of the catalog's paths that stands for a folder which is not known. Files there are not
    /// asked about, and updates that depend on them are *unable to scan*: what lies at the path as the catalog spells it may
    /// be another's.
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
    /// The question whose answer told it, counted as in `check-finding.evidence`.
    pub evidence: Option<u32>,
}

/// What a variable at the beginning of a path stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathVariable {
    /// With its percent signs, `%mssql7%`; compared without regard to case.
    pub variable: String,
    /// `D:\MSSQL7`. None: not known.
    pub folder: Option<String>,
}

/// What counts in this scan (rule 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JudgeOptions {
    pub checksums: ChecksumMode,
    /// The target's Windows language identifier, `system-info.language`.
    pub language: Option<u16>,
    /// Whether registry tests count.
    pub registry: bool,
}

impl JudgeOptions {
    /// As the operator wants it, for this target.
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
    /// Registry tests count; checksums do where the languages are the same, and none is known yet.
    fn default() -> JudgeOptions {
        JudgeOptions { checksums: ChecksumMode::SameLanguage, language: None, registry: true }
    }
}

/// The low ten bits of a language identifier name the language, the others its kind; no kind given means any.
fn same_language(left: u16, right: u16) -> bool {
    const LANGUAGE: u16 = 0x3ff;
    const ENGLISH: u16 = 0x09;
    let language = left & LANGUAGE;
    language == right & LANGUAGE && (left == right || language == ENGLISH || left == language || right == language)
}

/// Whether two of the catalog's names are the same.
fn same_name(left: &str, right: &str) -> bool {
    left.trim().eq_ignore_ascii_case(right.trim())
}

/// The form in which names are indexed. Catalog, registry and file names differ in ASCII letters only.
fn folded(name: &str) -> String {
    name.trim().to_ascii_lowercase()
}
