//! Against what Hugging Face's `tokenizers` and Jinja give: `vectors/make.py` asked them.

use super::*;
use opg_engine_types::{
	tensor::{DType, Tensor},
	Generation,
};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{json, Value};

const TOKENIZERS: &str = include_str!("../vectors/tokenizers.json");
const CHATS: &str = include_str!("../vectors/chats.json");

#[derive(Deserialize)]
struct Vector {
	name: String,
	file: Value,
	/// Text, its tokens, their text, and the tokens without those around it.
	cases: Vec<(String, Vec<u32>, String, Vec<u32>)>,
	/// Tokens in any order, as a model may choose them, and their text.
	decoded: Vec<(Vec<u32>, String)>,
}

#[derive(Deserialize)]
struct Chat {
	template: String,
	bos_token: String,
	eos_token: String,
	cases: Vec<ChatCase>,
}

/// Messages, and their text or why they are refused.
type ChatCase = (Vec<(String, String)>, Option<String>, Option<String>);

fn vectors() -> Vec<Vector> {
	serde_json::from_str(TOKENIZERS).unwrap()
}

fn file(name: &str) -> Value {
	vectors().into_iter().find(|vector| vector.name == name).unwrap().file
}

fn parse(file: &Value) -> Result<TextModel, TextError> {
	TextModel::parse(file.to_string().as_bytes())
}

fn with_template(template: &str) -> Value {
	let mut file = file("smollm");
	file["model"]["opg"] = json!({ "chat_template": template, "bos_token": "<s>", "stop": [2] });
	file
}

#[test]
fn tokens_should_be_those_of_hugging_face() {
	for Vector { name, file, cases, .. } in vectors() {
		let model = parse(&file).unwrap();
		for (text, tokens, decoded, inner) in cases {
			assert_eq!(model.complete(&text).unwrap(), tokens, "{name}: {text:?}");
			assert_eq!(model.tokenizer.encode(&text, false).unwrap(), inner, "{name}: {text:?}");
			assert_eq!(model.tokenizer.decode(&tokens), decoded, "{name}: {text:?}");
		}
	}
}

#[test]
fn stream_should_give_whole_characters_only_and_the_same_text_in_the_end() {
	for Vector { name, file, cases, .. } in vectors() {
		let model = parse(&file).unwrap();
		for (text, tokens, decoded, _) in cases {
			let (mut stream, mut all) = (Stream::default(), String::new());
			for token in tokens {
				let more = model.tokenizer.push(&mut stream, token);
				assert!(
					!more.contains('\u{fffd}') || text.contains('\u{fffd}'),
					"{name}: {text:?}"
				);
				all.push_str(&more);
			}
			assert_eq!(all + &model.tokenizer.finish(stream), decoded, "{name}: {text:?}");
		}
	}
}

#[test]
fn tokens_in_any_order_should_have_the_text_that_hugging_face_gives() {
	for Vector { name, file, decoded, .. } in vectors() {
		let model = parse(&file).unwrap();
		assert!(decoded.iter().any(|(_, text)| text.contains('\u{fffd}')) || name == "metaspace");
		for (tokens, text) in decoded {
			assert_eq!(model.tokenizer.decode(&tokens), text, "{name}: {tokens:?}");
			let (mut stream, mut all) = (Stream::default(), String::new());
			for token in &tokens {
				all.push_str(&model.tokenizer.push(&mut stream, *token));
			}
			assert_eq!(all + &model.tokenizer.finish(stream), text, "{name}: {tokens:?}");
		}
	}
}

#[test]
fn broken_characters_should_be_replaced_once_it_is_clear_that_they_are_broken() {
	let model = parse(&file("smollm")).unwrap();
	let tokens = model.complete("日本").unwrap();
	let (mut stream, mut given) = (Stream::default(), Vec::new());
	// The first byte of a character, then something else.
	for token in [tokens[0], model.complete("a").unwrap()[0], tokens[0]] {
		given.push(model.tokenizer.push(&mut stream, token));
	}
	assert_eq!(given, ["", "\u{fffd}a", ""]);
	assert_eq!(model.tokenizer.finish(stream), "\u{fffd}");
}

#[test]
fn special_tokens_should_be_no_text() {
	let model = parse(&file("smollm")).unwrap();
	let tokens = model.complete("<|im_start|>a<|im_end|>").unwrap();
	assert!(model.tokenizer.is_special(tokens[0]) && !model.tokenizer.is_special(tokens[1]));
	assert_eq!(model.tokenizer.decode(&tokens), "a");
	// One that no tokenizer has is none either.
	assert_eq!(model.tokenizer.decode(&[u32::MAX, tokens[1]]), "a");
}

