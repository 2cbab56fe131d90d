//! Parser for the file names of Microsoft's update packages.
//!
//! Three generations of names are recognized, case-insensitively:
//!
//! | form | example | package of |
//! |---|---|---|
//! | article, product, service pack that will hold it, processor, language | `Q292435_W2K_SP3_x86_en.EXE` | Windows 2000 |
//! | product, article, perhaps service pack, processor, language | `WindowsXP-KB835732-x86-ENU.exe` | Windows from 2003 on |
//! | the article alone, perhaps with `i` (Intel) or `a` (Alpha) | `Q313675.exe`, `q299444i.exe` | an application; Windows NT 4.0 |
//!
//! Catalogs contain many names of none of these forms (`msjavx86.exe`, `s80296i.exe`). Nothing is inferred from them.

#![warn(missing_docs)]

/// The kind of a package, which decides how it is installed unattended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A hotfix of the operating system, installed by `update.exe`.
    System,
    /// A service pack of the operating system, installed by `update.exe`.
    ServicePack,
    /// A package for `wusa.exe`, `.msu`.
    Standalone,
    /// A package of an application or of Windows NT 4.0: the name does not imply its switches.
    Application,
}

/// The processor that a package is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processor {
    /// `x86`, in older names `i386`.
    X86,
    /// `x64`, `amd64`.
    X64,
    /// Itanium.
    Ia64,
    /// DEC Alpha: Windows NT 4.0.
    Alpha,
}

impl Processor {
    /// Returns the spelling in package names: `x86`, `x64`, `ia64`, `alpha`.
    pub fn word(self) -> &'static str {
        match self {
            Processor::X86 => "x86",
            Processor::X64 => "x64",
            Processor::Ia64 => "ia64",
            Processor::Alpha => "alpha",
        }
    }

    fn parse(text: &str) -> Option<Processor> {
        match text {
            "x86" | "i386" => Some(Processor::X86),
            "x64" | "amd64" => Some(Processor::X64),
            "ia64" => Some(Processor::Ia64),
            "alpha" => Some(Processor::Alpha),
            _ => None,
        }
    }

    /// Whether a package for this processor runs on a machine with this `PROCESSOR_ARCHITECTURE`: `x86`, `AMD64`, `ALPHA`.
    /// Packages of the operating system are only ever for its own processor.
    pub fn is(self, architecture: &str) -> bool {
        Processor::parse(&architecture.trim().to_ascii_lowercase()) == Some(self)
    }
}

/// The parts of a package's file name. Parts that the name does not contain are `None`.
///
/// ```
/// use wardline_package_name::{Kind, PackageName, Processor};
///
/// let name = PackageName::parse("Q292435_W2K_SP3_x86_en.EXE").unwrap();
/// assert_eq!(name.kind, Kind::System);
/// assert_eq!((name.article.as_str(), name.product.as_deref()), ("Q292435", Some("W2K")));
/// assert_eq!((name.service_pack, name.processor), (Some(3), Some(Processor::X86)));
/// assert_eq!(name.language.as_deref(), Some("en"));
/// assert_eq!(name.switches(), ["-q", "-z"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageName {
    /// Whether it is a hotfix, a service pack or something else.
    pub kind: Kind,
    /// With its prefix in capitals: `Q292435`, `KB835732`.
    pub article: String,
    /// As spelled in the name: `W2K`, `WindowsXP`, `Windows6.1`.
    pub product: Option<String>,
    /// For a hotfix, the number of the service pack that will contain it; for a service pack, its own number.
    pub service_pack: Option<u32>,
    /// `None` if the name does not say.
    pub processor: Option<Processor>,
    /// As spelled in the name: `en`, `ENU`.
    pub language: Option<String>,
}

impl PackageName {
    /// Returns `None` if the name has no known form. Ignores white space around the name.
    pub fn parse(file_name: &str) -> Option<PackageName> {
        let file_name = file_name.trim();
        let (stem, ending) = file_name.rsplit_once('.')?;
        let standalone = ending.eq_ignore_ascii_case("msu");
        if !standalone && !ending.eq_ignore_ascii_case("exe") {
            return None;
        }
        if stem.contains('_') {
            return if standalone { None } else { of_2000(stem) };
        }
        if stem.contains('-') {
            return of_2003(stem, standalone);
        }
        if standalone { None } else { bare(stem) }
    }

    /// Returns the switches for an unattended installation without restart. Empty if the name does not imply them.
    ///
    /// All packages of the operating system accept `-q` (quiet) and `-z` (no restart) (Q262841); `.msu` packages accept those
    /// of `wusa.exe` (KB934307).
    pub fn switches(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::System | Kind::ServicePack => &["-q", "-z"],
            Kind::Standalone => &["/quiet", "/norestart"],
            Kind::Application => &[],
        }
    }
}

