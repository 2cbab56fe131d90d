//! Volumes for the checks of Windows itself.

use wardline_fixtures::{
    Account, Audit, AuditCategory, Damage, Group, Hive, Pe, Role, SecurityDescriptor, Service, Share, Sid, Value,
    WindowsVolume,
};

use super::Case;

fn windows_2000() -> WindowsVolume {
    WindowsVolume::windows_2000_server().service_pack(4)
}

fn without(hive: Hive) -> WindowsVolume {
    windows_2000().damaged_hive(hive, Damage::GarbledBins)
}

pub(super) fn cases() -> Vec<Case> {
    [
        windows(),
        file_system(),
        local_account_passwords(),
        password_expiration(),
        auditing(),
        shares(),
        administrators(),
        services(),
        windows_firewall(),
        automatic_updates(),
        hotfix_files(),
        incomplete_updates(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The version, and the checks of what can be accessed without a password.
fn windows() -> Vec<Case> {
    let guest = |enabled: bool| {
        let guest = Account::new("Guest", 501);
        windows_2000().account(if enabled { guest.enabled() } else { guest.disabled() })
    };
    vec![
        Case::new("os.windows-version", "passed", "Windows Server 2022", WindowsVolume::windows_server_2022()),
        Case::new("os.windows-version", "best-practice", "Windows 2000", windows_2000()),
        Case::new("os.windows-version", "unable-to-scan", "SOFTWARE is damaged", without(Hive::Software)),
        Case::new("os.guest-account", "passed", "Guest is disabled", guest(false)),
        Case::new("os.guest-account", "critical", "Guest is enabled", guest(true)),
        Case::new(
            "os.guest-account",
            "critical",
            "Guest's record carries the Administrator's RID",
            windows_2000().account(Account::new("Guest", 501).disabled().carries_rid(500)),
        ),
        Case::new(
            "os.guest-account",
            "not-performed",
            "a domain controller",
            windows_2000().role(Role::DomainController),
        ),
        Case::new("os.guest-account", "unable-to-scan", "SAM is damaged", without(Hive::Sam)),
        Case::new(
            "os.guest-account",
            "unable-to-scan",
            "Guest's record is damaged",
            windows_2000().account(Account::new("Guest", 501).disabled().damaged()),
        ),
        Case::new("os.autologon", "passed", "nobody is logged on by itself", windows_2000()),
        Case::new(
            "os.autologon",
            "critical",
            "autologon with the password in clear text",
            windows_2000().autologon_in_clear_text("Administrator", "secret"),
        ),
        Case::new(
            "os.autologon",
            "non-critical",
            "autologon with the password as an LSA secret",
            windows_2000().autologon_with_secret("Administrator"),
        ),
        Case::new("os.autologon", "unable-to-scan", "SOFTWARE is damaged", without(Hive::Software)),
        Case::new("os.restrict-anonymous", "passed", "RestrictAnonymous is 2", windows_2000().restrict_anonymous(2)),
        Case::new(
            "os.restrict-anonymous",
            "non-critical",
            "RestrictAnonymous is 1",
            windows_2000().restrict_anonymous(1),
        ),
        Case::new("os.restrict-anonymous", "critical", "RestrictAnonymous is 0", windows_2000().restrict_anonymous(0)),
        Case::new("os.restrict-anonymous", "unable-to-scan", "SYSTEM is damaged", without(Hive::System)),
    ]
}

fn file_system() -> Vec<Case> {
    // A folder does not show which file system its files came from.
    vec![Case::new("os.file-system", "not-performed", "a folder with a volume's files", windows_2000())]
}

fn local_account_passwords() -> Vec<Case> {
    let case = |grade, words, volume| Case::new("os.local-account-passwords", grade, words, volume);
    let scott = || Account::new("scott", 1000);
    let odd = || Account::new("odd", 1001).damaged();
    vec![
        case("passed", "no password is easily guessed", windows_2000().account(scott())),
        case("passed", "the account with a blank password is disabled", windows_2000()),
        case(
            "passed",
            "an account has an LM hash and no NT hash",
            windows_2000().account(scott().password("k7-Wren").lm_hash_only()),
        ),
        case("critical", "a blank password", windows_2000().account(scott().blank_password())),
        case(
            "critical",
            "a blank password, and another account's record is damaged",
            windows_2000().account(scott().blank_password()).account(odd()),
        ),
        case(
            "critical",
            "a blank password on Windows Server 2022",
            WindowsVolume::windows_server_2022().account(scott().blank_password()),
        ),
        case(
            "non-critical",
            "a password that is the account's name",
            windows_2000().account(scott().password("scott")),
        ),
        case(
            "non-critical",
            "a password that is the computer's name",
            windows_2000().computer_name("FILE01").account(scott().password("file01")),
        ),
        case("non-critical", "the password \"password\"", windows_2000().account(scott().password("password"))),
        case("not-performed", "a domain controller", windows_2000().role(Role::DomainController)),
        case("unable-to-scan", "an account's record is damaged", windows_2000().account(odd())),
        case("unable-to-scan", "SAM is damaged", without(Hive::Sam)),
        case("unable-to-scan", "SYSTEM, which hides the key to the passwords, is damaged", without(Hive::System)),
    ]
}

fn password_expiration() -> Vec<Case> {
    let case = |grade, words, volume| Case::new("os.password-expiration", grade, words, volume);
    let for_ever = |name| Account::new(name, 1000).password_never_expires();
    vec![
        case("passed", "only a disabled account's password never expires", windows_2000()),
        case("passed", "only IUSR_WEB01's password never expires", windows_2000().account(for_ever("IUSR_WEB01"))),
        case("non-critical", "a password that never expires", windows_2000().account(for_ever("scott"))),
        case("not-performed", "a domain controller", windows_2000().role(Role::DomainController)),
        case(
            "unable-to-scan",
            "an account's record is damaged",
            windows_2000().account(Account::new("odd", 1001).damaged()),
        ),
        case("unable-to-scan", "SAM is damaged", without(Hive::Sam)),
    ]
}

fn auditing() -> Vec<Case> {
    let case = |grade, words, volume: WindowsVolume| Case::new("os.auditing", grade, words, volume);
    let logons = |volume: WindowsVolume, setting| volume.audit(AuditCategory::LogonLogoff, setting);
    let windows_2022 = WindowsVolume::windows_server_2022;
    vec![
        case("passed", "all logons are audited", logons(windows_2000(), Audit::SuccessAndFailure)),
        case(
            "passed",
            "all logons are audited on Windows Server 2022",
            logons(windows_2022(), Audit::SuccessAndFailure),
        ),
        case("best-practice", "nothing is audited", windows_2000()),
        case("best-practice", "only logons that succeed are audited", logons(windows_2000(), Audit::Success)),
        case(
            "best-practice",
            "only logons that fail are audited on Windows Server 2022",
            logons(windows_2022(), Audit::Failure),
        ),
        case(
            "best-practice",
            "the policy is audited, logons are not",
            windows_2000().audit(AuditCategory::PolicyChange, Audit::SuccessAndFailure),
        ),
        case("unable-to-scan", "SECURITY is damaged", without(Hive::Security)),
    ]
}

fn shares() -> Vec<Case> {
    const FULL_CONTROL: u32 = 0x001F_01FF;
    const READ: u32 = 0x0012_00A9;
    let case = |grade, words, volume| Case::new("os.shares", grade, words, volume);
    let public = || Share::new("Public", r"C:\Public");
    let open_to = |sid, mask| {
        let permissions = SecurityDescriptor::owned_by(Sid::ADMINISTRATORS).allow(sid, mask);
        windows_2000().share(public().security(permissions))
    };
    vec![
        case("passed", "nothing is shared", windows_2000()),
        case("passed", "Everyone may read", open_to(Sid::EVERYONE, READ)),
        case("passed", "Administrators have full control", open_to(Sid::ADMINISTRATORS, FULL_CONTROL)),
        case(
            "passed",
            "no permissions are stored, on Windows Server 2003",
            WindowsVolume::windows_server_2003().share(public()),
        ),
        case("non-critical", "Everyone has full control", open_to(Sid::EVERYONE, FULL_CONTROL)),
        case("non-critical", "no permissions are stored, on Windows 2000", windows_2000().share(public())),
        case("unable-to-scan", "SYSTEM is damaged", without(Hive::System)),
    ]
}

fn administrators() -> Vec<Case> {
    const DOMAIN: &str = "S-1-5-21-7-8-9";
    let case = |grade, words, volume| Case::new("os.administrators", grade, words, volume);
    let group = || Group::builtin("Administrators", Group::ADMINISTRATORS).member(500);
    let with = |group: Group| {
        let volume = windows_2000().account(Account::new("scott", 1000)).account(Account::new("tiger", 1001));
        volume.group(group)
    };
    let of_domain = |group: Group, rid: u32| group.member_sid(&format!("{DOMAIN}-{rid}"));
    vec![
        case("passed", "one account", windows_2000()),
        case("passed", "two accounts and a domain's Domain Admins", with(of_domain(group().member(1000), 512))),
        case("non-critical", "three accounts", with(group().member(1000).member(1001))),
        case("critical", "Everyone", with(group().member_sid(Sid::EVERYONE))),
        case(
            "critical",
            "Guest's record carries the Administrator's RID",
            windows_2000().account(Account::new("Guest", 501).disabled().carries_rid(500)),
        ),
        case(
            "critical",
            "an account is missing from the list of names",
            with(group()).without_registry_key(r"HKLM\SAM\SAM\Domains\Account\Users\Names\scott"),
        ),
        case("not-performed", "a domain controller", windows_2000().role(Role::DomainController)),
        case(
            "unable-to-scan",
            "two members of a domain, accounts or groups",
            with(of_domain(of_domain(group(), 1104), 1105)),
        ),
        case(
            "unable-to-scan",
            "two members of Microsoft Entra, accounts or roles",
            with(group().member_sid("S-1-12-1-1-2-3-4").member_sid("S-1-12-1-5-6-7-8")),
        ),
        case("unable-to-scan", "no members", with(Group::builtin("Administrators", Group::ADMINISTRATORS))),
        case(
            "unable-to-scan",
            "the group's record is missing",
            windows_2000().without_registry_value(r"HKLM\SAM\SAM\Domains\Builtin\Aliases\00000220", "C"),
        ),
        case(
            "unable-to-scan",
            "an account's record is damaged",
            with(group()).account(Account::new("odd", 1002).damaged()),
        ),
        case("unable-to-scan", "SAM is damaged", without(Hive::Sam)),
    ]
}

fn services() -> Vec<Case> {
    let case = |grade, words, volume| Case::new("os.services", grade, words, volume);
    let telnet = || Service::new("TlntSvr");
    let quiet = || windows_2000().service(telnet().disabled());
    vec![
        case("passed", "Telnet is disabled", quiet()),
        case("best-practice", "Telnet is started by hand", windows_2000().service(telnet().manual())),
        case("best-practice", "the web server starts with Windows", quiet().service(Service::new("W3SVC").automatic())),
        case("unable-to-scan", "Telnet starts in a way that is not known", windows_2000().service(telnet().start(9))),
        case("unable-to-scan", "SYSTEM is damaged", without(Hive::System)),
    ]
}

fn windows_firewall() -> Vec<Case> {
    const ENABLED: &str = "EnableFirewall";
    const MACHINE: &str =
        r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\StandardProfile";
    const POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\StandardProfile";
    let case = |grade, words, volume| Case::new("os.windows-firewall", grade, words, volume);
    let service = || Service::new("SharedAccess");
    let xp = || WindowsVolume::windows_xp().service_pack(2).service(service().automatic());
    let windows_2022 =
        |start: fn(Service) -> Service| WindowsVolume::windows_server_2022().service(start(Service::new("MpsSvc")));
    vec![
        case("passed", "nothing is set, on Windows XP", xp()),
        case(
            "passed",
            "off on the machine, but on by policy",
            xp().registry(MACHINE, ENABLED, 0).registry(POLICY, ENABLED, 1),
        ),
        case("passed", "nothing is set, on Windows Server 2022", windows_2022(Service::automatic)),
        case("non-critical", "off outside of the domain", xp().registry(MACHINE, ENABLED, 0)),
        case("non-critical", "off by policy", xp().registry(MACHINE, ENABLED, 1).registry(POLICY, ENABLED, 0)),
        case("non-critical", "its service is disabled", xp().service(service().disabled())),
        case("non-critical", "its service is disabled, on Windows Server 2022", windows_2022(Service::disabled)),
        case(
            "non-critical",
            "nothing is set, on Windows Server 2003",
            WindowsVolume::windows_server_2003().service_pack(1).service(service().automatic()),
        ),
        case("not-performed", "Windows 2000", windows_2000()),
        case("unable-to-scan", "SYSTEM is damaged", xp().damaged_hive(Hive::System, Damage::GarbledBins)),
        case(
            "unable-to-scan",
            "SOFTWARE, with the policies, is damaged",
            xp().damaged_hive(Hive::Software, Damage::GarbledBins),
        ),
    ]
}

fn automatic_updates() -> Vec<Case> {
    const MACHINE: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update";
    const POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU";
    const OPTIONS: &str = "AUOptions";
    let case = |grade, words, volume| Case::new("os.automatic-updates", grade, words, volume);
    let service = || Service::new("wuauserv");
    let volume = || windows_2000().service(service().automatic());
    vec![
        case("passed", "installs on a schedule", volume().registry(MACHINE, OPTIONS, 4)),
        case(
            "passed",
            "installs on a schedule by policy",
            volume().registry(MACHINE, OPTIONS, 1).registry(POLICY, OPTIONS, 4),
        ),
        case("passed", "nothing is set, on Windows 11", WindowsVolume::windows_11().service(service().manual())),
        case("best-practice", "tells before it downloads", volume().registry(MACHINE, OPTIONS, 2)),
        case("best-practice", "tells before it installs", volume().registry(MACHINE, OPTIONS, 3)),
        case(
            "best-practice",
            "nothing is set, on Windows Server 2022",
            WindowsVolume::windows_server_2022().service(service().manual()),
        ),
        case("non-critical", "off", volume().registry(MACHINE, OPTIONS, 1)),
        case(
            "non-critical",
            "off by policy",
            volume().registry(MACHINE, OPTIONS, 4).registry(POLICY, "NoAutoUpdate", 1),
        ),
        case("non-critical", "nothing is set, on Windows 2000", volume()),
        case(
            "non-critical",
            "its service is disabled",
            volume().registry(MACHINE, OPTIONS, 4).service(service().disabled()),
        ),
        case("not-performed", "Windows NT 4.0", WindowsVolume::windows_nt4_server()),
        case("unable-to-scan", "SOFTWARE is damaged", without(Hive::Software)),
    ]
}

fn hotfix_files() -> Vec<Case> {
    const FILE: &str = r"HKLM\SOFTWARE\Microsoft\Updates\Windows 2000\SP5\Q823980\Filelist\0";
    let case = |grade, words, volume| Case::new("os.hotfix-files", grade, words, volume);
    let recorded = || {
        let volume = windows_2000().registry(FILE, "FileName", "rpcss.dll").registry(FILE, "Version", "5.0.2195.6753");
        volume.registry(FILE, "Location", r"C:\WINNT\system32")
    };
    let with = |revision| recorded().file(r"%windir%\system32\rpcss.dll", Pe::version(5, 0, 2195, revision));
    vec![
        case("passed", "the file of a hotfix is newer than recorded", with(6810)),
        case("non-critical", "the file of a hotfix is older than recorded", with(6700)),
        case("non-critical", "the file of a hotfix is missing", recorded()),
        case("not-performed", "no hotfix is recorded, on Windows Server 2022", WindowsVolume::windows_server_2022()),
        case("unable-to-scan", "SOFTWARE is damaged", without(Hive::Software)),
    ]
}

fn incomplete_updates() -> Vec<Case> {
    const SESSION_MANAGER: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager";
    const RENAMES: &str = "PendingFileRenameOperations";
    const SERVICING: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending";
    let case = |grade, words, volume| Case::new("os.incomplete-updates", grade, words, volume);
    let replaced = [r"\??\C:\WINNT\ntdll.tmp", r"!\??\C:\WINNT\system32\ntdll.dll"];
    vec![
        case("passed", "nothing waits for a restart", windows_2000()),
        case(
            "passed",
            "only a temporary file is deleted at the next start",
            windows_2000().registry(SESSION_MANAGER, RENAMES, Value::multi([r"\??\C:\WINNT\Temp\setup.exe", ""])),
        ),
        case(
            "non-critical",
            "a file is replaced at the next start",
            windows_2000().registry(SESSION_MANAGER, RENAMES, Value::multi(replaced)),
        ),
        case(
            "non-critical",
            "the installer of an update asks for a restart",
            windows_2000().registry(r"HKLM\SOFTWARE\Microsoft\Updates\UpdateExeVolatile", "Flags", 1),
        ),
        case(
            "non-critical",
            "the servicing of components waits, on Windows Server 2022",
            WindowsVolume::windows_server_2022().registry_key(SERVICING),
        ),
        case(
            "non-critical",
            "servicing left pending.xml, on Windows Server 2022",
            WindowsVolume::windows_server_2022().file(r"%windir%\WinSxS\pending.xml", "<PendingTransaction/>"),
        ),
        case("unable-to-scan", "SYSTEM is damaged", without(Hive::System)),
    ]
}