#[test]
fn tokenizers_that_are_not_supported_should_be_refused_by_the_part() {
	let changed = |path: &[&str], value: Value| {
		let mut file = file("smollm");
		let place = path.iter().fold(&mut file, |place, key| &mut place[*key]);
		*place = value;
		parse(&file).unwrap_err()
	};
	for (path, value, part) in [
		(vec!["model"], json!({ "type": "Unigram", "vocab": [["a", 0.5]] }), "`Unigram`"),
		(vec!["model"], json!({ "type": "WordPiece", "vocab": { "a": 0 } }), "`WordPiece`"),
		(vec!["model", "dropout"], json!(0.1), "`dropout`"),
		(vec!["model", "end_of_word_suffix"], json!("</w>"), "`end_of_word_suffix`"),
		(vec!["normalizer"], json!({ "type": "BertNormalizer" }), "`BertNormalizer`"),
		(vec!["pre_tokenizer"], json!({ "type": "BertPreTokenizer" }), "`BertPreTokenizer`"),
		(vec!["post_processor"], json!({ "type": "RobertaProcessing" }), "`RobertaProcessing`"),
		(vec!["decoder"], json!({ "type": "WordPiece" }), "`WordPiece`"),
		(
			vec!["pre_tokenizer"],
			json!({ "type": "Split", "pattern": { "Regex": "(" }, "behavior": "Isolated" }),
			"expression",
		),
	] {
		let error = changed(&path, value);
		assert!(matches!(error, TextError::Unsupported(_)), "{path:?}: {error:?}");
		assert!(error.to_string().contains(part), "{error}");
	}
	for (path, value) in [
		(vec!["model"], json!(null)),
		(vec!["model", "merges"], json!([["Q", "no such"]])),
		(vec!["model", "merges"], json!(["one two three"])),
		(vec!["model", "vocab"], json!({ "a": 0, "b": 0 })),
		(vec!["decoder"], json!({ "kind": "ByteLevel" })),
	] {
		let error = changed(&path, value);
		assert!(matches!(error, TextError::Malformed(_)), "{path:?}: {error:?}");
	}
	assert!(matches!(TextModel::parse(b"[]"), Err(TextError::Malformed(_))));
	let long = TextModel::parse(&vec![b' '; MAX_FILE + 1]).unwrap_err();
	assert_eq!(long, TextError::FileTooLong(MAX_FILE + 1));
}

#[test]
fn long_words_should_take_no_square_of_their_length() {
	let model = parse(&file("smollm")).unwrap();
	let text = "ab".repeat(MAX_TEXT / 8);
	let tokens = model.complete(&text).unwrap();
	assert_eq!(model.tokenizer.decode(&tokens), text);
	// One that is longer than the expression takes is refused, and no longer text is looked at.
	let error = model.complete(&"a".repeat(MAX_TEXT)).unwrap_err();
	assert!(matches!(error, TextError::Split(_)), "{error:?}");
	let words = "a word ".repeat(MAX_TEXT / 7);
	assert_eq!(model.tokenizer.decode(&model.complete(&words).unwrap()), words);
	let longer = "a ".repeat(MAX_TEXT / 2 + 1);
	assert_eq!(model.complete(&longer), Err(TextError::TextTooLong(MAX_TEXT + 2)));
}

#[test]
fn expression_that_goes_back_for_ever_should_be_given_up() {
	let mut file = file("smollm");
	let pattern = json!({ "Regex": r"(?:(a|aa)+(?!a))+b(?=c)" });
	file["pre_tokenizer"] = json!({ "type": "Split", "pattern": pattern, "behavior": "Isolated" });
	let error = parse(&file).unwrap().complete(&"a".repeat(4000)).unwrap_err();
	assert!(matches!(error, TextError::Split(_)), "{error:?}");
}

