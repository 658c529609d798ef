//! Generation of text: which tokens, for which fuel, and which step graphs and requests are refused.

#![allow(clippy::unwrap_used)]

mod common;

use common::{
	engine,
	generator::{tokens, Graph, Sampling, GREEDY},
	LIMITS,
};
use opg_engine::{
	tensor::{self, DType},
	Backend, Dims, Engine, Limits, ModelFault, Prepared, Reason, Run,
};

fn prepared(engine: &Engine, graph: &Graph) -> Prepared {
	let run = engine.prepare(&graph.file(), &Dims::default(), &LIMITS).unwrap();
	run.outcome.unwrap_or_else(|fault| panic!("{fault}: {}", run.message))
}

fn run(engine: &Engine, prepared: &Prepared, input: &[u8]) -> Run {
	engine.run_prepared(prepared, input, &LIMITS).unwrap()
}

fn generated(run: Run) -> Vec<i64> {
	tokens(&run.outcome.unwrap_or_else(|fault| panic!("{fault}: {}", run.message)))
}

fn refusal(graph: &Graph) -> (Reason, String) {
	let engine = engine(Backend::Native);
	let run = engine.prepare(&graph.file(), &Dims::default(), &LIMITS).unwrap();
	assert_eq!(run.outcome.err(), Some(ModelFault::BadModel), "{}", run.message);
	(run.reason.unwrap(), run.message)
}

#[track_caller]
fn assert_refused(graph: &Graph, cause: &str) {
	let (reason, message) = refusal(graph);
	assert_eq!(reason, Reason::BadGenerator, "{message}");
	assert!(message.contains(cause), "{message}");
}

#[test]
fn tokens_should_be_those_of_a_loop_when_prompts_end_anywhere_in_blocks() {
	let engine = engine(Backend::Native);
	// A context that blocks fill, and others in which the last block must begin earlier.
	for (context, block) in [(24, 4), (23, 7), (12, 12), (10, 9), (9, 2)] {
		let graph = Graph::new(context, block);
		let prepared = prepared(&engine, &graph);
		for length in 1..=context {
			let prompt: Vec<i64> = (0..length as i64).map(|at| (at * 5 + 3) % 23).collect();
			let new = context - length;
			let run = run(&engine, &prepared, &graph.request(&prompt, new as i64, GREEDY));
			assert_eq!(
				generated(run),
				graph.greedy(&prompt, new, &[]),
				"{context} {block} {length}"
			);
		}
	}
}

#[test]
fn tokens_should_be_the_same_when_a_graph_has_many_caches_of_odd_shapes() {
	let engine = engine(Backend::Native);
	// More than the tensors of a request.
	let more = (0..80).map(|at| [1, 1 + at % 3, 24, 1 + at % 5].map(Ok).to_vec()).collect();
	let graph = Graph { more, ..Graph::default() };
	let run = run(&engine, &prepared(&engine, &graph), &graph.request(&[3, 1, 4], 9, GREEDY));
	assert_eq!(generated(run), graph.greedy(&[3, 1, 4], 9, &[]));
}

#[test]
fn runs_of_prepared_models_should_be_those_of_fresh_ones() {
	let engine = engine(Backend::Native);
	let graph = Graph::default();
	let prepared = prepared(&engine, &graph);
	let sampling = Sampling { temperature: 5.0, top_k: 9, top_p: 0.9, seed: 7 };
	for (prompt, new) in [(&[3, 1, 4, 1, 5, 9][..], 10), (&[2], 3), (&[7; 24], 0)] {
		let input = graph.request(prompt, new, sampling);
		let fresh = engine.run(&graph.file(), &Dims::default(), &input, &LIMITS).unwrap();
		// The second one is in the instance of the first.
		for _ in 0..2 {
			assert_eq!(run(&engine, &prepared, &input), fresh);
		}
	}
}

