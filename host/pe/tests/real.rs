//! Files of real Windows computers, compared with the output of `pefile`.

use std::fs::File;
use std::path::Path;

use wardline_pe::{Executable, Version};

#[test]
#[ignore = "reads data that is not part of the project"]
fn real_files_have_their_version_and_checksum() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/pe");
    for (name, [major, minor, build, revision], language) in [
        ("IEAdvpack.dll", [11, 0, 18362, 1], Some(0x0409)),
        ("VB40032.DLL", [4, 0, 29, 24], Some(0x0409)),
        ("jobexec.dll", [5, 0, 0, 1], Some(0x0409)),
        ("kernel32.dll", [10, 0, 19041, 1348], Some(0x0409)),
        ("mscorlib.dll", [5, 0, 20, 51904], None),
        ("msyuv.dll", [10, 0, 20152, 1000], Some(0x0409)),
        ("shimeng.dll", [10, 0, 17763, 1], Some(0x0409)),
    ] {
        let mut file = Executable::open(File::open(folder.join(name)).unwrap()).unwrap();
        let resource = file.version(&[]).unwrap().unwrap();
        assert_eq!(resource.file_version, Version { major, minor, build, revision }, "{name}");
        if let Some(language) = language {
            assert_eq!(resource.language, Some(language), "{name}");
        }
        assert_eq!(Some(file.checksum().unwrap()), file.stored_checksum(), "{name}");
    }
}
