//! The names of reports: `%domain% - %computername% (%date%)`.

/// The characters that Windows does not allow in the names of files.
const FORBIDDEN: &str = "<>:\"/\\|?*";

/// The maximum number of characters of a name, without the ending `.xml`.
const LONGEST: usize = 200;

/// The names of devices, which Windows opens instead of a file of the name.
const DEVICES: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];

/// A template of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(String);

/// The text is not a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("unknown variable `{0}`: expected %domain%, %computername%, %ip% or %date%")]
    Unknown(String),
    #[error("a name of a file cannot have `{0}`; choose the folder with --reports")]
    Forbidden(char),
    #[error("empty")]
    Empty,
}

/// The values of a template's variables, for one machine.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// Empty if it is not known.
    pub domain: &'a str,
    pub computer: &'a str,
    /// Empty if it is not known.
    pub address: &'a str,
    /// In UTC, `2026-11-27T06:10:00Z`.
    pub date: &'a str,
}

impl Default for Template {
    fn default() -> Self {
        Template("%domain% - %computername% (%date%)".to_owned())
    }
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    ///
    /// [`TemplateError`] for a variable that does not exist, and for characters that the name of a file cannot have.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.trim().is_empty() {
            return Err(TemplateError::Empty);
        }
        for (place, part) in text.split('%').enumerate() {
            // Between the first and the second `%` is a variable, then text, and so on.
            let is_variable = place % 2 == 1;
            if is_variable && !["domain", "computername", "ip", "date"].contains(&part.to_ascii_lowercase().as_str()) {
                return Err(TemplateError::Unknown(format!("%{part}%")));
            }
            if let Some(character) = part.chars().find(|character| is_forbidden(*character)) {
                return Err(TemplateError::Forbidden(character));
            }
        }
        Ok(Template(text.to_owned()))
    }

    /// Returns the name of a machine's report. Names come from machines and lists: characters that no name of a file has become `_`.
    /// A domain that is not known is `WORKGROUP`, as MBSA writes it for machines outside of domains.
    pub fn name(&self, named: Named<'_>) -> String {
        let mut name = String::new();
        for (place, part) in self.0.split('%').enumerate() {
            match (place % 2, part.to_ascii_lowercase().as_str()) {
                (1, "domain") if named.domain.is_empty() => name.push_str("WORKGROUP"),
                (1, "domain") => name.push_str(named.domain),
                (1, "computername") => name.push_str(named.computer),
                (1, "ip") => name.push_str(named.address),
                (1, "date") => name.push_str(&in_name(named.date)),
                _ => name.push_str(part),
            }
        }
        let kept = |character: char| if is_forbidden(character) { '_' } else { character };
        let name: String = name.chars().take(LONGEST).map(kept).collect();
        // Windows removes spaces and periods at the end of a name.
        let name = name.trim().trim_end_matches(['.', ' ']);
        let stem = name.split('.').next().unwrap_or_default().trim_end();
        match name.is_empty() || name.starts_with('.') || is_device(stem) {
            true => format!("_{name}"),
            false => name.to_owned(),
        }
    }
}

fn is_forbidden(character: char) -> bool {
    FORBIDDEN.contains(character) || wardline_contract::is_deceptive(character)
}

fn is_device(stem: &str) -> bool {
    let stem = stem.to_ascii_uppercase();
    let is_port = ["COM", "LPT"].iter().any(|port| {
        stem.strip_prefix(port)
            .is_some_and(|number| number.len() == 1 && number.starts_with(|digit: char| digit.is_ascii_digit()))
    });
    is_port || DEVICES.contains(&stem.as_str())
}

/// Formats a date as MBSA does in names: `11-27-2026 06-10 AM`.
fn in_name(date: &str) -> String {
    match parts(date) {
        Some([year, month, day, hour, minute]) => {
            format!("{month:02}-{day:02}-{year} {:02}-{minute:02} {}", hour_of_12(hour), half(hour))
        }
        None => date.replace(':', "-"),
    }
}

