//! Reports of an invented fleet: servers and clients of several generations, some neglected, some that could not be scanned.

use wardline_contract::{
    AccountFlag, FindingId, Grade, InstallUpdate, Operation, Outcome, RegistryData, Role, Row, SetAccountFlag,
    SetRegistryValue, Severity, UpdateStatus, Verdict,
};
use wardline_evidence::SourceKind;
use wardline_report::{
    ActionReport, CatalogReport, CatalogSource, CheckReport, ConditionReport, ConditionState, Coverage, DeniedReport,
    Evidence, Head, OverallGrade, PluginReport, ProductReport, SourceReport, SystemReport, TargetReport, TestKind,
    TestReport, Tool, UpdateReport, UpdatesJudged, UpdatesState, update_grade,
};

/// Pseudo-random numbers, the same for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit.max(1)
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

struct System {
    product: &'static str,
    version: &'static str,
    build: u32,
    revision: Option<u32>,
    service_pack: Option<&'static str>,
    role: Role,
    prefix: &'static str,
    modern: bool,
}

const SYSTEMS: [System; 6] = [
    System {
        product: "Windows Server 2022 Standard",
        version: "10.0",
        build: 20348,
        revision: Some(2227),
        service_pack: None,
        role: Role::Server,
        prefix: "web",
        modern: true,
    },
    System {
        product: "Windows Server 2019 Datacenter",
        version: "10.0",
        build: 17763,
        revision: Some(5458),
        service_pack: None,
        role: Role::Server,
        prefix: "sql",
        modern: true,
    },
    System {
        product: "Windows 11 Enterprise",
        version: "10.0",
        build: 22631,
        revision: Some(3155),
        service_pack: None,
        role: Role::Workstation,
        prefix: "ws",
        modern: true,
    },
    System {
        product: "Windows 10 Enterprise",
        version: "10.0",
        build: 19045,
        revision: Some(4046),
        service_pack: None,
        role: Role::Workstation,
        prefix: "pc",
        modern: true,
    },
    System {
        product: "Windows Server 2016 Standard",
        version: "10.0",
        build: 14393,
        revision: Some(6709),
        service_pack: None,
        role: Role::DomainController,
        prefix: "dc",
        modern: true,
    },
    System {
        product: "Microsoft Windows 2000 Server",
        version: "5.0",
        build: 2195,
        revision: None,
        service_pack: Some("Service Pack 2"),
        role: Role::Server,
        prefix: "legacy",
        modern: false,
    },
];

const SITES: [&str; 5] = ["fra", "ber", "lon", "nyc", "osa"];

