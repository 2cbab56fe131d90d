//! The calls of the account database's protocol (MS-SAMR) as NDR32: parameters written, results parsed. None changes anything.

use crate::ReadError;
use crate::ndr::{Handle, Reader, Writer};
use crate::status::nt;

/// The interface `samr`, 12345778-1234-abcd-ef00-0123456789ac version 1.0.
pub(crate) const INTERFACE: [u8; 20] =
    [0x78, 0x57, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, 0xef, 0x00, 0x01, 0x23, 0x45, 0x67, 0x89, 0xac, 1, 0, 0, 0];

/// The numbers of the calls.
pub(crate) mod function {
    pub(crate) const CLOSE_HANDLE: u16 = 1;
    pub(crate) const LOOKUP_DOMAIN: u16 = 5;
    pub(crate) const ENUM_DOMAINS: u16 = 6;
    pub(crate) const OPEN_DOMAIN: u16 = 7;
    pub(crate) const QUERY_DOMAIN: u16 = 8;
    pub(crate) const ENUM_USERS: u16 = 13;
    pub(crate) const ENUM_ALIASES: u16 = 15;
    pub(crate) const OPEN_ALIAS: u16 = 27;
    pub(crate) const MEMBERS_IN_ALIAS: u16 = 33;
    pub(crate) const OPEN_USER: u16 = 34;
    pub(crate) const QUERY_USER: u16 = 36;
    pub(crate) const CONNECT: u16 = 64;
}

/// To connect, and to list and look up domains (MS-SAMR 2.2.1.3).
const SERVER_ACCESS: u32 = 0x1 | 0x10 | 0x20;
/// To read the policies, to list accounts and to open them (2.2.1.4).
const DOMAIN_ACCESS: u32 = 0x1 | 0x4 | 0x100 | 0x200;
/// To list the members (2.2.1.6).
const ALIAS_ACCESS: u32 = 0x4;
/// To read everything but secrets (2.2.1.7).
const USER_ACCESS: u32 = 0x1 | 0x2 | 0x8 | 0x10;

/// The bytes of one answer to an enumeration.
const ANSWER: u32 = 0xffff;

/// The maximum number of entries in an answer. Each is 12 bytes and a name.
const MAX_ENTRIES: usize = 65_536;

/// Levels of information.
const DOMAIN_PASSWORDS: u16 = 1;
const DOMAIN_LOCKOUT: u16 = 12;
const USER_ALL: u16 = 21;

/// A day in 100 ns.
const DAY: u64 = 864_000_000_000;

/// The SID of a domain, as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainSid(Vec<u8>);

impl std::fmt::Display for DomainSid {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&sid_text(&self.0).unwrap_or_default())
    }
}

/// An entry of a list: a domain, a user or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub rid: u32,
    pub name: String,
}

/// A user as the database describes it. Times are in 100 ns since 1601.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub rid: u32,
    pub name: String,
    pub full_name: String,
    pub comment: String,
    pub last_logon: u64,
    pub password_set: u64,
    /// MS-SAMR 2.2.1.12, which has other numbers than the flags in a directory.
    pub flags: u32,
}

/// The rules for passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordRules {
    pub minimum_length: u16,
    pub history: u16,
    pub complexity: bool,
    /// In days; `None` for never.
    pub maximum_age: Option<u32>,
}

pub(crate) fn connect() -> Vec<u8> {
    // This machine; version 1 of the client's information: its revision, and nothing that it supports.
    Writer::new().u32(0).u32(SERVER_ACCESS).u32(1).u32(1).u32(3).u32(0).done()
}

pub(crate) fn enum_domains(server: &Handle, from: u32) -> Vec<u8> {
    Writer::with_handle(server).u32(from).u32(ANSWER).done()
}

pub(crate) fn lookup_domain(server: &Handle, name: &str) -> Result<Vec<u8>, ReadError> {
    Ok(Writer::with_handle(server).text_without_nul(name)?.done())
}

pub(crate) fn open_domain(server: &Handle, domain: &DomainSid) -> Vec<u8> {
    let count = domain.0.get(1).copied().unwrap_or_default();
    Writer::with_handle(server).u32(DOMAIN_ACCESS).u32(u32::from(count)).bytes(&domain.0).done()
}

pub(crate) fn query_passwords(domain: &Handle) -> Vec<u8> {
    Writer::with_handle(domain).u16(DOMAIN_PASSWORDS).done()
}

pub(crate) fn query_lockout(domain: &Handle) -> Vec<u8> {
    Writer::with_handle(domain).u16(DOMAIN_LOCKOUT).done()
}

