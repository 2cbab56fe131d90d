//! Volumes for the checks of SQL Server.

use wardline_fixtures::volume::Damage;
use wardline_fixtures::{Hive, Pe, Role, SecurityDescriptor, Sid, SqlServer, WindowsVolume};

use super::Case;

const SETUP_FILE: &str = r"%windir%\setup.iss";

fn with(server: SqlServer) -> WindowsVolume {
    WindowsVolume::windows_2000_server().service_pack(4).sql(server)
}

fn plain() -> SqlServer {
    SqlServer::v2000(3).account(r".\sqlservice")
}

fn without(hive: Hive) -> WindowsVolume {
    with(plain()).damaged_hive(hive, Damage::GarbledBins)
}

/// One instance of SQL Server 2022.
fn sql_2022() -> WindowsVolume {
    const KEY: &str = r"HKLM\SOFTWARE\Microsoft\Microsoft SQL Server";
    WindowsVolume::windows_server_2022()
        .registry(&format!(r"{KEY}\Instance Names\SQL"), "SHOP", "MSSQL16.SHOP")
        .registry(&format!(r"{KEY}\MSSQL16.SHOP\Setup"), "SQLBinRoot", r"C:\SQL\MSSQL\Binn")
        .registry(&format!(r"{KEY}\MSSQL16.SHOP\Setup"), "PatchLevel", "16.0.4265.3")
        .file(r"C:\SQL\MSSQL\Binn\sqlservr.exe", Pe::version(2022, 160, 4265, 3))
}

fn never_made(check: &'static str) -> Case {
    Case::new(check, "not-performed", "nothing but a server that runs can tell", with(plain()))
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
        Case::new("sql.end-of-support", "passed", "SQL Server 2022", sql_2022()),
        Case::new("sql.end-of-support", "best-practice", "SQL Server 2000", with(plain())),
        Case::new("sql.end-of-support", "not-performed", "no SQL Server", WindowsVolume::windows_server_2022()),
        // Of a default instance the program's file is found in its usual folder all the same.
        Case::new(
            "sql.end-of-support",
            "unable-to-scan",
            "SOFTWARE is damaged, with a named instance",
            sql_2022().damaged_hive(Hive::Software, Damage::GarbledBins),
        ),
        Case::new("sql.security-mode", "passed", "Windows accounts only", with(plain())),
        Case::new("sql.security-mode", "non-critical", "mixed mode", with(plain().mixed_mode())),
        Case::new("sql.security-mode", "unable-to-scan", "SOFTWARE is damaged", without(Hive::Software)),
        Case::new("sql.exposed-password", "passed", "no files of setups", with(plain())),
        Case::new(
            "sql.exposed-password",
            "critical",
            "setup.iss with a password of sa",
            with(plain()).file(SETUP_FILE, "[DlgSQLSecurity-0]\r\nLoginMode=2\r\nszPWD=swordfish\r\n"),
        ),
        Case::new(
            "sql.exposed-password",
            "unable-to-scan",
            "setup.iss is longer than any",
            with(plain()).file(SETUP_FILE, "Result=1\r\n".repeat(200_000)),
        ),
        Case::new("sql.registry-permissions", "passed", "keys as they are installed", with(plain())),
        Case::new(
            "sql.registry-permissions",
            "critical",
            "everyone may change the keys",
            with(plain()).registry_security(
                r"HKLM\SOFTWARE\Microsoft\MSSQLServer",
                &SecurityDescriptor::default_key().allow(Sid::EVERYONE, SecurityDescriptor::FULL_CONTROL_OF_KEY),
            ),
        ),
        Case::new("sql.registry-permissions", "unable-to-scan", "SOFTWARE is damaged", without(Hive::Software)),
        Case::new("sql.status", "informational", "SQL Server 2000", with(plain())),
        Case::new(
            "sql.status",
            "informational",
            "the list names an instance that is not there",
            WindowsVolume::windows_2000_server().registry(
                r"HKLM\SOFTWARE\Microsoft\Microsoft SQL Server\Instance Names\SQL",
                "SHOP",
                "MSSQL10.SHOP",
            ),
        ),
        Case::new("sql.status", "unable-to-scan", "SYSTEM is damaged", without(Hive::System)),
        Case::new("sql.folder-permissions", "not-performed", "a folder holds no NTFS permissions", with(plain())),
        never_made("sql.sysadmin-members"),
        never_made("sql.database-guests"),
        never_made("sql.cmdexec"),
        never_made("sql.builtin-administrators"),
        never_made("sql.login-passwords"),
        Case::new("sql.service-account", "passed", "an account of its own", with(plain())),
        Case::new("sql.service-account", "non-critical", "LocalSystem", with(SqlServer::v2000(3).local_system())),
        Case::new("sql.service-account", "unable-to-scan", "SYSTEM is damaged", without(Hive::System)),
    ]
}
