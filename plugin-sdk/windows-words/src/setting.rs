//! Names for the data of settings.

/// A part of the path, the setting's name, and the data that have a name, with numbers in decimal.
type Setting = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// The settings whose data have names. The path distinguishes them from another program's setting of the same name, which has
/// none.
///
/// From the articles and specifications that the checks name: Q246261, KB823659, Q324737, KB328010, KB875357, KB815141, Q182569,
/// Q291387, the Office Resource Kits, and `iiscnfg.h`.
const SETTINGS: &[Setting] = &[
    (
        r"\Control\Lsa",
        "RestrictAnonymous",
        &[
            ("0", "no restriction"),
            ("1", "no lists of accounts and shares"),
            ("2", "no access without explicit permission"),
        ],
    ),
    (r"\Control\Lsa", "RestrictAnonymousSAM", ON_OFF),
    (r"\Control\Lsa", "EveryoneIncludesAnonymous", ON_OFF),
    (r"\Control\Lsa", "ForceGuest", ON_OFF),
    (r"\CurrentVersion\Winlogon", "AutoAdminLogon", ON_OFF),
    (r"\FirewallPolicy\", "EnableFirewall", ON_OFF),
    (r"\Microsoft\WindowsFirewall\", "EnableFirewall", ON_OFF),
    (r"\WindowsUpdate\", "NoAutoUpdate", ON_OFF),
    (
        r"\WindowsUpdate\",
        "AUOptions",
        &[
            ("1", "off"),
            ("2", "tell before downloading"),
            ("3", "download, and tell before installing"),
            ("4", "install by itself"),
        ],
    ),
    (r"\Active Setup\Installed Components\", "IsInstalled", ON_OFF),
    (r"\MSSQLServer", "LoginMode", &[("0", "mixed mode"), ("1", "Windows accounts only"), ("2", "mixed mode")]),
    (
        ZONES,
        "CurrentLevel",
        &[
            ("0", "custom"),
            ("65536", "low"),
            ("66816", "medium-low"),
            ("69632", "medium"),
            ("70912", "medium-high"),
            ("73728", "high"),
        ],
    ),
    (ZONES, "1001", ACTIONS),
    (ZONES, "1004", ACTIONS),
    (ZONES, "1200", ACTIONS),
    (ZONES, "1201", ACTIONS),
    (ZONES, "1400", ACTIONS),
    (ZONES, "1402", ACTIONS),
    (ZONES, "1405", ACTIONS),
    (ZONES, "1406", ACTIONS),
    (ZONES, "1800", ACTIONS),
    (ZONES, "1803", ACTIONS),
    (ZONES, "1804", ACTIONS),
    (
        ZONES,
        "1A00",
        &[
            ("0", "automatic logon"),
            ("65536", "prompt"),
            ("131072", "automatic in the intranet"),
            ("196608", "anonymous"),
        ],
    ),
    (
        ZONES,
        "1C00",
        &[("0", "no Java"), ("65536", "high safety"), ("131072", "medium safety"), ("196608", "low safety")],
    ),
    (r"\Outlook\Options\General", "Security Zone", ZONE),
    (r"\Outlook Express\", "Security Zone", ZONE),
    (r"\Outlook Express\", "Email Security Zone", ZONE),
    (r"\Microsoft\Office\", "Level", &[("1", "low"), ("2", "medium"), ("3", "high"), ("4", "very high")]),
    (r"\Microsoft\Office\", "EnableMacroVirusProtection", ON_OFF),
    (r"\Microsoft\Office\", "MacroVirusProtection", ON_OFF),
    ("/LM/W3SVC", "LogType", ON_OFF),
    ("/LM/W3SVC", "LogPluginClsid", &[("{FF160663-DE82-11CF-BC0A-00AA006111E0}", "W3C extended format")]),
];

/// Part of the path of Internet Explorer's zones.
const ZONES: &str = r"\Internet Settings\Zones\";

const ON_OFF: &[(&str, &str)] = &[("0", "off"), ("1", "on")];

/// Internet Explorer's zones, which other programs refer to as well.
const ZONE: &[(&str, &str)] = &[
    ("0", "My computer"),
    ("1", "Local intranet"),
    ("2", "Trusted sites"),
    ("3", "Internet"),
    ("4", "Restricted sites"),
];

/// A zone's response when a site requests an action.
const ACTIONS: &[(&str, &str)] = &[("0", "enable"), ("1", "prompt"), ("3", "disable")];

/// Returns the name of a setting's data, such as `install by itself`. `path` is the registry key or the metabase node that
/// contains the setting. `None` if the data have no name.
pub fn setting_word(path: &str, name: &str, data: &str) -> Option<&'static str> {
    let is_here = |part: &str| path.to_ascii_lowercase().contains(&part.to_ascii_lowercase());
    let (_, _, words) = SETTINGS.iter().find(|(part, known, _)| known.eq_ignore_ascii_case(name) && is_here(part))?;
    words.iter().find(|(known, _)| known.eq_ignore_ascii_case(data)).map(|(_, word)| *word)
}

/// Formats data as `install by itself (4)`; data without a name are returned unchanged.
pub fn setting(path: &str, name: &str, data: &str) -> String {
    match setting_word(path, name, data) {
        Some(word) => format!("{word} ({data})"),
        None => data.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_words_for_their_numbers() {
        const UPDATES: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update";
        const ZONE: &str =
            r"HKU\S-1-5-21-1-2-3-1000\Software\Microsoft\Windows\CurrentVersion\Internet Settings\Zones\3";
        for (path, name, data, expected) in [
            (UPDATES, "AUOptions", "4", "install by itself (4)"),
            (UPDATES, "auoptions", "7", "7"),
            (ZONE, "CurrentLevel", "69632", "medium (69632)"),
            (ZONE, "1004", "3", "disable (3)"),
            (
                r"HKLM\SYSTEM\CurrentControlSet\Control\LSA",
                "RestrictAnonymous",
                "1",
                "no lists of accounts and shares (1)",
            ),
            ("/LM/W3SVC/1", "LogType", "1", "on (1)"),
            // A setting of another program.
            (r"HKLM\SOFTWARE\Contoso\Agent", "Level", "1", "1"),
            ("", "", "", ""),
        ] {
            assert_eq!(setting(path, name, data), expected, "{path} {name}");
        }
    }
}
