//! Whether a package fits the machine that it is to be installed on.

use wardline_package_name::{Kind, PackageName};
use wardline_report::SystemReport;

use super::plan::Package;

/// Languages as written in package names, in short and long form, with their primary Windows language identifier.
const LANGUAGES: [(&str, &str, u16); 20] = [
    ("ar", "ara", 0x01),
    ("cs", "csy", 0x05),
    ("da", "dan", 0x06),
    ("de", "deu", 0x07),
    ("el", "ell", 0x08),
    ("en", "enu", 0x09),
    ("es", "esn", 0x0a),
    ("fi", "fin", 0x0b),
    ("fr", "fra", 0x0c),
    ("he", "heb", 0x0d),
    ("hu", "hun", 0x0e),
    ("it", "ita", 0x10),
    ("ja", "jpn", 0x11),
    ("ko", "kor", 0x12),
    ("nl", "nld", 0x13),
    ("no", "nor", 0x14),
    ("pl", "plk", 0x15),
    ("ru", "rus", 0x19),
    ("sv", "sve", 0x1d),
    ("tr", "trk", 0x1f),
];

/// Returns remarks, in sentences, about a package on this machine.
pub(super) fn notes(name: &PackageName, system: &SystemReport) -> Vec<String> {
    let mut notes = Vec::new();
    // A 32-bit application may run on other processors; a part of the operating system does not.
    if let (Some(processor), Some(architecture)) = (name.processor, &system.architecture)
        && name.kind != Kind::Application
        && !processor.is(architecture)
    {
        notes.push(format!("The package is for {}, but the machine is {architecture}.", processor.word()));
    }
    let primary = |language: &str| {
        let known = |(short, long, _): &&(&str, &str, u16)| {
            short.eq_ignore_ascii_case(language) || long.eq_ignore_ascii_case(language)
        };
        LANGUAGES.iter().find(known).map(|(_, _, primary)| *primary)
    };
    if let (Some(language), Some(machine)) = (&name.language, system.language)
        && primary(language).is_some_and(|primary| primary != machine & 0x03ff)
    {
        notes.push(format!(
            "The package is for the language {language}, but the machine's language is {machine:#06x}: get the package for that language."
        ));
    }
    notes
}

impl From<&PackageName> for Package {
    fn from(name: &PackageName) -> Self {
        Package {
            article: name.article.clone(),
            product: name.product.clone(),
            service_pack: name.service_pack,
            processor: name.processor.map(|processor| processor.word()),
            language: name.language.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_for_another_processor_or_language_is_told() {
        for (package, architecture, language, words) in [
            ("Q292435_W2K_SP3_x86_en.EXE", Some("x86"), Some(0x0409), None),
            ("Q292435_W2K_SP3_x86_en.EXE", Some("x86"), Some(0x0809), None),
            ("Q292435_W2K_SP3_x86_en.EXE", None, None, None),
            ("Q292435_W2K_SP3_x86_en.EXE", Some("x86"), Some(0x0407), Some("0x0407")),
            ("WindowsXP-KB835732-x86-DEU.exe", Some("x86"), Some(0x0409), Some("language DEU")),
            ("WindowsXP-KB835732-x86-ENU.exe", Some("AMD64"), Some(0x0409), Some("machine is AMD64")),
            ("Q292435_W2K_SP3_x86_intl.EXE", Some("x86"), Some(0x0407), None),
            ("q299444i.exe", Some("ALPHA"), None, None),
        ] {
            let system = SystemReport { architecture: architecture.map(str::to_owned), language, ..Default::default() };
            let notes = notes(&PackageName::parse(package).unwrap(), &system);
            assert_eq!(notes.len(), usize::from(words.is_some()), "{package}: {notes:?}");
            assert!(words.is_none_or(|words| notes[0].contains(words)), "{package}: {notes:?}");
        }
    }
}
