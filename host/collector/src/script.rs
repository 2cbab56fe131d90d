//! The text of the script.

use std::fmt::Write as _;

use wardline_windows_words::well_known_sids;

use crate::quote::{commented, quoted};
use crate::{Plan, Plugin};

const BEGIN: &str = include_str!("script/begin.ps1");
const PARTS: [&str; 5] = [
    include_str!("script/output.ps1"),
    include_str!("script/registry.ps1"),
    include_str!("script/files.ps1"),
    include_str!("script/facts.ps1"),
    include_str!("script/accounts.ps1"),
];
const END: &str = include_str!("script/end.ps1");

/// The facts that are asked for as a whole, by the contract's names, with their names for people.
pub(crate) const FACTS: [(&str, &str); 9] = [
    ("system", "the version of Windows, its role and language"),
    ("services", "services and drivers"),
    ("accounts", "local accounts, without their passwords"),
    ("groups", "local groups and their members"),
    ("shares", "shared folders and their permissions"),
    ("volumes", "drives and their file systems"),
    ("audit-policy", "the audit policy"),
    ("password-policy", "the password policy"),
    ("profiles", "the profiles of users"),
];

impl Plan {
    /// Returns the script. The same plan always has the same text, in ASCII with line feeds.
    #[must_use]
    pub fn script(&self) -> String {
        let mut script = String::new();
        self.write_header(&mut script);
        script.push_str(BEGIN);
        for part in PARTS {
            script.push('\n');
            script.push_str(part);
        }
        script.push('\n');
        self.write_data(&mut script);
        script.push('\n');
        script.push_str(END);
        script
    }

    fn write_header(&self, script: &mut String) {
        let mut line = |text: &str| {
            script.push('#');
            if !text.is_empty() {
                script.push(' ');
                script.push_str(&commented(text));
            }
            script.push('\n');
        };
        line(concat!(
            "Records this machine for wardline ",
            env!("CARGO_PKG_VERSION"),
            ": what its plugins ask about Windows."
        ));
        line("");
        line("Run it as an administrator, and take the recording to where wardline is:");
        line("    powershell.exe -ExecutionPolicy RemoteSigned -File THIS.ps1 -OutFile NAME.recording");
        line("    wardline scan NAME.recording");
        line("Run as the account SYSTEM, it also reads the audit policy and the password policy.");
        line("");
        line(
            "It runs on Windows PowerShell 2.0 to 5.1 and on PowerShell 7. It reads, and writes one new file: -OutFile. It changes",
        );
        line(
            "no setting, starts nothing (a 32-bit PowerShell starts the 64-bit one), loads no module and uses no network.",
        );
        line("");
        line("Written for the plugins:");
        for Plugin { name, version, digest } in &self.plugins {
            line(&format!("    {name} {version} (sha256 {digest})"));
        }
        line("");
        line("It reads:");
        for (_, words) in FACTS.iter().filter(|(fact, _)| self.facts.contains(fact)) {
            line(&format!("    {words}"));
        }
        let counts = [
            (self.keys.len() + self.keys_with_permissions.len(), "patterns of registry keys, listed below ($keys)"),
            (self.values.len(), "registry values of updates ($values)"),
            (
                self.places.len() + self.places_with_permissions.len(),
                "patterns of files and folders ($places_of_files)",
            ),
            (self.texts.len(), "patterns of text files, whose text is recorded ($places_of_texts)"),
            (self.anywhere.len(), "lists of files that may lie in the folders that registry keys name ($anywhere)"),
            (self.files.len() + self.files_with_checksum.len(), "files of updates: version, size, time ($files)"),
        ];
        for (count, words) in counts.iter().filter(|(count, _)| *count > 0) {
            line(&format!("    {count} {words}"));
        }
        line(
            "Of files it records version, size, time and checksum, and the text only of those that are named as text files.",
        );
        line(
            "It never records passwords: not their hashes, not the password of the automatic logon, no raw value of HKLM\\SAM or",
        );
        line("HKLM\\SECURITY.");
        if !self.left_out.is_empty() {
            line("");
            line("It cannot look for these patterns, which name no folder or key to begin at:");
            for pattern in &self.left_out {
                line(&format!("    {pattern}"));
            }
        }
        line("");
    }

    fn write_data(&self, script: &mut String) {
        script.push_str(
            "# --- What is recorded. In a pattern, * is any text within a name and ** any number of names.\n\n",
        );
        script.push_str("$collect = @{\n");
        for (fact, _) in FACTS {
            let wanted = if self.facts.contains(fact) { "$true" } else { "$false" };
            let _ = writeln!(script, "    '{fact}' = {wanted}");
        }
        script.push_str("}\n$well_known = @{\n");
        for (sid, name) in well_known_sids() {
            let _ = writeln!(script, "    {} = {}", quoted(sid), quoted(name));
        }
        script.push_str("}\n");
        for (name, list) in [
            ("keys", &self.keys),
            ("keys_with_permissions", &self.keys_with_permissions),
            ("places_of_files", &self.places),
            ("places_with_permissions", &self.places_with_permissions),
            ("places_of_texts", &self.texts),
            ("files", &self.files),
            ("files_with_checksum", &self.files_with_checksum),
            ("names_with_checksum", &self.names_with_checksum),
            ("folders_of_updates", &self.folders_of_updates),
        ] {
            write_list(script, name, list.iter().map(|text| quoted(text)));
        }
        // The comma keeps PowerShell from joining the lists in a list.
        let pairs = self.values.iter().map(|(key, name)| format!(",@({}, {})", quoted(key), quoted(name)));
        write_list(script, "values", pairs);
        let anywhere = self.anywhere.iter().map(|anywhere| {
            let list = |texts: &[String]| texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ");
            let permissions = if anywhere.with_permissions { "$true" } else { "$false" };
            format!(
                ",@('{}', @({}), @({}), {permissions})",
                anywhere.kind.word(),
                list(&anywhere.tails),
                list(&anywhere.keys)
            )
        });
        write_list(script, "anywhere", anywhere);
    }
}

fn write_list(script: &mut String, name: &str, items: impl Iterator<Item = String>) {
    let mut items = items.peekable();
    if items.peek().is_none() {
        let _ = writeln!(script, "${name} = @()");
        return;
    }
    let _ = writeln!(script, "${name} = @(");
    for item in items {
        let _ = writeln!(script, "    {item}");
    }
    script.push_str(")\n");
}
