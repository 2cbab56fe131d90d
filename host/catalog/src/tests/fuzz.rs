use proptest::prelude::*;

use super::{SAMPLE, figures, try_read};

/// A modification of a valid catalog.
#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    Truncate(prop::sample::Index),
    Overwrite(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
    /// Copies a piece of the file to another place.
    Copy(prop::sample::Index, prop::sample::Index, usize),
    /// Replaces one attribute's value.
    Value(prop::sample::Index, String),
}

pub(crate) fn mutation() -> impl Strategy<Value = Mutation> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        1 => index().prop_map(Mutation::Truncate),
        3 => (index(), any::<u8>()).prop_map(|(at, byte)| Mutation::Overwrite(at, byte)),
        2 => (index(), prop::collection::vec(any::<u8>(), 1..20)).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        2 => (index(), 1..200usize).prop_map(|(at, length)| Mutation::Remove(at, length)),
        3 => (index(), index(), 1..400usize).prop_map(|(from, to, length)| Mutation::Copy(from, to, length)),
        6 => (index(), "[0-9a-zA-Z,./%\\\\ \u{80}-\u{10FF}-]{0,12}").prop_map(|(at, value)| Mutation::Value(at, value)),
    ]
}

pub(crate) fn apply(bytes: &mut Vec<u8>, mutation: Mutation) {
    if bytes.is_empty() {
        return;
    }
    match mutation {
        Mutation::Truncate(at) => bytes.truncate(at.index(bytes.len())),
        Mutation::Overwrite(at, byte) => {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        Mutation::Insert(at, new) => {
            let at = at.index(bytes.len());
            bytes.splice(at..at, new);
        }
        Mutation::Remove(at, length) => {
            let at = at.index(bytes.len());
            bytes.drain(at..(at + length).min(bytes.len()));
        }
        Mutation::Copy(from, to, length) => {
            let from = from.index(bytes.len());
            let piece = bytes[from..(from + length).min(bytes.len())].to_vec();
            let to = to.index(bytes.len());
            bytes.splice(to..to, piece);
        }
        Mutation::Value(at, value) => {
            let values: Vec<usize> =
                bytes.windows(2).enumerate().filter(|(_, pair)| pair == b"=\"").map(|(at, _)| at + 2).collect();
            if values.is_empty() {
                return;
            }
            let begin = values[at.index(values.len())];
            let end = bytes[begin..].iter().position(|byte| *byte == b'"').map_or(bytes.len(), |length| begin + length);
            bytes.splice(begin..end, value.into_bytes());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is done to a catalog, reading it ends, with a catalog or a one-line error; and the result can be shown.
    #[test]
    fn mutated_catalogs(mutations in prop::collection::vec(mutation(), 1..6)) {
        let mut bytes = SAMPLE.as_bytes().to_vec();
        for mutation in mutations {
            apply(&mut bytes, mutation);
        }
        match try_read(&bytes) {
            Ok(catalog) => {
                prop_assert_eq!(figures(&catalog).0.unresolved, catalog.unresolved.len() as u64);
                for (place, update) in (0u32..).zip(catalog.updates.iter().chain(&catalog.unsupported)) {
                    prop_assert_eq!(update.number, place);
                }
                let mut page = Vec::new();
                crate::show::text(&catalog, &mut page).unwrap();
                crate::show::json(&catalog, &mut page).unwrap();
                prop_assert!(!page.iter().any(|byte| byte.is_ascii_control() && *byte != b'\n'));
                let _ = crate::merge(vec![catalog.clone(), super::read(SAMPLE), catalog]);
            }
            Err(error) => prop_assert!(!error.to_string().contains('\n')),
        }
    }
}
