//! LDAP's messages (RFC 4511), as far as a search needs them.

use wardline_kerberos::ber::{
    BOOLEAN, Bad, ENUMERATED, INTEGER, OCTETS, Reader, SEQUENCE, SET, element, group, integer,
};

const BIND_REQUEST: u8 = 0x60;
const BIND_RESPONSE: u8 = 0x61;
const UNBIND_REQUEST: u8 = 0x42;
const SEARCH_REQUEST: u8 = 0x63;
const SEARCH_ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;
const SEARCH_REFERENCE: u8 = 0x73;
const EXTENDED_REQUEST: u8 = 0x77;
const EXTENDED_RESPONSE: u8 = 0x78;

const CONTROLS: u8 = 0xa0;
const REFERRAL: u8 = 0xa3;
const TOKEN: u8 = 0x87;

/// RFC 4511 4.14
const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";
/// The control for results in pages, RFC 2696.
const PAGED: &[u8] = b"1.2.840.113556.1.4.319";

/// The maximum number of attributes of an entry, and values of an attribute. Four are asked for.
const MAX_ATTRIBUTES: usize = 64;
const MAX_VALUES: usize = 64;

/// How deep a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    Base = 0,
    Subtree = 2,
}

/// A message from a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Bind {
        outcome: Outcome,
        /// The server's answer to a token.
        token: Option<Vec<u8>>,
    },
    Extended(Outcome),
    Entry(Entry),
    /// A hint to another server, which is not followed.
    Reference,
    Done {
        outcome: Outcome,
        cookie: Vec<u8>,
    },
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// RFC 4511 4.1.9; 0 for success.
    pub code: u32,
    pub text: String,
}

/// An object with its attributes, in the server's spelling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub attributes: Vec<(String, Vec<String>)>,
}

impl Entry {
    /// The values of an attribute, whose name is compared without regard to case.
    pub(crate) fn values(&self, name: &str) -> &[String] {
        let found = self.attributes.iter().find(|(attribute, _)| attribute.eq_ignore_ascii_case(name));
        found.map(|(_, values)| values.as_slice()).unwrap_or_default()
    }
}

fn message(id: u32, parts: &[Vec<u8>]) -> Vec<u8> {
    let mut all = vec![integer(INTEGER, id)];
    all.extend(parts.iter().cloned());
    group(SEQUENCE, &all)
}

pub(crate) fn start_tls(id: u32) -> Vec<u8> {
    message(id, &[group(EXTENDED_REQUEST, &[element(0x80, START_TLS)])])
}

/// A simple bind. Sent over TLS only.
pub(crate) fn bind(id: u32, user: &str, password: &str) -> Vec<u8> {
    let parts = [integer(INTEGER, 3), element(OCTETS, user.as_bytes()), element(0x80, password.as_bytes())];
    message(id, &[group(BIND_REQUEST, &parts)])
}

/// A bind with a token of Kerberos, in the form that Windows has for it (MS-ADTS 5.1.1.1.2).
pub(crate) fn bind_with_token(id: u32, token: &[u8]) -> Vec<u8> {
    let credentials = group(0xa3, &[element(OCTETS, b"GSS-SPNEGO"), element(OCTETS, token)]);
    message(id, &[group(BIND_REQUEST, &[integer(INTEGER, 3), element(OCTETS, b""), credentials])])
}

pub(crate) fn unbind(id: u32) -> Vec<u8> {
    message(id, &[element(UNBIND_REQUEST, &[])])
}

/// A search for objects of a class; `page` is the number of results in a page, and the cookie of the page before.
pub(crate) fn search(
    id: u32,
    base: &str,
    depth: Depth,
    class: Option<&str>,
    attributes: &[&str],
    page: Option<(u32, &[u8])>,
) -> Vec<u8> {
    let filter = match class {
        // `(objectClass=CLASS)`
        Some(class) => group(0xa3, &[element(OCTETS, b"objectClass"), element(OCTETS, class.as_bytes())]),
        // `(objectClass=*)`
        None => element(0x87, b"objectClass"),
    };
    let attributes = attributes.iter().map(|name| element(OCTETS, name.as_bytes())).collect::<Vec<_>>();
    let request = group(
        SEARCH_REQUEST,
        &[
            element(OCTETS, base.as_bytes()),
            integer(ENUMERATED, depth as u32),
            // Aliases are not followed; the client sets no limits; values are wanted, too.
            integer(ENUMERATED, 0),
            integer(INTEGER, 0),
            integer(INTEGER, 0),
            element(BOOLEAN, &[0]),
            filter,
            group(SEQUENCE, &attributes),
        ],
    );
    let Some((size, cookie)) = page else { return message(id, &[request]) };
    let value = group(SEQUENCE, &[integer(INTEGER, size), element(OCTETS, cookie)]);
    let control = group(SEQUENCE, &[element(OCTETS, PAGED), element(BOOLEAN, &[0xff]), element(OCTETS, &value)]);
    message(id, &[request, group(CONTROLS, &[control])])
}

