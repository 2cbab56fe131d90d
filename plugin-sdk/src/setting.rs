//! Settings for the operator: declared once, with a default that also gives their type.

use crate::contract::exports::wardline::check::types::{SettingDescription, SettingValue};
use crate::evidence::Unable;

/// A setting of type `u32`, `bool`, `&str` or `&[&str]`.
///
/// ```
/// use wardline_plugin::prelude::*;
///
/// const MOST: Setting<u32> = Setting::new("most-administrators", "The maximum number of administrators.", 2);
/// const UNNEEDED: Setting<&[&str]> = Setting::new("unneeded-services", "Services to disable.", &["TlntSvr"]);
///
/// fn limit(about: &About) -> Result<u32, Unable> {
///     about.setting(MOST)
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Setting<T> {
    /// In kebab-case, unique within the plugin.
    pub name: &'static str,
    /// One sentence for people.
    pub explanation: &'static str,
    /// The value if the operator sets none.
    pub default: T,
}

impl<T> Setting<T> {
    /// `name` is kebab-case and unique within the plugin, `explanation` one sentence for people.
    pub const fn new(name: &'static str, explanation: &'static str, default: T) -> Self {
        Setting { name, explanation, default }
    }
}

impl<T: SettingType> Setting<T> {
    /// Returns the setting's value, given the operator's.
    pub(crate) fn resolve(self, value: Option<&SettingValue>) -> Result<T::Value<'_>, Unable> {
        let wrong = || Unable::new(format!("The setting {} is not {}.", self.name, T::EXPECTED));
        self.default.resolve(value).ok_or_else(wrong)
    }
}

/// A setting of any type, as a check lists it.
pub trait DeclaredSetting: Sync {
    /// Returns its description for the host.
    fn describe(&self) -> SettingDescription;
}

impl<T: SettingType> DeclaredSetting for Setting<T> {
    fn describe(&self) -> SettingDescription {
        SettingDescription {
            name: self.name.to_owned(),
            explanation: self.explanation.to_owned(),
            default: self.default.to_value(),
        }
    }
}

impl std::fmt::Debug for dyn DeclaredSetting {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.describe().name)
    }
}

/// The types of settings.
pub trait SettingType: Copy + Sync + 'static {
    /// The value that a check reads.
    type Value<'a>;
    /// The expected value, for an error.
    const EXPECTED: &'static str;

    /// Returns the value for the contract.
    fn to_value(self) -> SettingValue;

    /// Returns the operator's value, or this default if there is none. `None` if the operator's value is of another type.
    fn resolve(self, value: Option<&SettingValue>) -> Option<Self::Value<'_>>;
}

impl SettingType for u32 {
    type Value<'a> = u32;
    const EXPECTED: &'static str = "a whole number of 0 or more";

    fn to_value(self) -> SettingValue {
        SettingValue::Number(i64::from(self))
    }

    fn resolve(self, value: Option<&SettingValue>) -> Option<u32> {
        match value {
            None => Some(self),
            Some(SettingValue::Number(number)) => u32::try_from(*number).ok(),
            Some(_) => None,
        }
    }
}

impl SettingType for bool {
    type Value<'a> = bool;
    const EXPECTED: &'static str = "true or false";

    fn to_value(self) -> SettingValue {
        SettingValue::Flag(self)
    }

    fn resolve(self, value: Option<&SettingValue>) -> Option<bool> {
        match value {
            None => Some(self),
            Some(SettingValue::Flag(flag)) => Some(*flag),
            Some(_) => None,
        }
    }
}

impl SettingType for &'static str {
    type Value<'a> = &'a str;
    const EXPECTED: &'static str = "a text";

    fn to_value(self) -> SettingValue {
        SettingValue::Text(self.to_owned())
    }

    fn resolve(self, value: Option<&SettingValue>) -> Option<&str> {
        match value {
            None => Some(self),
            Some(SettingValue::Text(text)) => Some(text),
            Some(_) => None,
        }
    }
}

/// The texts are read trimmed, without empty ones.
impl SettingType for &'static [&'static str] {
    type Value<'a> = Vec<&'a str>;
    const EXPECTED: &'static str = "a list of texts";

    fn to_value(self) -> SettingValue {
        SettingValue::Texts(self.iter().map(|&text| text.to_owned()).collect())
    }

    fn resolve(self, value: Option<&SettingValue>) -> Option<Vec<&str>> {
        let texts: Vec<&str> = match value {
            None => self.to_vec(),
            Some(SettingValue::Texts(texts)) => texts.iter().map(String::as_str).collect(),
            Some(_) => return None,
        };
        Some(texts.into_iter().map(str::trim).filter(|text| !text.is_empty()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operators_value_goes_before_the_default_and_must_have_its_type() {
        const NUMBER: Setting<u32> = Setting::new("number", "", 2);
        const FLAG: Setting<bool> = Setting::new("flag", "", true);
        const TEXT: Setting<&str> = Setting::new("text", "", "medium");
        const TEXTS: Setting<&[&str]> = Setting::new("texts", "", &["a", "b"]);
        let text = SettingValue::Text("high".into());
        let texts = SettingValue::Texts(vec![" c ".into(), " ".into()]);

        assert_eq!(NUMBER.resolve(None), Ok(2));
        assert_eq!(NUMBER.resolve(Some(&SettingValue::Number(7))), Ok(7));
        for wrong in [&text, &SettingValue::Number(-1), &SettingValue::Number(1 << 32)] {
            let reason = "The setting number is not a whole number of 0 or more.";
            assert_eq!(NUMBER.resolve(Some(wrong)), Err(Unable::new(reason)), "{wrong:?}");
        }
        assert_eq!(FLAG.resolve(None), Ok(true));
        assert_eq!(FLAG.resolve(Some(&SettingValue::Flag(false))), Ok(false));
        assert!(FLAG.resolve(Some(&text)).is_err());
        assert_eq!(TEXT.resolve(None), Ok("medium"));
        assert_eq!(TEXT.resolve(Some(&text)), Ok("high"));
        assert!(TEXT.resolve(Some(&texts)).is_err());
        assert_eq!(TEXTS.resolve(None), Ok(vec!["a", "b"]));
        assert_eq!(TEXTS.resolve(Some(&texts)), Ok(vec!["c"]));
        assert!(TEXTS.resolve(Some(&text)).is_err());
    }
}
