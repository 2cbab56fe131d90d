//! The reasons of rules 11 to 22.

use std::fmt::Write;

use super::super::records::State;
use super::shortened;

pub(in super::super) const ROLLUP: &str = "the installed rollup's package";
pub(in super::super) const TWO_BUILDS: &str =
    "The catalog gives two builds for this update, and the product's build is between them";
pub(in super::super) const NO_ARTICLE: &str = "The catalog gives neither tests nor an article that could be recorded";

pub(in super::super) const OF_SETUP: &str =
    "It is for Windows Setup, which uses it from installation media; Windows does not record it";

pub(in super::super) const OF_RECOVERY: &str =
    "It is for the Windows Recovery Environment, an image of its own; Windows does not record it";

pub(in super::super) const WITHDRAWN: &str = "The vendor withdrew this update and no longer offers it";

pub(in super::super) const ROLLUPS_ONLY: &str =
    "The product's revision is not known, and its rollups are recorded without their articles";

pub(in super::super) fn build_reached(build: &str, fixed: &str) -> String {
    format!("The product's build is {build}; {fixed} or higher has the fix")
}

pub(in super::super) fn rollup_older(fixed: &str) -> String {
    format!("The build of {ROLLUP} is older than {}", shortened(fixed))
}

pub(in super::super) fn recorded(article: Option<u32>) -> String {
    format!("{} is recorded as installed", named(article))
}

pub(in super::super) fn not_recorded(article: Option<u32>) -> String {
    format!("Neither {} nor an update that supersedes it is recorded as installed", named(article))
}

pub(in super::super) fn implied(by: &str, fixed: Option<&str>) -> String {
    match fixed {
        Some(fixed) => format!("{by} implies a build of {} or higher", shortened(fixed)),
        None => format!("{by} contains it"),
    }
}

pub(in super::super) fn same_fixes(by: &str, cves: usize) -> String {
    match cves {
        1 => format!("Installed: {by}, which closes the same CVE"),
        _ => format!("Installed: {by}, with which the same {cves} CVEs are closed"),
    }
}

pub(in super::super) fn superseded_by_installed(bulletin: &str) -> String {
    format!("Superseded by {bulletin}, which is installed")
}

pub(in super::super) fn superseded_by_missing(bulletin: &str) -> String {
    format!("Superseded by {bulletin}, which is missing")
}

pub(in super::super) fn waits_for_restart(article: Option<u32>, builds: Option<(&str, &str)>) -> String {
    let article = named(article);
    match builds {
        Some((build, fixed)) => format!(
            "{article} is recorded as installed, but the product's build is {build}, older than {}: restart, and install it \
             again if the build stays the same",
            shortened(fixed)
        ),
        None => format!("{article} is in effect after the next restart"),
    }
}

pub(in super::super) fn contained_after_restart(by: &str) -> String {
    format!("{by}, which has the fix, is in effect after the next restart")
}

/// The reason for an update that contains another one, from the reason for that one.
pub(in super::super) fn of_contained(older: &str, bulletin: &str) -> String {
    format!("{older} of {bulletin}, which it contains")
}

/// Adds the older updates and the CVEs that installing the newest settles.
pub(in super::super) fn extent(reason: &mut String, older: usize, cves: usize) {
    let older = match older {
        0 => None,
        1 => Some("replaces 1 older update that is missing too".to_owned()),
        _ => Some(format!("replaces {older} older updates that are missing too")),
    };
    let cves = match cves {
        0 => None,
        1 => Some("closes 1 open CVE".to_owned()),
        _ => Some(format!("closes {cves} open CVEs")),
    };
    let parts: Vec<String> = older.into_iter().chain(cves).collect();
    if !parts.is_empty() {
        // Writing to a string does not fail.
        let _ = write!(reason, "; it {}", parts.join(" and "));
    }
}

pub(in super::super) fn listed_by_mistake(here: usize, elsewhere: usize, product: &str) -> String {
    let cves = if here == 1 { "CVE" } else { "CVEs" };
    format!(
        "The catalog lists it with {here} {cves} for this product and with {elsewhere} for {}: it is an update of the latter",
        shortened(product)
    )
}

pub(in super::super) fn no_build(other: Option<&str>) -> String {
    match other {
        Some(other) => format!(
            "The catalog gives the build {} for this product, which is of another branch, higher than those of later updates, or \
             not a build, and nothing else to test",
            shortened(other)
        ),
        None => "The catalog gives no build for this product, and nothing else to test".to_owned(),
    }
}

/// Why the state of a recorded update says nothing about whether the update is in place.
pub(in super::super) fn state(state: State) -> Option<&'static str> {
    match state {
        State::Leaving => Some("It is recorded as installed, but the next restart removes it"),
        State::Unknown => Some("It is recorded, but whether it is installed could not be determined"),
        State::NotInstalled | State::AfterRestart | State::InPlace => None,
    }
}

pub(in super::super) fn record_unknown(why: &str) -> String {
    format!("The product's build does not decide, and neither does the record of installed updates: {why}")
}

pub(in super::super) fn unknown_article(article: u32) -> String {
    format!("KB{article} is installed, which is not in the catalog and may contain this update")
}

pub(in super::super) fn older_article(article: u32) -> String {
    format!("KB{article}, which is newer, is installed and may contain this update; the catalog does not say so")
}

fn named(article: Option<u32>) -> String {
    article.map_or_else(|| "The update".to_owned(), |article| format!("KB{article}"))
}
