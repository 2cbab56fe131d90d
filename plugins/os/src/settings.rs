//! The operator's settings for this plugin, and their defaults.

use wardline_plugin::describe::Describing;
use wardline_plugin::prelude::*;

/// A setting that is a list of names.
pub(crate) struct Names {
    pub(crate) name: &'static str,
    pub(crate) explanation: &'static str,
    pub(crate) default: &'static [&'static str],
}

impl Names {
    pub(crate) fn declare(&self, describing: Describing) -> Describing {
        let default = self.default.iter().map(|&name| name.to_owned()).collect();
        describing.setting(self.name, self.explanation, SettingValue::Texts(default))
    }

    /// Returns the names for this scan, trimmed and without empty ones.
    ///
    /// # Errors
    ///
    /// If the setting is not a list.
    pub(crate) fn of<'a>(&self, about: &'a About) -> Result<Vec<&'a str>, Unable> {
        let names = match about.setting(self.name) {
            None => self.default.to_vec(),
            Some(SettingValue::Texts(names)) => names.iter().map(String::as_str).collect(),
            Some(_) => return Err(Unable::new(format!("The setting {} is not a list of texts.", self.name))),
        };
        Ok(names.into_iter().map(str::trim).filter(|name| !name.is_empty()).collect())
    }
}

/// A setting that is a count.
pub(crate) struct Number {
    pub(crate) name: &'static str,
    pub(crate) explanation: &'static str,
    pub(crate) default: u32,
}

impl Number {
    pub(crate) fn declare(&self, describing: Describing) -> Describing {
        describing.setting(self.name, self.explanation, SettingValue::Number(i64::from(self.default)))
    }

    /// # Errors
    ///
    /// If the setting is not a number, or is below zero.
    pub(crate) fn of(&self, about: &About) -> Result<u32, Unable> {
        let wrong = || Unable::new(format!("The setting {} is not a whole number of 0 or more.", self.name));
        match about.setting(self.name) {
            None => Ok(self.default),
            Some(SettingValue::Number(number)) => u32::try_from(*number).map_err(|_| wrong()),
            Some(_) => Err(wrong()),
        }
    }
}

/// Whether a name matches one of these, case-insensitively. A final `*` matches any ending.
pub(crate) fn is_named(name: &str, patterns: &[&str]) -> bool {
    let name = name.to_lowercase();
    patterns.iter().any(|pattern| {
        let pattern = pattern.to_lowercase();
        match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == pattern,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_windows_does() {
        for (name, pattern, expected) in [
            ("IUSR_WEB01", "iusr_*", true),
            ("iusr", "IUSR_*", false),
            ("ASPNET", "aspnet", true),
            ("ASPNET2", "aspnet", false),
            ("Ünal", "ünAL", true),
            ("anyone", "*", true),
            ("", "x", false),
        ] {
            assert_eq!(is_named(name, &[pattern]), expected, "{name} {pattern}");
        }
    }
}