#[test]
fn generation_should_cost_its_tokens_alone_when_it_stops() {
	let engine = engine(Backend::Native);
	let plain = Graph::new(200, 8);
	let prompt = [5, 17, 2];
	let all = plain.greedy(&prompt, 100, &[]);
	// The token whose first time comes the latest.
	let first = |token: &i64| all.iter().position(|other| other == token).unwrap();
	let last = all.iter().map(first).max().unwrap();
	assert!((3..90).contains(&last), "{all:?}");
	let graph = plain.clone().with("opg.generate.stop", &format!("22,{},0", all[last]));
	let stop = [22, all[last], 0];
	let expected = plain.greedy(&prompt, 100, &stop);
	let prepared_stopping = prepared(&engine, &graph);
	let stopped = run(&engine, &prepared_stopping, &graph.request(&prompt, 100, GREEDY));
	let fuel = stopped.fuel;
	assert_eq!(generated(stopped), expected);
	// The same tokens, where no more were asked for.
	let prepared = prepared(&engine, &plain);
	let asked = run(&engine, &prepared, &plain.request(&prompt, expected.len() as i64, GREEDY));
	assert!(fuel.abs_diff(asked.fuel) < asked.fuel / 50, "{fuel} {}", asked.fuel);
	let whole = run(&engine, &prepared, &plain.request(&prompt, 100, GREEDY));
	assert!(fuel < whole.fuel / 2 || expected.len() > 45, "{fuel} {}", whole.fuel);
	assert_eq!(generated(asked), expected);
}

#[test]
fn inspection_should_show_the_function_and_bound_its_fuel() {
	let engine = engine(Backend::Native);
	// A stop token does not shorten the trial.
	let stop: Vec<String> = (0..23).map(|token| token.to_string()).collect();
	let graph = Graph::new(40, 8).with("opg.generate.stop", &stop.join(","));
	let inspected = engine.inspect(&graph.file(), &Dims::default(), &LIMITS).unwrap();
	let report = inspected.outcome.unwrap_or_else(|fault| panic!("{fault}: {}", inspected.message));
	assert_eq!(opg_engine::Inspection::decode(&report.encode()).unwrap(), report);
	let described = &report.description;
	let port = |port: &opg_engine::Port| (port.name.clone(), port.dtype, port.shape.clone());
	assert_eq!(
		described.inputs.iter().map(port).collect::<Vec<_>>(),
		[
			("prompt".into(), DType::I64, vec![1, 40]),
			("max_new_tokens".into(), DType::I64, vec![1]),
			("temperature".into(), DType::F32, vec![1]),
			("top_k".into(), DType::I64, vec![1]),
			("top_p".into(), DType::F32, vec![1]),
			("seed".into(), DType::I64, vec![1]),
		]
	);
	assert_eq!(
		described.outputs.iter().map(port).collect::<Vec<_>>(),
		[("tokens".into(), DType::I64, vec![1, 40])]
	);
	let generation = described.generation.unwrap();
	assert_eq!((generation.context, generation.block, generation.vocabulary), (40, 8, 23));
	assert!(generation.token_fuel > 0 && generation.block_fuel > 0, "{generation:?}");

	// The same graph without stop tokens takes no more than the bound, and the whole of it not much less.
	let graph = Graph::new(40, 8);
	let prepared = prepared(&engine, &graph);
	let mut most = 0;
	for length in [1, 2, 3, 8, 9, 10, 17, 18, 33, 34, 39] {
		for temperature in [0.0, 3.0] {
			let sampling = Sampling { temperature, top_k: 0, top_p: 1.0, seed: 3 };
			let input = graph.request(&vec![4; length], 40 - length as i64, sampling);
			let fuel = run(&engine, &prepared, &input).fuel;
			let stated = generation.fuel(length as u64, 40 - length as u64);
			assert!(fuel > stated / 2 && fuel < stated * 2, "{length}: {fuel}, {stated} stated");
			most = most.max(fuel);
		}
	}
	let bound = report.run_fuel;
	assert!(most < bound + bound / 50 && most > bound / 2, "{most}, {bound} stated");
}

/// The stream of the definition.
fn numbers(seed: i64) -> impl Iterator<Item = u64> {
	let mut state = seed as u64;
	std::iter::repeat_with(move || {
		state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = state;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	})
}

