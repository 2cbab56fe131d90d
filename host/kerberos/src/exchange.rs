//! Requests to a key distribution centre, and what it replies (RFC 4120 3.1 and 3.3).

use smb2::auth::kerberos::crypto::EncryptionType;
use smb2::auth::kerberos::messages::{
    EncryptedData, KdcRep, encode_ap_req, encode_authenticator, encode_pa_enc_timestamp, parse_enc_kdc_rep_part,
    parse_kdc_rep, parse_krb_error, parse_ticket,
};

use crate::ber::{INTEGER, OCTETS, Reader, SEQUENCE, element, group, integer};
use crate::clock;
use crate::crypto::{KINDS, Key, kind_of, random_number};
use crate::request::{BY_PASSWORD, WITH_TICKET};
use crate::{KerberosError, Principal, Settings, Ticket, kdc, request};

/// Key usage numbers (RFC 4120 7.5.1).
mod usage {
    pub(super) const TIMESTAMP: u32 = 1;
    pub(super) const REPLY_TO_PASSWORD: u32 = 3;
    pub(super) const REQUEST_SUM: u32 = 6;
    pub(super) const REQUEST: u32 = 7;
    pub(super) const REPLY_TO_TICKET: u32 = 8;
}

const ERROR: u8 = 0x7e;
const REPLY_TO_PASSWORD: i32 = 11;
const REPLY_TO_TICKET: i32 = 13;

/// Kinds of data before a request is granted.
const TICKET: u32 = 1;
const ENC_TIMESTAMP: u32 = 2;
const ETYPE_INFO2: i32 = 19;

/// The number of iterations that keys are derived with unless it is said (RFC 3962 4).
const ITERATIONS: [u8; 4] = [0, 0, 0x10, 0];

/// Error codes (RFC 4120 7.5.9).
mod code {
    pub(super) const UNKNOWN_CLIENT: i32 = 6;
    pub(super) const UNKNOWN_SERVER: i32 = 7;
    pub(super) const POLICY: i32 = 12;
    pub(super) const NO_CIPHER: i32 = 14;
    pub(super) const REVOKED: i32 = 18;
    pub(super) const SERVER_REVOKED: i32 = 19;
    pub(super) const KEY_EXPIRED: i32 = 23;
    pub(super) const WRONG_PASSWORD: i32 = 24;
    pub(super) const MORE_NEEDED: i32 = 25;
    pub(super) const BAD_INTEGRITY: i32 = 31;
    pub(super) const EXPIRED: i32 = 32;
    pub(super) const SKEW: i32 = 37;
}

/// The kind of a key, and the salt that is added to the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salt {
    pub(crate) kind: EncryptionType,
    /// `None` for the usual one: realm and name.
    pub(crate) text: Option<String>,
}

/// An error of a key distribution centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub(crate) code: i32,
    pub(crate) text: String,
    data: Option<Vec<u8>>,
}

/// Parses an error; `None` if the message is none, or damaged.
#[must_use]
pub fn parse_error(reply: &[u8]) -> Option<Refusal> {
    let error = parse_krb_error(reply).ok()?;
    let text = error.e_text.unwrap_or_default();
    let text = text.chars().filter(|letter| !letter.is_control()).take(200).collect::<String>();
    Some(Refusal { code: error.error_code, text, data: error.e_data })
}

