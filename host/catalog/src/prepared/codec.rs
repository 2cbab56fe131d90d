//! The bytes of a prepared form: numbers as variable-length integers, texts and lists after their length, cases as their number.
//!
//! Reading never takes more memory than a small multiple of the bytes that are there, whatever the lengths in them say.

use wardline_contract::{
    Applicability, Change, Comparison, FileTest, FileVersion, Product, RegistryTest, ServicePack, Severity,
    Superseding, Update,
};

/// Something that can be written and read back.
pub(super) trait Stored: Sized {
    fn put(&self, out: &mut Vec<u8>);
    /// Returns `None` if the bytes are not those of such a thing.
    fn take(from: &mut &[u8]) -> Option<Self>;
}

impl Stored for u64 {
    fn put(&self, out: &mut Vec<u8>) {
        let mut rest = *self;
        loop {
            let low = (rest & 0x7F) as u8;
            rest >>= 7;
            if rest == 0 {
                return out.push(low);
            }
            out.push(low | 0x80);
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let mut number = 0u64;
        for shift in (0..u64::BITS).step_by(7) {
            let (byte, rest) = from.split_first()?;
            *from = rest;
            let part = u64::from(byte & 0x7F);
            let shifted = part << shift;
            if shifted >> shift != part {
                return None;
            }
            number |= shifted;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Stored for $number {
            fn put(&self, out: &mut Vec<u8>) {
                u64::from(*self).put(out);
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                u64::take(from)?.try_into().ok()
            }
        }
    )*};
}

numbers!(u16, u32);

impl Stored for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        match u64::take(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Stored for String {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        out.extend_from_slice(self.as_bytes());
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let length = usize::try_from(u64::take(from)?).ok()?;
        let (text, rest) = from.split_at_checked(length)?;
        *from = rest;
        Some(std::str::from_utf8(text).ok()?.to_owned())
    }
}

impl<T: Stored> Stored for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        if bool::take(from)? { Some(Some(T::take(from)?)) } else { Some(None) }
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        self.iter().for_each(|value| value.put(out));
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let length = usize::try_from(u64::take(from)?).ok()?;
        // Everything takes at least one byte.
        let mut values = Vec::with_capacity(length.min(from.len()));
        if length > from.len() {
            return None;
        }
        for _ in 0..length {
            values.push(T::take(from)?);
        }
        Some(values)
    }
}

macro_rules! stored {
    ($($type:ident { $($field:ident),* $(,)? })*) => {$(
        impl Stored for $type {
            fn put(&self, out: &mut Vec<u8>) {
                let $type { $($field),* } = self;
                $($field.put(out);)*
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                Some($type { $($field: Stored::take(from)?),* })
            }
        }
    )*};
}

macro_rules! stored_cases {
    ($($type:ident { $($number:literal => $case:ident),* $(,)? })*) => {$(
        impl Stored for $type {
            fn put(&self, out: &mut Vec<u8>) {
                out.push(match self { $($type::$case => $number),* });
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                match u64::take(from)? {
                    $($number => Some($type::$case),)*
                    _ => None,
                }
            }
        }
    )*};
}

pub(super) use stored;

stored_cases! {
    Severity { 0 => Critical, 1 => Important, 2 => Moderate, 3 => Low, 4 => Unrated }
    Change { 0 => Add, 1 => Replace, 2 => ReplaceIfPresent, 3 => Delete, 4 => Unsupported }
    Comparison { 0 => Equal, 1 => AtLeast }
}

stored! {
    Product { id, name }
    ServicePack { id, name, level }
    Applicability { product, service_packs, included_in, severity, fixed_build }
    FileVersion { major, minor, build, revision }
    FileTest { path, change, version, alternates, checksum, size }
    RegistryTest { key, name, change, expected, comparison }
    Superseding { bulletin, updates, names_update }
    Update {
        number, bulletin, article, title, package, url, posted, severity, cves, restart, applies_to, files, registry,
        superseded_by, notes, language,
    }
}