/// The place in the order and the token that a number of the stream draws, by plain arithmetic; `None`
/// where it is so close to another one that rounding decides.
fn drawn(logits: &[f32], sampling: Sampling, number: u64) -> Option<i64> {
	let mut order: Vec<usize> = (0..logits.len()).collect();
	order.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]).then(a.cmp(b)));
	if sampling.top_k > 0 {
		order.truncate(sampling.top_k as usize);
	}
	let most = f64::from(logits[order[0]]);
	let weight =
		|id: &usize| ((f64::from(logits[*id]) - most) / f64::from(sampling.temperature)).exp();
	let weights: Vec<f64> = order.iter().map(weight).collect();
	let sum: f64 = weights.iter().sum();
	let (mut seen, mut kept) = (0.0, 0);
	for weight in &weights {
		seen += weight / sum;
		kept += 1;
		if (seen - f64::from(sampling.top_p)).abs() < 1e-5 && sampling.top_p < 1.0 {
			return None;
		}
		if seen >= f64::from(sampling.top_p) {
			break;
		}
	}
	let sum: f64 = weights[..kept].iter().sum();
	let share = number as f64 / 2f64.powi(64);
	let mut seen = 0.0;
	for (id, weight) in order.iter().zip(&weights[..kept]) {
		seen += weight / sum;
		if (seen - share).abs() < 1e-5 {
			return None;
		}
		if seen > share {
			return Some(*id as i64);
		}
	}
	None
}

#[test]
fn sampling_should_be_the_one_that_is_defined() {
	let engine = engine(Backend::Native);
	let graph = Graph::new(64, 8);
	let prepared = prepared(&engine, &graph);
	let (mut compared, mut others) = (0, 0);
	for (temperature, top_k, top_p) in [
		(10.0, 0, 1.0),
		(10.0, 3, 1.0),
		(10.0, 0, 0.7),
		(30.0, 10, 0.5),
		(1e-3, 0, 1.0),
		(1e30, 0, 1.0),
		(1e30, 1000, 0.0),
	] {
		for seed in [0, 1, -1, i64::MIN, 20261127] {
			let sampling = Sampling { temperature, top_k, top_p, seed };
			let prompt = [11, 2, 20];
			let run = run(&engine, &prepared, &graph.request(&prompt, 61, sampling));
			let answer = generated(run);
			let mut before = prompt.to_vec();
			let greedy = graph.greedy(&prompt, 61, &[]);
			others += usize::from(answer != greedy);
			for (token, number) in answer.iter().zip(numbers(seed)) {
				if let Some(expected) = drawn(&graph.logits(&before), sampling, number) {
					assert_eq!(*token, expected, "{sampling:?} after {before:?}");
					compared += 1;
				}
				before.push(*token);
			}
		}
	}
	assert!(compared > 1500 && others > 15, "{compared} {others}");
}

#[test]
fn ties_should_go_to_the_lowest_token_and_nan_to_none() {
	let engine = engine(Backend::Native);
	let mut graph = Graph::default();
	let sampled = Sampling { temperature: 1.0, top_k: 0, top_p: 1.0, seed: 1 };
	let one = |graph: &Graph, sampling| {
		generated(run(&engine, &prepared(&engine, graph), &graph.request(&[1], 1, sampling)))
	};
	// All are NaN: the same as if all were equal.
	graph.bias = vec![f32::NAN; 23];
	assert_eq!(one(&graph, GREEDY), [0]);
	assert!((0..23).contains(&one(&graph, sampled)[0]));
	// One is a number, and be it the least.
	graph.bias[17] = f32::NEG_INFINITY;
	assert_eq!((one(&graph, GREEDY), one(&graph, sampled)), (vec![17], vec![17]));
	// Infinity takes all, and two of them share.
	graph.bias = vec![0.0; 23];
	graph.bias[9] = f32::INFINITY;
	assert_eq!((one(&graph, GREEDY), one(&graph, sampled)), (vec![9], vec![9]));
	graph.bias[4] = f32::INFINITY;
	assert_eq!(one(&graph, GREEDY), [4]);
	assert!([4, 9].contains(&one(&graph, sampled)[0]));
	// Logits of both signs of zero.
	graph.bias = (0..23).map(|token| if token % 2 == 0 { -0.0 } else { 0.0 }).collect();
	let zero = graph.logits(&[]);
	assert!(zero.iter().all(|logit| *logit == 0.0));
}

