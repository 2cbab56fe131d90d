use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use super::*;
use crate::cabinet::Limits;
use crate::testing::{CODE_SIGNING, CabinetBuilder, Identity, Signing, Stamp, TIME_STAMPING, Template};

/// Noon of the first of January 2025.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_735_732_800)
}

fn cabinet() -> Vec<u8> {
    CabinetBuilder::default().file("mssecure.xml", "<BulletinDatastore/>".repeat(100)).build()
}

fn trust(roots: &[&Identity]) -> Trust {
    let roots = roots.iter().map(|root| Certificate::from_der(&root.certificate).unwrap()).collect();
    Trust { roots, ..Trust::default() }
}

fn verified(cabinet: &[u8], trust: &Trust) -> Result<Signature, SignatureError> {
    let cabinet = Cabinet::open(cabinet, &Limits::default()).expect("a sound cabinet");
    verify(&cabinet, trust, now())
}

fn root() -> Identity {
    Template::authority("Root").root()
}

fn signer(root: &Identity) -> Identity {
    Template::signer("Signer", &[CODE_SIGNING]).under(root)
}

#[test]
fn a_signature_says_who_signed() {
    let root = root();
    let between = Template::authority("Between").uses(&[CODE_SIGNING]).under(&root);
    for signer in [signer(&root), signer(&between)] {
        let signed = Signing::by(&signer).sign(&cabinet());
        let signature = verified(&signed, &trust(&[&self::root(), &root])).unwrap();
        assert_eq!((signature.signer.as_str(), signature.root.as_str()), ("CN=Signer", "CN=Root"));
        assert_eq!((signature.digest, signature.time), ("SHA-256", None));
        let opened = Cabinet::open(&signed, &Limits::default()).unwrap();
        assert_eq!(opened.read(&opened.entries()[0]).unwrap().len(), 2000);
        // The signer alone is trusted as well, if it is named.
        assert!(verified(&signed, &trust(&[&signer])).is_ok());
    }
}