pub(crate) fn enum_users(domain: &Handle, from: u32) -> Vec<u8> {
    // Accounts of every kind.
    Writer::with_handle(domain).u32(from).u32(0).u32(ANSWER).done()
}

pub(crate) fn enum_aliases(domain: &Handle, from: u32) -> Vec<u8> {
    Writer::with_handle(domain).u32(from).u32(ANSWER).done()
}

pub(crate) fn open_user(domain: &Handle, rid: u32) -> Vec<u8> {
    Writer::with_handle(domain).u32(USER_ACCESS).u32(rid).done()
}

pub(crate) fn open_alias(domain: &Handle, rid: u32) -> Vec<u8> {
    Writer::with_handle(domain).u32(ALIAS_ACCESS).u32(rid).done()
}

pub(crate) fn query_user(user: &Handle) -> Vec<u8> {
    Writer::with_handle(user).u16(USER_ALL).done()
}

pub(crate) fn only_handle(handle: &Handle) -> Vec<u8> {
    handle.to_vec()
}

/// Splits the status from the end of a call's results.
fn outcome(results: &[u8]) -> Result<(Reader<'_>, u32), ReadError> {
    let (rest, status) = crate::ndr::outcome(results)?;
    Ok((Reader::new(rest), status))
}

fn successful(results: &[u8]) -> Result<Reader<'_>, ReadError> {
    match outcome(results)? {
        (reader, nt::SUCCESS) => Ok(reader),
        (_, status) => Err(ReadError::Status(status)),
    }
}

fn handle(reader: &mut Reader<'_>) -> Result<Handle, ReadError> {
    reader.bytes(20)?.try_into().map_err(|_| ReadError::bad("expected a handle"))
}

/// Parses the results of `SamrConnect5`.
///
/// # Errors
///
/// If the call failed or the results are truncated.
pub fn parse_connected(results: &[u8]) -> Result<[u8; 20], ReadError> {
    let mut reader = successful(results)?;
    // The server's version and information.
    for _ in 0..4 {
        reader.u32()?;
    }
    handle(&mut reader)
}

/// Parses the handle of something that was opened.
///
/// # Errors
///
/// If it was not opened.
pub fn parse_opened(results: &[u8]) -> Result<[u8; 20], ReadError> {
    handle(&mut successful(results)?)
}

/// A part of a list: its entries, and where the next part begins, if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub entries: Vec<Entry>,
    pub next: Option<u32>,
}

/// Parses the results of the calls that list domains, users or groups.
///
/// # Errors
///
/// If the call failed or the results contradict themselves.
pub fn parse_listed(results: &[u8]) -> Result<Listed, ReadError> {
    let (mut reader, status) = outcome(results)?;
    let has_more = match status {
        nt::SUCCESS => false,
        nt::MORE_ENTRIES => true,
        status => return Err(ReadError::Status(status)),
    };
    let next = reader.u32()?;
    let mut entries = Vec::new();
    if reader.u32()? != 0 {
        let count = reader.u32()?;
        if reader.u32()? != 0 {
            if reader.u32()? != count {
                return Err(ReadError::bad("a list of accounts contradicts itself"));
            }
            let count = usize::try_from(count).ok().filter(|count| *count <= MAX_ENTRIES);
            let count = count.ok_or_else(|| ReadError::bad("a list of accounts is too long"))?;
            let mut heads = Vec::new();
            for _ in 0..count {
                heads.push((reader.u32()?, reader.text_head()?));
            }
            for (rid, head) in heads {
                entries.push(Entry { rid, name: reader.text_body(head)? });
            }
        }
    }
    if has_more && entries.is_empty() {
        return Err(ReadError::bad("a list of accounts does not end"));
    }
    Ok(Listed { entries, next: has_more.then_some(next) })
}

/// Parses the results of `SamrLookupDomainInSamServer`.
///
/// # Errors
///
/// If the call failed or the results are truncated.
pub fn parse_domain_sid(results: &[u8]) -> Result<DomainSid, ReadError> {
    let mut reader = successful(results)?;
    if reader.u32()? == 0 {
        return Err(ReadError::bad("expected the SID of a domain"));
    }
    Ok(DomainSid(sid(&mut reader)?.to_vec()))
}

/// An `RPC_SID`.
fn sid<'r>(reader: &mut Reader<'r>) -> Result<&'r [u8], ReadError> {
    let count = reader.u32()?;
    let count = usize::try_from(count).ok().filter(|count| *count <= 15);
    let bytes = reader.bytes(8 + 4 * count.ok_or_else(|| ReadError::bad("a SID is too long"))?)?;
    if bytes.get(1).map(|own| usize::from(*own)) != count {
        return Err(ReadError::bad("a SID contradicts itself"));
    }
    Ok(bytes)
}

