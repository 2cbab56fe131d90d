//! Maps a version number to the product's name and its service pack.

use wardline_plugin::prelude::FileVersion;

/// The products whose updates are judged, by the catalog's names.
pub(crate) const CATALOG_NAMES: [&str; 4] =
    ["SQL Server 7.0", "SQL Server 2*", "SQL Server Desktop Engine (MSDE) *", "Microsoft SQL Server 20*"];

/// The significant parts of `8.00.384`. Versions compare in the order in which they were published.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SqlVersion {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) build: u32,
    /// 0 where it is not recorded.
    pub(crate) revision: u32,
}

impl SqlVersion {
    /// Parses `8.00.384` or `9.00.4035.00`.
    pub(crate) fn parse(text: &str) -> Option<SqlVersion> {
        let mut parts = text.trim().split('.').map(|part| part.parse().ok());
        let (major, minor, build) = (parts.next()??, parts.next()??, parts.next()??);
        Some(SqlVersion { major, minor, build, revision: parts.next().flatten().unwrap_or(0) })
    }

    /// Converts the file version of `sqlservr.exe`, which is 2000.80.384.0 for 8.00.384. `None` for SQL Server 7.0, whose
    /// files have dates as versions (1998.11.13), which do not contain the build.
    pub(crate) fn of_program(file: &FileVersion) -> Option<SqlVersion> {
        let FileVersion { major: year, minor: tenfold, build, revision } = *file;
        if !(80..=990).contains(&tenfold) || !tenfold.is_multiple_of(10) {
            return None;
        }
        // SQL Server 2008 R2 is version 10.50; only the year distinguishes it from 2008.
        let minor = if year == 2009 && tenfold == 100 { 50 } else { 0 };
        let [build, revision] = [build, revision].map(u32::from);
        Some(SqlVersion { major: u32::from(tenfold / 10), minor, build, revision })
    }

    /// Returns the catalog's name for it.
    pub(crate) fn product(&self, desktop_engine: bool) -> String {
        let name = match (self.major, self.minor) {
            (7, _) if desktop_engine => "SQL Server Desktop Engine (MSDE) 1.0",
            (8, _) if desktop_engine => "SQL Server Desktop Engine (MSDE) 2000",
            (7, _) => "SQL Server 7.0",
            (8, _) => "SQL Server 2000",
            (9, _) => "SQL Server 2005",
            (10, ..50) => "SQL Server 2008",
            (10, 50..) => "SQL Server 2008 R2",
            (11, _) => "SQL Server 2012",
            (12, _) => "SQL Server 2014",
            (13, _) => "SQL Server 2016",
            (14, _) => "SQL Server 2017",
            (15, _) => "SQL Server 2019",
            (16, _) => "SQL Server 2022",
            (17, _) => "SQL Server 2025",
            (major, minor) => return format!("SQL Server {major}.{minor}"),
        };
        name.to_owned()
    }

    /// Returns the build as tables and catalogs write it, `10.50.6560.0`: setup counts service packs in the second number.
    pub(crate) fn full_build(&self) -> String {
        let minor = if self.major == 10 && self.minor >= 50 { 50 } else { 0 };
        format!("{}.{minor}.{}.{}", self.major, self.build, self.revision)
    }

    /// Whether both are versions of one product. 10.50 is a different product from 10.0; all other minor numbers, if any,
    /// count service packs.
    pub(crate) fn is_of_same_product(&self, other: &SqlVersion) -> bool {
        let is_r2 = |version: &SqlVersion| version.major == 10 && version.minor >= 50;
        self.major == other.major && is_r2(self) == is_r2(other)
    }

    /// Returns the service pack that a build belongs to: the last one with a build no higher than this, because the builds of
    /// individual fixes are in between. On the scale of `service-pack.level`. `None` for versions without a table, and builds
    /// before the release.
    pub(crate) fn service_pack(&self) -> Option<u32> {
        let table = match self.major {
            7 => SERVICE_PACKS_7,
            8 => SERVICE_PACKS_2000,
            _ => return None,
        };
        table.iter().rev().find(|(build, _)| *build <= self.build).map(|(_, level)| *level)
    }
}

impl std::fmt::Display for SqlVersion {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{:02}.{}", self.major, self.minor, self.build)
    }
}

/// Builds from article 321185, with the service pack's level.
const SERVICE_PACKS_7: &[(u32, u32)] = &[(623, 0), (699, 10), (842, 20), (961, 30), (1063, 40)];

/// Service Pack 2 counts from 532: its engine has build 534, its other files 532.
const SERVICE_PACKS_2000: &[(u32, u32)] = &[(194, 0), (384, 10), (532, 20), (760, 30), (2039, 40)];

/// Whether an edition is MSDE: `Desktop Engine` in 2000, `MSDE` or `Data Engine` before. `Desktop Edition` is not.
pub(crate) fn is_desktop_engine(edition: &str) -> bool {
    let edition = edition.to_ascii_lowercase();
    ["desktop engine", "data engine", "msde"].iter().any(|name| edition.contains(name))
}
