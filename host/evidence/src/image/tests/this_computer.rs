//! The computer that the tests run on: Windows, or Wine.

use super::*;
use crate::budget::{Budget, DEFAULT_TARGET_MEMORY};
use crate::{SourceKind, THIS_COMPUTER};

const WINDOWS_NT: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";

#[test]
fn this_computer_answers_for_itself() {
    let budget = Budget::new(DEFAULT_TARGET_MEMORY);
    let volume = Volume::open_this_computer(&budget).unwrap();
    let origin = volume.origin();
    assert_eq!((origin.kind, origin.location.as_str()), (SourceKind::Live, THIS_COMPUTER));
    assert!(volume.name().eq_ignore_ascii_case(&std::env::var("COMPUTERNAME").unwrap()), "{}", volume.name());

    let known = |question: Question| match volume.answer(&question) {
        Answer::Known(fact) => fact,
        other => panic!("{question:?}: {other:?}"),
    };
    let value =
        |name: &str| Question::RegistryValue(RegistryValueName { key: WINDOWS_NT.to_owned(), name: name.to_owned() });
    let Fact::RegistryValue(RegistryData::Text(root)) = known(value("SystemRoot")) else { panic!() };
    let Fact::System(system) = known(Question::System) else { panic!() };
    assert!(system.windows_folder.eq_ignore_ascii_case(&root), "{root} {system:?}");
    assert_eq!(volume.answer(&value("None of this name")), Answer::Absent);
    let Fact::RegistryKey(key) = known(Question::RegistryKey(WINDOWS_NT.to_owned())) else { panic!() };
    assert!(key.values.iter().any(|value| value.name.eq_ignore_ascii_case("SystemRoot")) && !key.truncated);

    let system32 = r"%windir%\system32".to_owned();
    let Fact::Directory(folder) = known(Question::Directory(system32.clone())) else { panic!() };
    assert!(folder.entries.iter().any(|entry| entry.name.eq_ignore_ascii_case("kernel32.dll")));
    let kernel = format!(r"{system32}\KERNEL32.DLL");
    let Fact::File(file) = known(Question::File(kernel.clone())) else { panic!() };
    assert!(file.version.is_some() && file.size > 0, "{file:?}");
    assert_eq!(volume.answer(&Question::File(format!(r"{system32}\none.dll"))), Answer::Absent);
    for question in [
        Question::FilePermissions(kernel),
        Question::RegistryPermissions(WINDOWS_NT.to_owned()),
        Question::Services,
        Question::Volumes,
    ] {
        known(question);
    }
    let secret = volume.answer(&Question::RegistryKey(r"HKLM\SAM\SAM".to_owned()));
    assert!(matches!(secret, Answer::Denied(_)), "{secret:?}");
}
