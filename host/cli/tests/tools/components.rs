//! Plugins to examine: other builds of the stock plugins, and components that are not plugins.

use std::path::{Path, PathBuf};

use wardline::stock::stock_plugins;

pub(crate) fn stock(name: &str) -> Vec<u8> {
    stock_plugins().iter().find(|(stock, _)| *stock == name).map(|(_, bytes)| bytes.to_vec()).unwrap()
}

/// The same plugin with a comment appended: a different file that behaves the same.
pub(crate) fn with_remark(mut component: Vec<u8>, remark: &str) -> Vec<u8> {
    let name = b"remark";
    let size = u8::try_from(1 + name.len() + remark.len()).unwrap();
    assert!(size < 0x80, "one byte of LEB128");
    component.extend([0, size, u8::try_from(name.len()).unwrap()]);
    component.extend(name);
    component.extend(remark.as_bytes());
    component
}

/// The web server plugin's message when its lock-down tool was not run, and that of another build.
pub(crate) const SAID: &str = "The IIS Lockdown tool was not run.";
pub(crate) const SAYS_NOW: &str = "The IIS Lockdown tool was NOT run.";

/// A build of the web server plugin whose summary contains terminal control sequences, and that words one finding differently.
pub(crate) fn other_iis() -> Vec<u8> {
    let mut component = stock("iis");
    replace(&mut component, "Judges the updates", "\u{1b}[2J\u{7}\nthe upda<b>!");
    replace(&mut component, SAID, SAYS_NOW);
    component
}

fn replace(component: &mut [u8], from: &str, to: &str) {
    assert_eq!(from.len(), to.len(), "offsets must stay as they are");
    let place = component.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
    component[place..place + from.len()].copy_from_slice(to.as_bytes());
}

pub(crate) fn file(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// A component from its text format.
pub(crate) fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}
