//! Windows' languages: their identifiers, and the code pages in which their consoles and programs write.

use encoding_rs::{
    BIG5, EUC_KR, Encoding, GBK, IBM866, SHIFT_JIS, WINDOWS_874, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252,
    WINDOWS_1253, WINDOWS_1254, WINDOWS_1255, WINDOWS_1256, WINDOWS_1257,
};

use crate::code_pages::{CP437, CP737, CP850, CP852, CP857};

/// The encoding of a console's output.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Console {
    /// The characters of the bytes from 0x80 on.
    Table(&'static str),
    Encoding(&'static Encoding),
}

/// A language as `systeminfo` names it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Language {
    /// As in `HKCR\MIME\Database\Rfc1766`, where `systeminfo` looks it up: `en-us`, `fr`.
    tag: &'static str,
    /// The language identifier of Windows: 0x0409.
    pub(crate) identifier: u16,
    pub(crate) console: Console,
    /// The encoding of programs that do not write to a console.
    pub(crate) ansi: &'static Encoding,
}

const fn with(tag: &'static str, identifier: u16, table: &'static str, ansi: &'static Encoding) -> Language {
    Language { tag, identifier, console: Console::Table(table), ansi }
}

const fn western(tag: &'static str, identifier: u16) -> Language {
    with(tag, identifier, CP850, WINDOWS_1252)
}

const fn central(tag: &'static str, identifier: u16) -> Language {
    with(tag, identifier, CP852, WINDOWS_1250)
}

const fn cyrillic(tag: &'static str, identifier: u16) -> Language {
    Language { tag, identifier, console: Console::Encoding(IBM866), ansi: WINDOWS_1251 }
}

/// A language with one code page for consoles and programs alike.
const fn same(tag: &'static str, identifier: u16, encoding: &'static Encoding) -> Language {
    Language { tag, identifier, console: Console::Encoding(encoding), ansi: encoding }
}

/// Sources: [MS-LCID], and the default code pages in Microsoft's "National Language Support (NLS) API Reference". Languages whose
/// console code page is not known here have that of their programs.
const LANGUAGES: &[Language] = &[
    with("en-us", 0x0409, CP437, WINDOWS_1252),
    western("en-gb", 0x0809),
    western("en-au", 0x0c09),
    western("en-ca", 0x1009),
    western("en-nz", 0x1409),
    western("en-ie", 0x1809),
    with("en-za", 0x1c09, CP437, WINDOWS_1252),
    with("en-in", 0x4009, CP437, WINDOWS_1252),
    western("fr", 0x040c),
    western("fr-be", 0x080c),
    western("fr-ca", 0x0c0c),
    western("fr-ch", 0x100c),
    western("fr-lu", 0x140c),
    western("de", 0x0407),
    western("de-ch", 0x0807),
    western("de-at", 0x0c07),
    western("it", 0x0410),
    western("it-ch", 0x0810),
    western("es", 0x0c0a),
    western("es-mx", 0x080a),
    western("es-ar", 0x2c0a),
    western("es-co", 0x240a),
    western("es-cl", 0x340a),
    western("pt", 0x0816),
    western("pt-br", 0x0416),
    western("nl", 0x0413),
    western("nl-be", 0x0813),
    western("sv", 0x041d),
    western("da", 0x0406),
    western("no", 0x0414),
    western("nb", 0x0414),
    western("fi", 0x040b),
    western("is", 0x040f),
    central("pl", 0x0415),
    central("cs", 0x0405),
    central("sk", 0x041b),
    central("hu", 0x040e),
    central("ro", 0x0418),
    central("sl", 0x0424),
    central("hr", 0x041a),
    cyrillic("ru", 0x0419),
    cyrillic("uk", 0x0422),
    cyrillic("be", 0x0423),
    cyrillic("bg", 0x0402),
    with("tr", 0x041f, CP857, WINDOWS_1254),
    with("el", 0x0408, CP737, WINDOWS_1253),
    same("ja", 0x0411, SHIFT_JIS),
    same("ko", 0x0412, EUC_KR),
    same("zh-cn", 0x0804, GBK),
    same("zh-sg", 0x1004, GBK),
    same("zh-tw", 0x0404, BIG5),
    same("zh-hk", 0x0c04, BIG5),
    same("th", 0x041e, WINDOWS_874),
    same("he", 0x040d, WINDOWS_1255),
    same("ar-sa", 0x0401, WINDOWS_1256),
    same("et", 0x0425, WINDOWS_1257),
    same("lv", 0x0426, WINDOWS_1257),
    same("lt", 0x0427, WINDOWS_1257),
];

/// The language assumed for texts that do not name theirs.
pub(crate) const UNTOLD: Language = western("", 0);

/// Finds a language by its tag. `de-de` is `de`, which `systeminfo` writes for it.
pub(crate) fn by_tag(tag: &str) -> Option<Language> {
    let find = |tag: &str| LANGUAGES.iter().find(|language| language.tag.eq_ignore_ascii_case(tag)).copied();
    find(tag).or_else(|| {
        let (language, region) = tag.split_once('-')?;
        find(language).filter(|_| language.eq_ignore_ascii_case(region) || matches!(region, "es" | "jp" | "kr"))
    })
}

/// Finds the language that a tag's first part names, whatever the region: enough to choose a code page.
pub(crate) fn by_primary_tag(tag: &str) -> Option<Language> {
    by_tag(tag).or_else(|| {
        let primary = tag.split('-').next()?;
        let starts = |language: &&Language| language.tag.split('-').next() == Some(primary);
        LANGUAGES.iter().find(starts).copied()
    })
}

/// Returns the tag in the value of a locale field, `en-us;English (United States)`, if it has this form.
pub(crate) fn tag_in(value: &str) -> Option<&str> {
    let (tag, name) = value.split_once(';')?;
    let mut parts = tag.split('-');
    let is_language = |part: &str| matches!(part.len(), 2 | 3) && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_region = |part: &str| matches!(part.len(), 2..=4) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (parts.next().is_some_and(is_language) && parts.all(is_region) && !name.trim().is_empty()).then_some(tag)
}
