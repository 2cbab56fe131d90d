//! Check 309: the virtual folder for changing Windows passwords over the web.

use wardline_plugin::prelude::*;

use crate::source::Source;
use crate::virtual_folders;

pub(crate) const ID: &str = "iisadmpwd";

pub(crate) fn check(source: &Source) -> Finding {
    virtual_folders::check(source, &["IISADMPWD"], "Users can no longer change an expired password over the web.")
}