#[test]
fn conversations_should_be_those_of_jinja() {
	let chats: Vec<Chat> = serde_json::from_str(CHATS).unwrap();
	for Chat { template, bos_token, eos_token, cases } in chats {
		let names = json!({ "bos_token": bos_token, "eos_token": eos_token });
		let mut file = file("smollm");
		file["model"]["opg"] = names;
		file["model"]["opg"]["chat_template"] = template.clone().into();
		let (_, extras) = Tokenizer::parse(file.to_string().as_bytes()).unwrap();
		let own = Template::new(extras.unwrap()).unwrap().unwrap();
		for (turns, text, refusal) in cases {
			let messages: Vec<_> =
				turns.into_iter().map(|(role, content)| Message::new(role, content)).collect();
			match (own.render(&messages), text, refusal) {
				(Ok(own), Some(text), _) => assert_eq!(own, text, "{template}"),
				(Err(TextError::Template(own)), _, Some(refusal)) => assert_eq!(own, refusal),
				(own, text, refusal) => panic!("{own:?}, {text:?}, {refusal:?}"),
			}
		}
	}
}

#[test]
fn conversation_should_become_tokens_without_those_around_a_text() {
	let mut file = file("llama_3");
	file["model"]["opg"] = json!({ "chat_template": "{{ messages[0].content }}" });
	let model = parse(&file).unwrap();
	let message = Message::new("user", "hello");
	let tokens = model.chat(&[message]).unwrap();
	assert_eq!(model.complete("hello").unwrap()[1..], tokens);
	assert!(model.has_template());
	let bare = parse(&self::file("llama_3")).unwrap();
	assert!(!bare.has_template());
	assert_eq!(bare.chat(&[Message::new("user", "a")]), Err(TextError::NoTemplate));
}

#[test]
fn templates_should_be_bounded_in_time_and_memory() {
	let message = || vec![Message::new("user", "x".repeat(1000))];
	for template in [
		"{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
		"{% set ns = namespace(s=messages[0].content) %}{% for a in range(60) %}\
		 {% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
		"{{ messages[0].content * 1000000000 }}",
		"{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
		"{{ '%1000000000d' % 1 }}",
	] {
		let error = parse(&with_template(template)).unwrap().chat(&message()).unwrap_err();
		assert!(matches!(error, TextError::Template(_)), "{template}: {error:?}");
	}
	let error = parse(&with_template("{% for %}")).unwrap_err();
	assert!(matches!(error, TextError::Malformed(_)), "{error:?}");
	// Nothing of the machine can be read.
	let error =
		parse(&with_template("{% include '/etc/hostname' %}")).map(|own| own.chat(&message()));
	assert!(!matches!(error, Ok(Ok(_))), "{error:?}");
	let model = parse(&with_template("{{ messages|length }}")).unwrap();
	assert_eq!(model.chat(&[]), Err(TextError::Messages(0)));
	let many = vec![Message::new("user", ""); MAX_MESSAGES + 1];
	assert_eq!(model.chat(&many), Err(TextError::Messages(MAX_MESSAGES + 1)));
	let long = [Message::new("user", "a".repeat(MAX_TEXT))];
	assert!(matches!(model.chat(&long), Err(TextError::TextTooLong(_))));
}

const GENERATOR: Generator = Generator { context: 8, vocabulary: 100 };

#[test]
fn request_should_have_the_tensors_that_the_engine_takes() {
	let sampling = Sampling { temperature: 0.5, top_k: 3, top_p: 0.9, seed: 7 };
	let tensors = GENERATOR.input(&[5, 99], 6, &sampling).unwrap();
	let shown: Vec<_> =
		tensors.iter().map(|own| (own.name.as_str(), own.dtype, own.shape.clone())).collect();
	let one = vec![1];
	assert_eq!(
		shown,
		[
			("prompt", DType::I64, vec![1, 8]),
			("max_new_tokens", DType::I64, one.clone()),
			("temperature", DType::F32, one.clone()),
			("top_k", DType::I64, one.clone()),
			("top_p", DType::F32, one.clone()),
			("seed", DType::I64, one),
		]
	);
	let numbers = |tensor: &Tensor| -> Vec<i64> {
		tensor.data.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect()
	};
	assert_eq!(numbers(&tensors[0]), [5, 99, -1, -1, -1, -1, -1, -1]);
	assert_eq!([1, 3, 5].map(|at: usize| numbers(&tensors[at])), [[6], [3], [7]]);
	assert_eq!(tensors[2].data, 0.5f32.to_le_bytes());
}

