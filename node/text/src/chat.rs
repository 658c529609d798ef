//! Templates of conversations, as Hugging Face has them: Jinja.

use crate::{tokenizer::Extras, TextError, MAX_TEXT};
use minijinja::{
	syntax::SyntaxConfig, value::Kwargs, Environment, Error, ErrorKind, UndefinedBehavior, Value,
};
use minijinja_contrib::pycompat::unknown_method_callback;

/// Most messages of a conversation.
pub const MAX_MESSAGES: usize = 1024;
/// Longest template, in bytes.
const MAX_TEMPLATE: usize = 256 << 10;
/// Bound of the time and the memory that a template takes: instructions, and 64 bytes each.
const FUEL: u64 = 500_000;
/// Name of the template in its errors.
const NAME: &str = "chat_template";

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
	/// `system`, `user`, `assistant`, or what else the template knows.
	pub role: String,
	/// Its text.
	pub content: String,
}

impl Message {
	/// A message.
	pub fn new(role: impl Into<String>, content: impl Into<String>) -> Self {
		Self { role: role.into(), content: content.into() }
	}
}

/// The form of conversations with a model.
#[derive(Debug)]
pub struct Template {
	environment: Environment<'static>,
	special: Vec<(String, String)>,
}

impl Template {
	/// The template among what the file of a tokenizer says besides, if there is one.
	pub(crate) fn new(extras: Extras) -> Result<Option<Self>, TextError> {
		let Extras { chat_template: Some(source), special, .. } = extras else { return Ok(None) };
		if source.len() > MAX_TEMPLATE {
			let text = format!("its template has {} bytes, of {MAX_TEMPLATE}", source.len());
			return Err(TextError::Malformed(text));
		}
		let mut environment = Environment::new();
		// As the package `transformers` sets Jinja up.
		let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
		let failed =
			|error: Error| TextError::Malformed(format!("its template: {}", cause(&error)));
		environment.set_syntax(syntax.map_err(failed)?);
		environment.set_undefined_behavior(UndefinedBehavior::Chainable);
		environment.set_unknown_method_callback(unknown_method_callback);
		environment.set_recursion_limit(64);
		environment.set_fuel(Some(FUEL));
		environment.add_function("raise_exception", |text: String| -> Result<Value, Error> {
			Err(Error::new(ErrorKind::InvalidOperation, text))
		});
		environment.add_filter("tojson", to_json);
		environment.add_template_owned(NAME, source).map_err(failed)?;
		Ok(Some(Self { environment, special }))
	}

	/// The text of a conversation, up to where the model's next message begins.
	pub fn render(&self, messages: &[Message]) -> Result<String, TextError> {
		if !(1..=MAX_MESSAGES).contains(&messages.len()) {
			return Err(TextError::Messages(messages.len()));
		}
		let bytes = messages.iter().fold(0usize, |sum, own| {
			sum.saturating_add(own.role.len()).saturating_add(own.content.len())
		});
		if bytes > MAX_TEXT {
			return Err(TextError::TextTooLong(bytes));
		}
		let messages: Value = messages
			.iter()
			.map(|Message { role, content }| {
				Value::from_pairs([("role", role.as_str()), ("content", content.as_str())])
			})
			.collect();
		let special = self.special.iter().map(|(name, text)| (name.as_str(), Value::from(text)));
		let own = [("messages", messages), ("add_generation_prompt", Value::from(true))];
		let context = Value::from_pairs(own.into_iter().chain(special));
		let failed = |error: Error| TextError::Template(cause(&error));
		let template = self.environment.get_template(NAME).map_err(failed)?;
		template.render(context).map_err(failed)
	}
}

/// JSON as `transformers` writes it: nothing is escaped for pages.
fn to_json(value: &Value, indent: Option<Value>, args: Kwargs) -> Result<String, Error> {
	let json = minijinja::filters::tojson(value, indent, args)?.to_string();
	let mut plain = String::with_capacity(json.len());
	let mut rest = json.as_str();
	while let Some(at) = rest.find('\\') {
		plain.push_str(&rest[..at]);
		let (escape, char) = match rest.get(at..at + 6) {
			Some("\\u003c") => (6, "<"),
			Some("\\u003e") => (6, ">"),
			Some("\\u0026") => (6, "&"),
			Some("\\u0027") => (6, "'"),
			// Both characters, so that a backslash that is meant begins nothing.
			_ => (2, rest.get(at..at + 2).unwrap_or_default()),
		};
		plain.push_str(char);
		rest = rest.get(at + escape..).unwrap_or_default();
	}
	plain.push_str(rest);
	Ok(plain)
}

fn cause(error: &Error) -> String {
	match error.kind() {
		ErrorKind::OutOfFuel => "it takes too long".into(),
		kind => error.detail().map_or_else(|| kind.to_string(), Into::into),
	}
}
