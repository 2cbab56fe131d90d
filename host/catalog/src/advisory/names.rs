//! Names of vulnerabilities, articles and products, as documents write them.

/// Returns `CVE-2016-3247` or `ADV160008` for the identifier of a vulnerability, and whether hyphens had to be added. `None` if it is not
/// exactly one.
pub(super) fn vulnerability(text: &str) -> Option<(String, bool)> {
    let upper = text.trim().to_ascii_uppercase();
    let digits = |text: &str| !text.is_empty() && text.len() <= 19 && text.bytes().all(|byte| byte.is_ascii_digit());
    if upper.strip_prefix("ADV").is_some_and(digits) {
        return Some((upper, false));
    }
    let number = upper.strip_prefix("CVE")?;
    let (year, serial) = match number.strip_prefix('-') {
        Some(number) => number.split_once('-')?,
        None => number.split_at_checked(4)?,
    };
    let fits = year.len() == 4 && digits(year) && serial.len() >= 4 && digits(serial);
    fits.then(|| (format!("CVE-{year}-{serial}"), !number.starts_with('-')))
}

/// Returns the number of a knowledge base article: of `5035849`, `KB5035849` or ` 4287903 `.
pub(super) fn article(text: &str) -> Option<u32> {
    let text = text.trim();
    let number = match text.split_at_checked(2) {
        Some((prefix, number)) if prefix.eq_ignore_ascii_case("KB") => number,
        _ => text,
    };
    let digits = (5..=8).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    if digits { number.parse().ok() } else { None }
}

/// The articles in a list of those that an update replaces, and whether the list holds something else, too.
///
/// Lists are separated by commas, semicolons or even `<br>`. They may name the bulletin before the article:
/// `MS16-039, 3145739; MS16-051, 3154070`.
pub(super) fn superseded(text: &str) -> (Vec<u32>, bool) {
    let mut articles = Vec::new();
    let (mut bulletin, mut strange) = (false, false);
    for word in text.split([',', ';', '<', '>', ' ', '\n', '\r', '\t']).filter(|word| !word.is_empty()) {
        if let Some(number) = article(word) {
            articles.push(number);
            bulletin = false;
        } else if is_bulletin(word) {
            // The bulletin before this one was named without an article.
            strange |= std::mem::replace(&mut bulletin, true);
        } else if !["none", "br", "br/", "n/a", "na"].iter().any(|known| word.eq_ignore_ascii_case(known)) {
            strange = true;
        }
    }
    articles.sort_unstable();
    articles.dedup();
    (articles, strange || bulletin)
}

fn is_bulletin(word: &str) -> bool {
    let digits = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    word.split_once('-').is_some_and(|(year, serial)| {
        digits(serial, 3)
            && year
                .split_at_checked(2)
                .is_some_and(|(prefix, year)| prefix.eq_ignore_ascii_case("MS") && digits(year, 2))
    })
}

/// Returns a product's name with one space between words.
pub(super) fn product(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vulnerabilities() {
        for (text, expected) in [
            ("CVE-2024-21407", Some(("CVE-2024-21407", false))),
            (" cve-2024-21407 ", Some(("CVE-2024-21407", false))),
            ("CVE20163247", Some(("CVE-2016-3247", true))),
            ("ADV990001", Some(("ADV990001", false))),
            ("CVE", None),
            ("", None),
            ("CVE-2016-7257M", None),
            ("CVE-2015-2442CVE-2015-2446", None),
            ("CVE-2023-38039 mariner - do not use this one", None),
        ] {
            let expected = expected.map(|(name, mended)| (name.to_owned(), mended));
            assert_eq!(vulnerability(text), expected, "{text}");
        }
    }

    #[test]
    fn lists_of_superseded_articles() {
        for (text, articles, strange) in [
            ("5034768", &[5034768][..], false),
            ("KB5034768", &[5034768], false),
            ("3181707; 3203838", &[3181707, 3203838], false),
            ("4014984, 3216520,4014984\n", &[3216520, 4014984], false),
            ("MS16-039, 3145739; MS16-051, 3154070", &[3145739, 3154070], false),
            ("3118389<br><br>4022173", &[3118389, 4022173], false),
            ("None", &[], false),
            ("", &[], false),
            ("MS16-029", &[], true),
            ("2.41.0", &[], true),
            ("2883200;SP81X86", &[2883200], true),
        ] {
            assert_eq!(superseded(text), (articles.to_vec(), strange), "{text}");
        }
    }
}
