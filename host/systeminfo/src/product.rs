//! The words by which Windows names its product, its role and its processor.

/// A machine's role in its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Workstation,
    Server,
    DomainController,
}

/// The processor that Windows is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    X86,
    X64,
    Arm64,
    Itanium,
}

/// The suites that an operating system's `SuiteMask` names, as `ProductSuite` in the registry names them
/// (`OSVERSIONINFOEXW.wSuiteMask` in Microsoft's documentation).
const SUITES: [(u32, &str); 7] = [
    (0x0001, "Small Business"),
    (0x0002, "Enterprise"),
    (0x0010, "Terminal Server"),
    (0x0020, "Small Business(Restricted)"),
    (0x0080, "DataCenter"),
    (0x0200, "Personal"),
    (0x0400, "Blade"),
];

/// The editions of Windows 2000 to Server 2003 in English product names, with their suites.
const EDITIONS: [(&str, &str); 5] = [
    ("Advanced Server", "Enterprise"),
    ("Enterprise", "Enterprise"),
    ("Datacenter", "DataCenter"),
    ("Web Edition", "Blade"),
    ("Home Edition", "Personal"),
];

/// How the field "OS Configuration" of `systeminfo` says that a machine is a domain controller, primary or not, in the languages of
/// Windows Server and some more.
const CONTROLLER: [&str; 22] = [
    "domain controller",
    "contrôleur",
    "controleur",
    "domänencontroller",
    "domänkontrollant",
    "domænecontroller",
    "domenekontroller",
    "domeincontroller",
    "controlador de dom",
    "controller di dominio",
    "ドメイン コントローラ",
    "контроллер домена",
    "контролер домену",
    "域控制器",
    "網域控制站",
    "도메인 컨트롤러",
    "kontroler domeny",
    "řadič",
    "tartományvezérlő",
    "denetleyici",
    "ohjauskone",
    "ελεγκτής",
];

/// The word for a server in the same field.
const SERVER: [&str; 16] = [
    "server",
    "serveur",
    "servidor",
    "サーバ",
    "сервер",
    "服务器",
    "伺服器",
    "서버",
    "serwer",
    "kiszolgáló",
    "sunucu",
    "palvelin",
    "διακομιστής",
    "strežnik",
    "poslužitelj",
    "tjener",
];

/// The word for a workstation in the same field. The products that are known to be for workstations do not need it.
const WORKSTATION: [&str; 15] = [
    "workstation",
    "station de travail",
    "arbeitsstation",
    "estación de trabajo",
    "estação de trabalho",
    "ワークステーション",
    "рабочая станция",
    "工作站",
    "워크스테이션",
    "stacja robocza",
    "pracovní stanice",
    "munkaállomás",
    "werkstation",
    "arbetsstation",
    "iş istasyonu",
];

impl Architecture {
    /// Reads the beginning of a system type: `x64-based PC`, `X86-basierter PC`, `ARM64-based PC`; or a processor's name.
    pub(crate) fn at_start(text: &str) -> Option<Architecture> {
        let text = text.trim();
        let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(text.len());
        Architecture::named(text.get(..end)?)
    }

    /// Finds a processor's name among the words of a text: `PC basé sur un processeur x64`.
    pub(crate) fn within(text: &str) -> Option<Architecture> {
        // Chinese and Japanese have no spaces around it: `基于x64的电脑`.
        text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').find_map(Architecture::named)
    }

    fn named(word: &str) -> Option<Architecture> {
        const NAMES: [(&str, Architecture); 8] = [
            ("x64", Architecture::X64),
            ("amd64", Architecture::X64),
            ("em64t", Architecture::X64),
            ("arm64", Architecture::Arm64),
            ("x86", Architecture::X86),
            ("i386", Architecture::X86),
            ("itanium", Architecture::Itanium),
            ("ia64", Architecture::Itanium),
        ];
        NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, architecture)| *architecture)
    }

    /// Reads `OSArchitecture` of `Win32_OperatingSystem`: `64-bit`, `64 bits`, `ARM 64-bit Processor`.
    pub(crate) fn of_bits(text: &str) -> Option<Architecture> {
        let is_arm = text.to_ascii_uppercase().contains("ARM");
        match (text.contains("64"), text.contains("32")) {
            (true, false) if is_arm => Some(Architecture::Arm64),
            (true, false) => Some(Architecture::X64),
            (false, true) if !is_arm => Some(Architecture::X86),
            _ => None,
        }
    }
}