fn sid_text(bytes: &[u8]) -> Option<String> {
    let [revision, _, a0, a1, a2, a3, a4, a5] = *bytes.first_chunk()?;
    let authority = u64::from_be_bytes([0, 0, a0, a1, a2, a3, a4, a5]);
    let mut text = format!("S-{revision}-{authority}");
    let (numbers, _) = bytes.get(8..)?.as_chunks::<4>();
    for number in numbers {
        text.push_str(&format!("-{}", u32::from_le_bytes(*number)));
    }
    Some(text)
}

/// Parses the results of `SamrGetMembersInAlias`: the SIDs of the members, as text.
///
/// # Errors
///
/// If the call failed or the results contradict themselves.
pub fn parse_members(results: &[u8]) -> Result<Vec<String>, ReadError> {
    let mut reader = successful(results)?;
    let count = reader.u32()?;
    if reader.u32()? == 0 {
        return Ok(Vec::new());
    }
    if reader.u32()? != count {
        return Err(ReadError::bad("a list of members contradicts itself"));
    }
    let count = usize::try_from(count).ok().filter(|count| *count <= MAX_ENTRIES);
    let count = count.ok_or_else(|| ReadError::bad("a list of members is too long"))?;
    let mut are_there = Vec::new();
    for _ in 0..count {
        are_there.push(reader.u32()? != 0);
    }
    let mut members = Vec::new();
    for _ in are_there.into_iter().filter(|is_there| *is_there) {
        let bytes = sid(&mut reader)?;
        members.push(sid_text(bytes).ok_or_else(|| ReadError::bad("a SID is truncated"))?);
    }
    Ok(members)
}

/// The beginning of a level of information, after its pointer.
fn level(reader: &mut Reader<'_>, expected: u16) -> Result<(), ReadError> {
    if reader.u32()? == 0 || reader.u16()? != expected {
        return Err(ReadError::bad("expected other information about accounts"));
    }
    reader.align();
    Ok(())
}

/// Parses the results of `SamrQueryInformationUser` with everything.
///
/// # Errors
///
/// If the call failed or the results are truncated.
pub fn parse_user(results: &[u8]) -> Result<User, ReadError> {
    let mut reader = successful(results)?;
    level(&mut reader, USER_ALL)?;
    let [last_logon, _logoff, password_set, _expires, _can_change, _must_change] = {
        let mut times = [0; 6];
        for time in &mut times {
            *time = reader.u64()?;
        }
        times
    };
    let mut heads = [None; 10];
    for head in &mut heads {
        *head = reader.text_head()?;
    }
    // Two hashes, which are never told, and private data.
    for _ in 0..3 {
        reader.text_head()?;
    }
    let _descriptor = (reader.u32()?, reader.u32()?);
    let rid = reader.u32()?;
    let _group = reader.u32()?;
    let flags = reader.u32()?;
    let _fields = reader.u32()?;
    let _hours = (reader.u16()?, reader.u32()?);
    // Counts, the country, the code page, and four flags of a byte each.
    reader.bytes(12)?;
    let mut texts = Vec::new();
    for head in heads.into_iter().take(7) {
        texts.push(reader.text_body(head)?);
    }
    let [name, full_name, _, _, _, _, comment] =
        <[String; 7]>::try_from(texts).map_err(|_| ReadError::bad("expected the names of a user"))?;
    Ok(User { rid, name, full_name, comment, last_logon, password_set, flags })
}

/// Parses the results of `SamrQueryInformationDomain` about passwords.
///
/// # Errors
///
/// If the call failed or the results are truncated.
pub fn parse_passwords(results: &[u8]) -> Result<PasswordRules, ReadError> {
    const COMPLEX: u32 = 1;
    let mut reader = successful(results)?;
    level(&mut reader, DOMAIN_PASSWORDS)?;
    let (minimum_length, history) = (reader.u16()?, reader.u16()?);
    let complexity = reader.u32()? & COMPLEX != 0;
    // Durations are negative, in 100 ns; the smallest number is "never".
    let maximum_age = match reader.u64()?.cast_signed() {
        i64::MIN | 0 => None,
        age => u32::try_from(age.unsigned_abs() / DAY).ok(),
    };
    Ok(PasswordRules { minimum_length, history, complexity, maximum_age })
}

