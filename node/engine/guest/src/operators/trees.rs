//! Ensembles of decision trees: `TreeEnsembleRegressor`, `TreeEnsembleClassifier` and `TreeEnsemble` of
//! `ai.onnx.ml`. tract's own reads what a file names without a check, and takes one comparison for a
//! leaf. Numbers are compared and added in f64, in the order of the file.

mod classes;
mod parse;

use super::wired::{wired, Built, Wires};
use tract_onnx::{
	model::{OnnxOpRegister, ParsingContext},
	pb::NodeProto,
	tract_hir::internal::*,
};

pub fn register(operators: &mut OnnxOpRegister) {
	operators.insert("TreeEnsembleClassifier", classes::classifier);
	operators.insert("TreeEnsembleRegressor", regressor);
	operators.insert("TreeEnsemble", tree_ensemble);
}

fn regressor(_: &ParsingContext, node: &NodeProto) -> Built {
	let targets: usize = node.get_attr_opt("n_targets")?.unwrap_or(1);
	let ensemble = parse::with_ids(node, "target", targets)?;
	scores(node, ensemble, f32::datum_type())
}

fn tree_ensemble(context: &ParsingContext, node: &NodeProto) -> Built {
	let (ensemble, datum_type) = parse::with_places(context, node)?;
	scores(node, ensemble, datum_type)
}

/// An operator that gives the scores of all targets.
fn scores(node: &NodeProto, ensemble: Ensemble, datum_type: DatumType) -> Built {
	// Of a single score, onnxruntime makes nothing of it.
	let is_plain = ensemble.targets > 1 || ensemble.transform == Transform::None;
	ensure!(is_plain, "post_transform of a single target is not supported");
	let fits = ensemble.base.is_empty() || ensemble.base.len() == ensemble.targets;
	ensure!(fits, "{} base values of {} targets", ensemble.base.len(), ensemble.targets);
	let ensemble = Arc::new(ensemble);
	wired(node, move |wires| {
		let scores = ensemble.wire(wires)?;
		Ok(tvec!(wires.cast(scores, datum_type)?))
	})
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
	LessOrEqual,
	Less,
	GreaterOrEqual,
	Greater,
	Equal,
	NotEqual,
	/// Whether it is one of the numbers from one place of the members to another.
	Member(usize, usize),
}

/// What comes after a comparison.
#[derive(Clone, Copy, Debug)]
enum Next {
	/// The node at this place.
	Node(usize),
	/// The votes from one place to another.
	Votes(usize, usize),
}

