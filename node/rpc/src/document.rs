//! The OpenRPC document, written as the methods are registered.

use crate::{error::CODES, params::Parameters};
use schemars::{generate::SchemaSettings, JsonSchema, SchemaGenerator};
use serde_json::{json, Map, Value};

/// Version of the OpenRPC specification.
const OPENRPC: &str = "1.3.2";

/// Place of the schemas in the document.
const SCHEMAS: &str = "/components/schemas";

/// What people have to know of a method besides its types.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About {
	/// Name.
	pub name: &'static str,
	/// What it gives, in a sentence.
	pub summary: &'static str,
	/// Codes of its errors, besides those that any method has.
	pub errors: &'static [i32],
	/// Whether it is for the operator of the node alone.
	pub is_unsafe: bool,
}

/// Errors that any method has.
const COMMON: [i32; 2] = [8003, 8004];

/// The document, as far as it is written.
pub(crate) struct Document {
	methods: Vec<Value>,
	/// Schemas of what methods give.
	results: SchemaGenerator,
	/// Schemas of parameters, which are written where they are used.
	params: SchemaGenerator,
}

impl Document {
	pub(crate) fn new() -> Self {
		let results = SchemaSettings::draft2020_12().for_serialize();
		let results = results.with(|settings| settings.definitions_path = SCHEMAS.into());
		let params = SchemaSettings::draft2020_12();
		let params = params.with(|settings| {
			settings.inline_subschemas = true;
			settings.meta_schema = None;
		});
		Self {
			methods: Vec::new(),
			results: results.into_generator(),
			params: params.into_generator(),
		}
	}

	/// Adds a method that gives `R`.
	pub(crate) fn method<A: Parameters, R: JsonSchema>(&mut self, about: &About) {
		let schema = self.results.subschema_for::<R>().to_value();
		let result = json!({ "name": "result", "schema": schema });
		self.add::<A>(about, result, None);
	}

	/// Adds a subscription to `R`.
	pub(crate) fn subscription<A: Parameters, R: JsonSchema>(
		&mut self,
		about: &About,
		unsubscribe: &str,
		notification: &str,
	) {
		let schema = self.results.subschema_for::<R>().to_value();
		let id = json!({ "oneOf": [{ "type": "string" }, { "type": "integer" }] });
		let result = json!({ "name": "subscription", "schema": id });
		let subscription = json!({
			"unsubscribe": unsubscribe,
			"notification": notification,
			"result": schema,
		});
		self.add::<A>(about, result, Some(subscription));
	}

	fn add<A: Parameters>(&mut self, about: &About, result: Value, subscription: Option<Value>) {
		let schema = self.params.root_schema_for::<A>().to_value();
		let is_required = |name: &str| {
			let required = schema["required"].as_array();
			required.is_some_and(|names| names.iter().any(|own| own == name))
		};
		let param = |name: &&str| {
			let mut own = schema["properties"][*name].clone();
			let description = own.as_object_mut().and_then(|own| own.remove("description"));
			json!({
				"name": name,
				"description": description,
				"required": is_required(name),
				"schema": own,
			})
		};
		let params: Vec<Value> = A::NAMES.iter().map(param).collect();
		let codes = COMMON.iter().chain(about.errors);
		let errors: Vec<Value> = codes.map(|code| json!({ "$ref": reference(*code) })).collect();
		let mut method = json!({
			"name": about.name,
			"summary": about.summary,
			"paramStructure": "either",
			"params": params,
			"result": result,
			"errors": errors,
			"x-unsafe": about.is_unsafe,
		});
		if let Some(subscription) = subscription {
			method["x-subscription"] = subscription;
		}
		self.methods.push(method);
	}

	/// The document of all that was added.
	pub(crate) fn finish(mut self) -> Value {
		let errors: Map<String, Value> = CODES
			.iter()
			.map(|(code, name)| (name.to_string(), json!({ "code": code, "message": name })))
			.collect();
		json!({
			"openrpc": OPENRPC,
			"info": {
				"title": "OPG Chain",
				"version": "1",
				"description": "JSON-RPC of an OPG Chain node, besides what every Substrate node has. \
					docs/rpc.md explains it.",
				"license": { "name": "Apache-2.0" },
			},
			"methods": self.methods,
			"components": {
				"schemas": self.results.take_definitions(true),
				"errors": errors,
			},
		})
	}
}

/// Reference to the error with this code.
fn reference(code: i32) -> String {
	let name = CODES.iter().find(|(own, _)| *own == code).map_or("Unknown", |(_, name)| *name);
	format!("#/components/errors/{name}")
}