/// Parses `Q292435_W2K_SP3_x86_en`.
fn of_2000(stem: &str) -> Option<PackageName> {
    let parts: Vec<&str> = stem.split('_').collect();
    let [article, product, service_pack, processor, language] = parts.as_slice() else { return None };
    Some(PackageName {
        kind: Kind::System,
        article: parse_article(article)?,
        product: Some(word(product)?),
        service_pack: Some(parse_service_pack(service_pack)?),
        processor: Some(Processor::parse(&processor.to_ascii_lowercase())?),
        language: Some(word(language)?),
    })
}

/// Parses `WindowsXP-KB835732-x86-ENU`, `WindowsXP-KB835935-SP2-ENU`, `Windows6.1-KB3033929-x64`.
fn of_2003(stem: &str, standalone: bool) -> Option<PackageName> {
    let mut parts = stem.split('-');
    let product = parts.next().filter(|product| starts_with(product, "windows"))?;
    let mut name = PackageName {
        kind: if standalone { Kind::Standalone } else { Kind::System },
        article: parse_article(parts.next()?)?,
        product: Some(product.to_owned()),
        service_pack: None,
        processor: None,
        language: None,
    };
    for part in parts {
        let lower = part.to_ascii_lowercase();
        if let (Some(processor), None) = (Processor::parse(&lower), name.processor) {
            name.processor = Some(processor);
        } else if let (Some(number), None) = (parse_service_pack(part), name.service_pack) {
            name.service_pack = Some(number);
        } else if is_revision(&lower) {
            // A package that was reissued: `-v2`.
        } else {
            name.language = Some(word(part).filter(|_| name.language.is_none())?);
        }
    }
    match (name.processor, name.service_pack) {
        // A service pack's package does not name a processor, because each Windows had only one.
        (None, Some(_)) if !standalone => name.kind = Kind::ServicePack,
        (None, _) => return None,
        (Some(_), _) => {}
    }
    Some(name)
}

/// Parses `Q313675`, `q299444i`, `Q241041engi386`.
fn bare(stem: &str) -> Option<PackageName> {
    let digits = stem.find(|letter: char| letter.is_ascii_digit())?;
    let end = stem[digits..].find(|letter: char| !letter.is_ascii_digit()).map_or(stem.len(), |at| digits + at);
    let (article, rest) = stem.split_at(end);
    let (language, processor) = match rest.to_ascii_lowercase().as_str() {
        "" => (None, None),
        "i" => (None, Some(Processor::X86)),
        "a" => (None, Some(Processor::Alpha)),
        "engi386" => (Some("en"), Some(Processor::X86)),
        _ => return None,
    };
    Some(PackageName {
        kind: Kind::Application,
        article: parse_article(article)?,
        product: None,
        service_pack: None,
        processor,
        language: language.map(str::to_owned),
    })
}

/// The maximum number of digits of an article, far beyond any in use.
const DIGITS: usize = 9;

fn parse_article(text: &str) -> Option<String> {
    let upper = text.to_ascii_uppercase();
    let number = upper.strip_prefix("KB").or_else(|| upper.strip_prefix('Q'))?;
    let valid = (1..=DIGITS).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    valid.then_some(upper)
}

