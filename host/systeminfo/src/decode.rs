//! From bytes to text: UTF-8, UTF-16, and the code pages of consoles.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1251};

use crate::language::{self, Console, Language};

/// Decodes a text: with or without a byte order mark, in UTF-8, UTF-16 or the code page of a console. What cannot be decoded becomes
/// U+FFFD.
///
/// A text without a mark that is not UTF-8 is in an unnamed code page; the locale that `systeminfo` prints determines which.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default()).0;
    }
    if let Some(encoding) = unmarked_utf16(bytes) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => in_code_page(bytes, locale(bytes).unwrap_or(language::UNTOLD)),
    }
}

/// The number of bytes by which UTF-16 is recognized.
const BEGINNING: usize = 4096;

/// Recognizes UTF-16 by its zero bytes, which no other encoding of a text has: spaces and digits have one in every language.
fn unmarked_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let beginning = bytes.get(..BEGINNING).unwrap_or(bytes);
    let zeros = |first: usize| beginning.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let (high_first, low_first) = (zeros(0), zeros(1));
    let are_many = high_first.max(low_first) * 16 >= beginning.len();
    (high_first != low_first && are_many).then_some(if low_first > high_first { UTF_16LE } else { UTF_16BE })
}

/// Finds the first locale, `en-us;English`, among the bytes, which are ASCII up to the semicolon in every code page.
fn locale(bytes: &[u8]) -> Option<Language> {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b';').map(|(end, _)| end);
    ends.filter_map(|end| {
        let before = bytes.get(..end)?;
        let in_tag = |byte: &u8| byte.is_ascii_lowercase() || *byte == b'-';
        // No tag is longer; without a limit the search would be quadratic.
        let length = before.iter().rev().take(10).take_while(|byte| in_tag(byte)).count();
        let tag = std::str::from_utf8(before.get(end - length..)?).ok()?;
        let (before_tag, after) = (before.get(..end - length)?.last(), bytes.get(end + 1)?);
        let is_delimited = before_tag.is_none_or(|byte| byte.is_ascii_whitespace() || *byte == b'"');
        (is_delimited && !after.is_ascii_whitespace()).then(|| language::by_primary_tag(tag)).flatten()
    })
    .next()
}

fn in_code_page(bytes: &[u8], language: Language) -> Cow<'_, str> {
    match language.console {
        Console::Encoding(encoding) if encoding == language.ansi => encoding.decode_without_bom_handling(bytes).0,
        _ if is_ansi(bytes, language) => language.ansi.decode_without_bom_handling(bytes).0,
        Console::Encoding(encoding) => encoding.decode_without_bom_handling(bytes).0,
        Console::Table(table) => {
            let upper: Vec<char> = table.chars().collect();
            let character = |byte: u8| match byte.checked_sub(0x80) {
                Some(place) => upper.get(usize::from(place)).copied().unwrap_or(char::REPLACEMENT_CHARACTER),
                None => char::from(byte),
            };
            Cow::Owned(bytes.iter().map(|byte| character(*byte)).collect())
        }
    }
}

/// Returns whether most letters beyond ASCII lie where Windows' own code pages have them, from 0xC0 on. Consoles have theirs below
/// 0xB0; the Cyrillic one also from 0xE0 to 0xEF, where both have some.
///
/// 0xA0 and 0xFF are the no-break spaces of either kind, and 0x92 is more often Windows' apostrophe than the console's `Æ`.
fn is_ansi(bytes: &[u8], language: Language) -> bool {
    let is_cyrillic = language.ansi == WINDOWS_1251;
    let count = |counts: fn(u8, bool) -> bool| bytes.iter().filter(|byte| counts(**byte, is_cyrillic)).count();
    let console = count(|byte, _| matches!(byte, 0x80..=0x91 | 0x93..=0x9f | 0xa1..=0xaf));
    let ansi = count(|byte, is_cyrillic| {
        matches!(byte, 0xc0..=0xdf | 0xf0..=0xfe) || (matches!(byte, 0xe0..=0xef) && !is_cyrillic)
    });
    ansi > console
}

#[cfg(test)]
mod tests {
    use super::*;

    fn french(e: u8, a: u8, cedilla: u8) -> Vec<u8> {
        let mut text = b"Nom de l'h\x93te: A\r\nSyst\x8ame:   fr;Fran\x87ais (France)\r\n".to_vec();
        for (old, new) in [(0x93, a), (0x8a, e), (0x87, cedilla)] {
            text.iter_mut().filter(|byte| **byte == old).for_each(|byte| *byte = new);
        }
        text
    }

    #[test]
    fn texts_are_decoded_whatever_their_encoding() {
        let expected = "Nom de l'hôte: A\r\nSystème:   fr;Français (France)\r\n";
        let utf16 = |swap: bool| -> Vec<u8> {
            let units = expected.encode_utf16();
            units.flat_map(|unit| if swap { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        for (what, bytes) in [
            ("UTF-8", expected.as_bytes().to_vec()),
            ("UTF-8 with mark", [b"\xef\xbb\xbf", expected.as_bytes()].concat()),
            ("UTF-16LE", [b"\xff\xfe".to_vec(), utf16(false)].concat()),
            ("UTF-16BE", [b"\xfe\xff".to_vec(), utf16(true)].concat()),
            ("UTF-16LE without mark", utf16(false)),
            ("UTF-16BE without mark", utf16(true)),
            ("850", french(0x8a, 0x93, 0x87)),
            ("1252", french(0xe8, 0xf4, 0xe7)),
        ] {
            assert_eq!(decode(&bytes), expected, "{what}");
        }
    }

    #[test]
    fn utf16_without_a_mark_is_recognized_in_every_script() {
        let text = "\nИмя узла:       ПК-01\nНазвание ОС:    Windows 10\n主机名:         PC-01\n";
        let units = || text.encode_utf16();
        assert_eq!(decode(&units().flat_map(u16::to_le_bytes).collect::<Vec<_>>()), text);
        assert_eq!(decode(&units().flat_map(u16::to_be_bytes).collect::<Vec<_>>()), text);
        // A byte that should not be there does not make it another encoding.
        assert_eq!(decode(b"KB5034441\0\nKB5034129\n"), "KB5034441\0\nKB5034129\n");
    }

    #[test]
    fn the_locale_tells_the_code_page() {
        for (text, encoding) in [
            ("Конфигурация ОС: Изолированный сервер\nru;Русский", encoding_rs::IBM866),
            ("Конфигурация ОС: Изолированный сервер\nru;Русский", encoding_rs::WINDOWS_1251),
            ("OS 構成: スタンドアロン サーバー\nja;日本語", encoding_rs::SHIFT_JIS),
            ("OS 配置: 独立服务器\nzh-cn;中文(中国)", encoding_rs::GBK),
            ("OS 구성: 독립 실행형 서버\nko;한국어", encoding_rs::EUC_KR),
        ] {
            assert_eq!(decode(&encoding.encode(text).0), text, "{}", encoding.name());
        }
    }
}
