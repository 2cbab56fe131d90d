//! Files written by minisign 0.11, which must remain readable.

use wardline::trust::{PublicKey, Signature, SignatureError, Verified};

const MESSAGE: &[u8] = b"What another program has signed.\n";
const SIGNATURE: &str = include_str!("minisign/message.txt.minisig");
const LEGACY: &str = include_str!("minisign/legacy.minisig");

fn key() -> PublicKey {
    let text = include_str!("minisign/minisign.pub");
    PublicKey::parse(text.lines().nth(1).unwrap()).unwrap()
}

#[test]
fn a_signature_by_minisign_holds() {
    let verified = Signature::parse(SIGNATURE).unwrap().verify(MESSAGE, &key()).unwrap();
    assert_eq!(verified, Verified { key: key().id(), comment: "a fixed vector".to_owned(), statement: None });
    assert_eq!(key().id().to_string(), "FA9DF9776CBF78D4");
    let carriage_returns = SIGNATURE.replace('\n', "\r\n");
    Signature::parse(&carriage_returns).unwrap().verify(MESSAGE, &key()).unwrap();
}

#[test]
fn nothing_can_be_changed() {
    let signature = Signature::parse(SIGNATURE).unwrap();
    for bytes in [&MESSAGE[1..], b"", b"What another program has signed."] {
        assert!(matches!(signature.verify(bytes, &key()), Err(SignatureError::Invalid(_))));
    }
    let comment = SIGNATURE.replace("a fixed vector", "a fixed Vector");
    let changed = Signature::parse(&comment).unwrap().verify(MESSAGE, &key());
    assert!(matches!(changed, Err(SignatureError::Invalid(_))), "{changed:?}");
    // Changing any character of either signature invalidates it.
    let lines: Vec<&str> = SIGNATURE.lines().collect();
    for line in [1, 3] {
        for place in (2..lines[line].len() - 3).step_by(7) {
            let other = if lines[line].as_bytes()[place] == b'A' { "B" } else { "A" };
            let mut forged: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            forged[line].replace_range(place..=place, other);
            let verified = Signature::parse(&forged.join("\n")).and_then(|signature| signature.verify(MESSAGE, &key()));
            assert!(verified.is_err(), "line {line}, character {place}");
        }
    }
}

#[test]
fn a_legacy_signature_is_told_from_a_bad_one() {
    assert!(matches!(Signature::parse(LEGACY), Err(SignatureError::Legacy)));
}

#[test]
fn what_is_no_signature_is_told_so() {
    let lines: Vec<&str> = SIGNATURE.lines().collect();
    let with = |place: usize, text: &str| {
        let mut lines = lines.clone();
        lines[place] = text;
        lines.join("\n")
    };
    for text in [
        String::new(),
        "a\nb\nc\nd\n".to_owned(),
        lines[..3].join("\n"),
        format!("{SIGNATURE}more\n"),
        with(0, "comment: x"),
        with(1, "RU"),
        with(1, &"=".repeat(100)),
        with(1, &format!("{}=", "!".repeat(99))),
        with(2, "comment: x"),
        with(3, ""),
        with(3, &"A".repeat(88)),
        with(3, &format!("{}==", "A".repeat(30))),
        with(3, &format!("{}==", "é".repeat(43))),
    ] {
        assert!(matches!(Signature::parse(&text), Err(SignatureError::Form(_))), "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_a_signature_or_an_error(
        first in "untrusted comment: \\PC{0,20}|\\PC{0,20}",
        second in "RU[A-Za-z0-9+/]{97}=|[A-Za-z0-9+/=]{90,101}",
        third in "trusted comment: \\PC{0,20}",
        fourth in "[A-Za-z0-9+/]{86}==|[A-Za-z0-9+/=]{80,90}",
    ) {
        if let Ok(signature) = Signature::parse(&format!("{first}\n{second}\n{third}\n{fourth}\n")) {
            proptest::prop_assert!(signature.verify(MESSAGE, &key()).is_err());
        }
    }
}
