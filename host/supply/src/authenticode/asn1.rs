//! Elements of DER, each with the bytes that it was read from: signatures cover these bytes, not what they mean.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader as _, SliceReader, Tag, TagNumber, Tagged as _};

use super::SignatureError;

/// An element: its tag, its contents, and all of its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) tag: Tag,
    pub(super) value: &'a [u8],
    pub(super) raw: &'a [u8],
}

/// The elements in a sequence, in order.
#[derive(Debug)]
pub(super) struct Elements<'a> {
    reader: SliceReader<'a>,
    part: &'static str,
}

impl<'a> Element<'a> {
    /// Decodes the element as a type of the `der` crate.
    pub(super) fn decode<T: Decode<'a>>(&self, part: &'static str) -> Result<T, SignatureError> {
        T::from_der(self.raw).map_err(|_| SignatureError::Malformed(part))
    }

    /// Returns the elements in this one, which has to have this tag.
    pub(super) fn elements(&self, tag: Tag, part: &'static str) -> Result<Elements<'a>, SignatureError> {
        match self.tag == tag {
            true => Elements::of(self.value, part),
            false => Err(SignatureError::Malformed(part)),
        }
    }

    /// Returns the contents of a primitive element, which has to have this tag.
    pub(super) fn octets(&self, tag: Tag, part: &'static str) -> Result<&'a [u8], SignatureError> {
        (self.tag == tag).then_some(self.value).ok_or(SignatureError::Malformed(part))
    }
}

impl<'a> Elements<'a> {
    pub(super) fn of(bytes: &'a [u8], part: &'static str) -> Result<Elements<'a>, SignatureError> {
        let reader = SliceReader::new(bytes).map_err(|_| SignatureError::Malformed(part))?;
        Ok(Elements { reader, part })
    }

    pub(super) fn next(&mut self) -> Result<Element<'a>, SignatureError> {
        let malformed = |_| SignatureError::Malformed(self.part);
        let raw = self.reader.tlv_bytes().map_err(malformed)?;
        let any = AnyRef::from_der(raw).map_err(malformed)?;
        Ok(Element { tag: any.tag(), value: any.value(), raw })
    }

    /// Returns the next element if it has this tag.
    pub(super) fn optional(&mut self, tag: Tag) -> Result<Option<Element<'a>>, SignatureError> {
        match self.reader.peek_tag() {
            Ok(next) if next == tag => self.next().map(Some),
            _ => Ok(None),
        }
    }

    pub(super) fn sequence(&mut self) -> Result<Elements<'a>, SignatureError> {
        self.next()?.elements(Tag::Sequence, self.part)
    }

    pub(super) fn oid(&mut self) -> Result<ObjectIdentifier, SignatureError> {
        self.next()?.decode(self.part)
    }

    /// Reads an `AlgorithmIdentifier`, of which the parameters are left out.
    pub(super) fn algorithm(&mut self) -> Result<ObjectIdentifier, SignatureError> {
        self.sequence()?.oid()
    }

    pub(super) fn octets(&mut self) -> Result<&'a [u8], SignatureError> {
        self.next()?.octets(Tag::OctetString, self.part)
    }

    pub(super) fn is_finished(&self) -> bool {
        self.reader.is_finished()
    }

    /// Returns the remaining elements, of which there may be at most `most`.
    pub(super) fn all(mut self, most: usize) -> Result<Vec<Element<'a>>, SignatureError> {
        let mut elements = Vec::new();
        while !self.is_finished() {
            if elements.len() == most {
                return Err(SignatureError::Malformed(self.part));
            }
            elements.push(self.next()?);
        }
        Ok(elements)
    }
}

/// Returns the tag `[number]` of a constructed element.
pub(super) fn context(number: TagNumber) -> Tag {
    Tag::ContextSpecific { constructed: true, number }
}
