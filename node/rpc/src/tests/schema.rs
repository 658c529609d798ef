//! Checks values against JSON schemas, as far as those of the document go.

use regex::Regex;
use serde_json::Value;

/// Schemas, and the document that they refer to.
pub(super) struct Checker<'a>(pub &'a Value);

impl Checker<'_> {
	/// Everything in which a value is not as the schema says.
	pub(super) fn check(&self, schema: &Value, value: &Value) -> Vec<String> {
		let mut wrong = Vec::new();
		self.walk(schema, value, "$", &mut wrong);
		wrong
	}

	fn is_valid(&self, schema: &Value, value: &Value) -> bool {
		self.check(schema, value).is_empty()
	}

	fn walk(&self, schema: &Value, value: &Value, path: &str, wrong: &mut Vec<String>) {
		let Some(schema) = schema.as_object() else {
			assert_eq!(schema, &Value::Bool(true), "a schema is an object, or allows all");
			return;
		};
		for (keyword, rule) in schema {
			let is_valid = match keyword.as_str() {
				"$ref" => {
					let name = rule.as_str().and_then(|name| name.strip_prefix('#'));
					let found = name.and_then(|name| self.0.pointer(name));
					self.walk(found.expect("it is in the document"), value, path, wrong);
					true
				},
				"type" => match rule {
					Value::Array(types) => types.iter().any(|own| is_of(own, value)),
					own => is_of(own, value),
				},
				"enum" => rule.as_array().is_some_and(|all| all.contains(value)),
				"const" => rule == value,
				"anyOf" => self.count(rule, value) > 0,
				"oneOf" => self.count(rule, value) == 1,
				"required" => {
					let names = rule.as_array().into_iter().flatten().filter_map(Value::as_str);
					value.is_object() && names.into_iter().all(|name| value.get(name).is_some())
				},
				"properties" => {
					for (name, own) in rule.as_object().into_iter().flatten() {
						if let Some(value) = value.get(name) {
							self.walk(own, value, &format!("{path}.{name}"), wrong);
						}
					}
					// What is in the value is in the document.
					let names = value.as_object().into_iter().flatten().map(|(name, _)| name);
					names.into_iter().all(|name| rule.get(name).is_some())
				},
				"additionalProperties" if rule.is_object() => {
					for (name, value) in value.as_object().into_iter().flatten() {
						self.walk(rule, value, &format!("{path}.{name}"), wrong);
					}
					true
				},
				"additionalProperties" => true,
				"items" => {
					for (at, value) in value.as_array().into_iter().flatten().enumerate() {
						self.walk(rule, value, &format!("{path}[{at}]"), wrong);
					}
					true
				},
				"pattern" => {
					let pattern = Regex::new(rule.as_str().expect("text")).expect("a pattern");
					value.as_str().is_none_or(|text| pattern.is_match(text))
				},
				"minimum" => value.as_f64().is_none_or(|own| Some(own) >= rule.as_f64()),
				"maximum" => value.as_f64().is_none_or(|own| Some(own) <= rule.as_f64()),
				"description" | "title" | "format" | "default" | "$schema" => true,
				other => panic!("{other} is not known: add it here"),
			};
			if !is_valid {
				wrong.push(format!("{path}: {value} breaks {keyword} {rule}"));
			}
		}
	}

	fn count(&self, rule: &Value, value: &Value) -> usize {
		let all = rule.as_array().into_iter().flatten();
		all.filter(|own| self.is_valid(own, value)).count()
	}
}

fn is_of(of: &Value, value: &Value) -> bool {
	match of.as_str() {
		Some("null") => value.is_null(),
		Some("boolean") => value.is_boolean(),
		Some("integer") => value.is_u64() || value.is_i64(),
		Some("number") => value.is_number(),
		Some("string") => value.is_string(),
		Some("array") => value.is_array(),
		Some("object") => value.is_object(),
		other => panic!("{other:?} is no type"),
	}
}

#[test]
fn value_should_be_refused_when_it_breaks_a_rule_of_its_schema() {
	let document = serde_json::json!({
		"components": { "schemas": { "Text": { "type": "string", "pattern": "^a+$" } } }
	});
	let checker = Checker(&document);
	let schema = serde_json::json!({
		"type": "object",
		"required": ["one"],
		"properties": {
			"one": { "$ref": "#/components/schemas/Text" },
			"many": { "type": ["array", "null"], "items": { "type": "integer", "minimum": 0 } },
		},
	});
	for (value, is_valid) in [
		(serde_json::json!({ "one": "aa", "many": [1, 2] }), true),
		(serde_json::json!({ "one": "aa", "many": null }), true),
		(serde_json::json!({ "many": [] }), false),
		(serde_json::json!({ "one": "b" }), false),
		(serde_json::json!({ "one": "a", "many": [-1] }), false),
		(serde_json::json!({ "one": "a", "other": 1 }), false),
		(serde_json::json!([]), false),
	] {
		assert_eq!(checker.is_valid(&schema, &value), is_valid, "{value}");
	}
}
