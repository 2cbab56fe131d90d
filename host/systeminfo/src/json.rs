//! Objects that PowerShell wrote with `ConvertTo-Json`.

use serde_json::Value;

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
        Value::Array(items) => items.iter().try_for_each(|item| add(item, collector)),
        Value::Object(members) => {
            let mut record = Record::default();
            for (name, value) in members {
                match value {
                    Value::String(text) => _ = record.set(name, text),
                    Value::Number(number) => _ = record.set(name, &number.to_string()),
                    // Its items are read below; that there is a list counts, even if it is empty.
                    Value::Array(_) => _ = record.set(name, ""),
                    Value::Null | Value::Bool(_) | Value::Object(_) => {}
                }
            }
            collector.add(&record)?;
            members.values().try_for_each(|member| add(member, collector))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}