#[derive(Debug)]
struct Node {
	feature: usize,
	mode: Mode,
	value: f64,
	/// Where what is not a number goes.
	missing_is_true: bool,
	when_true: Next,
	when_false: Next,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Aggregate {
	Sum,
	Average,
	Min,
	Max,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Transform {
	None,
	Softmax,
	/// Of those that are not zero.
	SoftmaxZero,
	Logistic,
}

impl Transform {
	fn of(name: &str) -> TractResult<Transform> {
		Ok(match name {
			"NONE" => Transform::None,
			"SOFTMAX" => Transform::Softmax,
			"SOFTMAX_ZERO" => Transform::SoftmaxZero,
			"LOGISTIC" => Transform::Logistic,
			_ => bail!("the post_transform {name} is not supported"),
		})
	}

	fn apply(self, scores: &mut [f64]) {
		match self {
			Transform::None => (),
			Transform::Logistic => scores.iter_mut().for_each(|score| *score = logistic(*score)),
			Transform::Softmax | Transform::SoftmaxZero => {
				let counts = |score: f64| self == Transform::Softmax || score.abs() > 1e-7;
				let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
				let mut sum = 0.0;
				for score in scores.iter_mut() {
					// A score of zero stays so, as onnxruntime has it.
					*score = if counts(*score) {
						(*score - largest).exp()
					} else {
						*score * (-largest).exp()
					};
					sum += *score;
				}
				scores.iter_mut().for_each(|score| *score /= sum);
			},
		}
	}
}

fn logistic(score: f64) -> f64 {
	1.0 / (1.0 + (-score).exp())
}

#[derive(Debug)]
struct Ensemble {
	nodes: Vec<Node>,
	roots: Vec<Next>,
	/// A target, and what is added to its score.
	votes: Vec<(usize, f64)>,
	/// Numbers that features are looked for in.
	members: Vec<f64>,
	targets: usize,
	/// For each target, or none.
	base: Vec<f64>,
	aggregate: Aggregate,
	transform: Transform,
}

impl Ensemble {
	/// Checks what has been read: every place is there, and votes are for targets.
	fn check(&self) -> TractResult<()> {
		let is_there = |next: &Next| match *next {
			Next::Node(place) => place < self.nodes.len(),
			Next::Votes(begin, end) => begin <= end && end <= self.votes.len(),
		};
		let mut nexts = self.nodes.iter().flat_map(|node| [&node.when_true, &node.when_false]);
		ensure!(nexts.all(is_there) && self.roots.iter().all(is_there), "a child is missing");
		let mut votes = self.votes.iter();
		ensure!(votes.all(|(target, _)| *target < self.targets), "a leaf is of no target");
		ensure!((1..=1 << 16).contains(&self.targets), "{} targets", self.targets);
		let base = self.base.len();
		// One for two classes is for the first.
		let fits = base == 0 || base == self.targets || (base, self.targets) == (1, 2);
		ensure!(fits, "{base} base values of {} targets", self.targets);
		Ok(())
	}

	/// The scores, f64.
	fn wire(self: &Arc<Self>, wires: &mut Wires<'_>) -> TractResult<OutletId> {
		let this = self.clone();
		self.compute(wires, &[(f64::datum_type(), self.targets)], move |row, outputs| {
			let mut scores =
				this.scores(row)?.into_iter().map(|(score, _)| score).collect::<Vec<_>>();
			this.transform.apply(&mut scores);
			outputs[0].extend(scores);
			Ok(())
		})
		.map(|outputs| outputs[0])
	}

	/// Wires a function from a row of features to a row of each output, which has this type when it is
	/// cast, and so many columns; 0 stands for a row that is a single number.
	fn compute(
		&self,
		wires: &mut Wires<'_>,
		outputs: &[(DatumType, usize)],
		function: impl Fn(&[f64], &mut [Vec<f64>]) -> TractResult<()> + Send + Sync + 'static,
	) -> TractResult<TVec<OutletId>> {
		let x = wires.input(0)?;
		let shape = wires.shape(x)?;
		let (rows, features) = match *shape {
			[features] => (1, features),
			[rows, features] => (rows, features),
			_ => bail!("rows of features cannot have the shape {shape:?}"),
		};
		let used = self.nodes.iter().map(|node| node.feature).max();
		let used = used.map_or(0, |last| last.saturating_add(1));
		ensure!(used <= features, "features up to {used} are compared, of {features}");
		let x = wires.cast(x, f64::datum_type())?;
		let shapes: Vec<TVec<usize>> = outputs
			.iter()
			.map(|(_, columns)| if *columns == 0 { tvec!(rows) } else { tvec!(rows, *columns) })
			.collect();
		let facts: Vec<(DatumType, &[usize])> =
			shapes.iter().map(|shape| (f64::datum_type(), &**shape)).collect();
		let of_outputs = shapes.clone();
		let computed = wires.compute("TreeEnsemble", &facts, &[x], move |inputs| {
			let x = inputs[0].try_as_plain_ram()?;
			let mut numbers = vec![Vec::new(); of_outputs.len()];
			for row in x.as_slice::<f64>()?.chunks_exact(features.max(1)).take(rows) {
				function(row, &mut numbers)?;
			}
			let tensors = of_outputs.iter().zip(&numbers);
			tensors.map(|(shape, numbers)| Tensor::from_shape(shape, numbers)).collect()
		})?;
		let casts = computed.into_iter().zip(outputs);
		casts.map(|(output, (datum_type, _))| wires.cast(output, *datum_type)).collect()
	}

	/// Score of each target, and whether a leaf has voted for it.
	fn scores(&self, row: &[f64]) -> TractResult<Vec<(f64, bool)>> {
		let mut scores: Vec<(f64, bool)> = vec![(0.0, false); self.targets];
		for root in &self.roots {
			for (target, weight) in self.leaf(*root, row)? {
				let (score, voted) = &mut scores[*target];
				*score = match self.aggregate {
					Aggregate::Min if *voted => score.min(*weight),
					Aggregate::Max if *voted => score.max(*weight),
					_ => *score + weight,
				};
				*voted = true;
			}
		}
		for (target, (score, voted)) in scores.iter_mut().enumerate() {
			if self.aggregate == Aggregate::Average {
				*score /= self.roots.len() as f64;
			}
			if let Some(base) = self.base.get(target) {
				*score += base;
				*voted = true;
			}
		}
		Ok(scores)
	}

	/// The votes of the leaf in which the row ends.
	fn leaf(&self, root: Next, row: &[f64]) -> TractResult<&[(usize, f64)]> {
		let mut next = root;
		// No way is longer than that, if it does not go in a circle.
		for _ in 0..=self.nodes.len() {
			match next {
				Next::Votes(begin, end) => return Ok(&self.votes[begin..end]),
				Next::Node(place) => {
					let node = &self.nodes[place];
					let is_true = self.is_true(node, row[node.feature]);
					next = if is_true { node.when_true } else { node.when_false };
				},
			}
		}
		bail!("a tree goes in a circle")
	}

	fn is_true(&self, node: &Node, feature: f64) -> bool {
		if feature.is_nan() && node.missing_is_true {
			return true;
		}
		match node.mode {
			Mode::LessOrEqual => feature <= node.value,
			Mode::Less => feature < node.value,
			Mode::GreaterOrEqual => feature >= node.value,
			Mode::Greater => feature > node.value,
			Mode::Equal => feature == node.value,
			Mode::NotEqual => feature != node.value,
			Mode::Member(begin, end) => self.members[begin..end].contains(&feature),
		}
	}
}