/// Parses `SP3`, `sp3`.
fn parse_service_pack(text: &str) -> Option<u32> {
    let number = text.get(2..).filter(|_| starts_with(text, "sp"))?;
    number.parse().ok().filter(|_| number.len() <= 2 && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_revision(lower: &str) -> bool {
    lower.strip_prefix('v').is_some_and(|number| number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns a short word unchanged, for display.
fn word(text: &str) -> Option<String> {
    const LENGTH: usize = 16;
    let valid = (1..=LENGTH).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    valid.then(|| text.to_owned())
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Row<'a> = (&'a str, Kind, &'a str, Option<&'a str>, Option<u32>, Option<Processor>, Option<&'a str>);

    #[test]
    fn a_name_tells_what_its_form_says() {
        use Kind::{Application, ServicePack, Standalone, System};
        use Processor::{Alpha, Ia64, X64, X86};
        let table: &[Row<'_>] = &[
            ("Q292435_W2K_SP3_x86_en.EXE", System, "Q292435", Some("W2K"), Some(3), Some(X86), Some("en")),
            (" q292435_w2k_sp3_X86_en.exe ", System, "Q292435", Some("w2k"), Some(3), Some(X86), Some("en")),
            ("KB824105_W2K_SP5_x86_EN.exe", System, "KB824105", Some("W2K"), Some(5), Some(X86), Some("EN")),
            ("Q311889_WXP_SP1_ia64_DEU.exe", System, "Q311889", Some("WXP"), Some(1), Some(Ia64), Some("DEU")),
            ("WindowsXP-KB835732-x86-ENU.exe", System, "KB835732", Some("WindowsXP"), None, Some(X86), Some("ENU")),
            (
                "WindowsServer2003-KB835732-ia64-DEU.exe",
                System,
                "KB835732",
                Some("WindowsServer2003"),
                None,
                Some(Ia64),
                Some("DEU"),
            ),
            ("WindowsXP-KB835935-SP2-ENU.exe", ServicePack, "KB835935", Some("WindowsXP"), Some(2), None, Some("ENU")),
            ("WindowsXP-KB923980-v2-x86-FRA.exe", System, "KB923980", Some("WindowsXP"), None, Some(X86), Some("FRA")),
            ("Windows6.1-KB3033929-x64.msu", Standalone, "KB3033929", Some("Windows6.1"), None, Some(X64), None),
            ("Q313675.exe", Application, "Q313675", None, None, None, None),
            ("q299444i.EXE", Application, "Q299444", None, None, Some(X86), None),
            ("q299444a.exe", Application, "Q299444", None, None, Some(Alpha), None),
            ("Q241041engi386.exe", Application, "Q241041", None, None, Some(X86), Some("en")),
        ];
        for (text, kind, article, product, service_pack, processor, language) in table {
            let expected = PackageName {
                kind: *kind,
                article: (*article).to_owned(),
                product: product.map(str::to_owned),
                service_pack: *service_pack,
                processor: *processor,
                language: language.map(str::to_owned),
            };
            assert_eq!(PackageName::parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn of_other_names_nothing_is_guessed() {
        for text in [
            "",
            ".exe",
            "Q.exe",
            "Q292435",
            "placeholder",
            "msjavx86.exe",
            "s80296i.exe",
            "telnet95.exe",
            "WMSU47357.exe",
            "escseq241041i.exe",
            "Q_W2K_SP3_x86_en.exe",
            "Q292435_W2K_late_x86_en.exe",
            "Q292435_W2K_SP3_x86_en.cab",
            "Q292435_W2K_SP3_x86.exe",
            "Q292435_W2K_SP3_x86_en.msu",
            "Q292435_W2K_SP+3_x86_en.exe",
            "Q292435_W2K_SP3_x86_en\u{202e}.exe",
            "Q399909_SQL2000_SP3_en.EXE",
            "Q303984_sfu_2_x86.exe",
            "Office2000-KB835732-x86-ENU.exe",
            "WindowsXP-KB835732.exe",
            "WindowsXP-x86-ENU.exe",
            "Q99999999999999999999.exe",
            "ÄÖÜ_é_ß_x86_en.exe",
        ] {
            assert_eq!(PackageName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn processors_are_compared_with_what_the_machine_says() {
        for (processor, architecture, same) in [
            (Processor::X86, "x86", true),
            (Processor::X64, "AMD64", true),
            (Processor::Alpha, "ALPHA", true),
            (Processor::X86, "AMD64", false),
            (Processor::Ia64, "", false),
        ] {
            assert_eq!(processor.is(architecture), same, "{processor:?} {architecture}");
        }
    }

    #[test]
    #[ignore = "reads data that is not part of the project"]
    fn the_names_of_a_real_catalog_are_understood_where_they_have_a_form() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/catalog");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let (mut names, mut understood) = (0, 0);
        for file in files.filter(|file| file.extension().is_some_and(|ending| ending == "xml")) {
            let text = String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
            for name in text.split("PatchName=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let parsed = PackageName::parse(name);
                names += 1;
                understood += usize::from(parsed.is_some());
                let lower = name.trim().to_ascii_lowercase();
                if lower.starts_with('q') && lower.contains("_w2k_sp") && lower.ends_with("_x86_en.exe") {
                    assert_eq!(parsed.map(|parsed| parsed.kind), Some(Kind::System), "{name}");
                }
            }
        }
        println!("{understood} of {names} names have a known form");
        // The rest are `msjavx86.exe`, `placeholder`, `Q303984_sfu_2_x86.exe` and similar.
        assert!(names > 0 && understood * 3 > names, "{understood} of {names}");
    }

    proptest! {
        #[test]
        fn no_name_makes_it_panic(text in "(Q|KB|Windows|é)?[A-Za-z0-9_.\\-é]{0,40}(\\.exe|\\.msu)?") {
            let _ = PackageName::parse(&text);
        }

        #[test]
        fn what_a_name_is_made_of_is_found_in_it(
            article in "(Q|KB)[0-9]{6}", pack in 1u32..10, language in "[a-z]{2}", product in "(W2K|WXP|NT4)"
        ) {
            let name = PackageName::parse(&format!("{article}_{product}_SP{pack}_x86_{language}.exe")).unwrap();
            prop_assert_eq!(name.article, article);
            prop_assert_eq!(name.service_pack, Some(pack));
            prop_assert_eq!(name.language, Some(language));
            prop_assert_eq!(name.product, Some(product));
        }
    }
}
