//! The JSON schemas in `docs/`, made from the types that are serialized, and a validator for the tests.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};
use wardline_plan::MachinePlan;
use wardline_report::{Head, Summary, TargetReport};
use wardline_vet::diff::PluginDiff;
use wardline_vet::inspect::Inspection;
use wardline_vet::replay::Replay;

/// A document that wardline writes.
struct Document {
    /// The schema is `docs/<name>.schema.json`.
    name: &'static str,
    /// The value of the document's `schema`.
    format: &'static str,
    command: &'static str,
    schema: fn(SchemaGenerator) -> Schema,
}

const DOCUMENTS: [Document; 6] = [
    Document::of::<Report>("report", wardline_report::SCHEMA, "scan"),
    Document::of::<Plan>("plan", wardline_plan::SCHEMA, "plan"),
    Document::of::<Replay>("replay", wardline_vet::replay::SCHEMA, "replay"),
    Document::of::<Inspection>("inspect", wardline_vet::inspect::SCHEMA, "plugin inspect"),
    Document::of::<PluginDiff>("diff", wardline_vet::diff::SCHEMA, "plugin diff"),
    Document::of::<wardline_vet::report::Report>("vet", wardline_vet::report::SCHEMA, "plugin vet"),
];

/// A report, which is written one target at a time, so that the program has no type for all of it.
#[derive(JsonSchema)]
#[allow(dead_code)]
struct Report {
    schema: &'static str,
    #[schemars(flatten)]
    head: Head,
    /// In the order given.
    targets: Vec<TargetReport>,
    summary: Summary,
}

/// A plan, which is written one machine at a time.
#[derive(JsonSchema)]
#[allow(dead_code)]
struct Plan {
    schema: &'static str,
    /// In the report's order.
    machines: Vec<MachinePlan>,
}

impl Document {
    const fn of<T: JsonSchema>(name: &'static str, format: &'static str, command: &'static str) -> Self {
        Document { name, format, command, schema: SchemaGenerator::into_root_schema_for::<T> }
    }

    /// Describes what this version writes: a field that older documents lack is required.
    fn schema(&self) -> Value {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        let settings = settings.with_transform(RecursiveTransform(tidy));
        let mut schema = (self.schema)(settings.into_generator());
        schema.insert("$id".into(), format!("urn:{}", self.format.replace(['.', '/'], ":")).into());
        schema.insert("title".into(), self.format.into());
        schema.insert("description".into(), format!("The output of `wardline {} -o json`.", self.command).into());
        let mut schema = Value::from(schema);
        schema["properties"]["schema"] = json!({ "const": self.format });
        schema
    }
}

/// Closes objects, removes the names of Rust's integers and the values assumed when reading, and makes plain text of rustdoc.
fn tidy(schema: &mut Schema) {
    schema.remove("format");
    schema.remove("default");
    if schema.get("properties").is_some() {
        schema.insert("additionalProperties".into(), false.into());
    }
    if let Some(Value::String(description)) = schema.get_mut("description") {
        let paragraphs: Vec<String> = description.split("\n\n").map(|lines| lines.replace('\n', " ")).collect();
        *description = paragraphs.join("\n\n").replace("[`", "`").replace("`]", "`");
    }
}

/// Returns every schema of `docs/` with its name: `report` for `docs/report.schema.json`.
pub fn schemas() -> impl Iterator<Item = (&'static str, Value)> {
    DOCUMENTS.iter().map(|document| (document.name, document.schema()))
}

/// Returns everything in a document that the schema of this name does not allow, with its place.
///
/// # Panics
///
/// If there is no schema of this name.
pub fn violations(name: &str, document: &Value) -> Vec<String> {
    let schema = DOCUMENTS.iter().find(|document| document.name == name).map(Document::schema);
    let schema = schema.unwrap_or_else(|| panic!("no schema {name}"));
    let validator = jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("schema {name}: {error}"));
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::{env, fs};

    use super::*;

    /// `WARDLINE_ACCEPT=1` rewrites the schemas.
    #[test]
    fn schemas_in_docs_are_those_of_the_types() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        for (name, schema) in schemas() {
            let file = docs.join(name).with_extension("schema.json");
            let text = format!("{schema:#}\n");
            if env::var_os("WARDLINE_ACCEPT").is_some() {
                fs::write(&file, text).unwrap();
            } else {
                assert!(
                    fs::read_to_string(&file).unwrap() == text,
                    "{}: run again with WARDLINE_ACCEPT=1",
                    file.display()
                );
            }
        }
    }

    #[test]
    fn a_violation_is_named_with_its_place() {
        let mut plan = json!({ "schema": "wardline.plan/1", "machines": [] });
        assert_eq!(violations("plan", &plan), [""; 0]);
        plan["machines"] = json!([7]);
        plan["more"] = json!(null);
        let found = violations("plan", &plan).join("\n");
        assert!(found.contains("/machines/0: 7") && found.contains("'more'"), "{found}");
    }
}
