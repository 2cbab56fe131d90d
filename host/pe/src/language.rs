//! The order in which Windows chooses among several languages.

/// `MAKELANGID(LANG_ENGLISH, SUBLANG_DEFAULT)`.
const US_ENGLISH: u16 = 0x0409;
pub(crate) const NEUTRAL: u16 = 0;
/// The ten bits of a language identifier that name the language; the upper six name its region (MS-LCID, 2.1).
const PRIMARY: u16 = 0x03ff;

/// Returns whether an identifier has no language, only a region or nothing.
pub(crate) fn is_neutral(language: u16) -> bool {
    language & PRIMARY == NEUTRAL
}

/// The languages that `FindResource` tries in order before it uses the first existing one: the neutral one; the user's and the
/// system's, each with its region and without; US English.
///
/// The order is that of `LdrFindResource_U` without a requested language, as implemented in the `ntdll` of Wine and ReactOS.
pub(crate) fn order(preferred: &[u16]) -> Vec<u16> {
    let mut order = vec![NEUTRAL];
    for language in preferred {
        order.extend([*language, *language & PRIMARY]);
    }
    order.push(US_ENGLISH);
    order
}
