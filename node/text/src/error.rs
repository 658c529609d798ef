//! Errors, with what to do.

/// Reason for which text does not become tokens, or tokens no request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
	/// The tokenizer's file is longer than [`crate::MAX_FILE`].
	#[error("the tokenizer's file has {0} bytes, and {most} are taken", most = crate::MAX_FILE)]
	FileTooLong(usize),
	/// The tokenizer's file is malformed.
	#[error("the file is no tokenizer.json: {0}")]
	Malformed(String),
	/// The tokenizer is of a kind that is not supported.
	#[error(
		"the tokenizer is not supported: {0}. Supported is byte-pair encoding, with the parts that \
		 docs/language.md lists; make the tokens with the package `tokenizers`, and send them as numbers"
	)]
	Unsupported(String),
	/// A text is longer than [`crate::MAX_TEXT`].
	#[error("the text has {0} bytes, and {most} are taken", most = crate::MAX_TEXT)]
	TextTooLong(usize),
	/// The text costs the tokenizer's expressions too much.
	#[error("the tokenizer's expression gives up on the text: {0}")]
	Split(String),
	/// There is no template for conversations.
	#[error(
		"the version has no template for conversations: complete a text instead (`opg complete`, \
		 /v1/completions), or ask its owner for a version whose tokenizer has one"
	)]
	NoTemplate,
	/// The template does not take the messages.
	#[error("the version's template does not take these messages: {0}")]
	Template(String),
	/// The conversation has no or too many messages.
	#[error("a conversation has 1 to {most} messages, and this one has {0}", most = crate::MAX_MESSAGES)]
	Messages(usize),
	/// The prompt has no token.
	#[error("the prompt is empty: write something, so that there is what to go on from")]
	EmptyPrompt,
	/// Prompt and answer do not fit.
	#[error(
		"the prompt has {prompt} tokens, and with {new} new ones that is more than the context of \
		 {context}: make the prompt shorter, or ask for at most {room} new tokens",
		room = context.saturating_sub(*prompt)
	)]
	TooLong {
		/// Tokens of the prompt.
		prompt: u32,
		/// New tokens that are asked for.
		new: u32,
		/// Tokens of both together that the model takes.
		context: u32,
	},
	/// No new token is asked for.
	#[error("no new tokens are asked for: ask for at least 1")]
	NoNewTokens,
	/// A token of the prompt does not exist.
	#[error(
		"the token {token} is not among the {vocabulary} of the model: is it another model's tokenizer?"
	)]
	UnknownToken {
		/// The token.
		token: u32,
		/// Tokens that there are.
		vocabulary: u32,
	},
	/// A parameter of sampling is out of its range.
	#[error("{0}")]
	Sampling(&'static str),
	/// The tensors of an answer are not those of generated text.
	#[error("the answer is no list of tokens: {0}")]
	Answer(String),
}
