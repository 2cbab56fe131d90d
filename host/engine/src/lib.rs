//! What a scan is made of: which plugins run (trust), what they may ask (policy), targets × plugins in parallel (scan), and what
//! came of it as a report (reporting).

pub mod policy;
pub mod reporting;
pub mod scan;
pub mod stock;
pub mod trust;
