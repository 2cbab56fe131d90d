//! Exports `remediate` with a type that is not the contract's, and everything else as the contract says. What it returns would be read as
//! something else.

pub(crate) fn component() -> Vec<u8> {
    // Bytes that are no component fail every test of it.
    crate::assemble::with_other_remediation("other-remediation").unwrap_or_default()
}
