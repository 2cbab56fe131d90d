//! Cabinets and signatures built by code, after the published formats and without the code that reads them.

mod authority;
mod cabinet;
mod der;
mod signing;

pub(crate) use self::authority::{CODE_SIGNING, Identity, TIME_STAMPING, Template};
pub(crate) use self::cabinet::{CABINET_BYTES, CabinetBuilder, FILES_AT, FLAGS, FOLDER};
pub(crate) use self::signing::{Signing, Stamp};