/// Parses the data of the error that asks for a proof of the password: the best kind of key and its salt, if there is one of AES.
#[must_use]
pub fn parse_salt(data: &[u8]) -> Option<Salt> {
    let mut list = Reader::new(Reader::new(data).expect(SEQUENCE).ok()?);
    let mut found: Vec<Salt> = Vec::new();
    while !list.is_empty() {
        let mut entry = Reader::new(list.expect(SEQUENCE).ok()?);
        let kind = signed(Reader::new(entry.expect(0xa1).ok()?).expect(INTEGER).ok()?);
        let value = Reader::new(entry.expect(0xa2).ok()?).expect(OCTETS).ok()?;
        if kind != Some(ETYPE_INFO2) {
            continue;
        }
        let mut kinds = Reader::new(Reader::new(value).expect(SEQUENCE).ok()?);
        while !kinds.is_empty() {
            const GENERAL_STRING: u8 = 0x1b;
            let mut kind = Reader::new(kinds.expect(SEQUENCE).ok()?);
            let number = signed(Reader::new(kind.expect(0xa0).ok()?).expect(INTEGER).ok()?);
            let salt = kind.optional(0xa1).ok()?;
            let salt = salt.map(|salt| Reader::new(salt).expect(GENERAL_STRING)).transpose().ok()?;
            let parameters = kind.optional(0xa2).ok()?;
            let parameters = parameters.map(|value| Reader::new(value).expect(OCTETS)).transpose().ok()?;
            let text = salt.map(|salt| String::from_utf8(salt.to_vec())).transpose().ok()?;
            if let Some(kind) = number.and_then(kind_of).filter(|_| parameters.is_none_or(|given| given == ITERATIONS))
            {
                found.push(Salt { kind, text });
            }
        }
    }
    KINDS.into_iter().find_map(|kind| found.iter().find(|salt| salt.kind == kind).cloned())
}

fn signed(digits: &[u8]) -> Option<i32> {
    let (first, rest) = digits.split_first()?;
    let start = i32::from(i8::from_be_bytes([*first]));
    rest.iter().try_fold(start, |number, digit| Some(number.checked_mul(256)? | i32::from(*digit)))
}

/// Signs in with a password, and returns the ticket for further ones.
pub(crate) fn sign_in(settings: &Settings, user: &Principal, password: &str) -> Result<Ticket, KerberosError> {
    let realm = &user.realm;
    let service = Principal::new(&["krbtgt", realm], realm);
    let nonce = random_number()?;
    let body = request::body(Some(user), &service, nonce);
    let ask = |proof| kdc::ask(settings, realm, &request::request(BY_PASSWORD, proof, &body));
    let refused = |refusal: &Refusal| refusal_of(refusal, realm, user, &service, true);
    let mut reply = ask(None)?;
    let mut salt = Salt { kind: KINDS[0], text: None };
    if reply.first() == Some(&ERROR) {
        let refusal = parse_error(&reply).ok_or_else(|| bad(realm, "its error is damaged"))?;
        if refusal.code != code::MORE_NEEDED {
            return Err(refused(&refusal));
        }
        let old = || KerberosError::OldCipher { realm: realm.clone(), name: user.to_string() };
        salt = refusal.data.as_deref().and_then(parse_salt).ok_or_else(old)?;
        let (seconds, micros) = clock::now();
        let proof = encode_pa_enc_timestamp(&clock::written(seconds), micros);
        let key = key_of(user, password, &salt);
        let sealed = key.encrypt(usage::TIMESTAMP, &proof)?;
        let value = group(
            SEQUENCE,
            &[element(0xa0, &integer(INTEGER, u32::from(key.kind()))), element(0xa2, &element(OCTETS, &sealed))],
        );
        reply = ask(Some((ENC_TIMESTAMP, &value)))?;
    }
    let reply = granted(&reply, REPLY_TO_PASSWORD, realm, &refused)?;
    let key = key_of(user, password, &salt);
    let client = Principal { parts: reply.cname.name_string.clone(), realm: reply.crealm.clone() };
    // Without preauthentication only this shows that the password is wrong.
    let wrong = || KerberosError::WrongPassword { realm: realm.clone(), user: user.to_string() };
    let plain = key.decrypt(usage::REPLY_TO_PASSWORD, &reply.enc_part.cipher).ok_or_else(wrong)?;
    ticket(reply, &plain, client, nonce, realm)
}

fn key_of(user: &Principal, password: &str, salt: &Salt) -> Key {
    let usual = || format!("{}{}", user.realm, user.parts.concat());
    Key::of_password(salt.kind, password, &salt.text.clone().unwrap_or_else(usual))
}