/// Formats a date for people: `11/27/2026 06:10 AM`. Any other text stays as it is.
pub(crate) fn for_people(date: &str) -> String {
    match parts(date) {
        Some([year, month, day, hour, minute]) => {
            format!("{month:02}/{day:02}/{year} {:02}:{minute:02} {} UTC", hour_of_12(hour), half(hour))
        }
        None => date.to_owned(),
    }
}

fn hour_of_12(hour: u32) -> u32 {
    match hour % 12 {
        0 => 12,
        hour => hour,
    }
}

fn half(hour: u32) -> &'static str {
    if hour < 12 { "AM" } else { "PM" }
}

/// Returns year, month, day, hour and minute of `2026-11-27T06:10:00Z`, or `2026-11-27 06:10:00` as reports have it.
fn parts(date: &str) -> Option<[u32; 5]> {
    let number = |range: std::ops::Range<usize>| {
        let digits = date.get(range)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
    };
    let separators = [(4, "-"), (7, "-"), (13, ":")];
    if !separators.iter().all(|(at, separator)| date.get(*at..at + 1) == Some(separator)) {
        return None;
    }
    Some([number(0..4)?, number(5..7)?, number(8..10)?, number(11..13)?, number(14..16)?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DATE: &str = "2026-11-27T18:05:09Z";

    fn name(template: &str, domain: &str, computer: &str) -> String {
        Template::parse(template).unwrap().name(Named { domain, computer, address: "10.0.0.5", date: DATE })
    }

    #[test]
    fn names_are_made_from_the_template() {
        let usual = "%domain% - %computername% (%date%)";
        for (template, domain, computer, expected) in [
            (usual, "CONTOSO", "WEB01", "CONTOSO - WEB01 (11-27-2026 06-05 PM)"),
            (usual, "", "WEB01", "WORKGROUP - WEB01 (11-27-2026 06-05 PM)"),
            ("%COMPUTERNAME%", "", "..\\..\\evil", "_.._.._evil"),
            ("%ip% %Date%", "", "A", "10.0.0.5 11-27-2026 06-05 PM"),
            ("weekly", "", "A", "weekly"),
            ("%computername%", "", "con", "_con"),
            ("%computername%", "", "COM1.x", "_COM1.x"),
            ("%computername%", "", "a\u{202e}b\n", "a_b_"),
            ("%computername%", "", "A. .", "A"),
        ] {
            assert_eq!(name(template, domain, computer), expected);
        }
        assert_eq!(for_people("2026-11-27T00:10:00Z"), "11/27/2026 12:10 AM UTC");
        assert_eq!(for_people("2026-11-27 12:10:00"), "11/27/2026 12:10 PM UTC");
        assert_eq!(for_people("11/15/2004 10:12 AM"), "11/15/2004 10:12 AM");
    }

    #[test]
    fn a_template_has_no_other_variables_and_no_folders() {
        for (text, expected) in [
            ("%machine%", TemplateError::Unknown("%machine%".to_owned())),
            ("100%", TemplateError::Unknown("%%".to_owned())),
            ("logs/%date%", TemplateError::Forbidden('/')),
            (" ", TemplateError::Empty),
        ] {
            assert_eq!(Template::parse(text), Err(expected));
        }
    }

    proptest! {
        #[test]
        fn every_name_is_one_file_in_the_folder(computer in any::<String>(), domain in any::<String>()) {
            let name = name("%domain%%computername%", &domain, &computer);
            prop_assert!(!name.is_empty() && !name.starts_with('.') && name.chars().count() <= LONGEST + 1);
            prop_assert_eq!(std::path::Path::new(&name).file_name(), Some(std::ffi::OsStr::new(&name)));
            prop_assert!(!name.contains(is_forbidden));
        }
    }
}
