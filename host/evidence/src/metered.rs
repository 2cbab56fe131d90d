//! Reads JSON from any source into values without exceeding a memory budget.
//!
//! A few bytes of JSON can take many more in memory: `"",` is three bytes, its `String` twenty-four. So the size of a document does
//! not bound the size of its values. [`Metered`] sits between serde's deserializer and the types being read. It charges every text
//! and every list element as it arrives, before the next ones do.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::budget::{Budget, Charge, OverBudget};

/// The overhead of an allocation.
const ALLOCATION: usize = 16;

/// The capacity of a list with its first element, as `Vec` grows.
const FIRST_ROOM: usize = 4;

/// The number of bytes that a meter takes from the budget at a time. Every text and every list element is charged, and all threads
/// that read of the same target share its budget.
const BLOCK: u64 = 64 << 10;

/// Charges a budget, and remembers when it ran out: serde's errors keep only their message.
#[derive(Debug)]
pub struct Meter<'b> {
    budget: &'b Arc<Budget>,
    charge: RefCell<Option<Charge>>,
    /// The number of bytes taken from the budget and not charged yet.
    ahead: Cell<u64>,
    /// The total number of bytes charged.
    charged: Cell<u64>,
    over: Cell<Option<OverBudget>>,
}

impl<'b> Meter<'b> {
    pub fn new(budget: &'b Arc<Budget>) -> Self {
        Meter { budget, charge: RefCell::new(None), ahead: Cell::new(0), charged: Cell::new(0), over: Cell::new(None) }
    }

    /// The reason reading ended, if the budget ran out.
    pub fn over(&self) -> Option<OverBudget> {
        self.over.get()
    }

    /// The number of bytes charged so far.
    pub fn charged(&self) -> u64 {
        self.charged.get()
    }

    /// Returns the charge, to be kept for as long as the values read.
    pub fn into_charge(self) -> Option<Charge> {
        let mut charge = self.charge.into_inner()?;
        charge.shrink(self.ahead.get());
        Some(charge)
    }

    /// Charges `bytes` for what is about to be read.
    ///
    /// # Errors
    ///
    /// If the budget does not have that much left.
    pub fn charge<E: serde::de::Error>(&self, bytes: usize) -> Result<(), E> {
        let bytes = bytes as u64;
        self.charged.set(self.charged.get() + bytes);
        match self.ahead.get().checked_sub(bytes) {
            Some(ahead) => {
                self.ahead.set(ahead);
                Ok(())
            }
            None => self.take(bytes).map_err(|over| {
                self.over.set(Some(over));
                E::custom(over)
            }),
        }
    }

    /// Charges `bytes` that are more than what was taken ahead. Takes a whole block if the budget has one left.
    fn take(&self, bytes: u64) -> Result<(), OverBudget> {
        let missing = bytes - self.ahead.get();
        let mut charge = self.charge.borrow_mut();
        let mut grow = |bytes| match charge.as_mut() {
            Some(charge) => charge.grow(bytes),
            None => self.budget.charge(bytes).map(|first| *charge = Some(first)),
        };
        let block = missing.max(BLOCK);
        let taken = grow(block).map(|()| block).or_else(|_| grow(missing).map(|()| missing))?;
        self.ahead.set(taken - missing);
        Ok(())
    }
}

/// A deserializer, visitor, seed or access whose values are charged as they arrive.
#[derive(Debug)]
pub struct Metered<'m, T> {
    inner: T,
    meter: &'m Meter<'m>,
}

impl<'m, T> Metered<'m, T> {
    pub fn new(inner: T, meter: &'m Meter<'m>) -> Self {
        Metered { inner, meter }
    }
}

/// Forwards a call to the inner deserializer, with the visitor metered.
macro_rules! metered {
    ($($method:ident($($argument:ident: $kind:ty),*);)*) => {
        $(fn $method<V: Visitor<'de>>(self $(, $argument: $kind)*, visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method($($argument,)* Metered::new(visitor, self.meter))
        })*
    };
}

