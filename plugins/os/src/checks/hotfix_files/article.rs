//! Names of articles in Microsoft's knowledge base.

/// The number of digits in an article's number.
const DIGITS: std::ops::RangeInclusive<usize> = 5..=8;

/// Returns whether a key is named after an article: `Q296441`, `KB835732`, `S867460`, `KB2534111v2`, `Q147222_W2K`.
pub(super) fn is_article(name: &str) -> bool {
    let upper = name.trim().to_ascii_uppercase();
    let number = ["KB", "Q", "S", "M"].iter().find_map(|prefix| upper.strip_prefix(prefix)).unwrap_or_default();
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    DIGITS.contains(&digits)
}

/// Returns the article in a path or file name: `KB3197874` of `…\windows8.1-kb3197874-x64-express.cab`. If there are several, the
/// last one, which is the file's; `None` without `KB` before the number.
pub(super) fn article_in(text: &str) -> Option<String> {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric());
    let number = |word: &str| {
        let (prefix, number) = word.split_at_checked(2)?;
        let all_digits = number.bytes().all(|byte| byte.is_ascii_digit());
        (prefix.eq_ignore_ascii_case("KB") && all_digits && DIGITS.contains(&number.len()))
            .then(|| format!("KB{number}"))
    };
    words.filter_map(number).next_back()
}

/// Sorts by the number of the article that `key` returns, regardless of the letters before it, then by the text. What has no article
/// comes last.
pub(super) fn by_article<T>(items: Vec<T>, key: impl Fn(&T) -> (Option<&String>, String)) -> Vec<T> {
    let keyed = |item: T| {
        let (article, then) = key(&item);
        let name = article.map(|article| article.to_ascii_uppercase());
        let number = name.as_deref().map_or(u64::MAX, number);
        ((name.is_none(), number, name, then), item)
    };
    let mut keyed: Vec<_> = items.into_iter().map(keyed).collect();
    keyed.sort_by(|(one, _), (other, _)| one.cmp(other));
    keyed.into_iter().map(|(_, item)| item).collect()
}

fn number(name: &str) -> u64 {
    let digits: String = name.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_are_told_from_products_and_service_packs() {
        for name in ["Q296441", "q296441", "KB835732", "S867460", "M979906", "KB2534111v2", "Q147222_W2K"] {
            assert!(is_article(name), "{name}");
        }
        for name in
            ["SP3", "SP1", "Windows 2000", "Q", "KB", "Q1234", "SP2SRP1", "DataAccess", "", "KB123456789", "1.1"]
        {
            assert!(!is_article(name), "{name}");
        }
    }

    #[test]
    fn articles_are_found_in_paths() {
        for (path, article) in [
            (
                r"\\?\C:\Windows\SoftwareDistribution\Download\f70a\windows8.1-kb3197874-x64-express.cab",
                Some("KB3197874"),
            ),
            (r"C:\KB2919355\Windows10.0-KB5036892-x64.msu", Some("KB5036892")),
            (r"C:\temp\KB5036892\", Some("KB5036892")),
            ("windows10.0_KB5036892.cab", Some("KB5036892")),
            (r"C:\Windows\SoftwareDistribution\Download\f70a2a9581755f28627aaa8776c4b35b\inst\", None),
            (r"C:\akb5036892\KB12\kb123456789\KB", None),
            ("€KB", None),
            ("", None),
        ] {
            assert_eq!(article_in(path).as_deref(), article, "{path}");
        }
    }
}
