//! Volumes for the checks of SQL Server.

use wardline_fixtures::volume::Damage;
use wardline_fixtures::{Hive, Role, SqlServer, WindowsVolume};

use super::Case;

fn with(server: SqlServer) -> WindowsVolume {
    WindowsVolume::windows_2000_server().service_pack(4).sql(server)
}

fn plain() -> SqlServer {
    SqlServer::v2000(3).account(r".\sqlservice")
}

fn without(hive: Hive) -> WindowsVolume {
    with(plain()).damaged_hive(hive, Damage::GarbledBins)
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("sql.domain-controller", "passed", "SQL Server 2000 on a member server", with(plain())),
        Case::new(
            "sql.domain-controller",
            "critical",
            "SQL Server 2000 on a domain controller",
            with(plain()).role(Role::DomainController),
        ),
        Case::new("sql.domain-controller", "unable-to-scan", "SYSTEM is damaged", without(Hive::System)),
        Case::new("sql.security-mode", "passed", "Windows accounts only", with(plain())),
        Case::new("sql.security-mode", "non-critical", "mixed mode", with(plain().mixed_mode())),
        Case::new("sql.security-mode", "unable-to-scan", "SOFTWARE is damaged", without(Hive::Software)),
        Case::new("sql.service-account", "passed", "an account of its own", with(plain())),
        Case::new("sql.service-account", "non-critical", "LocalSystem", with(SqlServer::v2000(3).local_system())),
        Case::new("sql.service-account", "unable-to-scan", "SYSTEM is damaged", without(Hive::System)),
    ]
}
