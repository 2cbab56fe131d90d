//! Objects that PowerShell exported. The input is what is inside `Objs`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardline_systeminfo::{Form, read};

fuzz_target!(|data: &[u8]| {
    let text = [b"<Objs>", data, b"</Objs>"].concat();
    if let Ok(told) = read(&text) {
        assert!(matches!(told.form, Form::Hotfixes | Form::OperatingSystem));
    }
});