/// Parses the results of `SamrQueryInformationDomain` about lockout: the failed attempts until an account is locked, 0 for never.
///
/// # Errors
///
/// If the call failed or the results are truncated.
pub fn parse_lockout(results: &[u8]) -> Result<u16, ReadError> {
    let mut reader = successful(results)?;
    level(&mut reader, DOMAIN_LOCKOUT)?;
    let _duration_and_window = (reader.u64()?, reader.u64()?);
    reader.u16()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SID: [u8; 24] = [1, 4, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0];

    fn name(writer: &mut Writer, name: &str) {
        let units = name.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let count = (units.len() / 2) as u32;
        writer.u32(count).u32(0).u32(count).bytes(&units);
    }

    fn head(writer: &mut Writer, name: &str) {
        let bytes = (name.len() * 2) as u16;
        writer.align().u16(bytes).u16(bytes).pointer();
    }

    fn listed(status: u32) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u32(7).pointer().u32(2).pointer().u32(2);
        for (rid, name) in [(500, "Admin"), (501, "Guest")] {
            writer.u32(rid);
            head(&mut writer, name);
        }
        name(&mut writer, "Admin");
        name(&mut writer, "Guest");
        writer.u32(2).u32(status).done()
    }

    fn user() -> Vec<u8> {
        let mut writer = Writer::new();
        writer.pointer().u16(21).align();
        for time in [1u32, 2, 3, 4, 5, 6] {
            writer.u32(time).u32(1);
        }
        let names = ["scott", "Scott T.", "", "", "", "", "of sales", "", "", ""];
        for text in names {
            match text {
                "" => writer.align().u16(0).u16(0).u32(0),
                text => {
                    head(&mut writer, text);
                    &mut writer
                }
            };
        }
        // Hashes, private data, descriptor.
        writer.bytes(&[0; 32]);
        writer.u32(1001).u32(513).u32(0x210).u32(0).u16(168).u32(0).bytes(&[0; 12]);
        for text in names.into_iter().filter(|text| !text.is_empty()) {
            name(&mut writer, text);
        }
        writer.u32(0).done()
    }

    fn members() -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u32(2).pointer().u32(2).pointer().pointer();
        writer.u32(4).bytes(&SID).u32(4).bytes(&SID).u32(0).done()
    }

    #[test]
    fn lists_users_members_and_domains_are_read() {
        let list = parse_listed(&listed(nt::MORE_ENTRIES)).unwrap();
        let shown = list.entries.iter().map(|entry| (entry.rid, entry.name.as_str())).collect::<Vec<_>>();
        assert_eq!((shown, list.next), (vec![(500, "Admin"), (501, "Guest")], Some(7)));
        assert_eq!(parse_listed(&listed(0)).unwrap().next, None);
        assert!(parse_listed(&listed(nt::ACCESS_DENIED)).unwrap_err().is_denied());
        let user = parse_user(&user()).unwrap();
        assert_eq!(
            (user.name.as_str(), user.full_name.as_str(), user.comment.as_str()),
            ("scott", "Scott T.", "of sales")
        );
        assert_eq!((user.rid, user.flags, user.last_logon, user.password_set), (1001, 0x210, 1 | 1 << 32, 3 | 1 << 32));
        assert_eq!(parse_members(&members()), Ok(vec!["S-1-5-21-1-2-3".to_owned(); 2]));
        let found = parse_domain_sid(Writer::new().pointer().u32(4).bytes(&SID).u32(0).done().as_slice()).unwrap();
        assert_eq!(found.to_string(), "S-1-5-21-1-2-3");
    }

    #[test]
    fn policies_are_read() {
        let mut writer = Writer::new();
        writer.pointer().u16(1).align().u16(8).u16(24).u32(1).u32(0).u32(0x8000_0000).u32(0).u32(0);
        let rules = parse_passwords(&writer.u32(0).done()).unwrap();
        assert_eq!((rules.minimum_length, rules.history, rules.complexity), (8, 24, true));
        assert_eq!(rules.maximum_age, None);
        let mut writer = Writer::new();
        writer.pointer().u16(12).align().u32(1).u32(2).u32(3).u32(4).u16(5);
        assert_eq!(parse_lockout(&writer.u32(0).done()), Ok(5));
    }

    proptest! {
        #[test]
        fn any_results_are_accounts_or_an_error(
            bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0usize..320, byte: u8,
        ) {
            let changed = [listed(0), user(), members()].map(|mut results| {
                if let Some(place) = results.get_mut(at) {
                    *place = byte;
                }
                results
            });
            for results in changed.iter().chain([&bytes]) {
                if let Ok(list) = parse_listed(results) {
                    prop_assert!(list.entries.len() * 12 <= results.len());
                }
                let _ = (parse_user(results), parse_members(results), parse_domain_sid(results));
                let _ = (parse_passwords(results), parse_lockout(results), parse_connected(results), parse_opened(results));
            }
        }
    }
}
