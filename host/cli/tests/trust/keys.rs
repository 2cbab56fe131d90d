//! `wardline plugin keygen`, `sign` and `verify`.

use crate::support::Place;

#[test]
fn a_pair_is_made_once_and_the_secret_is_its_owners() {
    let place = Place::new();
    let told = place.done("plugin keygen -o acme --no-password");
    let public = place.read("acme.pub");
    let key = public.lines().nth(1).unwrap();
    assert!(told.contains(key) && !told.contains(place.read("acme.key").lines().nth(1).unwrap()), "{told}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(place.path("acme.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let secret = place.read("acme.key");
    for (present, absent) in [("acme.key", "acme.pub"), ("acme.pub", "acme.key")] {
        let kept = place.read(present);
        std::fs::rename(place.path(absent), place.path("aside")).unwrap();
        let again = place.wardline("plugin keygen -o acme --no-password");
        assert_eq!(again.code, 1);
        assert!(again.stderr.contains(present) && again.stderr.contains("never overwritten"), "{}", again.stderr);
        assert!(!place.path(absent).exists() && place.read(present) == kept);
        std::fs::rename(place.path("aside"), place.path(absent)).unwrap();
    }
    assert_eq!(place.read("acme.key"), secret);
}

#[test]
fn a_password_comes_from_a_file_the_environment_or_a_terminal() {
    let place = Place::new();
    let without = place.wardline("plugin keygen -o a");
    assert_eq!(without.code, 1);
    assert!(without.stderr.contains("WARDLINE_KEY_PASSWORD"), "{}", without.stderr);
    assert!(!place.path("a.key").exists() && !place.path("a.pub").exists());
    let empty = place.wardline_with("plugin keygen -o a", &[("WARDLINE_KEY_PASSWORD", "")]);
    assert!(empty.code == 1 && empty.stderr.contains("--no-password"), "{}", empty.stderr);

    place.write("password", "correct horse\nsecond line\n");
    place.done("plugin keygen -o a --password-file password");
    let signed = |variables| place.wardline_with("plugin sign acme.wasm --key a.key", variables);
    let asked = signed(&[]);
    assert!(asked.code == 1 && asked.stderr.contains("protected by a password"), "{}", asked.stderr);
    let wrong = signed(&[("WARDLINE_KEY_PASSWORD", "battery staple")]);
    assert!(wrong.code == 1 && wrong.stderr.contains("a.key"), "{}", wrong.stderr);
    assert!(!place.path("acme.wasm.minisig").exists());
    assert_eq!(signed(&[("WARDLINE_KEY_PASSWORD", "correct horse")]).code, 0);
    place.done("plugin verify acme.wasm --key a.pub");
}

#[test]
fn a_signature_says_what_it_is_for() {
    let place = Place::new();
    place.done("plugin keygen -o a --no-password");
    place.done("plugin keygen -o b --no-password");
    place.done("plugin sign acme.wasm --key a.key");
    let signature = place.read("acme.wasm.minisig");
    let digest = wardline::contract::digest(&std::fs::read(place.path("acme.wasm")).unwrap());
    let expected = format!("trusted comment: wardline:plugin\tname:misbehaving\tversion:0.1.0\tsha256:{digest}\ttime");
    assert!(signature.lines().nth(2).unwrap().starts_with(&expected), "{signature}");

    let told = place.done("plugin verify acme.wasm --key a.pub");
    assert!(told.contains("misbehaving 0.1.0") && told.contains(&digest), "{told}");
    let other = place.wardline("plugin verify acme.wasm --key b.pub");
    assert!(other.code == 2 && other.stdout.is_empty() && other.stderr.contains("b.pub"), "{}", other.stderr);

    place.write("more.wasm", [std::fs::read(place.path("acme.wasm")).unwrap(), vec![0]].concat());
    place.write("more.wasm.minisig", &signature);
    let changed = place.wardline("plugin verify more.wasm acme.wasm --key a.pub");
    assert_eq!(changed.code, 2);
    assert!(changed.stderr.contains("more.wasm") && changed.stderr.contains("not valid"), "{}", changed.stderr);
    assert!(changed.stdout.contains("acme.wasm  valid signature"), "{}", changed.stdout);
}

#[test]
fn what_cannot_be_signed_or_verified_is_told_so() {
    let place = Place::new();
    place.done("plugin keygen -o a --no-password");
    place.write("note.txt", "hello");
    place.write("core.wasm", b"\0asm\x01\0\0\0");
    for (line, code, words) in [
        ("plugin sign note.txt --key a.key", 1, "note.txt: not a WebAssembly component"),
        ("plugin sign core.wasm --key a.key", 1, "core.wasm: incompatible"),
        ("plugin sign none.wasm --key a.key", 1, "none.wasm"),
        ("plugin sign acme.wasm --key a.pub", 1, "a.pub: is not a secret key"),
        ("plugin sign acme.wasm --key none.key", 1, "none.key: cannot be read"),
        ("plugin verify acme.wasm --key a.pub", 2, "it is not signed"),
        ("plugin verify acme.wasm --key a.key", 1, "a.key: is not a public key"),
        ("plugin verify acme.wasm", 1, "trust.toml"),
        ("plugin verify acme.wasm --trust none.toml", 1, "none.toml: cannot be read"),
        ("plugin verify acme.wasm --trust note.txt", 1, "note.txt, line 1"),
    ] {
        let ran = place.wardline(line);
        assert_eq!(ran.code, code, "{line}: {}", ran.stderr);
        assert!(ran.stderr.contains(words) && ran.stderr.lines().count() == 1, "{line}: {}", ran.stderr);
    }
}
