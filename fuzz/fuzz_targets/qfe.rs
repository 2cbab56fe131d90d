//! Tables, lists and CSV of `wmic` and PowerShell. The first byte selects a header, so that most inputs get past it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardline_systeminfo::read;

fuzz_target!(|data: &[u8]| {
    let Some((&choice, rows)) = data.split_first() else { return };
    let header: &[u8] = match choice % 5 {
        0 => b"Caption     CSName  HotFixID   ServicePackInEffect  Status\r\r\n",
        1 => b"Node,Caption,CSName,Description,HotFixID\r\r\n",
        2 => b"\"CSName\";\"HotFixID\"\r\n",
        3 => b"BuildNumber  OSArchitecture  Version\n",
        _ => b"",
    };
    let _ = read(&[header, rows].concat());
});
