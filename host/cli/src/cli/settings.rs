//! The operator's settings for plugins: a TOML file with a table for each plugin.

use std::path::Path;

use crate::contract::{Description, Escaped, Setting, SettingDescription, SettingValue};
use crate::text_file::{self, TextFileError};
pub(super) use crate::vet::words::setting_as_written as shown;

/// A larger file was not written by a person.
const LARGEST_FILE: u64 = 1 << 20;

/// Settings as read, not yet compared with what plugins declare.
///
/// ```toml
/// [os]
/// support-date = "2026-11-22"
/// ```
#[derive(Clone, Debug, Default)]
pub struct OperatorSettings {
    /// The path as given by the operator.
    file: String,
    tables: toml::Table,
}

/// Why settings cannot be used, on one line with the file, the key and what is allowed.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{file}: cannot be read: {source}")]
    Unreadable { file: String, source: std::io::Error },
    #[error("{file}: too large: settings may have at most {LARGEST_FILE} bytes")]
    TooLarge { file: String },
    #[error("{file}, line {line}: invalid TOML: {reason}")]
    InvalidToml { file: String, line: usize, reason: String },
    #[error("{file}: {key}: not in a table; settings belong to the table of their plugin, such as [os]")]
    OutsideTable { file: String, key: String },
    #[error("{file}: [{plugin}]: unknown plugin: expected one of {known}")]
    UnknownPlugin { file: String, plugin: String, known: String },
    #[error("{file}: [{plugin}] {key}: unknown setting: {allowed}")]
    UnknownKey { file: String, plugin: String, key: String, allowed: String },
    #[error("{file}: [{plugin}] {key}: bad type: expected {wanted}, found {found}")]
    WrongType { file: String, plugin: String, key: String, found: &'static str, wanted: &'static str },
}

/// A plugin that settings may be for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Known<'a> {
    Described(&'a Description),
    /// It could not be loaded, so its possible settings are unknown: its table is neither used nor judged.
    Named(&'a str),
}

impl Known<'_> {
    fn name(&self) -> &str {
        match self {
            Known::Described(description) => &description.name,
            Known::Named(name) => name,
        }
    }
}

impl OperatorSettings {
    /// Reads a file, or returns no settings if the operator names no file.
    ///
    /// # Errors
    ///
    /// As for [`read`](OperatorSettings::read).
    pub fn given(file: Option<&Path>) -> Result<Self, SettingsError> {
        file.map_or_else(|| Ok(OperatorSettings::default()), OperatorSettings::read)
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is not TOML, or holds anything other than tables.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = text_file::read(path, LARGEST_FILE).map_err(|error| match error {
            TextFileError::Unreadable { file, source } => SettingsError::Unreadable { file, source },
            TextFileError::TooLarge { file, .. } => SettingsError::TooLarge { file },
        })?;
        OperatorSettings::parse(path.display().to_string(), &text)
    }

    /// Reads the settings that a command itself needs.
    ///
    /// # Errors
    ///
    /// If they are not TOML, or hold anything other than tables.
    pub(super) fn of_program(text: &str) -> Result<Self, SettingsError> {
        OperatorSettings::parse("wardline".to_owned(), text)
    }

