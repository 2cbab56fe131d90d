//! The parts of a scan: which plugins run (trust), which questions they may ask (policy), targets × plugins in parallel (scan), and
//! the results as a report (reporting).

pub mod policy;
pub mod reporting;
pub mod scan;
pub mod trust;
