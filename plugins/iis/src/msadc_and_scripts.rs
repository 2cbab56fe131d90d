//! Check 316: the virtual folders for Remote Data Services and for scripts, which setup creates in the default site.

use wardline_plugin::prelude::*;

use crate::source::Source;
use crate::virtual_folders;

pub(crate) const ID: &str = "msadc-and-scripts";

pub(crate) fn check(source: &Source) -> Finding {
    let risk = "Sites that use Remote Data Services or run programs from the folder stop working.";
    virtual_folders::check(source, &["MSADC", "Scripts"], risk)
}
