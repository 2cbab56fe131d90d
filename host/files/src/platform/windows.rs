//! Access lists and owners of files, and requests of the console.

mod calls;

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use wardline_sam::Sid;
use wardline_sam::descriptor::{Descriptor, Effect, Entry};
use windows_sys::Win32::Foundation::{ERROR_INVALID_FUNCTION, ERROR_NOT_SUPPORTED, GENERIC_EXECUTE, GENERIC_READ};
use windows_sys::Win32::Storage::FileSystem::{FILE_GENERIC_EXECUTE, FILE_GENERIC_READ};
use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT};

const SYSTEM: &str = "S-1-5-18";
const ADMINISTRATORS: &str = "S-1-5-32-544";
/// Entries for these are about an object's owner: of one that is created in a folder (CREATOR OWNER), and of any (OWNER RIGHTS).
const OWNERS: [&str; 2] = ["S-1-3-0", "S-1-3-4"];

/// The access that changes nothing.
const READS: u32 = FILE_GENERIC_READ | FILE_GENERIC_EXECUTE | GENERIC_READ | GENERIC_EXECUTE;

/// The exit codes after Ctrl-C and after any other request: 128 plus `SIGINT`, and `SIGBREAK`.
const INTERRUPTED: i32 = 128 + 2;
const BROKEN: i32 = 128 + 21;

/// The time that Windows gives a program whose window is closed. It ends the program as soon as the request is answered.
const MERCY: Duration = Duration::from_secs(5);

/// See [`super::when_asked_to_end`].
pub(super) fn when_asked_to_end(end: fn(i32)) {
    let is_asked = AtomicBool::new(false);
    calls::answer_console(move |event| {
        if is_asked.swap(true, Ordering::SeqCst) {
            return false;
        }
        end(if event == CTRL_C_EVENT { INTERRUPTED } else { BROKEN });
        if !matches!(event, CTRL_C_EVENT | CTRL_BREAK_EVENT) {
            std::thread::sleep(MERCY);
        }
        true
    });
}

/// See [`super::keep_private`].
pub(super) fn keep_private(path: &Path) -> io::Result<()> {
    match calls::Made::from_text(&private(&calls::user()?))?.set_access_list_of(path) {
        Err(error) if !calls::is_one_of(&error, &[ERROR_INVALID_FUNCTION, ERROR_NOT_SUPPORTED]) => Err(error),
        _ => Ok(()),
    }
}

/// Full access for the user, the system (SY) and administrators (BA), and nothing inherited (P). What is created in a folder inherits
/// the same (OI, CI).
///
/// The user is named, because what an elevated program creates belongs to the group of administrators, of which the same user's
/// other programs are no members.
fn private(user: &Sid) -> String {
    format!("D:P(A;OICI;FA;;;{user})(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)")
}

/// See [`super::is_private_folder`].
pub(super) fn is_private_folder(folder: &Path) -> bool {
    let judge = || Some(is_private(&descriptor_of(folder)?, &calls::user().ok()?));
    folder.is_dir() && judge().unwrap_or(false)
}

/// Whether nobody but a user, administrators and the system can change something, or what will be created in it.
fn is_private(descriptor: &Descriptor, user: &Sid) -> bool {
    let is_owner = |sid: &Sid| sid == user || is_of(sid, &[SYSTEM, ADMINISTRATORS]);
    let changes = |entry: &&Entry| entry.effect == Effect::Allow && entry.mask & !READS != 0;
    descriptor.owner.as_ref().is_some_and(is_owner)
        // Without a list everyone has full access.
        && descriptor.access.as_ref().is_some_and(|list| {
            list.iter().filter(changes).all(|entry| is_owner(&entry.sid) || is_of(&entry.sid, &OWNERS))
        })
}

/// See [`super::is_of_administrators`].
pub(super) fn is_of_administrators(path: &Path) -> bool {
    let owner = descriptor_of(path).and_then(|descriptor| descriptor.owner);
    owner.is_some_and(|owner| is_of(&owner, &[SYSTEM, ADMINISTRATORS]))
}