/// Parses a message: its number, and what it says.
///
/// # Errors
///
/// If it is none of those that a server answers with, or damaged.
pub fn parse(bytes: &[u8]) -> Result<(u32, Reply), Bad> {
    let mut outer = Reader::new(bytes);
    let mut parts = Reader::new(outer.expect(SEQUENCE)?);
    let id = parts.number(INTEGER)?;
    let (tag, content) = parts.any()?;
    let reply = match tag {
        BIND_RESPONSE => {
            let mut parts = Reader::new(content);
            let outcome = outcome(&mut parts)?;
            Reply::Bind { outcome, token: parts.optional(TOKEN)?.map(<[u8]>::to_vec) }
        }
        EXTENDED_RESPONSE => Reply::Extended(outcome(&mut Reader::new(content))?),
        SEARCH_ENTRY => Reply::Entry(entry(content)?),
        SEARCH_REFERENCE => Reply::Reference,
        SEARCH_DONE => Reply::Done { outcome: outcome(&mut Reader::new(content))?, cookie: cookie(&mut parts)? },
        _ => return Err("a message is of an unknown kind"),
    };
    Ok((id, reply))
}

fn outcome(parts: &mut Reader<'_>) -> Result<Outcome, Bad> {
    let code = parts.number(ENUMERATED)?;
    let _matched = parts.expect(OCTETS)?;
    let text = text(parts.expect(OCTETS)?);
    let _referral = parts.optional(REFERRAL)?;
    Ok(Outcome { code, text })
}

fn entry(content: &[u8]) -> Result<Entry, Bad> {
    let mut parts = Reader::new(content);
    let _name = parts.expect(OCTETS)?;
    let mut list = Reader::new(parts.expect(SEQUENCE)?);
    let mut attributes = Vec::new();
    while !list.is_empty() {
        let mut attribute = Reader::new(list.expect(SEQUENCE)?);
        let name = text(attribute.expect(OCTETS)?);
        let mut set = Reader::new(attribute.expect(SET)?);
        let mut values = Vec::new();
        while !set.is_empty() {
            values.push(text(set.expect(OCTETS)?));
            if values.len() > MAX_VALUES {
                return Err("an attribute has too many values");
            }
        }
        attributes.push((name, values));
        if attributes.len() > MAX_ATTRIBUTES {
            return Err("an entry has too many attributes");
        }
    }
    Ok(Entry { attributes })
}

/// The cookie of the control for pages; empty after the last page, and from a server that has none.
fn cookie(parts: &mut Reader<'_>) -> Result<Vec<u8>, Bad> {
    let Some(controls) = parts.optional(CONTROLS)? else { return Ok(Vec::new()) };
    let mut controls = Reader::new(controls);
    while !controls.is_empty() {
        let mut control = Reader::new(controls.expect(SEQUENCE)?);
        let kind = control.expect(OCTETS)?;
        let _critical = control.optional(BOOLEAN)?;
        let value = control.optional(OCTETS)?;
        if let Some(value) = value.filter(|_| kind == PAGED) {
            let mut value = Reader::new(Reader::new(value).expect(SEQUENCE)?);
            let _estimate = value.number(INTEGER)?;
            return Ok(value.expect(OCTETS)?.to_vec());
        }
    }
    Ok(Vec::new())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn done(code: u32, cookie: &[u8]) -> Vec<u8> {
        let parts = [integer(ENUMERATED, code), element(OCTETS, b""), element(OCTETS, b"text")];
        let value = group(SEQUENCE, &[integer(INTEGER, 0), element(OCTETS, cookie)]);
        let control = group(SEQUENCE, &[element(OCTETS, PAGED), element(OCTETS, &value)]);
        message(7, &[group(SEARCH_DONE, &parts), group(CONTROLS, &[control])])
    }

    fn found(attributes: &[(&str, &[&str])]) -> Vec<u8> {
        let attributes = attributes.iter().map(|(name, values)| {
            let values = values.iter().map(|value| element(OCTETS, value.as_bytes())).collect::<Vec<_>>();
            group(SEQUENCE, &[element(OCTETS, name.as_bytes()), group(SET, &values)])
        });
        let list = group(SEQUENCE, &attributes.collect::<Vec<_>>());
        message(7, &[group(SEARCH_ENTRY, &[element(OCTETS, b"cn=x"), list])])
    }

    #[test]
    fn replies_are_read() {
        let (id, reply) =
            parse(&found(&[("dNSHostName", &["a.example"]), ("objectClass", &["top", "computer"])])).unwrap();
        let Reply::Entry(entry) = reply else { panic!() };
        assert_eq!(
            (id, entry.values("dnshostname"), entry.values("name")),
            (7, &["a.example".to_owned()][..], &[][..])
        );
        let outcome = Outcome { code: 4, text: "text".to_owned() };
        assert_eq!(parse(&done(4, b"next")), Ok((7, Reply::Done { outcome, cookie: b"next".to_vec() })));
    }

    #[test]
    fn an_element_that_promises_more_than_it_has_is_an_error() {
        let whole = found(&[("name", &["a"])]);
        for end in 0..whole.len() {
            assert!(parse(&whole[..end]).is_err(), "{end}");
        }
        assert!(parse(&[0x30, 0x80]).is_err());
        assert!(parse(&[0x30, 0x85, 1, 1, 1, 1, 1]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_reply_or_an_error(bytes: Vec<u8>, at in 0usize..80, byte: u8) {
            let _ = parse(&bytes);
            for mut message in [done(0, b"cookie"), found(&[("name", &["a", "b"])])] {
                if let Some(changed) = message.get_mut(at) {
                    *changed = byte;
                }
                let _ = parse(&message);
            }
        }
    }
}