#[test]
fn no_bit_before_the_signature_can_be_changed() {
    let root = root();
    let signed = Signing::by(&signer(&root)).sign(&cabinet());
    let trust = trust(&[&root]);
    let place = u32::from_le_bytes(signed[44..48].try_into().unwrap()) as usize;
    // The end of the reserve's first twelve bytes is followed by four that nothing reads and no digest covers.
    let unread = 52..56;
    for at in (0..place).filter(|at| !unread.contains(at) && (*at < 200 || at % 50 == 0)) {
        for bit in 0..8 {
            let mut changed = signed.clone();
            changed[at] ^= 1 << bit;
            let opened = Cabinet::open(&changed, &Limits::default());
            assert!(opened.is_err() || verify(&opened.unwrap(), &trust, now()).is_err(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn fields_that_the_digest_leaves_out_are_fixed() {
    let root = root();
    let signed = Signing::by(&signer(&root)).sign(&cabinet());
    // The reserve of data blocks would shift what is unpacked.
    for (at, field) in
        [(4, "the field after the magic number"), (34, "the cabinet's number"), (44, "the signature's offset")]
    {
        let mut changed = signed.clone();
        changed[at] ^= 1;
        if at == 44 {
            // The file has to end where the signature does.
            changed[48] = changed[48].wrapping_sub(if changed[44] & 1 == 1 { 1 } else { 255 });
        }
        let Ok(opened) = Cabinet::open(&changed, &Limits::default()) else { continue };
        assert_eq!(verify(&opened, &trust(&[&root]), now()), Err(SignatureError::Header(field)));
    }
    for at in [36, 38, 39] {
        let mut changed = signed.clone();
        changed[at] ^= 1;
        let opened = Cabinet::open(&changed, &Limits::default());
        assert!(opened.is_err() || verify(&opened.unwrap(), &trust(&[&root]), now()).is_err(), "byte {at}");
    }
}

#[test]
fn what_was_changed_is_named() {
    let root = root();
    let signer = signer(&root);
    let trust = trust(&[&root]);
    let signed = Signing::by(&signer).sign(&cabinet());

    let mut payload = signed.clone();
    payload[1000] ^= 1;
    assert!(matches!(verified(&payload, &trust), Err(SignatureError::Changed { .. })));

    let mut signature = signed.clone();
    let last = signature.len() - 3;
    signature[last] ^= 1;
    assert_eq!(verified(&signature, &trust), Err(SignatureError::Forged("CN=Signer".to_owned())));

    assert_eq!(verified(&cabinet(), &trust), Err(SignatureError::Unsigned));

    for length in [signed.len() - 1, signed.len() - 500] {
        assert!(Cabinet::open(&signed[..length], &Limits::default()).is_err());
    }
    assert!(Cabinet::open(&[&signed[..], b"\0"].concat(), &Limits::default()).is_err());
}

#[test]
fn the_signature_of_another_cabinet_does_not_count() {
    let root = root();
    let signer = signer(&root);
    let one = Signing::by(&signer).sign(&cabinet());
    let other = Signing::by(&signer).sign(&CabinetBuilder::default().file("mssecure.xml", "x".repeat(2000)).build());
    let place = |signed: &[u8]| u32::from_le_bytes(signed[44..48].try_into().unwrap()) as usize;
    let mut mixed = [&one[..place(&one)], &other[place(&other)..]].concat();
    mixed[48..52].copy_from_slice(&other[48..52]);
    assert!(matches!(verified(&mixed, &trust(&[&root])), Err(SignatureError::Changed { .. })));
}

#[test]
fn a_signer_has_to_lead_to_a_named_root_as_a_signer_of_code() {
    let root = root();
    let stranger = self::root();
    let by = |identity: &Identity| verified(&Signing::by(identity).sign(&cabinet()), &trust(&[&root]));
    let untrusted = |identity: &Identity| matches!(by(identity), Err(SignatureError::Untrusted { .. }));
    assert!(untrusted(&signer(&stranger)), "a root of the same name");
    assert!(untrusted(&signer(&Template::authority("Other").root())));
    assert!(untrusted(&Template::signer("Self", &[CODE_SIGNING]).root()), "self-signed");

    let purpose = |identity: &Identity| matches!(by(identity), Err(SignatureError::Purpose { .. }));
    assert!(purpose(&Template::signer("Mail", &["1.3.6.1.5.5.7.3.4"]).under(&root)));
    assert!(purpose(&Template::signer("Anything", &["2.5.29.37.0"]).under(&root)));
    assert!(purpose(&Template::signer("Nothing", &[]).under(&root)));
    let stamps = Template::authority("Stamps").uses(&[TIME_STAMPING]).under(&root);
    assert!(purpose(&signer(&stamps)), "below an authority for time stamps");

    let no_authority = |identity: &Identity| matches!(by(identity), Err(SignatureError::NotAnAuthority { .. }));
    assert!(no_authority(&signer(&signer(&root))), "a signer as an authority");
    let last = Template::authority("Last").most_below(0).under(&root);
    assert!(by(&signer(&last)).is_ok());
    assert!(no_authority(&signer(&Template::authority("Further").under(&last))));

    let unknown = Template::signer("Signer", &[CODE_SIGNING]).unknown_extension().under(&root);
    assert!(matches!(by(&unknown), Err(SignatureError::CriticalExtension { .. })));

    let mut long = Template::authority("Authority 0").under(&root);
    for number in 1..12 {
        long = Template::authority(&format!("Authority {number}")).under(&long);
    }
    assert!(untrusted(&signer(&long)));
}

#[test]
fn the_operator_may_name_the_signer() {
    let root = root();
    let signer = signer(&root);
    let signed = Signing::by(&signer).sign(&cabinet());
    let fingerprint = Certificate::from_der(&signer.certificate).unwrap().fingerprint().to_uppercase();
    for (name, is_accepted) in [("Signer", true), (fingerprint.as_str(), true), ("Sign", false), ("Other", false)] {
        let trust = Trust { signer: Some(name.to_owned()), ..trust(&[&root]) };
        let result = verified(&signed, &trust);
        assert_eq!(result.is_ok(), is_accepted, "{name}");
        if let Err(error) = result {
            assert!(matches!(error, SignatureError::WrongSigner { .. }), "{error}");
        }
    }
}

#[test]
fn a_time_stamp_decides_when_a_certificate_has_to_be_valid() {
    let root = root();
    let stranger = self::root();
    let expired = Template::signer("Signer", &[CODE_SIGNING]).valid(2010, 2015).under(&root);
    let current = signer(&root);
    let stamper = Template::signer("Stamper", &[TIME_STAMPING]).valid(2010, 2020).under(&root);
    let other_root = Template::signer("Stamper", &[TIME_STAMPING]).valid(2010, 2020).under(&stranger);
    let other_use = Template::signer("Stamper", &[CODE_SIGNING]).valid(2010, 2020).under(&root);
    let trust = trust(&[&root]);

    let unstamped = verified(&Signing::by(&expired).sign(&cabinet()), &trust);
    assert!(matches!(unstamped, Err(SignatureError::Expired { .. })), "{unstamped:?}");
    for kind in [Stamp::Countersignature, Stamp::Token] {
        for (signer, stamper, year, time) in [
            (&expired, &stamper, 2012, Some("2012-01-01T12:00:00Z")),
            // Of the time after the signer's certificate, and of that after the stamper's.
            (&expired, &stamper, 2018, None),
            (&expired, &stamper, 2022, None),
            (&expired, &other_root, 2012, None),
            (&expired, &other_use, 2012, None),
        ] {
            let signed = Signing::by(signer).stamped(kind, stamper, year).sign(&cabinet());
            let result = verified(&signed, &trust);
            let found = result.as_ref().ok().and_then(|signature| signature.time.as_deref());
            assert_eq!(found, time, "{kind:?} {year}: {result:?}");
            assert!(time.is_some() || matches!(result, Err(SignatureError::Expired { .. })), "{kind:?} {year}");
        }
        // A stamp that does not count does no harm to a certificate that is valid now.
        let signed = Signing::by(&current).stamped(kind, &other_root, 2012).sign(&cabinet());
        assert_eq!(verified(&signed, &trust).unwrap().time, None);
        // One that does can: it says that the signature is older than the certificate.
        let signed = Signing::by(&current).stamped(kind, &stamper, 2012).sign(&cabinet());
        assert!(matches!(verified(&signed, &trust), Err(SignatureError::Expired { .. })));
    }
    let message = verified(&Signing::by(&expired).stamped(Stamp::Token, &other_root, 2012).sign(&cabinet()), &trust);
    let message = message.unwrap_err().to_string();
    assert!(message.contains("2010-01-01T12:00:00Z to 2015-01-01T12:00:00Z"), "{message}");
    assert!(
        message.contains("the time stamp does not count: the certificate of CN=Stamper leads to none"),
        "{message}"
    );
}

#[test]
fn a_few_time_stamps_are_tried() {
    let root = root();
    let stamper = Template::signer("Stamper", &[TIME_STAMPING]).valid(2010, 2020).under(&root);
    let expired = Template::signer("Signer", &[CODE_SIGNING]).valid(2010, 2015).under(&root);
    for kind in [Stamp::Countersignature, Stamp::Token] {
        for (bad, counts) in [(7, true), (8, false), (60, false)] {
            let signing = Signing::by(&expired).stamped(kind, &stamper, 2012).after_bad_stamps(bad);
            let found = verified(&signing.sign(&cabinet()), &trust(&[&root]));
            assert_eq!(found.is_ok(), counts, "{kind:?} {bad}: {found:?}");
        }
    }
}

#[test]
fn old_algorithms_count_only_where_they_are_allowed() {
    let root = root();
    let signer = signer(&root);
    let signed = Signing::by(&signer).sha1().sign(&cabinet());
    let refused = trust(&[&root]);
    let allowed = Trust { old_algorithms: OldAlgorithms::Allowed, ..refused.clone() };
    assert_eq!(verified(&signed, &refused), Err(SignatureError::Weak("SHA-1")));
    assert!(verified(&signed, &allowed).is_ok());
    // Signed twice: the second signature counts.
    let twice = Signing::by(&signer).sha1().nested(&signer).sign(&cabinet());
    assert_eq!(verified(&twice, &refused).unwrap().digest, "SHA-256");
    let stranger = self::signer(&self::root());
    let twice = Signing::by(&signer).sha1().nested(&stranger).sign(&cabinet());
    assert_eq!(verified(&twice, &refused), Err(SignatureError::Weak("SHA-1")));
}

#[test]
fn roots_are_read_from_der_and_pem() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("roots");
    let identities = [root(), root()];
    let pem = |identity: &Identity| {
        der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::CRLF, &identity.certificate).unwrap()
    };
    let both = format!("subject=CN=Root\n{}\n{}", pem(&identities[0]), pem(&identities[1]));
    for (content, count) in [(identities[0].certificate.clone(), 1), (both.clone().into_bytes(), 2)] {
        std::fs::write(&path, content).unwrap();
        let roots = read_roots(&path).unwrap();
        assert_eq!(roots.len(), count);
        assert_eq!(roots[0], Certificate::from_der(&identities[0].certificate).unwrap());
    }
    for content in ["", "text", &both[..both.len() - 40], &both.replace("MII", "!!!")] {
        std::fs::write(&path, content).unwrap();
        assert!(matches!(read_roots(&path), Err(RootsError::NotCertificates { .. })), "{content}");
    }
}

/// A signed cabinet, and who signed it.
static SIGNED: LazyLock<(Vec<u8>, Trust)> = LazyLock::new(|| {
    let root = root();
    (Signing::by(&signer(&root)).sign(&cabinet()), trust(&[&root]))
});

/// `testdata/README.md` says how these were made.
#[test]
fn cabinets_that_other_tools_signed_are_verified() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let roots = read_roots(&folder.join("root.der")).unwrap();
    let refused = Trust { roots, ..Trust::default() };
    let allowed = Trust { old_algorithms: OldAlgorithms::Allowed, ..refused.clone() };
    // Noon of the first of January 2027, and 2030.
    let [now, later] = [1_798_804_800, 1_893_499_200].map(|time| SystemTime::UNIX_EPOCH + Duration::from_secs(time));
    let year_2050 = SystemTime::UNIX_EPOCH + Duration::from_secs(2_524_651_200);
    for (file, trust, now, expected) in [
        ("sha256-stamped.cab", &refused, now, Ok(("SHA-256", true))),
        ("sha256-stamped.cab", &refused, later, Ok(("SHA-256", true))),
        ("sha256-stamped.cab", &refused, year_2050, Ok(("SHA-256", true))),
        ("sha1.cab", &refused, now, Err("uses SHA-1")),
        ("sha1.cab", &allowed, now, Ok(("SHA-1", false))),
        ("sha1.cab", &allowed, year_2050, Err("and the signature has no time stamp")),
        ("sha1-and-sha256.cab", &refused, now, Ok(("SHA-256", false))),
        ("sha1-and-sha256.cab", &allowed, now, Ok(("SHA-1", false))),
        ("sha256-stamped.cab", &Trust::default(), now, Err("leads to none of the named roots")),
    ] {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        let cabinet = Cabinet::open(&bytes, &Limits::default()).unwrap();
        assert!(cabinet.read(&cabinet.entries()[0]).unwrap().starts_with(b"<Bulletin "));
        let result = verify(&cabinet, trust, now);
        match (&result, expected) {
            (Ok(signature), Ok((digest, is_stamped))) => {
                assert_eq!((signature.digest, signature.time.is_some()), (digest, is_stamped), "{file}");
                assert_eq!(signature.signer, "CN=Test cs,O=wardline tests");
            }
            (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{file}: {error}"),
            _ => panic!("{file}: {result:?}"),
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_signature_is_read_or_refused(at in 0usize..900, bytes: Vec<u8>) {
        let (mut signed, trust) = SIGNED.clone();
        let from = u32::from_le_bytes(signed[44..48].try_into().unwrap()) as usize;
        let at = (from + at).min(signed.len());
        let end = (at + bytes.len()).min(signed.len());
        signed.splice(at..end, bytes.into_iter().take(end - at));
        let _ = verified(&signed, &trust);
    }
}
