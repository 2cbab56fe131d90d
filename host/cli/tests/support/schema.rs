//! Checks a document against a JSON Schema, for the keywords that `docs/report.schema.json` uses.
//!
//! The validators on crates.io enable features of crates that wasmtime shares, so cargo would build all of wasmtime again for
//! the tests. An unknown keyword is an error: nothing in the schema goes unchecked.

use serde_json::Value;

/// Everything in `value` that `schema` does not allow, with its place.
pub(crate) fn violations(root: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let mut found = Vec::new();
    let Some(keywords) = schema.as_object() else { return vec![format!("{place}: {schema} is no schema")] };
    let mut wrong = |what: String| found.push(format!("{place}: {what}"));
    for (keyword, wanted) in keywords {
        match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "properties" => {}
            "type" => {
                let types = wanted.as_array().cloned().unwrap_or_else(|| vec![wanted.clone()]);
                if !types.iter().any(|name| is_a(value, name.as_str().unwrap())) {
                    wrong(format!("{value} is no {wanted}"));
                }
            }
            "const" if value != wanted => wrong(format!("{value} is not {wanted}")),
            "enum" if !wanted.as_array().unwrap().contains(value) => wrong(format!("{value} is none of {wanted}")),
            "const" | "enum" => {}
            "minimum" if value.as_f64() < wanted.as_f64() && value.is_number() => wrong(format!("{value} < {wanted}")),
            "maximum" if value.as_f64() > wanted.as_f64() && value.is_number() => wrong(format!("{value} > {wanted}")),
            "minimum" | "maximum" => {}
            "minLength" | "maxLength" | "minItems" => {
                let length = value.as_str().map(|text| text.chars().count()).or(value.as_array().map(Vec::len));
                let (length, bound) = (length.unwrap_or(0) as u64, wanted.as_u64().unwrap());
                if if keyword.starts_with("min") { length < bound } else { length > bound } {
                    wrong(format!("length {length} breaks {keyword} {bound}"));
                }
            }
            "required" => {
                let missing =
                    wanted.as_array().unwrap().iter().filter(|key| value.get(key.as_str().unwrap()).is_none());
                missing.for_each(|key| wrong(format!("{key} is missing")));
            }
            "additionalProperties" => {
                assert_eq!(*wanted, Value::Bool(false), "only closed objects are known here");
                let known = &schema["properties"];
                let keys = value.as_object().into_iter().flat_map(serde_json::Map::keys);
                keys.filter(|key| known.get(key).is_none()).for_each(|key| wrong(format!("{key} is not described")));
            }
            "items" | "$ref" | "anyOf" | "oneOf" => {}
            unknown => wrong(format!("the keyword {unknown} is not known")),
        }
    }
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(value) = value.get(name) {
            found.extend(violations(root, schema, value, &format!("{place}/{name}")));
        }
    }
    if let Some(schema) = schema.get("items") {
        for (index, value) in value.as_array().into_iter().flatten().enumerate() {
            found.extend(violations(root, schema, value, &format!("{place}/{index}")));
        }
    }
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        match root.pointer(target.trim_start_matches('#')) {
            Some(schema) => found.extend(violations(root, schema, value, place)),
            None => found.push(format!("{target} leads nowhere")),
        }
    }
    for (keyword, most) in [("anyOf", usize::MAX), ("oneOf", 1)] {
        if let Some(choices) = schema.get(keyword).and_then(Value::as_array) {
            let fitting = choices.iter().filter(|schema| violations(root, schema, value, place).is_empty()).count();
            if fitting == 0 || fitting > most {
                found.push(format!("{place}: {value} fits {fitting} of {keyword}"));
            }
        }
    }
    found
}

fn is_a(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}
