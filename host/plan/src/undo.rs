//! How to undo a step whose plugin does not say.

use wardline_contract::{InstallUpdate, Operation, RunTool};
use wardline_package_name::{Kind, PackageName};

/// Returns the operation that uninstalls a package.
///
/// Windows 2000 to 2003 keep the files that a package replaced in a folder, along with the program that restores them; `.msu`
/// packages are removed by `wusa.exe`. For other packages, all that is known is that setup may have listed them.
pub(super) fn installation(install: &InstallUpdate) -> Operation {
    let Some(name) = PackageName::parse(&install.package) else { return by_hand(&install.package) };
    let (folder, article) = match name.kind {
        Kind::System => (format!("$NtUninstall{}$", name.article), name.article),
        Kind::ServicePack => ("$NtServicePackUninstall$".to_owned(), name.article),
        Kind::Standalone => {
            let number = name.article.trim_start_matches(|letter: char| !letter.is_ascii_digit());
            let arguments = ["/uninstall", &format!("/kb:{number}"), "/quiet", "/norestart"].map(str::to_owned);
            let tool = r"%windir%\system32\wusa.exe".to_owned();
            return Operation::RunTool(RunTool {
                tool,
                arguments: arguments.into(),
                article: Some("KB934307".to_owned()),
            });
        }
        Kind::Application => return by_hand(&name.article),
    };
    Operation::RunTool(RunTool {
        tool: format!(r"%windir%\{folder}\spuninst\spuninst.exe"),
        arguments: vec!["-q".to_owned(), "-z".to_owned()],
        article: Some(article),
    })
}

fn by_hand(package: &str) -> Operation {
    Operation::ManualStep(format!("Remove {package} with Add/Remove Programs, if it is listed there."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_removed_by_what_it_left_for_that() {
        for (package, expected) in [
            ("Q292435_W2K_SP3_x86_en.EXE", r"%windir%\$NtUninstallQ292435$\spuninst\spuninst.exe -q -z"),
            ("WindowsXP-KB835732-x86-ENU.exe", r"%windir%\$NtUninstallKB835732$\spuninst\spuninst.exe -q -z"),
            ("WindowsXP-KB835935-SP2-ENU.exe", r"%windir%\$NtServicePackUninstall$\spuninst\spuninst.exe -q -z"),
            ("Windows6.1-KB3033929-x64.msu", r"%windir%\system32\wusa.exe /uninstall /kb:3033929 /quiet /norestart"),
            ("q299444i.exe", "Remove Q299444 with Add/Remove Programs, if it is listed there."),
            ("msjavx86.exe", "Remove msjavx86.exe with Add/Remove Programs, if it is listed there."),
        ] {
            let install = InstallUpdate { update: 1, package: package.into(), url: None, switches: Vec::new() };
            let shown = match installation(&install) {
                Operation::RunTool(run) => format!("{} {}", run.tool, run.arguments.join(" ")),
                Operation::ManualStep(text) => text,
                other => panic!("{other:?}"),
            };
            assert_eq!(shown, expected);
        }
    }
}
