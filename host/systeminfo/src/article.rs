//! The numbers of articles by which updates are known.

/// Finds the first article in a text, as `KB5034441` or, for the oldest, `Q147222`. A number alone counts if it is the whole text:
/// Internet Explorer 9 is installed as `982861`.
///
/// `KB2656372v2 - Update`, `KB925398_WMP64` and `(KB2504637)` contain one; `http://support.microsoft.com/?kbid=2894852` does not.
pub(crate) fn find(text: &str) -> Option<String> {
    let text = text.trim();
    if is_number(text) {
        return Some(format!("KB{text}"));
    }
    let mut inside_word = false;
    for (place, letter) in text.char_indices() {
        if !inside_word && let Some(article) = text.get(place..).and_then(at_start) {
            return Some(article);
        }
        inside_word = letter.is_alphanumeric();
    }
    None
}

/// Returns the article that is the whole text.
pub(crate) fn whole(text: &str) -> Option<String> {
    find(text).filter(|article| article.eq_ignore_ascii_case(text) || is_number(text))
}

fn at_start(text: &str) -> Option<String> {
    let prefix = ["KB", "Q"]
        .into_iter()
        .find(|prefix| text.get(..prefix.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(prefix)))?;
    let rest = text.get(prefix.len()..)?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (number, after) = rest.split_at_checked(digits)?;
    // `v2` is a later edition of the same article.
    let ends = !after.starts_with(|letter: char| letter.is_alphanumeric()) || after.starts_with(['v', 'V']);
    // PowerShell cuts off what does not fit into a column: the number may have had more digits.
    let ends = ends && !after.starts_with("..") && !after.starts_with('…');
    (is_number(number) && ends).then(|| format!("{prefix}{number}"))
}

/// Articles have had six digits since 1999 and seven since 2009.
fn is_number(text: &str) -> bool {
    matches!(text.len(), 5..=8) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_are_found() {
        for (text, expected) in [
            ("KB5034441", Some("KB5034441")),
            ("kb5034441 ", Some("KB5034441")),
            ("Q147222", Some("Q147222")),
            ("982861", Some("KB982861")),
            ("KB2656372v2 - Update", Some("KB2656372")),
            ("KB2510531-IE8", Some("KB2510531")),
            ("KB925398_WMP64", Some("KB925398")),
            ("Update for Windows (KB2504637)", Some("KB2504637")),
            ("http://support.microsoft.com/?kbid=2894852", None),
            ("File 1", None),
            ("SKB123456", None),
            ("KB123456789", None),
            ("KB123456x", None),
            ("KB50358...", None),
            ("KB50358…", None),
            ("KB", None),
            ("", None),
        ] {
            assert_eq!(find(text).as_deref(), expected, "{text}");
        }
        assert_eq!(whole("Update (KB2504637)"), None);
    }
}