#[test]
fn requests_should_be_refused_with_what_is_wrong() {
	let engine = engine(Backend::Native);
	let graph = Graph::default();
	let prepared = prepared(&engine, &graph);
	let with = |change: Sampling, prompt: &[i64], new: i64| graph.request(prompt, new, change);
	let cases = [
		(with(GREEDY, &[], 1), "`prompt` is empty"),
		(with(GREEDY, &[1, -1, 2], 1), "has a token at 2 behind the -1 at 1"),
		(with(GREEDY, &[1, 23], 1), "has token 23 at 1, which is not in the vocabulary of 23"),
		(with(GREEDY, &[-2], 1), "has token -2 at 0"),
		(with(GREEDY, &[i64::MIN], 1), "not in the vocabulary"),
		(with(GREEDY, &[1; 24], 1), "24 tokens and 1 new ones are more than the context of 24"),
		(with(GREEDY, &[1], i64::MAX), "more than the context of 24"),
		(with(GREEDY, &[1], -1), "`max_new_tokens` is negative"),
		(with(Sampling { temperature: -1.0, ..GREEDY }, &[1], 1), "`temperature`"),
		(with(Sampling { temperature: f32::NAN, ..GREEDY }, &[1], 1), "`temperature`"),
		(with(Sampling { temperature: f32::INFINITY, ..GREEDY }, &[1], 1), "`temperature`"),
		(with(Sampling { top_k: -1, ..GREEDY }, &[1], 1), "`top_k` is negative"),
		(with(Sampling { top_p: -0.5, ..GREEDY }, &[1], 1), "`top_p`"),
		(with(Sampling { top_p: 1.5, ..GREEDY }, &[1], 1), "`top_p`"),
		(with(Sampling { top_p: f32::NAN, ..GREEDY }, &[1], 1), "`top_p`"),
	];
	for (input, cause) in cases {
		let run = run(&engine, &prepared, &input);
		assert_eq!(run.outcome.err(), Some(ModelFault::BadInput), "{cause}: {}", run.message);
		assert_eq!(run.reason, Some(Reason::InputValue), "{}", run.message);
		assert!(run.message.contains(cause), "{}, not {cause}", run.message);
	}
	// Faults of the form are those of every model.
	let tensors = graph.tensors(&[1], 1, GREEDY);
	for (place, reason) in [(0, Reason::InputMissing), (5, Reason::InputMissing)] {
		let mut fewer = tensors.clone();
		fewer.remove(place);
		let run = run(&engine, &prepared, &tensor::encode(&fewer));
		assert_eq!((run.outcome.err(), run.reason), (Some(ModelFault::BadInput), Some(reason)));
	}
	let mut shorter = tensors;
	shorter[0].shape = vec![1, 23];
	shorter[0].data.truncate(23 * 8);
	let run = run(&engine, &prepared, &tensor::encode(&shorter));
	assert_eq!(run.reason, Some(Reason::InputShape));
}

#[test]
fn nothing_should_be_generated_when_nothing_is_asked_for() {
	let engine = engine(Backend::Native);
	let graph = Graph::default();
	let prepared = prepared(&engine, &graph);
	let run = run(&engine, &prepared, &graph.request(&[1; 24], 0, GREEDY));
	assert!(generated(run).is_empty());
}

