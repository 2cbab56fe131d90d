//! Objects that PowerShell wrote with `ConvertTo-Json`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::ReadError;
use crate::records::{Collector, Record};
use crate::told::{Conflict, Told};

/// Returns whether a text is a JSON object or an array of them. A list may begin with `[01]: KB5034441`.
pub(crate) fn is_json(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with('{') || text.strip_prefix('[').is_some_and(|items| items.trim_start().starts_with('{'))
}

/// Reads objects of the classes `Win32_QuickFixEngineering` and `Win32_OperatingSystem`, or that of `Get-ComputerInfo`.
///
/// # Errors
///
/// If the JSON is malformed or too deep, has none of them, or describes more than one machine.
pub(crate) fn read(text: &str) -> Result<Told, ReadError> {
    // The parser refuses values of more than 128 levels.
    let value: Value = serde_json::from_str(text).map_err(|error| ReadError::Json(error.to_string()))?;
    let mut collector = Collector::default();
    add(&value, &mut collector)?;
    collector.finish().ok_or(ReadError::UnknownForm)
}

/// Adds every object, wherever it is: `Get-ComputerInfo` has its hotfixes inside of the machine.
fn add(value: &Value, collector: &mut Collector) -> Result<(), Conflict> {
    match value {
        Value::Object { record, members } => {
            collector.add(record)?;
            members.iter().try_for_each(|member| add(member, collector))
        }
        Value::List(items) => items.iter().try_for_each(|item| add(item, collector)),
        Value::Text(_) | Value::Nothing => Ok(()),
    }
}

/// The parts of a value that are of interest. A text of a few megabytes may have a million objects, so that nothing else of them is kept.
enum Value {
    Object {
        record: Record,
        /// The objects and lists in it.
        members: Vec<Value>,
    },
    /// The objects and lists in a list.
    List(Vec<Value>),
    /// A text or a number.
    Text(String),
    Nothing,
}

impl Value {
    /// Whether objects are in it.
    fn has_objects(&self) -> bool {
        match self {
            Value::Object { .. } => true,
            Value::List(items) => !items.is_empty(),
            Value::Text(_) | Value::Nothing => false,
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(OfInterest)
    }
}

struct OfInterest;

impl<'de> Visitor<'de> for OfInterest {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Text(number.to_string()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Text(number.to_string()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Text(number.to_string()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<Value>()? {
            if item.has_objects() {
                items.push(item);
            }
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let (mut record, mut members) = (Record::default(), Vec::new());
        while let Some((name, value)) = object.next_entry::<String, Value>()? {
            match &value {
                Value::Text(text) => _ = record.set(&name, text),
                // Its items are read below; that there is a list counts, even if it is empty.
                Value::List(_) => _ = record.set(&name, ""),
                Value::Object { .. } | Value::Nothing => {}
            }
            if value.has_objects() {
                members.push(value);
            }
        }
        Ok(if record.is_empty() && members.is_empty() { Value::Nothing } else { Value::Object { record, members } })
    }
}
