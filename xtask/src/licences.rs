//! The licences that dependencies may have.

use anyhow::{Context, Result, bail};
use spdx::{Expression, ParseMode};

use crate::workspace::Workspace;

/// SPDX expressions under which wardline can be distributed without conditions beyond attribution.
const ALLOWED: [&str; 13] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Fails if a package of the workspace or one of its dependencies, on any platform, has a licence that is not allowed; lists all of
/// them.
pub(crate) fn check() -> Result<()> {
    let metadata = Workspace::packages()?;
    let mut faults = Vec::new();
    for package in &metadata.packages {
        if let Err(fault) = judge(package.license.as_deref()) {
            faults.push(format!("  {} {}: {fault:#}", package.name, package.version));
        }
    }
    if !faults.is_empty() {
        bail!("licences that wardline must not depend on:\n{}", faults.join("\n"));
    }
    eprintln!("    {} packages", metadata.packages.len());
    Ok(())
}

fn judge(licence: Option<&str>) -> Result<()> {
    let licence = licence.context("its Cargo.toml names no licence")?;
    // Lax, because older crates write `MIT/Apache-2.0`.
    let expression = Expression::parse_mode(licence, ParseMode::LAX)
        .with_context(|| format!("`{licence}` is no SPDX expression"))?;
    if !expression.evaluate(|requirement| ALLOWED.contains(&requirement.to_string().as_str())) {
        bail!("{licence}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn only_free_choices_count() {
        let table = [
            (Some("MIT"), true),
            (Some("MIT/Apache-2.0"), true),
            (Some("Apache-2.0 WITH LLVM-exception"), true),
            (Some("(MIT OR Apache-2.0) AND Unicode-3.0"), true),
            (Some("MIT OR LGPL-2.1-or-later"), true),
            (Some("MIT AND LGPL-2.1-or-later"), false),
            (Some("MPL-2.0"), false),
            (Some("GPL-3.0-only"), false),
            (Some("GPL-2.0-only WITH Classpath-exception-2.0"), false),
            (Some("no such licence"), false),
            (Some(""), false),
            (None, false),
        ];
        for (licence, expected) in table {
            assert_eq!(judge(licence).is_ok(), expected, "{licence:?}");
        }
    }
}