/// Asks with a ticket for one to a service. The ticket that is returned may be one for another realm's tickets.
pub(crate) fn exchange(settings: &Settings, held: &Ticket, service: &Principal) -> Result<Ticket, KerberosError> {
    let realm = &service.realm;
    let nonce = random_number()?;
    let body = request::body(None, service, nonce);
    let sum = held.key.checksum(usage::REQUEST_SUM, &body);
    let (seconds, micros) = clock::now();
    let authenticator = encode_authenticator(
        &held.client.realm,
        &held.client.as_client(),
        &clock::written(seconds),
        micros,
        None,
        None,
        Some((&sum.0, sum.1)),
    );
    let authenticator = encrypted(&held.key, held.key.encrypt(usage::REQUEST, &authenticator)?);
    let own = parse_ticket(&held.bytes).map_err(|_| bad(realm, "the ticket that it gave is damaged"))?;
    let proof = encode_ap_req(&own, &authenticator, false);
    let reply = kdc::ask(settings, realm, &request::request(WITH_TICKET, Some((TICKET, &proof)), &body))?;
    let refused = |refusal: &Refusal| refusal_of(refusal, realm, &held.client, service, false);
    let reply = granted(&reply, REPLY_TO_TICKET, realm, &refused)?;
    let plain = held.key.decrypt(usage::REPLY_TO_TICKET, &reply.enc_part.cipher);
    let plain = plain.ok_or_else(|| bad(realm, "its reply is not encrypted with the ticket's key"))?;
    ticket(reply, &plain, held.client.clone(), nonce, realm)
}

pub(crate) fn encrypted(key: &Key, cipher: Vec<u8>) -> EncryptedData {
    EncryptedData { etype: i32::from(key.kind()), kvno: None, cipher }
}

fn granted(
    reply: &[u8],
    kind: i32,
    realm: &str,
    refused: &dyn Fn(&Refusal) -> KerberosError,
) -> Result<KdcRep, KerberosError> {
    if reply.first() == Some(&ERROR) {
        let refusal = parse_error(reply).ok_or_else(|| bad(realm, "its error is damaged"))?;
        return Err(refused(&refusal));
    }
    let reply = parse_kdc_rep(reply).map_err(|_| bad(realm, "its reply is damaged"))?;
    if reply.msg_type != kind {
        return Err(bad(realm, "its reply answers something else"));
    }
    Ok(reply)
}

/// The ticket of a reply whose encrypted part is `plain`. The rest of the reply is not protected, and not
/// believed.
fn ticket(reply: KdcRep, plain: &[u8], client: Principal, nonce: u32, realm: &str) -> Result<Ticket, KerberosError> {
    let part = parse_enc_kdc_rep_part(plain).map_err(|_| bad(realm, "the encrypted part of its reply is damaged"))?;
    if part.nonce != nonce {
        return Err(bad(realm, "its reply answers another request"));
    }
    let server = Principal { parts: part.sname.name_string, realm: part.srealm };
    let old = || KerberosError::OldCipher { realm: realm.to_owned(), name: server.to_string() };
    let key = Key::new(part.key.keytype, &part.key.keyvalue).ok_or_else(old)?;
    let ends = clock::read(&part.endtime).ok_or_else(|| bad(realm, "the time in its reply is damaged"))?;
    let bytes = reply.ticket.raw_bytes.unwrap_or_default();
    Ok(Ticket { client, server, bytes, key, ends })
}

fn refusal_of(
    refusal: &Refusal,
    realm: &str,
    client: &Principal,
    service: &Principal,
    has_password: bool,
) -> KerberosError {
    let (realm, user) = (realm.to_owned(), client.to_string());
    let barred = |reason| KerberosError::AccountBarred { realm: realm.clone(), user: user.clone(), reason };
    match refusal.code {
        code::UNKNOWN_CLIENT => KerberosError::UnknownUser { realm, user },
        code::UNKNOWN_SERVER => KerberosError::UnknownMachine { realm, service: service.parts.join("/") },
        code::POLICY => barred("a policy of the domain bars it"),
        code::NO_CIPHER => {
            let name = if has_password { user } else { service.to_string() };
            KerberosError::OldCipher { realm, name }
        }
        code::REVOKED => barred("it is disabled, locked out or has expired"),
        code::SERVER_REVOKED => KerberosError::UnknownMachine { realm, service: service.parts.join("/") },
        code::KEY_EXPIRED => barred("its password has expired and must be changed first"),
        code::WRONG_PASSWORD => KerberosError::WrongPassword { realm, user },
        code::BAD_INTEGRITY if has_password => KerberosError::WrongPassword { realm, user },
        code::EXPIRED => KerberosError::Expired { user },
        code::SKEW => KerberosError::ClockSkew { realm },
        code => {
            let text = if refusal.text.is_empty() { String::new() } else { format!(" ({})", refusal.text) };
            KerberosError::Refused { realm, service: service.parts.join("/"), code, text }
        }
    }
}

