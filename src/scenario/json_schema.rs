//! The JSON Schema (draft 07) of scenario files, for completion and hover texts in editors; generated from the grammar.
//!
//! What a schema cannot say (references, sums, order of windows) stays with the loader: the schema accepts every file
//! that the loader accepts, and a few more.

use super::grammar;
use super::shape::{Choice, Default, Field, Names, Record, Shape};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

const DURATION_PATTERN: &str = r"^((\d+(\.\d+)?h)?(\d+(\.\d+)?m)?(\d+(\.\d+)?s)?(\d+(\.\d+)?ms)?(\d+(\.\d+)?us)?(\d+(\.\d+)?ns)?|PT[0-9HMS.]+)$";
const RATE_PATTERN: &str = r"^\d+(\.\d+)?/(s|m|min|h)$";
const PRICE_PATTERN: &str = r"^\$\d+(\.\d{1,12})?$";
const SIZE_PATTERN: &str = r"^\d+(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$";

/// The schema as a file: JSON with a final line feed.
pub fn text() -> String {
    let mut definitions = Definitions::new();
    let mut schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": format!("thirdtry scenario, version {}", grammar::VERSION),
        "allowTrailingCommas": true,
    });
    let Json::Object(root) = of(&grammar::SCENARIO, &mut definitions) else {
        unreachable!("a record is an object")
    };
    let target = schema.as_object_mut().expect("written as an object above");
    target.extend(root);
    let definitions = definitions.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    target.insert("definitions".to_owned(), Json::Object(definitions));
    let mut text = serde_json::to_string_pretty(&schema).expect("plain JSON can be written");
    text.push('\n');
    text
}

/// The shapes with a name of their own.
type Definitions = BTreeMap<&'static str, Json>;

fn of(shape: &'static Shape, definitions: &mut Definitions) -> Json {
    match shape {
        Shape::Record(record) => record_schema(record, definitions),
        Shape::Map { names, of: values, at_least, .. } => json!({
            "type": "object",
            "propertyNames": { "pattern": match names {
                Names::Function => "^[A-Za-z0-9_-]{1,64}$",
                Names::Free => "^.{1,140}$",
            } },
            "minProperties": at_least,
            "additionalProperties": of(values, definitions),
        }),
        Shape::List { of: elements, at_least, at_most } => json!({
            "type": "array",
            "items": of(elements, definitions),
            "minItems": at_least,
            "maxItems": at_most,
        }),
        Shape::OneOf(choice) => choice_schema(choice, definitions),
        Shape::Named { name, shape } => {
            if !definitions.contains_key(name) {
                // Entered before it is built, so that a shape that contains itself comes to an end.
                definitions.insert(name, Json::Null);
                let schema = of(shape(), definitions);
                definitions.insert(name, schema);
            }
            json!({ "$ref": format!("#/definitions/{name}") })
        }
        _ => scalar(shape),
    }
}

