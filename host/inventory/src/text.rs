//! The text output of `wardline hotfixes`.

use std::io::{self, Write};

use wardline_contract::Escaped;

use super::{FileVerdict, Hotfix, HotfixVerdict, Inventory, NotListed, Package, PackageState, RecordedFile};

/// Writes an inventory as text. All text from the target is escaped.
///
/// # Errors
///
/// If writing to `out` fails.
pub fn text(inventory: &Inventory, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}  {}", Escaped(&inventory.name), Escaped(&inventory.location))?;
    let in_part = if inventory.unread.is_empty() { "" } else { "; not everything could be read" };
    writeln!(out, "  {}{in_part}", summary(&inventory.hotfixes))?;
    for hotfix in &inventory.hotfixes {
        writeln!(out)?;
        write_hotfix(hotfix, out)?;
    }
    let not_listed = inventory.packages_not_listed;
    if !inventory.packages.is_empty() || not_listed != NotListed::default() {
        writeln!(out, "\n  Component Based Servicing packages")?;
        inventory.packages.iter().try_for_each(|package| write_package(package, out))?;
        if not_listed != NotListed::default() {
            writeln!(out, "    not listed: {}", not_listed_words(not_listed))?;
        }
    }
    if !inventory.unread.is_empty() {
        writeln!(out, "\n  Could not be read")?;
        for unread in &inventory.unread {
            writeln!(out, "    {}: {}", Escaped(&unread.subject), Escaped(&unread.reason))?;
        }
    }
    Ok(())
}

/// Formats `3 hotfixes recorded: 1 current, 1 to be installed again`.
fn summary(hotfixes: &[Hotfix]) -> String {
    use HotfixVerdict::{CannotBeRead, Current, FileGone, NothingRecorded, Reinstall};
    let mut summary = match hotfixes.len() {
        0 => "No hotfix is recorded".to_owned(),
        1 => "1 hotfix recorded".to_owned(),
        count => format!("{count} hotfixes recorded"),
    };
    let mut before = ": ";
    for verdict in [FileGone, Reinstall, CannotBeRead, Current, NothingRecorded] {
        let count = hotfixes.iter().filter(|hotfix| hotfix.verdict == verdict).count();
        if count > 0 {
            summary.push_str(&format!("{before}{count} {}", hotfix_words(verdict)));
            before = ", ";
        }
    }
    summary
}

fn write_hotfix(hotfix: &Hotfix, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "  {:10} {}", Escaped(&hotfix.article).to_string(), hotfix_words(hotfix.verdict))?;
    let of: Vec<&str> = [&hotfix.product, &hotfix.service_pack].into_iter().flatten().map(String::as_str).collect();
    if !of.is_empty() {
        write!(out, "  ({})", Escaped(&of.join(", ")))?;
    }
    writeln!(out)?;
    if let Some(description) = &hotfix.description {
        writeln!(out, "    {}", Escaped(description))?;
    }
    match (&hotfix.installed_on, &hotfix.installed_by) {
        (Some(on), Some(by)) => writeln!(out, "    installed {} by {}", Escaped(on), Escaped(by))?,
        (Some(on), None) => writeln!(out, "    installed {}", Escaped(on))?,
        (None, Some(by)) => writeln!(out, "    installed by {}", Escaped(by))?,
        (None, None) => {}
    }
    if hotfix.installed == Some(false) {
        writeln!(out, "    recorded as not installed")?;
    }
    hotfix.files.iter().try_for_each(|file| writeln!(out, "    {}", file_line(file)))
}

/// Formats `C:\WINNT\system32\ntdll.dll: 5.0.2195.3649 recorded, 5.0.2195.1 found: install again`.
fn file_line(file: &RecordedFile) -> String {
    let recorded = file.recorded.as_deref().unwrap_or("no version");
    let found = match (&file.found, file.verdict) {
        (Some(version), _) => format!(", {} found", Escaped(version)),
        (None, FileVerdict::Reinstall) => ", no version found".to_owned(),
        (None, _) => String::new(),
    };
    let reason = file.reason.as_deref().map(|reason| format!(", {}", Escaped(reason))).unwrap_or_default();
    let words = match file.verdict {
        FileVerdict::Current => "current",
        FileVerdict::Reinstall => "install again",
        FileVerdict::FileGone => "file missing",
        FileVerdict::CannotBeRead => "cannot be checked",
    };
    format!("{}: {} recorded{found}: {words}{reason}", Escaped(&file.path), Escaped(recorded))
}

fn hotfix_words(verdict: HotfixVerdict) -> &'static str {
    match verdict {
        HotfixVerdict::Current => "current",
        HotfixVerdict::Reinstall => "to be installed again",
        HotfixVerdict::FileGone => "with a file missing",
        HotfixVerdict::CannotBeRead => "with a file that cannot be checked",
        HotfixVerdict::NothingRecorded => "without recorded files",
    }
}

/// Writes `KB2534111  installed`. A package whose name does not contain its article is shown with its name.
fn write_package(package: &Package, out: &mut dyn Write) -> io::Result<()> {
    let article = package.article.as_deref().unwrap_or("no article");
    write!(out, "    {:10} {}", Escaped(article).to_string(), package_state(package))?;
    if !package.article.as_deref().is_some_and(|article| package.name.contains(article)) {
        write!(out, "  ({})", Escaped(&package.name))?;
    }
    writeln!(out)
}

/// Formats `3112 parts of updates, 650 parts of Windows`.
fn not_listed_words(not_listed: NotListed) -> String {
    let count = |number: usize, of: &str| match number {
        0 => None,
        1 => Some(format!("1 part of {of}")),
        _ => Some(format!("{number} parts of {of}")),
    };
    let words = [count(not_listed.parts, "updates"), count(not_listed.features, "Windows")];
    words.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn package_state(package: &Package) -> String {
    match package.state {
        PackageState::Absent => "absent".to_owned(),
        PackageState::UninstallPending => "to be uninstalled at the next restart".to_owned(),
        PackageState::Staged => "staged".to_owned(),
        PackageState::Superseded => "superseded".to_owned(),
        PackageState::InstallPending => "to be installed at the next restart".to_owned(),
        PackageState::Installed => "installed".to_owned(),
        PackageState::Other => format!("in state {}", package.state_number),
    }
}