fn bad(realm: &str, reason: &'static str) -> KerberosError {
    KerberosError::BadReply { of: format!("the key distribution centre of {realm}"), reason }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A kind of key, its salt and the parameters for deriving it.
    type Offered<'a> = (u32, Option<&'a str>, Option<[u8; 4]>);

    fn info(kinds: &[Offered<'_>]) -> Vec<u8> {
        let kinds = kinds.iter().map(|(kind, salt, parameters)| {
            let mut parts = vec![element(0xa0, &integer(INTEGER, *kind))];
            parts.extend(salt.map(|salt| element(0xa1, &element(0x1b, salt.as_bytes()))));
            parts.extend(parameters.map(|given| element(0xa2, &element(OCTETS, &given))));
            group(SEQUENCE, &parts)
        });
        let value = group(SEQUENCE, &kinds.collect::<Vec<_>>());
        let data = |kind: u32, value: &[u8]| {
            let parts = [element(0xa1, &integer(INTEGER, kind)), element(0xa2, &element(OCTETS, value))];
            group(SEQUENCE, &parts)
        };
        group(SEQUENCE, &[data(2, b""), data(19, &value)])
    }

    #[test]
    fn the_strongest_kind_of_key_is_taken_with_its_salt() {
        let aes = |kind, text: Option<&str>| Some(Salt { kind, text: text.map(str::to_owned) });
        let [aes_256, aes_128] = KINDS;
        for (kinds, expected) in [
            (&[(23, None, None), (17, Some("b"), None), (18, Some("a"), None)][..], aes(aes_256, Some("a"))),
            (&[(17, None, Some(ITERATIONS))], aes(aes_128, None)),
            // Only the usual number of iterations is known here.
            (&[(18, Some("a"), Some([0, 0, 0x80, 0])), (17, Some("b"), None)], aes(aes_128, Some("b"))),
            (&[(23, None, None)], None),
            (&[], None),
        ] {
            assert_eq!(parse_salt(&info(kinds)), expected, "{kinds:?}");
        }
    }

    #[test]
    fn each_refusal_has_its_own_error() {
        let (realm, user) = ("CORP.EXAMPLE", Principal::new(&["admin"], "CORP.EXAMPLE"));
        let service = Principal::new(&["cifs", "web01"], realm);
        for (code, has_password, expected) in [
            (7, false, "does not know cifs/web01"),
            (6, true, "does not know the user admin@CORP.EXAMPLE"),
            (24, true, "does not accept the password"),
            (31, true, "does not accept the password"),
            (31, false, "Kerberos error 31 (why)"),
            (32, false, "has expired; run `kinit`"),
            (37, false, "the clock of this computer"),
            (18, true, "it is disabled"),
            (14, false, "no AES key for cifs/web01"),
        ] {
            let refusal = Refusal { code, text: "why".to_owned(), data: None };
            let error = refusal_of(&refusal, realm, &user, &service, has_password).to_string();
            assert!(error.contains(expected), "{code}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_salt_or_not(bytes: Vec<u8>, at in 0usize..60, byte: u8) {
            let _ = (parse_salt(&bytes), parse_error(&bytes));
            let mut data = info(&[(18, Some("salt"), Some(ITERATIONS))]);
            if let Some(changed) = data.get_mut(at) {
                *changed = byte;
            }
            let _ = parse_salt(&data);
        }
    }
}