/// Identifier, number in MBSA, family, title, summaries if it fails and if it passes, worst grade, chance of failing in percent.
type CheckRow = (&'static str, Option<u32>, &'static str, &'static str, &'static str, &'static str, Grade, u64);

const CHECKS: [CheckRow; 24] = [
    (
        "os.windows-version",
        Some(101),
        "os",
        "Windows version",
        "This release of Windows no longer gets updates.",
        "This release of Windows is supported.",
        Grade::BestPractice,
        12,
    ),
    (
        "os.file-system",
        Some(102),
        "os",
        "File system",
        "A fixed volume is not NTFS.",
        "All fixed volumes are NTFS.",
        Grade::Critical,
        2,
    ),
    (
        "os.passwords",
        Some(104),
        "os",
        "Local account passwords",
        "2 of 5 accounts have a blank or guessable password.",
        "No account has a guessable password.",
        Grade::Critical,
        9,
    ),
    (
        "os.password-expiration",
        Some(106),
        "os",
        "Password expiration",
        "3 of 5 accounts have a password that never expires.",
        "All passwords expire.",
        Grade::NonCritical,
        38,
    ),
    (
        "os.guest-account",
        Some(107),
        "os",
        "Guest account",
        "The built-in Guest account is enabled.",
        "The Guest account is disabled.",
        Grade::Critical,
        7,
    ),
    (
        "os.autologon",
        Some(110),
        "os",
        "Autologon",
        "Autologon is on, with the password in clear text.",
        "Nobody is logged on automatically.",
        Grade::Critical,
        3,
    ),
    (
        "os.restrict-anonymous",
        Some(117),
        "os",
        "Restrict anonymous",
        "Anonymous users may list accounts and shares (RestrictAnonymous is 0).",
        "Anonymous access is restricted.",
        Grade::Critical,
        21,
    ),
    (
        "os.auditing",
        Some(119),
        "os",
        "Auditing",
        "Neither success nor failure of logons is audited.",
        "Logons are audited.",
        Grade::BestPractice,
        33,
    ),
    (
        "os.shares",
        Some(121),
        "os",
        "Shares",
        "A share may be written by Everyone.",
        "No share may be written by Everyone.",
        Grade::NonCritical,
        14,
    ),
    (
        "os.administrators",
        Some(122),
        "os",
        "Administrators",
        "5 accounts are in the local group Administrators.",
        "No more than 2 accounts are administrators.",
        Grade::NonCritical,
        26,
    ),
    (
        "os.services",
        Some(123),
        "os",
        "Services",
        "The service TlntSvr may not be needed and is enabled.",
        "No potentially unnecessary service is enabled.",
        Grade::BestPractice,
        18,
    ),
    (
        "os.firewall",
        Some(178),
        "os",
        "Windows firewall",
        "The firewall is off for the public profile.",
        "The firewall is on for all profiles.",
        Grade::NonCritical,
        8,
    ),
    (
        "os.automatic-updates",
        Some(179),
        "os",
        "Automatic updates",
        "Updates are not installed automatically.",
        "A policy installs updates at 03:00.",
        Grade::NonCritical,
        16,
    ),
    (
        "os.incomplete-updates",
        Some(180),
        "os",
        "Incomplete updates",
        "An update waits for a restart.",
        "No update waits for a restart.",
        Grade::NonCritical,
        11,
    ),
    (
        "ie.zones",
        Some(118),
        "ie",
        "Internet Explorer zones",
        "The Internet zone of 1 user is below the recommended level.",
        "All zones have the recommended level.",
        Grade::NonCritical,
        10,
    ),
    (
        "ie.macros",
        Some(124),
        "ie",
        "Macro security",
        "Word of 1 user is below the recommended macro level.",
        "All programs have the recommended macro level.",
        Grade::Critical,
        6,
    ),
    (
        "iis.parent-paths",
        Some(311),
        "iis",
        "Parent paths",
        "Parent paths are on for 2 applications.",
        "Parent paths are off.",
        Grade::NonCritical,
        9,
    ),
    (
        "iis.logging",
        Some(307),
        "iis",
        "Logging",
        "1 site does not log in the W3C extended format.",
        "All sites log in the W3C extended format.",
        Grade::NonCritical,
        12,
    ),
    (
        "iis.samples",
        Some(308),
        "iis",
        "Sample applications",
        "Sample applications are installed.",
        "No sample applications are installed.",
        Grade::Critical,
        3,
    ),
    (
        "sql.security-mode",
        Some(203),
        "sql",
        "Security mode",
        "The instance accepts SQL Server logins (mixed mode).",
        "The instance accepts Windows logins only.",
        Grade::NonCritical,
        20,
    ),
    (
        "sql.service-accounts",
        Some(218),
        "sql",
        "Service accounts",
        "The service runs as LocalSystem.",
        "The service runs as an ordinary account.",
        Grade::NonCritical,
        17,
    ),
    (
        "sql.exposed-password",
        Some(205),
        "sql",
        "Exposed password",
        "A setup file holds a password in clear text.",
        "No setup file holds a password.",
        Grade::Critical,
        2,
    ),
    (
        "acme-agent.version",
        None,
        "acme-agent",
        "Agent version",
        "The Acme agent is older than 7.2.",
        "The Acme agent is current.",
        Grade::NonCritical,
        13,
    ),
    (
        "acme-agent.tamper",
        None,
        "acme-agent",
        "Tamper protection",
        "Tamper protection is off.",
        "Tamper protection is on.",
        Grade::Critical,
        4,
    ),
];

/// Checks of which a part needs a running machine.
const NOT_PERFORMED: [(&str, Option<u32>, &str, &str); 4] = [
    ("sql.sysadmins", Some(204), "sql", "Members of sysadmin"),
    ("sql.guest", Some(206), "sql", "Guest in databases"),
    ("sql.cmdexec", Some(207), "sql", "CmdExec"),
    ("sql.account-passwords", Some(217), "sql", "Account passwords of SQL Server"),
];

/// The part of the report before the targets.
pub(crate) fn head() -> Head {
    let source = |format: &str, date: &str, location: &str| CatalogSource {
        format: format.to_owned(),
        schema_version: Some("1.0.0.1".to_owned()),
        data_version: Some("1.0.1.148".to_owned()),
        date: Some(date.to_owned()),
        digest: "ab".repeat(32),
        location: location.to_owned(),
    };
    Head {
        tool: Tool::default(),
        catalog: CatalogReport::new(
            vec![
                source("msrc", "2024-03-12", "catalogs/msrc-2024-03.json"),
                source("mssecure", "2001-10-04", "catalogs/mssecure.xml"),
            ],
            8123,
        ),
        policy: None,
    }
}

/// Returns the report of the machine at `place`. The same place has the same report.
pub(crate) fn machine(place: u64) -> TargetReport {
    let mut chance = Chance(place.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5eed);
    chance.below(2);
    let system = match chance.below(100) {
        0..24 => &SYSTEMS[0],
        24..38 => &SYSTEMS[1],
        38..66 => &SYSTEMS[2],
        66..86 => &SYSTEMS[3],
        86..93 => &SYSTEMS[4],
        _ => &SYSTEMS[5],
    };
    let site = SITES[usize::try_from(chance.below(5)).unwrap_or(0)];
    let name = format!("{}-{site}-{place:04}", system.prefix);
    if chance.percent(1) {
        return unopened(&name);
    }
    let mut report = empty(&name, system);
    let neglected = chance.percent(15);
    checks(&mut report, &mut chance, system, neglected);
    updates(&mut report, &mut chance, system, neglected);
    trouble(&mut report, &mut chance);
    let unable = report.checks.iter().any(|check| check.grade == Grade::UnableToScan);
    let doubtful = report.source.conditions.iter().any(|part| part.state.is_doubtful());
    report.complete = report.all_judged() && !unable && !doubtful;
    let grades = report.checks.iter().map(|check| check.grade);
    let updates = report.updates.iter().map(|update| update_grade(update.status, update.severity));
    report.grade = OverallGrade::worst(grades.chain(updates), report.complete);
    report
}

fn empty(name: &str, system: &System) -> TargetReport {
    let plugin = |name: &str, stock| PluginReport {
        name: name.into(),
        version: "0.1.0".into(),
        family: name.into(),
        digest: "cd".repeat(32).into(),
        stock,
        outcome: Some(Outcome::Ok),
        detail: None,
        rounds: 4,
        questions: 180,
        fuel: 1_234_567,
    };
    TargetReport {
        name: name.to_owned(),
        source: SourceReport {
            kind: Some(SourceKind::Volume),
            location: format!("/mnt/snapshots/{name}"),
            conditions: Vec::new(),
            bytes_read: None,
        },
        system: SystemReport {
            product: Some(system.product.to_owned()),
            version: Some(system.version.to_owned()),
            build: Some(system.build),
            revision: system.revision,
            service_pack: system.service_pack.map(str::to_owned),
            role: Some(system.role),
            computer_name: Some(name.to_uppercase()),
            suites: Vec::new(),
            architecture: Some("x64".to_owned()),
            language: Some(0x0409),
            windows_folder: Some(r"C:\Windows".to_owned()),
        },
        role: None,
        grade: OverallGrade::StrongSecurity,
        complete: true,
        error: None,
        coverage: Coverage { questions: 412, known: 301, absent: 104, denied: 0, unreadable: 2, unsupported: 5 },
        plugins: vec![
            plugin("os", true),
            plugin("ie", true),
            plugin("iis", true),
            plugin("sql", true),
            plugin("acme-agent", false),
        ],
        updates_judged: Some(vec![UpdatesJudged {
            plugin: "os".into(),
            family: "os".into(),
            state: UpdatesState::Judged,
            products: vec![system.product.to_owned()],
            reason: None,
        }]),
        products: vec![ProductReport {
            plugin: "os".into(),
            name: system.product.to_owned(),
            version: Some(format!("{}.{}", system.version, system.build)),
            service_pack: system.service_pack.map(str::to_owned),
            subject: None,
        }],
        checks: Vec::new(),
        updates: Vec::new(),
        actions: Vec::new(),
        denied: Vec::new(),
    }
}

fn unopened(name: &str) -> TargetReport {
    TargetReport {
        source: SourceReport {
            kind: None,
            location: format!("/mnt/snapshots/{name}"),
            conditions: Vec::new(),
            bytes_read: None,
        },
        system: SystemReport::default(),
        role: None,
        grade: OverallGrade::Incomplete,
        complete: false,
        error: Some("no Windows folder: expected `Windows\\system32\\config\\SYSTEM`".to_owned()),
        plugins: Vec::new(),
        updates_judged: Some(Vec::new()),
        products: Vec::new(),
        ..empty(name, &SYSTEMS[0])
    }
}

fn checks(report: &mut TargetReport, chance: &mut Chance, system: &System, neglected: bool) {
    let has_iis = system.prefix == "web" || !system.modern;
    let has_sql = system.prefix == "sql";
    for (id, mbsa, family, title, fails, passes, worst, percent) in CHECKS {
        if (family == "iis" && !has_iis) || (family == "sql" && !has_sql) {
            continue;
        }
        let failed = chance.percent(if neglected { (percent * 3).min(95) } else { percent / 2 });
        let place = u32::try_from(report.checks.len()).unwrap_or(0);
        let account = ["svc-backup", "jdoe", "Administrator"];
        let rows = match (failed, id) {
            (true, "os.passwords" | "os.password-expiration" | "os.administrators") => account
                .iter()
                .map(|account| Row { cells: vec![(*account).to_owned(), "never".to_owned()], grade: worst })
                .collect(),
            _ => Vec::new(),
        };
        report.checks.push(CheckReport {
            id: id.to_owned(),
            mbsa,
            family: family.into(),
            title: title.into(),
            subject: (family == "sql").then(|| "instance SALES".to_owned()),
            grade: if failed { worst } else { Grade::Passed },
            summary: if failed { fails } else { passes }.to_owned(),
            columns: if rows.is_empty() { Vec::new() } else { vec!["Account".into(), "Password expires".into()] },
            rows,
            evidence: vec![Evidence {
                question: format!(r"registry value HKLM\SYSTEM\CurrentControlSet\Control\{title}"),
                answer: if failed { "0" } else { "2" }.to_owned(),
            }],
            rerated: None,
            waived: None,
        });
        if failed {
            remedy(report, FindingId::Check(place), id);
        }
    }
    if has_sql {
        for (id, mbsa, family, title) in NOT_PERFORMED {
            report.checks.push(CheckReport {
                id: id.to_owned(),
                mbsa,
                family: family.into(),
                title: title.into(),
                subject: Some("instance SALES".to_owned()),
                grade: Grade::NotPerformed,
                summary: "Needs a connection to a running SQL Server.".to_owned(),
                columns: Vec::new(),
                rows: Vec::new(),
                evidence: Vec::new(),
                rerated: None,
                waived: None,
            });
        }
    }
}

fn remedy(report: &mut TargetReport, mends: FindingId, id: &str) {
    let operation = match id {
        "os.guest-account" => Operation::SetAccountFlag(SetAccountFlag {
            account: "Guest".to_owned(),
            rid: 501,
            flag: AccountFlag::Disabled,
            before: false,
            after: true,
        }),
        "os.restrict-anonymous" => Operation::SetRegistryValue(SetRegistryValue {
            key: r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa".to_owned(),
            name: "RestrictAnonymous".to_owned(),
            before: Some(RegistryData::Dword(0)),
            after: RegistryData::Dword(1),
        }),
        "os.passwords" => {
            Operation::ManualStep("Set a strong password for the accounts listed, or disable them.".to_owned())
        }
        "os.administrators" => {
            Operation::ManualStep("Remove the accounts that need not administer this computer.".to_owned())
        }
        _ => return,
    };
    report.actions.push(ActionReport {
        plugin: "os".into(),
        mends,
        operation,
        undo: Vec::new(),
        restart: false,
        risk: Some("Programs that rely on it stop working.".to_owned()),
        article: None,
    });
}

fn updates(report: &mut TargetReport, chance: &mut Chance, system: &System, neglected: bool) {
    if system.modern {
        modern(report, chance, system, neglected);
    } else {
        old(report, chance, system);
    }
}

/// Cumulative updates: the newest is missing or not, all earlier ones are superseded.
fn modern(report: &mut TargetReport, chance: &mut Chance, system: &System, neglected: bool) {
    let first = system.build / 10;
    let lacks_newest = chance.percent(if neglected { 95 } else { 45 });
    let lacks_framework = chance.percent(if neglected { 80 } else { 20 });
    for number in 0..60 {
        let article = format!("KB50{:05}", first + 7 * number);
        let framework = number % 6 == 1;
        let (status, reason) = match number {
            0 if lacks_newest => (
                UpdateStatus::Missing,
                format!("{}.{} is older than {}.2340.", system.build, system.revision.unwrap_or(0), system.build),
            ),
            1 if lacks_framework => (UpdateStatus::Missing, "System.Core.dll is older than 4.8.4718.0.".to_owned()),
            0 | 1 => (UpdateStatus::Installed, "All files are as the catalog says.".to_owned()),
            _ => (UpdateStatus::Superseded, "A later update takes its place.".to_owned()),
        };
        let product = system.product;
        let title = match framework {
            true => {
                format!("2024-0{} Cumulative Update for .NET Framework 3.5 and 4.8 for {product}", 3 - number.min(2))
            }
            false => format!("2024-03 Cumulative Update for {product} ({article})"),
        };
        let severity = if framework { Severity::Important } else { Severity::Critical };
        let cves =
            (0..if framework { 4 } else { 60 }).map(|cve| format!("CVE-2024-{}", 20_000 + number * 97 + cve).into());
        push(
            report,
            (1000 + first + number, &article, &article, &title, severity),
            status,
            &reason,
            system,
            cves.collect(),
        );
    }
}

/// Separate updates with bulletins, many of which are missing.
fn old(report: &mut TargetReport, chance: &mut Chance, system: &System) {
    for number in 0..90 {
        let status = match chance.below(100) {
            0..35 => UpdateStatus::Missing,
            35..60 => UpdateStatus::Installed,
            60..80 => UpdateStatus::Superseded,
            80..90 => UpdateStatus::Note,
            90..97 => UpdateStatus::Included,
            _ => UpdateStatus::PendingRestart,
        };
        let severity =
            [Severity::Critical, Severity::Moderate, Severity::Low, Severity::Unrated][(number % 4) as usize];
        let bulletin = format!("MS01-{number:03}");
        let article = format!("Q{}", 285_000 + number * 137);
        let title = format!("Unchecked Buffer in Component {number} Could Let Code of an Attacker's Choice Run");
        push(
            report,
            (number, &bulletin, &article, &title, severity),
            status,
            "idq.dll is older than 5.0.2195.3645.",
            system,
            Vec::new(),
        );
    }
}

fn push(
    report: &mut TargetReport,
    (number, bulletin, article, title, severity): (u32, &str, &str, &str, Severity),
    status: UpdateStatus,
    reason: &str,
    system: &System,
    cves: Vec<smol_str::SmolStr>,
) {
    let place = u32::try_from(report.updates.len()).unwrap_or(0);
    let package = format!("{article}_{}_x64.msu", system.prefix);
    let url = format!("https://catalog.update.microsoft.com/Search.aspx?q={article}");
    report.updates.push(UpdateReport {
        number,
        bulletin: bulletin.into(),
        kb: Some(article.into()),
        title: title.into(),
        family: "os".into(),
        product: system.product.to_owned(),
        subject: None,
        severity,
        status,
        reason: reason.to_owned(),
        package: Some(package.as_str().into()),
        url: Some(url.as_str().into()),
        cves,
        tests: vec![TestReport {
            kind: if system.modern { TestKind::Build } else { TestKind::Version },
            subject: if system.modern { system.product.to_owned() } else { r"%windir%\system32\idq.dll".to_owned() },
            expected: Some("5.0.2195.3645".to_owned()),
            found: Some("5.0.2195.1600".to_owned()),
            verdict: if status == UpdateStatus::Missing { Verdict::Failed } else { Verdict::Passed },
        }],
        superseded_by: None,
        installation: None,
        rerated: None,
        waived: None,
    });
    if status == UpdateStatus::Missing {
        report.actions.push(ActionReport {
            plugin: "os".into(),
            mends: FindingId::Update(place),
            operation: Operation::InstallUpdate(InstallUpdate {
                update: number,
                package,
                url: Some(url),
                switches: vec!["/quiet".to_owned(), "/norestart".to_owned()],
            }),
            undo: Vec::new(),
            restart: true,
            risk: None,
            article: Some(article.to_owned()),
        });
    }
}

/// Adds one of the reasons for which a scan is incomplete.
fn trouble(report: &mut TargetReport, chance: &mut Chance) {
    if chance.percent(3) {
        report.source.conditions.push(ConditionReport {
            part: r"Windows\system32\config\SOFTWARE".to_owned(),
            state: ConditionState::Stale,
            entries: Some(0),
            reason: Some("its log SOFTWARE.LOG1 is not there".to_owned()),
        });
    }
    if chance.percent(4) {
        let reason = "the plugin exceeded its instruction limit (1,000,000,000 instructions)";
        for check in report.checks.iter_mut().filter(|check| check.family == "ie") {
            check.grade = Grade::UnableToScan;
            check.summary = format!("Could not be scanned: {reason}.");
            check.rows = Vec::new();
        }
        if let Some(plugin) = report.plugins.iter_mut().find(|plugin| plugin.name == "ie") {
            plugin.outcome = Some(Outcome::OutOfFuel);
            plugin.detail = Some("1,000,000,000 instructions".to_owned());
        }
        report.updates_judged.get_or_insert_default().push(UpdatesJudged {
            plugin: "ie".into(),
            family: "ie".into(),
            state: UpdatesState::NotJudged,
            products: Vec::new(),
            reason: Some(reason.to_owned()),
        });
    }
    if chance.percent(2) {
        report.denied.push(DeniedReport {
            plugin: "acme-agent".into(),
            question: r"text of C:\ProgramData\Acme\agent.conf, bytes 0+4096".to_owned(),
            reason: "not among the plugin's scopes".to_owned(),
            by_policy: false,
        });
    }
}
