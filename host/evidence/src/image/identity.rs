//! Checks that a hive is the one that belongs in its place, and knows which of its keys cannot be absent.
//!
//! A hive of another kind, or a nearly empty one, answers every question with "absent", and absence is a fact on which checks pass.
//! So a hive is trusted only if it has the keys that every Windows has there, from NT 4 to 11. The lists follow "Registry Hives" in
//! Microsoft's documentation and the hives of a fresh installation of each release.

use super::failure::{Failure, Found};
use super::hive::Hive;
use super::key::Key;
use super::names;
use super::typed::number_of;

/// The expected kind of a hive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HiveKind {
    System,
    Software,
    Sam,
    Security,
    /// `NTUSER.DAT` of a profile, and `DEFAULT`.
    User,
    /// `UsrClass.dat` of a profile.
    Classes,
}

/// The kinds with a key that no other kind has.
const IDENTIFIABLE: [HiveKind; 5] =
    [HiveKind::System, HiveKind::Software, HiveKind::Sam, HiveKind::Security, HiveKind::User];

impl HiveKind {
    /// The key that identifies a hive of this kind. `UsrClass.dat` has none: on Windows XP it may be empty.
    fn anchor(self) -> Option<&'static str> {
        match self {
            HiveKind::System => Some("Select"),
            HiveKind::Software => Some(r"Microsoft\Windows NT\CurrentVersion"),
            HiveKind::Sam => Some(r"SAM\Domains\Account"),
            HiveKind::Security => Some("Policy"),
            HiveKind::User => Some(r"Software\Microsoft\Windows\CurrentVersion"),
            HiveKind::Classes => None,
        }
    }

    /// The keys that every Windows has in a hive of this kind; in SYSTEM, relative to the control set.
    fn fixed_keys(self) -> &'static [&'static str] {
        match self {
            HiveKind::System => &[
                r"Control\ComputerName\ComputerName",
                r"Control\Lsa",
                r"Control\Nls\Language",
                r"Control\ProductOptions",
                r"Control\Session Manager\Environment",
                r"Control\Windows",
                r"Services\EventLog",
            ],
            HiveKind::Software => &[
                "Classes",
                r"Microsoft\Windows\CurrentVersion",
                r"Microsoft\Windows NT\CurrentVersion\ProfileList",
                r"Microsoft\Windows NT\CurrentVersion\Winlogon",
            ],
            HiveKind::Sam => &[
                r"SAM\Domains\Account\Aliases",
                r"SAM\Domains\Account\Groups",
                r"SAM\Domains\Account\Users",
                r"SAM\Domains\Builtin\Aliases",
            ],
            HiveKind::Security => &[r"Policy\PolAdtEv", r"Policy\Secrets"],
            HiveKind::User => &[r"Control Panel\Desktop", r"Software\Microsoft\Windows\CurrentVersion"],
            HiveKind::Classes => &[],
        }
    }

    fn words(self) -> &'static str {
        match self {
            HiveKind::System => "a SYSTEM hive",
            HiveKind::Software => "a SOFTWARE hive",
            HiveKind::Sam => "a SAM hive",
            HiveKind::Security => "a SECURITY hive",
            HiveKind::User => "the hive of a user",
            HiveKind::Classes => "the hive of a user's classes",
        }
    }
}

/// Checks that a hive is of the given kind. `place` is its file's path from the volume's root.
///
/// An anchor that cannot be read does not disqualify the hive: the damage shows in the questions that lead there.
///
/// # Errors
///
/// [`Failure::Unreadable`] if the anchor is absent.
pub(super) fn verify(hive: &Hive, kind: HiveKind, place: &str) -> Found<()> {
    let other = || IDENTIFIABLE.into_iter().find(|other| *other != kind && is_unmistakable(hive, *other));
    let Some(anchor) = kind.anchor() else {
        return match other() {
            Some(other) => {
                Err(Failure::Unreadable(format!("{place} is not {}: it is {}", kind.words(), other.words())))
            }
            None => Ok(()),
        };
    };
    if lacks(hive, anchor) {
        let looks = other().map(|other| format!("; it is {}", other.words())).unwrap_or_default();
        return Err(Failure::Unreadable(format!("{place} is not {}: no key {anchor}{looks}", kind.words())));
    }
    if kind == HiveKind::System {
        current_control_set(hive)?;
    }
    Ok(())
}