/// Forwards a call unchanged.
macro_rules! free {
    ($($method:ident($($argument:ident: $kind:ty),*);)*) => {
        $(fn $method<V: Visitor<'de>>(self $(, $argument: $kind)*, visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method($($argument,)* visitor)
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Metered<'_, D> {
    type Error = D::Error;

    metered! {
        deserialize_any(); deserialize_str(); deserialize_string(); deserialize_bytes(); deserialize_byte_buf();
        deserialize_option(); deserialize_seq(); deserialize_map();
        deserialize_newtype_struct(name: &'static str);
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
    }

    // These take no memory beyond the value that contains them.
    free! {
        deserialize_bool(); deserialize_i8(); deserialize_i16(); deserialize_i32(); deserialize_i64(); deserialize_i128();
        deserialize_u8(); deserialize_u16(); deserialize_u32(); deserialize_u64(); deserialize_u128();
        deserialize_f32(); deserialize_f64(); deserialize_char(); deserialize_unit(); deserialize_identifier();
        deserialize_ignored_any(); deserialize_unit_struct(name: &'static str);
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_tuple(length, Tuple { inner: visitor, meter: self.meter })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_tuple_struct(name, length, Tuple { inner: visitor, meter: self.meter })
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// Forwards a plain value to the inner visitor.
macro_rules! plain {
    ($($method:ident($kind:ty);)*) => {
        $(fn $method<E: serde::de::Error>(self, value: $kind) -> Result<V::Value, E> {
            self.inner.$method(value)
        })*
    };
}

/// Charges a text or bytes, which the value will keep a copy of.
macro_rules! kept {
    ($($method:ident($kind:ty);)*) => {
        $(fn $method<E: serde::de::Error>(self, value: $kind) -> Result<V::Value, E> {
            self.meter.charge(value.len() + ALLOCATION)?;
            self.inner.$method(value)
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Metered<'_, V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(formatter)
    }

    plain! {
        visit_bool(bool); visit_i64(i64); visit_i128(i128); visit_u64(u64); visit_u128(u128); visit_f64(f64);
    }

    kept! {
        visit_str(&str); visit_borrowed_str(&'de str); visit_string(String);
        visit_bytes(&[u8]); visit_borrowed_bytes(&'de [u8]); visit_byte_buf(Vec<u8>);
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(Metered::new(inner, self.meter))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.inner.visit_newtype_struct(Metered::new(inner, self.meter))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.inner.visit_seq(List { inner, meter: self.meter, length: 0, room: 0 })
    }

    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Metered::new(inner, self.meter))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(Metered::new(inner, self.meter))
    }
}

/// The visitor of a tuple, whose elements are stored inline rather than in an allocation.
struct Tuple<'m, V> {
    inner: V,
    meter: &'m Meter<'m>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Tuple<'_, V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(formatter)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.inner.visit_seq(Metered::new(inner, self.meter))
    }
}

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for Metered<'_, T> {
    type Value = T::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<T::Value, D::Error> {
        self.inner.deserialize(Metered::new(inner, self.meter))
    }
}

/// The elements of a tuple.
impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Metered<'_, A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        self.inner.next_element_seed(Metered::new(seed, self.meter))
    }
}

/// The elements of a list, which is assumed to grow like a `Vec`.
struct List<'m, A> {
    inner: A,
    meter: &'m Meter<'m>,
    length: usize,
    room: usize,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for List<'_, A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        if self.length == self.room {
            let room = (self.room * 2).max(FIRST_ROOM);
            self.meter.charge((room - self.room).saturating_mul(size_of::<T::Value>()))?;
            self.room = room;
        }
        self.length += 1;
        self.inner.next_element_seed(Metered::new(seed, self.meter))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Metered<'_, A> {
    type Error = A::Error;

    /// Field names are compared and not kept.
    fn next_key_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        self.inner.next_key_seed(seed)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.inner.next_value_seed(Metered::new(seed, self.meter))
    }
}

impl<'de, 'm, A: EnumAccess<'de>> EnumAccess<'de> for Metered<'m, A> {
    type Error = A::Error;
    type Variant = Metered<'m, A::Variant>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self::Variant), A::Error> {
        let (value, variant) = self.inner.variant_seed(seed)?;
        Ok((value, Metered::new(variant, self.meter)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Metered<'_, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        self.inner.newtype_variant_seed(Metered::new(seed, self.meter))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.inner.tuple_variant(length, Tuple { inner: visitor, meter: self.meter })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.inner.struct_variant(fields, Metered::new(visitor, self.meter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Error = serde_json::Error;

    #[test]
    fn what_is_charged_is_held_exactly_however_much_was_taken_ahead() {
        let budget = Budget::new(10 * BLOCK);
        let meter = Meter::new(&budget);
        for _ in 0..3 {
            meter.charge::<Error>(100).unwrap();
            assert_eq!(budget.held(), BLOCK);
        }
        meter.charge::<Error>(2 * BLOCK as usize).unwrap();
        assert_eq!(meter.charged(), 300 + 2 * BLOCK);
        let charge = meter.into_charge();
        assert_eq!(budget.held(), 300 + 2 * BLOCK);
        drop(charge);
        assert_eq!(budget.held(), 0);
    }

    #[test]
    fn a_budget_without_a_whole_block_is_used_up_to_its_last_byte() {
        let budget = Budget::new(BLOCK + 10);
        let meter = Meter::new(&budget);
        meter.charge::<Error>(BLOCK as usize).unwrap();
        meter.charge::<Error>(10).unwrap();
        assert_eq!((budget.held(), meter.over()), (BLOCK + 10, None));
        meter.charge::<Error>(1).unwrap_err();
        assert_eq!(meter.over(), Some(OverBudget { limit: BLOCK + 10 }));
    }
}
