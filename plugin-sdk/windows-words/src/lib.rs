//! Windows' own names for the numbers in reports, and the names of its updates.
//!
//! The host and the plugins take the names of SIDs, access masks and settings from here, so that they agree. The name comes
//! first, followed by the number: `Everyone (S-1-1-0)`, `read (0x001200a9)`.
//!
//! ```
//! use wardline_windows_words::{Object, access, setting, sid};
//!
//! assert_eq!(sid("S-1-1-0"), "Everyone (S-1-1-0)");
//! assert_eq!(access(Object::File, 0x0012_00a9), "read (0x001200a9)");
//! let key = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update";
//! assert_eq!(setting(key, "AUOptions", "4"), "install by itself (4)");
//! ```

#![warn(missing_docs)]

mod access;
mod setting;
mod sid;
mod update_name;

pub use access::{Object, access};
pub use setting::{setting, setting_word};
pub use sid::{domain_and_rid, name_of_sid, sid, well_known_sids};
pub use update_name::{UpdateName, article, bulletin, update_names};