/// Returns whether a hive is certainly of this kind. A hive of a user's classes may contain the anchor of a user's hive
/// (`Software\Microsoft\Windows\CurrentVersion`), but never `Control Panel`.
fn is_unmistakable(hive: &Hive, kind: HiveKind) -> bool {
    let key = if kind == HiveKind::User { Some("Control Panel") } else { kind.anchor() };
    key.is_some_and(|key| matches!(hive.key(key), Ok(Some(_))))
}

fn lacks(hive: &Hive, path: &str) -> bool {
    matches!(hive.key(path), Ok(None))
}

/// Returns the control set that Windows last booted from: `ControlSet001`.
///
/// The name is built as the kernel builds it: `ControlSet%03d` of the DWORD `Select\Current`.
///
/// # Errors
///
/// [`Failure::Unreadable`] if `Select` does not name a control set, or names one that lacks `Control` or `Services`: everything in
/// it would appear to be absent.
pub(super) fn current_control_set(hive: &Hive) -> Found<String> {
    let unreadable = |reason: String| Err(Failure::Unreadable(reason));
    let Some(select) = hive.key("Select")? else {
        return unreadable(r"HKLM\SYSTEM\Select, which names the current control set, is missing".to_owned());
    };
    let Some(number) = number_of(&Key::Hive(select), "Current")? else {
        return unreadable(
            r"HKLM\SYSTEM\Select has no DWORD Current, the number of the current control set".to_owned(),
        );
    };
    let name = format!("ControlSet{number:03}");
    for key in ["", "Control", "Services"] {
        let path = format!(r"{name}\{key}");
        if lacks(hive, &path) {
            let path = path.trim_end_matches('\\');
            return unreadable(format!(
                r"HKLM\SYSTEM\Select names control set {number} as current, but the key HKLM\SYSTEM\{path} does not exist"
            ));
        }
    }
    Ok(name)
}

/// Returns the failure for the key `asked` when a key on its path is missing; `missing` is the missing key's path from the hive's
/// root. `control_set` is the current control set of SYSTEM, if known.
///
/// If every Windows has the missing key, the hive is incomplete and nothing below the key is known to be absent.
pub(super) fn absence(kind: HiveKind, control_set: Option<&str>, asked: &str, missing: &[&str]) -> Failure {
    let missing = match (kind, missing) {
        (HiveKind::System, [set, rest @ ..]) => match control_set {
            Some(current) if names::same(current, set) => rest,
            _ => return Failure::Absent,
        },
        _ => missing,
    };
    if kind.fixed_keys().iter().any(|key| starts_with(key, missing)) {
        let missing = missing.join("\\");
        return Failure::Unreadable(format!(
            "{asked}: the hive is incomplete: the key {missing}, which every Windows has, is missing"
        ));
    }
    Failure::Absent
}

/// Like [`absence`], for a key that a running machine says it does not have; `path` is its path below `HKLM`.
pub(super) fn absence_on_machine(asked: &str, path: &str) -> Failure {
    let mut missing = names::components(path).collect::<Vec<_>>();
    let hive = if missing.is_empty() { "" } else { missing.remove(0) };
    let kind = match names::fold(hive).as_str() {
        "SYSTEM" => HiveKind::System,
        "SOFTWARE" => HiveKind::Software,
        "SAM" => HiveKind::Sam,
        "SECURITY" => HiveKind::Security,
        _ => return Failure::Absent,
    };
    absence(kind, Some("CurrentControlSet"), asked, &missing)
}

fn starts_with(path: &str, start: &[&str]) -> bool {
    let mut components = names::components(path);
    start.iter().all(|expected| components.next().is_some_and(|component| names::same(component, expected)))
}