    fn parse(file: String, text: &str) -> Result<Self, SettingsError> {
        let tables: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let reason = Escaped(error.message()).to_string();
            SettingsError::InvalidToml { file: file.clone(), line: before.matches('\n').count() + 1, reason }
        })?;
        if let Some((key, _)) = tables.iter().find(|(_, value)| !value.is_table()) {
            return Err(SettingsError::OutsideTable { file, key: key.clone() });
        }
        Ok(OperatorSettings { file, tables })
    }

    /// The settings for each of these plugins, in their order: those in its own table that differ from its defaults.
    ///
    /// # Errors
    ///
    /// At the first table, key or value that no plugin declares.
    pub(super) fn assign<'a>(
        &self,
        plugins: impl Iterator<Item = Known<'a>>,
    ) -> Result<Vec<Vec<Setting>>, SettingsError> {
        let plugins: Vec<Known<'_>> = plugins.collect();
        if let Some(unknown) = self.tables.keys().find(|name| plugins.iter().all(|plugin| plugin.name() != *name)) {
            return Err(SettingsError::UnknownPlugin {
                file: self.file.clone(),
                plugin: unknown.clone(),
                known: listed(plugins.iter().map(Known::name)),
            });
        }
        let assigned = plugins.iter().map(|plugin| match plugin {
            Known::Described(description) => self.of(description),
            Known::Named(_) => Ok(Vec::new()),
        });
        assigned.collect()
    }

    /// The settings for one plugin; the tables of others are ignored.
    ///
    /// # Errors
    ///
    /// At the first key or value that the plugin does not declare.
    pub(super) fn of_one(&self, plugin: &Description) -> Result<Vec<Setting>, SettingsError> {
        self.of(plugin)
    }

    fn of(&self, plugin: &Description) -> Result<Vec<Setting>, SettingsError> {
        let table = self.tables.get(&plugin.name).and_then(toml::Value::as_table);
        let mut settings = Vec::new();
        for (key, value) in table.into_iter().flatten() {
            let setting = self.setting(plugin, key, value)?;
            let declared = plugin.settings.iter().find(|declared| declared.name == *key);
            if declared.is_none_or(|declared| declared.default != setting.value) {
                settings.push(setting);
            }
        }
        Ok(settings)
    }

    fn setting(&self, plugin: &Description, key: &str, value: &toml::Value) -> Result<Setting, SettingsError> {
        let Some(declared) = plugin.settings.iter().find(|declared| declared.name == key) else {
            return Err(SettingsError::UnknownKey {
                file: self.file.clone(),
                plugin: plugin.name.clone(),
                key: key.to_owned(),
                allowed: match plugin.settings.as_slice() {
                    [] => "the plugin has none".to_owned(),
                    settings => {
                        format!("expected one of {}", listed(settings.iter().map(|setting| setting.name.as_str())))
                    }
                },
            });
        };
        let value = typed(declared, value).ok_or_else(|| SettingsError::WrongType {
            file: self.file.clone(),
            plugin: plugin.name.clone(),
            key: key.to_owned(),
            found: found(value),
            wanted: wanted(&declared.default),
        })?;
        Ok(Setting { name: key.to_owned(), value })
    }
}