fn scalar(shape: &Shape) -> Json {
    match shape {
        Shape::Integer { min, max, .. } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Shape::Positive { max } => json!({ "type": "number", "exclusiveMinimum": 0, "maximum": max }),
        Shape::Probability => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Shape::Jitter => json!({ "type": "number", "minimum": 0, "exclusiveMaximum": 1 }),
        Shape::Duration { .. } | Shape::Moment => json!({ "type": "string", "pattern": DURATION_PATTERN }),
        Shape::EndOfRun => json!({ "anyOf": [{ "const": "drained" }, scalar(&Shape::Moment)] }),
        Shape::Timestamp => json!({ "type": "string", "format": "date-time" }),
        Shape::Windows => {
            let window =
                json!({ "type": "array", "items": scalar(&Shape::Moment), "minItems": 2, "maxItems": 2 });
            json!({ "anyOf": [window, { "type": "array", "items": window, "minItems": 1 }] })
        }
        Shape::Rate { .. } => json!({ "type": "string", "pattern": RATE_PATTERN }),
        Shape::Price => json!({ "type": "string", "pattern": PRICE_PATTERN }),
        Shape::Size => json!({ "type": "string", "pattern": SIZE_PATTERN }),
        Shape::Text => json!({ "type": "string" }),
        Shape::Word(words) => json!({ "enum": words }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Quantile => json!({
            "type": "array",
            "items": [scalar(&Shape::Probability), scalar(&Shape::Moment)],
            "minItems": 2,
            "maxItems": 2,
        }),
        Shape::TextOrTexts { .. } => {
            json!({ "anyOf": [
                { "type": "string" },
                { "type": "array", "items": { "type": "string" }, "minItems": 1, "uniqueItems": true },
            ] })
        }
        Shape::DifferentTexts { .. } => {
            json!({ "type": "array", "items": { "type": "string" }, "uniqueItems": true })
        }
        Shape::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Shape::Sets => json!({ "type": "object", "minProperties": 1 }),
        Shape::Record(_) | Shape::Map { .. } | Shape::List { .. } | Shape::OneOf(_) | Shape::Named { .. } => {
            unreachable!("taken apart by `of`")
        }
    }
}

fn record_schema(record: &'static Record, definitions: &mut Definitions) -> Json {
    let mut properties = Map::new();
    for field in record.fields {
        properties.insert(field.key.to_owned(), field_schema(field, definitions));
    }
    let required = |field: &&Field| matches!(field.default, Default::Required);
    let required: Vec<&str> = record.fields.iter().filter(required).map(|field| field.key).collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// The schema of a field with its hover text. A reference stands alone in draft 07, so that it is wrapped.
fn field_schema(field: &'static Field, definitions: &mut Definitions) -> Json {
    let schema = of(&field.shape, definitions);
    let mut schema = if schema.get("$ref").is_some() { json!({ "allOf": [schema] }) } else { schema };
    schema["description"] = json!(hover_text(field));
    match field.default {
        Default::Value(text) => schema["default"] = serde_json::from_str(text).expect("a default is JSON"),
        Default::Required | Default::Absent(_) | Default::ByProfile { .. } => {}
    }
    schema
}

fn hover_text(field: &Field) -> String {
    let default = match field.default {
        Default::Required | Default::Value(_) => String::new(),
        Default::Absent(meaning) => format!(" If not given: {meaning}."),
        Default::ByProfile { measured, documented } => {
            format!(" Default: {measured} in profile `measured`, {documented} in `documented`.")
        }
    };
    let source = if field.source.is_empty() { String::new() } else { format!(" Source: {}", field.source) };
    [field.doc, &default, &source].concat()
}

fn choice_schema(choice: &'static Choice, definitions: &mut Definitions) -> Json {
    let mut forms = Vec::new();
    for variant in choice.variants {
        let mut value = of(&variant.shape, definitions);
        if choice.bare == Some(variant.key) {
            forms.push(value.clone());
        }
        value["description"] = json!(variant.doc);
        forms.push(json!({
            "type": "object",
            "properties": { (variant.key): value },
            "required": [variant.key],
            "additionalProperties": false,
        }));
    }
    json!({ "oneOf": forms })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::golden::assert_current;

    #[test]
    fn the_committed_schema_is_current() {
        assert_current("docs/scenario.v1.schema.json", &text());
    }

    #[test]
    fn every_reference_has_its_definition() {
        let schema: Json = serde_json::from_str(&text()).expect("JSON");
        let referred: Vec<&str> = text_references(&schema);
        assert!(!referred.is_empty());
        for reference in referred {
            let pointer = reference.strip_prefix('#').expect("within the file");
            assert!(schema.pointer(pointer).is_some_and(Json::is_object), "{reference}");
        }
    }

    fn text_references(value: &Json) -> Vec<&str> {
        match value {
            Json::Object(fields) => {
                let own = fields.get("$ref").and_then(Json::as_str);
                own.into_iter().chain(fields.values().flat_map(text_references)).collect()
            }
            Json::Array(elements) => elements.iter().flat_map(text_references).collect(),
            _ => Vec::new(),
        }
    }
}