#[test]
fn generators_should_be_refused_when_their_metadata_is_not_of_the_form() {
	let plain = Graph::default;
	let cases = [
		(plain().with("opg.generate", "2"), "is not `1`"),
		(plain().with("opg.generate", ""), "is not `1`"),
		(plain().with("opg.generate", "\u{7f}\0garbage"), "is not `1`"),
		(plain().with("opg.generate.beam", "4"), "`opg.generate.beam` is not known"),
		(plain().with("opg.generated", "1"), "`opg.generated` is not known"),
		(plain().with("opg.generate.context", "-1"), "`opg.generate.context` is not a number"),
		(plain().with("opg.generate.context", "0"), "`opg.generate.context` is not a number"),
		(plain().with("opg.generate.context", "24.0"), "`opg.generate.context` is not a number"),
		(plain().with("opg.generate.context", "024"), "`opg.generate.context` is not a number"),
		(plain().with("opg.generate.context", " 24"), "`opg.generate.context` is not a number"),
		(
			plain().with("opg.generate.context", "99999999999999999999999"),
			"`opg.generate.context` is not a number",
		),
		(plain().with("opg.generate.context", "25"), "a cache has [1, heads, 25, width]"),
		(plain().with("opg.generate.block", "1"), "`opg.generate.block` is not a number"),
		(plain().with("opg.generate.block", "25"), "from 2 to 24"),
		(plain().with("opg.generate.stop", "1,,2"), "not a list of token ids"),
		(plain().with("opg.generate.stop", "-1"), "not a list of token ids"),
		(plain().with("opg.generate.stop", "1;2"), "not a list of token ids"),
		(plain().with("opg.generate.stop", "2,23"), "stop token 23 is not in the vocabulary of 23"),
		(
			plain().with("opg.generate.stop", "1,".repeat(65).trim_end_matches(',')),
			"65 stop tokens",
		),
	];
	for (graph, cause) in cases {
		assert_refused(&graph, cause);
	}
	let mut twice = plain();
	twice.metadata.push(("opg.generate.block", "4".into()));
	assert_refused(&twice, "is there twice");
	let mut incomplete = plain();
	incomplete.metadata.retain(|(key, _)| *key != "opg.generate.context");
	assert_refused(&incomplete, "`opg.generate.context` is not a number");
	let (reason, message) = refusal(&plain().with("opg.generate.stop", &"1".repeat(4000)));
	assert_eq!(reason, Reason::UnsupportedFeature, "{message}");
	// What others write there is nobody's business.
	let engine = engine(Backend::Native);
	let graph = plain().with("licence", &"x".repeat(100_000)).with("opg", "generate");
	let run = run(&engine, &prepared(&engine, &graph), &graph.request(&[1], 5, GREEDY));
	assert_eq!(generated(run), graph.greedy(&[1], 5, &[]));
}

#[test]
fn generators_should_be_refused_when_their_graph_is_not_of_the_form() {
	let changed = |change: &dyn Fn(&mut Graph)| {
		let mut graph = Graph::default();
		change(&mut graph);
		graph
	};
	for (graph, cause) in [
		(changed(&|g| g.names.ids = "ids"), "`ids` is no input of a step graph"),
		(changed(&|g| g.names.position = "at"), "`at` is no input of a step graph"),
		(changed(&|g| g.names.past = "cache"), "`cache` is no input of a step graph"),
		(changed(&|g| g.names.past = "past_key_values.1.key"), "no output `present.1.key`"),
		(changed(&|g| g.names.present = "present.0.value"), "no output `present.0.key`"),
		(changed(&|g| g.names.logits = "scores"), "no output `logits`"),
		(changed(&|g| g.cache = vec![1, 2, 12, 5]), "a cache has [1, heads, 24, width]"),
		(changed(&|g| g.more = vec![vec![Ok(24), Ok(5)]]), "a cache has [1, heads, 24, width]"),
		(
			changed(&|g| g.more = vec![vec![Ok(1), Ok(1), Ok(24), Err("sequence")]]),
			"depend on `sequence`",
		),
		(
			changed(&|g| g.more = vec![vec![Ok(1), Ok(0), Ok(24), Ok(1)]]),
			"a cache has [1, heads, 24, width]",
		),
	] {
		assert_refused(&graph, cause);
	}
	// What the graph itself contradicts is refused before.
	let (reason, message) = refusal(&changed(&|g| g.cache = vec![24, 5]));
	assert_eq!(reason, Reason::NotLoadable, "{message}");
	let (reason, message) = refusal(&changed(&|g| g.names.sequence = "tokens"));
	assert_eq!(reason, Reason::BadBinding, "{message}");
	// The engine binds that dimension itself.
	let mut dims = Dims::default();
	dims.bind("sequence", 4).unwrap();
	let engine = engine(Backend::Native);
	let run = engine.prepare(&Graph::default().file(), &dims, &LIMITS).unwrap();
	assert_eq!(run.reason, Some(Reason::BadBinding), "{}", run.message);
}

