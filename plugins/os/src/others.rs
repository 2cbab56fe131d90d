//! Products on Windows whose updates Windows records among its own, and that are not judged here. Without their articles, each of
//! them could be a cumulative update of Windows.

use std::collections::BTreeSet;

use wardline_plugin::contract::exports::wardline::check::types::Update;
use wardline_plugin::prelude::Finding;

use crate::product::Windows;

/// Adobe Flash Player, part of Windows from 8 on until it was removed in 2021, and .NET, whose plugin judges it.
pub(crate) const PRODUCTS: &[&str] = &["Adobe Flash Player on *", "Microsoft .NET Framework *"];

/// The subject of the finding about Adobe Flash Player.
pub(crate) const SUBJECT: &str = "Adobe Flash Player";

const ON: &str = "adobe flash player on ";

/// Whether an update is for such products alone: some cumulative updates of Windows 10 are listed for .NET, too.
pub(crate) fn is_of_others(update: &Update) -> bool {
    let is_other = |name: &str| {
        PRODUCTS.iter().any(|product| {
            let start = product.trim_end_matches('*');
            name.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start))
        })
    };
    !update.applies_to.is_empty() && update.applies_to.iter().all(|row| is_other(row.product.name.trim()))
}

/// The releases of Windows for which catalogs have updates of Adobe Flash Player.
#[derive(Debug, Default)]
pub(crate) struct Flash {
    /// In lower case.
    windows: BTreeSet<String>,
}

impl Flash {
    pub(crate) fn new(others: &[Update]) -> Flash {
        let names: BTreeSet<&str> =
            others.iter().flat_map(|update| &update.applies_to).map(|row| row.product.name.trim()).collect();
        let folded = names.into_iter().map(str::to_ascii_lowercase);
        Flash { windows: folded.filter_map(|name| Some(name.strip_prefix(ON)?.to_owned())).collect() }
    }

    /// Returns a finding if the catalogs have updates of Adobe Flash Player on this Windows: they are not judged. `evidence` is the
    /// question for the build.
    pub(crate) fn about(&self, windows: &Windows, evidence: u32) -> Option<Finding> {
        let has_updates = windows.catalog_names.iter().any(|name| self.windows.contains(&name.to_ascii_lowercase()));
        has_updates.then(|| {
            let summary =
                format!("Updates of Adobe Flash Player on {} are in the catalogs, and are not judged.", windows.name());
            Finding::informational(summary).because(&evidence)
        })
    }
}