impl Role {
    /// Reads `ProductType` of `Win32_OperatingSystem`, or `OsProductType` of `Get-ComputerInfo`, which has words for the numbers.
    pub(crate) fn of_product_type(text: &str) -> Option<Role> {
        match text.to_ascii_lowercase().as_str() {
            "1" | "workstation" => Some(Role::Workstation),
            "2" | "domaincontroller" => Some(Role::DomainController),
            "3" | "server" => Some(Role::Server),
            _ => None,
        }
    }

    /// Returns the role of a machine that calls itself one, with this product. Windows 10 and 11 multi-session call themselves servers
    /// for the programs that administer session hosts; their name, in any language, and their updates are the client's.
    pub(crate) fn of_product(self, product: Option<&str>) -> Role {
        let is_client = || product.and_then(release_number).is_some_and(|number| number >= 10.0);
        if self == Role::Server && is_client() { Role::Workstation } else { self }
    }

    /// Tells the role from the field "OS Configuration", as far as its words are known, and the product's name.
    ///
    /// A server whose configuration is in words not known here may be a domain controller.
    pub(crate) fn of(configuration: &str, product: Option<&str>) -> Option<Role> {
        // The Turkish `İ` becomes an `i` with a dot above it.
        let configuration = configuration.to_lowercase().replace('\u{307}', "");
        let says = |words: &[&str]| words.iter().any(|word| configuration.contains(word));
        if says(&CONTROLLER) {
            Some(Role::DomainController)
        } else if says(&SERVER) {
            Some(Role::Server.of_product(product))
        } else if says(&WORKSTATION) || product.is_some_and(is_client) {
            Some(Role::Workstation)
        } else {
            None
        }
    }
}

/// Returns whether a product is one for workstations: `Windows 10 Pro`, `Windows XP Professional`.
fn is_client(product: &str) -> bool {
    let mut words = words_after_windows(product);
    match words.next() {
        Some("2000") => words.next().is_some_and(|edition| edition.eq_ignore_ascii_case("Professional")),
        Some("XP" | "Vista") => true,
        Some(_) => release_number(product).is_some(),
        None => false,
    }
}

/// Returns the number in a client's name: 8.1 in `Windows 8.1 Pro`. Servers have years.
fn release_number(product: &str) -> Option<f32> {
    let number: f32 = words_after_windows(product).next()?.parse().ok()?;
    (7.0..100.0).contains(&number).then_some(number)
}

fn words_after_windows(product: &str) -> impl Iterator<Item = &str> {
    product.split(' ').skip_while(|word| !word.eq_ignore_ascii_case("Windows")).skip(1)
}

/// Returns a product's name as Windows stores it from Vista on: without its maker, whose name is translated, and without marks.
pub(crate) fn name(text: &str) -> Option<String> {
    let mut plain = text.replace("(R)", " ").replace("(TM)", " ").replace("(C)", " ");
    plain = plain.replace(['®', '™', '©', '\u{a0}', '\u{fffd}'], " ");
    let name = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let start = name.find("Windows").or_else(|| name.strip_prefix("Microsoft ").map(|rest| name.len() - rest.len()))?;
    let name = name.get(start..)?;
    (name.chars().count() <= 200 && name != "Windows").then(|| name.to_owned())
}

/// Returns the suites of the edition in an English product name.
pub(crate) fn suites_of_name(product: &str) -> Vec<&'static str> {
    let mut suites: Vec<&str> =
        EDITIONS.iter().filter(|(words, _)| product.contains(words)).map(|(_, suite)| *suite).collect();
    suites.dedup();
    suites
}