#[test]
fn weights_should_be_in_memory_once_when_both_graphs_use_them() {
	let engine = engine(Backend::Native);
	let mut graph = Graph::new(16, 8);
	(graph.vocabulary, graph.width) = (3000, 500);
	graph.cache[3] = 500;
	graph.bias = vec![0.0; 3000];
	// An embedding, and the factor of a product, which is packed.
	let weights = 2 * 3000 * 500 * 4;
	let prepared = prepared(&engine, &graph);
	let bytes = prepared.bytes();
	assert!((weights..weights + weights / 4 + (2 << 20)).contains(&bytes), "{bytes}, {weights}");
	let prompt = [2999, 0, 17];
	let run = run(&engine, &prepared, &graph.request(&prompt, 13, GREEDY));
	assert_eq!(generated(run), graph.greedy(&prompt, 13, &[]));
}

#[test]
fn generation_should_end_in_a_fault_when_its_context_does_not_fit_the_memory() {
	let engine = engine(Backend::Native);
	let mut graph = Graph::new(1 << 14, 8);
	graph.width = 4096;
	graph.cache[3] = 4096;
	graph.vocabulary = 2;
	graph.bias = vec![0.0; 2];
	let limits = Limits { memory_bytes: 128 << 20, ..LIMITS };
	let (file, input) = (graph.file(), graph.request(&[1], 2, GREEDY));
	let run = engine.run(&file, &Dims::default(), &input, &limits).unwrap();
	assert_eq!(run.outcome, Err(ModelFault::OutOfMemory), "{}", run.message);
}

#[test]
fn generation_should_end_in_a_fault_when_its_fuel_is_used_up() {
	let engine = engine(Backend::Native);
	let graph = Graph::new(4096, 8);
	let prepared = prepared(&engine, &graph);
	let limits = Limits { fuel: 3_000_000, ..LIMITS };
	let run = engine.run_prepared(&prepared, &graph.request(&[1], 4095, GREEDY), &limits).unwrap();
	assert_eq!((run.outcome, run.fuel), (Err(ModelFault::OutOfFuel), 3_000_000));
}

#[test]
fn witnesses_should_depend_on_seed_and_prompt_alone() {
	let engine = engine(Backend::Native);
	let graph = Graph::default();
	let prepared = prepared(&engine, &graph);
	let (file, dims) = (graph.file(), Dims::default());
	let input = graph.request(&[3, 1, 4, 1, 5], 12, GREEDY);
	let other = graph.request(&[3, 1, 4, 1, 6], 12, GREEDY);
	let mut seen = std::collections::BTreeSet::new();
	for seed in 0..8 {
		let seed = [seed; 32];
		for input in [&input, &other] {
			let fresh = engine.witness(&file, &dims, input, &seed, &LIMITS).unwrap();
			let again = engine.witness_prepared(&prepared, input, &seed, &LIMITS).unwrap();
			assert_eq!(fresh, again);
			assert_eq!(fresh.fault, None, "{}", fresh.message);
			seen.insert(fresh.witness);
		}
	}
	assert!(seen.len() > 12, "{}", seen.len());
}

#[test]
fn all_back_ends_should_generate_the_same() {
	let graph = Graph::default();
	let sampling = Sampling { temperature: 20.0, top_k: 0, top_p: 0.95, seed: 5 };
	let input = graph.request(&[3, 1, 4, 1, 5], 19, sampling);
	let runs = [Backend::Native, Backend::Baseline, Backend::Interpreter].map(|backend| {
		engine(backend).run(&graph.file(), &Dims::default(), &input, &LIMITS).unwrap()
	});
	assert_eq!(runs[0], runs[1]);
	assert_eq!(runs[0], runs[2]);
}
