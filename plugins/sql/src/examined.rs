//! The subject of the checks.

use std::rc::Rc;

use wardline_plugin::builds::BuildTable;
use wardline_plugin::prelude::*;

use crate::instances::Instance;
use crate::setup_files::SetupFiles;

/// An installed instance, and the evidence that all instances of the machine share.
#[derive(Debug)]
pub(crate) struct Examined {
    pub(crate) instance: Instance,
    pub(crate) system: Reply<SystemInfo>,
    pub(crate) setup_files: Rc<SetupFiles>,
    /// The releases with the end of their support.
    pub(crate) lifecycle: Rc<BuildTable>,
}