/// Reads the owner and the access list of a file or folder; `None` if Windows does not tell.
fn descriptor_of(path: &Path) -> Option<Descriptor> {
    Descriptor::read(&calls::security_of(path).ok()?).ok()
}

fn is_of(sid: &Sid, known: &[&str]) -> bool {
    known.contains(&sid.to_string().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_private_list(owner: &str, list: &str) -> bool {
        let user = calls::user().unwrap();
        let text = format!("O:{owner}D:{list}").replace("ME", &user.to_string());
        is_private(&Descriptor::read(calls::Made::from_text(&text).unwrap().bytes()).unwrap(), &user)
    }

    #[test]
    fn a_folder_is_private_if_only_its_user_administrators_and_the_system_can_change_it() {
        for (owner, list, expected) in [
            // As in a profile, and as this program sets it.
            ("ME", "(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;ME)", true),
            ("BA", "P(A;OICI;FA;;;ME)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)", true),
            ("SY", "(A;;FA;;;SY)", true),
            ("ME", "P", true),
            // Others may read it.
            ("ME", "(A;OICI;FA;;;ME)(A;OICI;0x1200a9;;;WD)(A;OICIIO;GXGR;;;AU)", true),
            // What is created in it belongs to who creates it.
            ("ME", "(A;OICIIO;GA;;;CO)(A;;FA;;;OW)", true),
            ("ME", "(D;;FA;;;WD)(A;;FA;;;ME)", true),
            // As in the root of a drive, and in the folder for all users' data.
            ("BA", "(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;AU)", false),
            ("SY", "(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;BU)(A;CI;0x100116;;;BU)", false),
            // Somebody else's.
            ("BU", "(A;OICI;FA;;;ME)", false),
            ("S-1-5-21-1-2-3-4", "(A;OICI;FA;;;ME)", false),
            // Others may add a file, a folder, remove one, change this list, take the folder over, or turn it into a link.
            ("ME", "(A;;0x2;;;WD)", false),
            ("ME", "(A;;0x4;;;WD)", false),
            ("ME", "(A;;0x40;;;WD)", false),
            ("ME", "(A;;SD;;;WD)", false),
            ("ME", "(A;;WD;;;WD)", false),
            ("ME", "(A;;WO;;;WD)", false),
            ("ME", "(A;;0x100;;;WD)", false),
            ("ME", "(A;;GW;;;WD)", false),
            ("ME", "(A;;GA;;;S-1-5-21-1-2-3-4)", false),
            // Or change what is created in it. The creator's group may be everyone's.
            ("ME", "(A;OICI;FA;;;ME)(A;OIIO;FA;;;WD)", false),
            ("ME", "(A;OICIIO;FA;;;CG)", false),
            // What denies others may not apply to all of them.
            ("ME", "(D;;FA;;;BG)(A;;FA;;;WD)", false),
        ] {
            assert_eq!(is_private_list(owner, list), expected, "O:{owner}D:{list}");
        }
        let user = calls::user().unwrap();
        assert!(!is_private(&Descriptor { owner: Some(user.clone()), access: None, audit: Vec::new() }, &user));
        assert!(!is_private(&Descriptor { owner: None, access: Some(Vec::new()), audit: Vec::new() }, &user));
    }

    #[test]
    fn what_is_kept_private_is_private_until_others_may_write_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        keep_private(&inner).unwrap();
        assert!(super::super::is_private_folder(&inner));
        let file = inner.join("file");
        std::fs::write(&file, "").unwrap();
        keep_private(&file).unwrap();
        std::fs::write(&file, "again").unwrap();
        assert!(!super::super::is_private_folder(&file), "a file");
        assert!(!super::super::is_private_folder(&inner.join("none")));
        calls::Made::from_text("D:P(A;OICI;FA;;;WD)").unwrap().set_access_list_of(&inner).unwrap();
        assert!(!super::super::is_private_folder(&inner));
    }
}
