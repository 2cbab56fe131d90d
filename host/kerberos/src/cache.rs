//! The file that `kinit` keeps tickets in, as MIT's library writes it (version 4).

use crate::crypto::Key;
use crate::ticket::{Principal, Ticket};

/// The largest file, in bytes.
pub(crate) const MAX_FILE: u64 = 4 << 20;

/// The maximum number of parts of a name, and entries of the lists in a ticket.
const MAX_PARTS: u32 = 32;
const MAX_LIST: u32 = 1024;

/// The tag of version 4.
const VERSION: [u8; 2] = [5, 4];

/// The realm of entries that hold the library's own settings.
const SETTINGS: &str = "X-CACHECONF:";

type Bad = &'static str;

/// The contents of a cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cached {
    /// Who has signed in.
    pub client: Principal,
    /// The tickets with AES keys.
    pub tickets: Vec<Ticket>,
    /// Whether tickets with other keys are in it.
    pub has_old_ciphers: bool,
}

/// Parses a ticket cache.
///
/// # Errors
///
/// If it is of another version, or damaged.
pub fn parse(bytes: &[u8]) -> Result<Cached, Bad> {
    let mut reader = Reader(bytes);
    match reader.array::<2>() {
        Ok(VERSION) => {}
        Ok([5, 1..=3]) => return Err("it is of an old version: expected version 4"),
        _ => return Err("bad signature: expected a ticket cache"),
    }
    let header = reader.u16()?;
    reader.bytes(usize::from(header))?;
    let client = reader.principal()?;
    let mut cached = Cached { client, tickets: Vec::new(), has_old_ciphers: false };
    while !reader.0.is_empty() {
        let client = reader.principal()?;
        let server = reader.principal()?;
        let kind = reader.u16()?;
        let key = Key::new(kind.into(), reader.counted()?);
        // When it was issued, and from when on it is valid.
        reader.bytes(8)?;
        let ends = reader.u32()?;
        // Until when it can be renewed, whether its key is another ticket's, and flags.
        reader.bytes(9)?;
        for _ in 0..2 {
            // Addresses; authorisation data.
            let count = reader.u32()?;
            if count > MAX_LIST {
                return Err("a list is too long");
            }
            for _ in 0..count {
                reader.u16()?;
                reader.counted()?;
            }
        }
        let ticket = reader.counted()?;
        let _second = reader.counted()?;
        if server.realm == SETTINGS {
            continue;
        }
        match key {
            Some(key) => cached.tickets.push(Ticket { client, server, bytes: ticket.to_vec(), key, ends: ends.into() }),
            None => cached.has_old_ciphers = true,
        }
    }
    Ok(cached)
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn bytes(&mut self, count: usize) -> Result<&'b [u8], Bad> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or("it is truncated")?;
        self.0 = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Bad> {
        self.bytes(N)?.first_chunk().copied().ok_or("it is truncated")
    }

    fn u16(&mut self) -> Result<u16, Bad> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32, Bad> {
        self.array().map(u32::from_be_bytes)
    }

    /// Bytes after their number.
    fn counted(&mut self) -> Result<&'b [u8], Bad> {
        let count = self.u32()?;
        self.bytes(usize::try_from(count).map_err(|_| "it is truncated")?)
    }

    fn text(&mut self) -> Result<String, Bad> {
        let text = std::str::from_utf8(self.counted()?).map_err(|_| "a name is not UTF-8")?;
        Ok(text.to_owned())
    }

    fn principal(&mut self) -> Result<Principal, Bad> {
        let _kind = self.u32()?;
        let count = self.u32()?;
        if count > MAX_PARTS {
            return Err("a name has too many parts");
        }
        let realm = self.text()?;
        let parts = (0..count).map(|_| self.text()).collect::<Result<_, _>>()?;
        Ok(Principal { parts, realm })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counted(bytes: &[u8]) -> Vec<u8> {
        [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat()
    }

    fn principal(principal: &Principal) -> Vec<u8> {
        let mut bytes = [1u32.to_be_bytes(), (principal.parts.len() as u32).to_be_bytes()].concat();
        bytes.extend(counted(principal.realm.as_bytes()));
        bytes.extend(principal.parts.iter().flat_map(|part| counted(part.as_bytes())));
        bytes
    }

    /// Writes a cache as `kinit` does.
    pub(crate) fn written(client: &Principal, tickets: &[(Principal, u16, u32)]) -> Vec<u8> {
        // The header holds the difference of the clocks.
        let mut bytes = vec![5, 4, 0, 12, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0];
        bytes.extend(principal(client));
        for (server, kind, ends) in tickets {
            bytes.extend(principal(client));
            bytes.extend(principal(server));
            bytes.extend(kind.to_be_bytes());
            bytes.extend(counted(&vec![7; if *kind == 18 { 32 } else { 16 }]));
            for time in [0, 0, *ends, 0] {
                bytes.extend(time.to_be_bytes());
            }
            bytes.extend([0; 5 + 8]);
            bytes.extend(counted(b"ticket"));
            bytes.extend(counted(b""));
        }
        bytes
    }

    fn sample() -> (Principal, Vec<u8>) {
        let client = Principal::new(&["admin"], "CORP.EXAMPLE");
        let tickets = [
            (Principal::new(&["krb5_ccache_conf_data", "fast_avail"], SETTINGS), 0, 0),
            (Principal::new(&["krbtgt", "CORP.EXAMPLE"], "CORP.EXAMPLE"), 18, 9),
            (Principal::new(&["cifs", "old"], "CORP.EXAMPLE"), 23, 9),
        ];
        (client.clone(), written(&client, &tickets))
    }

    #[test]
    fn tickets_with_their_keys_are_read() {
        let (client, bytes) = sample();
        let cached = parse(&bytes).unwrap();
        assert_eq!((cached.client, cached.has_old_ciphers), (client, true));
        let [ticket] = cached.tickets.as_slice() else { panic!("{:?}", cached.tickets) };
        assert!(ticket.server.is_for_tickets("corp.example"));
        assert_eq!((ticket.ends, ticket.bytes(), ticket.key().0), (9, &b"ticket"[..], 18));
        assert!(!format!("{ticket:?}").contains('7'), "{ticket:?}");
    }

    #[test]
    fn a_cache_that_is_cut_off_is_damaged() {
        let (_, bytes) = sample();
        assert_eq!(parse(b"user=me"), Err("bad signature: expected a ticket cache"));
        assert_eq!(parse(&[5, 3, 0, 0]), Err("it is of an old version: expected version 4"));
        let whole = (0..bytes.len()).filter(|end| parse(&bytes[..*end]).is_ok()).count();
        // After the client, and after each of the first two tickets.
        assert_eq!(whole, 3);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_cache_or_an_error(bytes: Vec<u8>, at in 0usize..400, byte: u8) {
            let _ = parse(&bytes);
            let _ = parse(&[&VERSION[..], &bytes].concat());
            let (_, mut changed) = sample();
            if let Some(place) = changed.get_mut(at) {
                *place = byte;
            }
            let _ = parse(&changed);
        }
    }
}