/// Returns the suites of a `SuiteMask`.
pub(crate) fn suites_of_mask(mask: u32) -> Vec<&'static str> {
    SUITES.iter().filter(|(bit, _)| mask & bit != 0).map(|(_, suite)| *suite).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_named_without_their_maker() {
        for (text, expected) in [
            ("Microsoft Windows 10 Pro", Some("Windows 10 Pro")),
            ("Майкрософт Windows 10 Корпоративная", Some("Windows 10 Корпоративная")),
            (
                "Microsoft(R) Windows(R) Server 2003, Enterprise Edition",
                Some("Windows Server 2003, Enterprise Edition"),
            ),
            ("Microsoft® Windows Vista™ Ultimate ", Some("Windows Vista Ultimate")),
            ("Microsoft Windows\u{a0}7 Entreprise N ", Some("Windows 7 Entreprise N")),
            ("Microsoft Hyper-V Server 2019", Some("Hyper-V Server 2019")),
            ("Microsoft Windows", None),
            ("N/A", None),
        ] {
            assert_eq!(name(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn roles_are_told_as_far_as_the_words_are_known() {
        use Role::{DomainController, Server, Workstation};
        for (configuration, product, expected) in [
            ("Standalone Workstation", "Windows 10 Pro", Some(Workstation)),
            ("???", "Windows 8.1 Pro", Some(Workstation)),
            ("Member Workstation", "Windows 2000 Professional", Some(Workstation)),
            ("???", "Windows 2000 Server", None),
            ("Primary Domain Controller", "Windows Server 2019 Standard", Some(DomainController)),
            ("Contrôleur principal de domaine", "Windows Server 2019 Standard", Some(DomainController)),
            ("Eigenständiger Server", "Windows Server 2022 Standard", Some(Server)),
            ("Рядовой сервер", "Windows Server 2022 Standard", Some(Server)),
            ("メンバー サーバー", "Windows Server 2012 R2 Standard", Some(Server)),
            ("Member Server", "Windows 10 Enterprise for Virtual Desktops", Some(Workstation)),
            ("Membro Server", "Windows 11 Enterprise multisessione", Some(Workstation)),
            ("Member Server", "Windows 8.1 Pro", Some(Server)),
            ("Primary Domain Controller", "Windows 10 Pro", Some(DomainController)),
            ("??? ??????", "Windows Server 2012 R2 Standard", None),
            ("Estación de trabajo independiente", "Windows Embedded Standard", Some(Workstation)),
            ("Tek Başına İş İstasyonu", "Windows Embedded Standard", Some(Workstation)),
            ("???", "Windows Embedded Standard", None),
            ("???", "Azure Stack HCI", None),
        ] {
            assert_eq!(Role::of(configuration, Some(product)), expected, "{configuration}, {product}");
        }
    }

    #[test]
    fn processors_are_told_by_system_type_and_bits() {
        use Architecture::{Arm64, X64, X86};
        for (text, expected) in [
            ("x64-based PC", Some(X64)),
            ("X86-basierter PC", Some(X86)),
            ("ARM64-based PC", Some(Arm64)),
            (r"\\X64SRV", None),
            ("VMware Virtual Platform", None),
        ] {
            assert_eq!(Architecture::at_start(text), expected, "{text}");
        }
        for (text, expected) in
            [("PC à base de x64", Some(X64)), ("基于x64的电脑", Some(X64)), ("VMware Virtual Platform", None)]
        {
            assert_eq!(Architecture::within(text), expected, "{text}");
        }
        for (text, expected) in [
            ("64-bit", Some(X64)),
            ("64 бит", Some(X64)),
            ("32 bits", Some(X86)),
            ("ARM 64-bit Processor", Some(Arm64)),
            ("", None),
        ] {
            assert_eq!(Architecture::of_bits(text), expected, "{text}");
        }
    }
}