#[test]
fn request_should_be_refused_when_the_engine_would_refuse_it() {
	let input =
		|prompt: &[u32], new, sampling| GENERATOR.input(prompt, new, &sampling).unwrap_err();
	let greedy = Sampling::default();
	assert_eq!(input(&[], 1, greedy), TextError::EmptyPrompt);
	assert_eq!(input(&[1], 0, greedy), TextError::NoNewTokens);
	let error = input(&[1, 2, 3], 6, greedy);
	assert_eq!(error, TextError::TooLong { prompt: 3, new: 6, context: 8 });
	assert!(error.to_string().contains("at most 5 new"), "{error}");
	assert_eq!(input(&[100], 1, greedy), TextError::UnknownToken { token: 100, vocabulary: 100 });
	for sampling in [
		Sampling { temperature: f32::NAN, ..greedy },
		Sampling { temperature: -0.5, ..greedy },
		Sampling { top_p: 0.0, ..greedy },
		Sampling { top_p: 1.5, ..greedy },
		Sampling { top_p: f32::NAN, ..greedy },
		Sampling { seed: -1, ..greedy },
	] {
		assert!(matches!(input(&[1], 1, sampling), TextError::Sampling(_)), "{sampling:?}");
	}
	assert!(GENERATOR.input(&[1; 7], 1, &greedy).is_ok());
}

#[test]
fn end_should_be_told_by_the_last_token_or_the_number() {
	let mut file = file("smollm");
	file["model"]["opg"] = json!({ "stop": [300] });
	let model = parse(&file).unwrap();
	assert_eq!(model.finish(&[5, 6], 3), Finish::Stop);
	assert_eq!(model.finish(&[5, 6, 7], 3), Finish::Length);
	assert_eq!(model.finish(&[5, 6, 300], 3), Finish::Stop);
	// A special one, whether or not the file names it.
	assert_eq!(model.finish(&[5, 6, 2], 3), Finish::Stop);
	assert_eq!(model.finish(&[], 3), Finish::Stop);
}

#[test]
fn answer_should_be_its_tokens_up_to_the_padding() {
	let tensor = |name: &str, dtype, values: &[i32]| Tensor {
		name: name.into(),
		dtype,
		shape: vec![1, values.len() as u64],
		data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
	};
	let of = |values: &[i32]| new_tokens(&[tensor("tokens", DType::I32, values)]);
	assert_eq!(of(&[5, 2, -1, -1]), Ok(vec![5, 2]));
	assert_eq!(of(&[-1, 3]), Ok(vec![]));
	assert!(of(&[1, -2]).is_err());
	assert!(new_tokens(&[tensor("logits", DType::I32, &[1])]).is_err());
	assert!(new_tokens(&[tensor("tokens", DType::U32, &[1])]).is_err());
}

#[test]
fn fuel_limit_should_have_room_within_what_the_version_takes() {
	let generation =
		Generation { context: 512, block: 32, vocabulary: 9, token_fuel: 400, block_fuel: 1000 };
	let (least, most) = (1_000, 60_000_000);
	// Two blocks, and nine tokens that go through the graph.
	let expected = (2 * 1000 + 9 * 400) * 5 / 4 + EXTRA_FUEL;
	assert_eq!(fuel_limit(&generation, 40, 10, least, most), expected);
	assert_eq!(fuel_limit(&generation, 40, 10, least, expected - 1), expected - 1);
	assert_eq!(fuel_limit(&generation, 40, 10, expected + 1, most), expected + 1);
	let large = Generation { token_fuel: u64::MAX, ..generation };
	assert_eq!(fuel_limit(&large, 40, 10, least, most), most);
}

proptest! {
	#[test]
	fn bytes_should_come_back_as_they_were(text in "\\PC{0,40}|(?s:.){0,40}") {
		for name in ["smollm", "llama_3", "gpt_2"] {
			let model = parse(&file(name)).unwrap();
			let tokens = model.tokenizer.encode(&text, false).unwrap();
			let decoded = model.tokenizer.decode(&tokens);
			// One that puts a blank before texts.
			let decoded = if name == "gpt_2" { decoded.trim_start() } else { &decoded };
			let text = if name == "gpt_2" { text.trim_start() } else { &text };
			// Special tokens in the text are no text.
			if !text.contains("<|") {
				prop_assert_eq!(decoded, text, "{}", name);
			}
		}
	}

	#[test]
	fn nothing_should_panic_whatever_the_file_says(
		bytes in proptest::collection::vec(any::<u8>(), 0..200),
		at in any::<proptest::sample::Index>(),
		byte in any::<u8>(),
	) {
		let _ = TextModel::parse(&bytes);
		let mut whole = file("llama_2").to_string().into_bytes();
		let at = at.index(whole.len());
		whole[at] = byte;
		if let Ok(model) = TextModel::parse(&whole) {
			let tokens = model.complete("Hello <s> wörld").unwrap();
			model.tokenizer.decode(&tokens);
		}
	}
}