/// The value, if it has the default's type.
fn typed(declared: &SettingDescription, value: &toml::Value) -> Option<SettingValue> {
    Some(match (&declared.default, value) {
        (SettingValue::Text(_), toml::Value::String(text)) => SettingValue::Text(text.clone()),
        (SettingValue::Number(_), toml::Value::Integer(number)) => SettingValue::Number(*number),
        (SettingValue::Flag(_), toml::Value::Boolean(flag)) => SettingValue::Flag(*flag),
        (SettingValue::Texts(_), toml::Value::Array(values)) => {
            let texts = values.iter().map(|value| value.as_str().map(str::to_owned));
            SettingValue::Texts(texts.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

fn wanted(default: &SettingValue) -> &'static str {
    match default {
        SettingValue::Text(_) => "a string",
        SettingValue::Number(_) => "an integer",
        SettingValue::Flag(_) => "a boolean",
        SettingValue::Texts(_) => "an array of strings, such as [\"one\", \"two\"]",
    }
}

fn found(value: &toml::Value) -> &'static str {
    match value {
        toml::Value::String(_) => "a string",
        toml::Value::Integer(_) => "an integer",
        toml::Value::Float(_) => "a float",
        toml::Value::Boolean(_) => "a boolean",
        toml::Value::Datetime(_) => "a date (without quotes)",
        toml::Value::Array(values) if values.iter().all(toml::Value::is_str) => "an array",
        toml::Value::Array(_) => "an array with values other than strings",
        toml::Value::Table(_) => "a table",
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugin(name: &str, settings: &[(&str, SettingValue)]) -> Description {
        let declared = |(name, default): &(&str, SettingValue)| SettingDescription {
            name: (*name).to_owned(),
            explanation: String::new(),
            default: default.clone(),
        };
        Description {
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            family: name.to_owned(),
            summary: String::new(),
            checks: Vec::new(),
            products: Vec::new(),
            scopes: Vec::new(),
            settings: settings.iter().map(declared).collect(),
        }
    }

    fn plugins() -> [Description; 2] {
        let texts = SettingValue::Texts(vec!["MSFTPSVC".to_owned()]);
        let settings = [
            ("unneeded-services", texts),
            ("support-date", SettingValue::Text("2026-11-22".to_owned())),
            ("password-age", SettingValue::Number(42)),
            ("strict", SettingValue::Flag(false)),
        ];
        [plugin("os", &settings), plugin("iis", &[])]
    }

    fn assigned(text: &str) -> Result<Vec<Vec<Setting>>, String> {
        let plugins = plugins();
        let known = plugins.iter().map(Known::Described).chain([Known::Named("broken")]);
        OperatorSettings::parse("s.toml".to_owned(), text)
            .and_then(|settings| settings.assign(known))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn each_plugin_gets_its_own_settings() {
        let text = r#"
            [os]
            unneeded-services = ["W3SVC", "TlntSvr"]
            support-date = "2010-01-01"
            password-age = -1
            strict = true
            [iis]
            [broken]
            anything = 1.5
        "#;
        let [os, iis, broken] = assigned(text).unwrap().try_into().unwrap();
        let value = |name: &str| os.iter().find(|setting| setting.name == name).map(|setting| &setting.value);
        assert_eq!(os.len(), 4);
        let texts = SettingValue::Texts(vec!["W3SVC".to_owned(), "TlntSvr".to_owned()]);
        assert_eq!(value("unneeded-services"), Some(&texts));
        assert_eq!(value("support-date"), Some(&SettingValue::Text("2010-01-01".to_owned())));
        assert_eq!(value("password-age"), Some(&SettingValue::Number(-1)));
        assert_eq!(value("strict"), Some(&SettingValue::Flag(true)));
        assert_eq!((iis, broken), (Vec::new(), Vec::new()));
    }

    #[test]
    fn what_is_as_by_default_is_not_handed_on() {
        let text = "[os]\nstrict = false\npassword-age = 42\nunneeded-services = []\n";
        let os = assigned(text).unwrap().remove(0);
        assert_eq!(os, [Setting { name: "unneeded-services".to_owned(), value: SettingValue::Texts(Vec::new()) }]);
        assert_eq!(assigned("").unwrap(), vec![Vec::new(); 3]);
    }

    #[test]
    fn an_error_names_the_file_the_key_and_what_is_expected() {
        for (text, expected) in [
            ("[oss]", "s.toml: [oss]: unknown plugin: expected one of os, iis, broken"),
            ("[OS]", "s.toml: [OS]: unknown plugin: expected one of os, iis, broken"),
            (
                "[os]\nsuport-date = \"x\"",
                "s.toml: [os] suport-date: unknown setting: expected one of unneeded-services, \
                 support-date, password-age, strict",
            ),
            ("[iis]\na = 1", "s.toml: [iis] a: unknown setting: the plugin has none"),
            ("[os]\nsupport-date = 1", "s.toml: [os] support-date: bad type: expected a string, found an integer"),
            (
                "[os]\nsupport-date = 2010-01-01",
                "s.toml: [os] support-date: bad type: expected a string, found a date (without quotes)",
            ),
            ("[os]\npassword-age = 1.5", "s.toml: [os] password-age: bad type: expected an integer, found a float"),
            ("[os]\nstrict = \"yes\"", "s.toml: [os] strict: bad type: expected a boolean, found a string"),
            ("[os.strict]", "s.toml: [os] strict: bad type: expected a boolean, found a table"),
            ("[os]\nstrict = []", "s.toml: [os] strict: bad type: expected a boolean, found an array"),
            (
                "[os]\nunneeded-services = [\"a\", 1]",
                "s.toml: [os] unneeded-services: bad type: expected an array of strings, such as [\"one\", \"two\"], \
                 found an array with values other than strings",
            ),
            ("os = 1", "s.toml: os: not in a table; settings belong to the table of their plugin, such as [os]"),
            ("[os]\n[os]\n", "s.toml, line 2: invalid TOML: duplicate key"),
            ("[os]\n\nstrict = yes\n", "s.toml, line 3: invalid TOML:"),
        ] {
            let error = assigned(text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_file_of_any_bytes_or_depth_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        let deep = format!("[os]\nstrict = {}", "[".repeat(100_000));
        for bytes in [&b"\xff\xfe"[..], deep.as_bytes(), &vec![b'#'; LARGEST_FILE as usize + 1]] {
            std::fs::write(&file, bytes).unwrap();
            assert!(OperatorSettings::read(&file).is_err());
        }
        assert!(OperatorSettings::read(folder.path()).is_err());
    }

    #[test]
    fn a_value_is_shown_as_it_can_be_written() {
        for value in [
            SettingValue::Text("a \"b\"\n".to_owned()),
            SettingValue::Texts(vec!["\u{1b}".to_owned(), String::new()]),
            SettingValue::Number(i64::MIN),
            SettingValue::Flag(true),
        ] {
            let declared =
                SettingDescription { name: "key".to_owned(), explanation: String::new(), default: value.clone() };
            let table: toml::Table = format!("key = {}", shown(&value)).parse().unwrap();
            assert_eq!(typed(&declared, &table["key"]), Some(value));
        }
    }
}
