//! Builds texts as Windows' tools print them.

use wardline_systeminfo::Role;

pub(crate) const KBS: [&str; 3] = ["KB5012170", "KB5034129", "KB5035857"];

/// One language of `systeminfo`.
#[derive(Clone, Copy)]
pub(crate) struct Language {
    pub(crate) tag: &'static str,
    pub(crate) id: u16,
    pub(crate) computer: &'static str,
    pub(crate) role: Role,
    /// Labels: host, name, version, maker, configuration, build type, owner, system type, processors, folder, locale, logon server,
    /// hotfixes, network cards.
    labels: [&'static str; 14],
    version: &'static str,
    configuration: &'static str,
    /// How many hotfixes are installed.
    hotfixes: &'static str,
    /// Before a colon after a list's number.
    space: &'static str,
}

pub(crate) const LANGUAGES: &[Language] = &[
    Language {
        tag: "en-us",
        id: 0x0409,
        computer: "SRV01",
        role: Role::Server,
        labels: [
            "Host Name",
            "OS Name",
            "OS Version",
            "OS Manufacturer",
            "OS Configuration",
            "OS Build Type",
            "Registered Owner",
            "System Type",
            "Processor(s)",
            "Windows Directory",
            "System Locale",
            "Logon Server",
            "Hotfix(s)",
            "Network Card(s)",
        ],
        version: "10.0.20348 N/A Build 20348",
        configuration: "Standalone Server",
        hotfixes: "3 Hotfix(s) Installed.",
        space: "",
    },
    Language {
        tag: "fr",
        id: 0x040c,
        computer: "SRV01",
        role: Role::DomainController,
        labels: [
            "Nom de l’hôte",
            "Nom du système d’exploitation",
            "Version du système",
            "Fabricant du système d’exploitation",
            "Configuration du système d’exploitation",
            "Type de version du système d’exploitation",
            "Propriétaire enregistré",
            "Type du système",
            "Processeur(s)",
            "Répertoire Windows",
            "Option régionale du système",
            "Serveur d’ouverture de session",
            "Correctif(s)",
            "Carte(s) réseau",
        ],
        version: "10.0.20348 N/A version 20348",
        configuration: "Contrôleur principal de domaine",
        hotfixes: "3 Corrections installées.",
        space: "\u{a0}",
    },
    Language {
        tag: "de",
        id: 0x0407,
        computer: "SRV01",
        role: Role::Server,
        labels: [
            "Hostname",
            "Betriebssystemname",
            "Betriebssystemversion",
            "Betriebssystemhersteller",
            "Betriebssystemkonfiguration",
            "Betriebssystem-Buildtyp",
            "Registrierter Benutzer",
            "Systemtyp",
            "Prozessor(en)",
            "Windows-Verzeichnis",
            "Systemgebietsschema",
            "Anmeldeserver",
            "Hotfix(es)",
            "Netzwerkkarte(n)",
        ],
        version: "10.0.20348 Nicht zutreffend Build 20348",
        configuration: "Mitgliedsserver",
        hotfixes: "3 Hotfix(e) installiert.",
        space: "",
    },
    Language {
        tag: "es",
        id: 0x0c0a,
        computer: "SRV01",
        role: Role::DomainController,
        labels: [
            "Nombre de host",
            "Nombre del sistema operativo",
            "Versión del sistema operativo",
            "Fabricante del sistema operativo",
            "Configuración del sistema operativo",
            "Tipo de compilación del sistema operativo",
            "Propiedad de",
            "Tipo de sistema",
            "Procesador(es)",
            "Directorio de Windows",
            "Configuración regional del sistema",
            "Servidor de inicio de sesión",
            "Revisión(es)",
            "Tarjeta(s) de red",
        ],
        version: "10.0.20348 N/D Compilación 20348",
        configuration: "Controlador de dominio principal",
        hotfixes: "3 revisión(es) instaladas.",
        space: "",
    },
    Language {
        tag: "ja",
        id: 0x0411,
        computer: "SRV01",
        role: Role::Server,
        labels: [
            "ホスト名",
            "OS 名",
            "OS バージョン",
            "OS 製造元",
            "OS 構成",
            "OS ビルドの種類",
            "登録されている所有者",
            "システムの種類",
            "プロセッサ",
            "Windows ディレクトリ",
            "システム ロケール",
            "ログオン サーバー",
            "ホットフィックス",
            "ネットワーク カード",
        ],
        version: "10.0.20348 N/A ビルド 20348",
        configuration: "スタンドアロン サーバー",
        hotfixes: "3 ホットフィックスがインストールされています。",
        space: "",
    },
    Language {
        tag: "ru",
        id: 0x0419,
        computer: "SRV01",
        role: Role::Server,
        labels: [
            "Имя узла",
            "Название ОС",
            "Версия ОС",
            "Изготовитель ОС",
            "Параметры ОС",
            "Сборка ОС",
            "Зарегистрированный владелец",
            "Тип системы",
            "Процессор(ы)",
            "Папка Windows",
            "Язык системы",
            "Сервер входа в сеть",
            "Исправление(я)",
            "Сетевые адаптеры",
        ],
        version: "10.0.20348 Н/Д построение 20348",
        configuration: "Рядовой сервер",
        hotfixes: "3 - количество установленных исправлений.",
        space: "",
    },
];

/// The fields with their values; the items of lists are on lines of their own.
fn fields(language: &Language) -> Vec<(&'static str, Vec<String>)> {
    let item = |number: usize, text: &str| format!("[{number:02}]{}: {text}", language.space);
    let hotfixes = KBS.iter().enumerate().map(|(place, kb)| item(place + 1, kb));
    let values = [
        vec![language.computer.to_owned()],
        vec!["Microsoft Windows Server 2022 Standard".to_owned()],
        vec![language.version.to_owned()],
        vec!["Microsoft Corporation".to_owned()],
        vec![language.configuration.to_owned()],
        vec!["Multiprocessor Free".to_owned()],
        vec!["Windows".to_owned()],
        vec!["x64-based PC".to_owned()],
        vec!["1 ~".to_owned(), item(1, "Intel64 Family 6 Model 79 Stepping 1 GenuineIntel ~2295 Mhz")],
        vec![r"C:\Windows".to_owned()],
        vec![format!("{};Name (Land)", language.tag)],
        vec![r"\\SRV01".to_owned()],
        [language.hotfixes.to_owned()].into_iter().chain(hotfixes).collect(),
        vec!["1 NIC".to_owned(), item(1, "Adapter"), "      DHCP: 10.0.0.1".to_owned(), item(1, "192.168.0.7")],
    ];
    language.labels.into_iter().zip(values).collect()
}

/// `systeminfo`, whose values all begin in one column.
pub(crate) fn list(language: &Language) -> String {
    let fields = fields(language);
    let width = fields.iter().map(|(label, _)| label.chars().count() + 2).max().unwrap();
    let mut text = "\r\n".to_owned();
    for (label, lines) in &fields {
        for (place, line) in lines.iter().enumerate() {
            let label = if place == 0 { format!("{label}:") } else { String::new() };
            let pad = " ".repeat(width - label.chars().count());
            text += &format!("{label}{pad}{line}\r\n");
        }
    }
    text
}

/// `systeminfo /fo csv`
pub(crate) fn csv(language: &Language) -> String {
    let fields = fields(language);
    let row = |cells: Vec<String>| format!("\"{}\"\r\n", cells.join("\",\""));
    let labels = row(fields.iter().map(|(label, _)| (*label).to_owned()).collect());
    labels + &row(fields.iter().map(|(_, lines)| lines.join(",")).collect())
}

/// `systeminfo /fo table`, whose columns are as wide as their characters.
pub(crate) fn table(language: &Language) -> String {
    table_of_cells(language, |_| 1)
}

/// The same where characters of Chinese, Japanese and Korean are as wide as two.
pub(crate) fn wide_table(language: &Language) -> String {
    table_of_cells(language, |letter| if letter >= '\u{3000}' { 2 } else { 1 })
}

fn table_of_cells(language: &Language, cells: fn(char) -> usize) -> String {
    let columns: Vec<(&str, String)> =
        fields(language).iter().map(|(label, lines)| (*label, lines.join(","))).collect();
    let count = |text: &str| text.chars().map(cells).sum::<usize>();
    let width = |(label, value): &(&str, String)| count(label).max(count(value));
    let row = |cell: &dyn Fn(&(&str, String)) -> String| {
        let cells = columns.iter().map(|column| {
            let cell = cell(column);
            let pad = width(column) - count(&cell);
            cell + &" ".repeat(pad)
        });
        cells.collect::<Vec<_>>().join(" ") + "\r\n"
    };
    format!(
        "\r\n{}{}{}",
        row(&|(label, _)| (*label).to_owned()),
        row(&|column| "=".repeat(width(column))),
        row(&|(_, value)| value.clone())
    )
}

/// The same hotfixes as each command prints them.
pub(crate) const GET_HOTFIX: &[(&str, &str)] = &[
    (
        "wmic qfe",
        "Caption                                     CSName  Description      FixComments  HotFixID   InstallDate  InstalledBy          InstalledOn  Name  ServicePackInEffect  Status  \r\r\n\
         http://support.microsoft.com/?kbid=5012170  SRV01   Security Update               KB5012170               NT AUTHORITY\\SYSTEM  3/17/2024                                       \r\r\n\
         http://support.microsoft.com/?kbid=5034129  SRV01   Update                        KB5034129               NT AUTHORITY\\SYSTEM  3/17/2024                                       \r\r\n\
         http://support.microsoft.com/?kbid=5035857  SRV01   更新プログラム                       KB5035857               NT AUTHORITY\\SYSTEM  3/17/2024                                       \r\r\n\r\r\n",
    ),
    (
        "wmic qfe list /format:list",
        "\r\r\n\r\r\nCaption=http://support.microsoft.com/?kbid=5012170\r\r\nCSName=SRV01\r\r\nHotFixID=KB5012170\r\r\nInstalledBy=\r\r\n\r\r\n\
         \r\r\nCaption=http://support.microsoft.com/?kbid=5034129\r\r\nCSName=SRV01\r\r\nHotFixID=KB5034129\r\r\nInstalledBy=\r\r\n\r\r\n\
         \r\r\nCaption=http://support.microsoft.com/?kbid=5035857\r\r\nCSName=SRV01\r\r\nHotFixID=KB5035857\r\r\nInstalledBy=\r\r\n\r\r\n",
    ),
    (
        "wmic qfe list /format:csv",
        "\r\r\nNode,Caption,CSName,Description,HotFixID,InstalledBy\r\r\n\
         SRV01,http://support.microsoft.com/?kbid=5012170,SRV01,Update,KB5012170,NT AUTHORITY\\SYSTEM\r\r\n\
         SRV01,http://support.microsoft.com/?kbid=5034129,SRV01,Update, with a comma,KB5034129,NT AUTHORITY\\SYSTEM\r\r\n\
         SRV01,http://support.microsoft.com/?kbid=5035857,SRV01,Update,KB5035857,NT AUTHORITY\\SYSTEM\r\r\n",
    ),
    (
        "Get-HotFix",
        "\r\nSource        Description      HotFixID      InstalledBy          InstalledOn              \r\n\
         ------        -----------      --------      -----------          -----------              \r\n\
         SRV01         Update           KB5012170     NT AUTHORITY\\SYSTEM  17.03.2024 00:00:00      \r\n\
         SRV01         Update           KB5034129     NT AUTHORITY\\SYSTEM  17.03.2024 00:00:00      \r\n\
         SRV01         Security Update  KB5035857     NT AUTHORITY\\SYSTEM  17.03.2024 00:00:00      \r\n\r\n",
    ),
    (
        "Get-HotFix | Format-List",
        "\r\nSource      : SRV01\r\nDescription : Update\r\nHotFixID    : KB5012170\r\nInstalledOn : 17.03.2024 00:00:00\r\n\
         \r\nSource      : SRV01\r\nDescription : Update\r\nHotFixID    : KB5034129\r\nInstalledOn : 17.03.2024 00:00:00\r\n\
         \r\nSource      : SRV01\r\nDescription : Update\r\nHotFixID    : KB5035857\r\nInstalledOn : 17.03.2024 00:00:00\r\n",
    ),
    (
        "Get-HotFix | Export-Csv",
        "#TYPE System.Management.ManagementObject#root\\cimv2\\Win32_QuickFixEngineering\r\n\
         \"PSComputerName\",\"InstalledOn\",\"Caption\",\"CSName\",\"Description\",\"HotFixID\"\r\n\
         \"SRV01\",\"3/17/2024, 1\",\"http://support.microsoft.com/?kbid=5012170\",\"SRV01\",\"An \"\"Update\"\"\",\"KB5012170\"\r\n\
         \"SRV01\",\"3/17/2024, 1\",\"http://support.microsoft.com/?kbid=5034129\",\"SRV01\",\"Update\",\"KB5034129\"\r\n\
         \"SRV01\",\"3/17/2024, 1\",\"http://support.microsoft.com/?kbid=5035857\",\"SRV01\",\"Update\",\"KB5035857\"\r\n",
    ),
    (
        "Get-HotFix | Export-Csv -UseCulture",
        "\"CSName\";\"HotFixID\"\r\n\"SRV01\";\"KB5012170\"\r\n\"SRV01\";\"KB5034129\"\r\n\"SRV01\";\"KB5035857\"\r\n",
    ),
];

/// `Export-Clixml` of objects of a class with these properties.
pub(crate) fn clixml(class: &str, objects: &[Vec<(&str, &str)>]) -> String {
    let mut text = "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">\n".to_owned();
    for (number, properties) in objects.iter().enumerate() {
        text += &format!(
            "  <Obj RefId=\"{number}\">\n    <TN RefId=\"0\"><T>System.Management.ManagementObject#{class}</T></TN>\n"
        );
        text += "    <ToString>a &amp; b</ToString>\n    <Props>\n      <Nil N=\"Status\" />\n";
        text += "      <Obj N=\"__DERIVATION\" RefId=\"9\"><LST><S>CIM_LogicalElement</S></LST></Obj>\n";
        for (name, value) in properties {
            text += &format!("      <S N=\"{name}\">{value}</S>\n");
        }
        text += "    </Props>\n  </Obj>\n";
    }
    text + "</Objs>\n"
}
