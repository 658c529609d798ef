//! The classifier: the label of the class with the highest score, and the scores, as onnxruntime gives
//! them. Of two classes, often only one gets votes; the score of the other follows from it.

use super::{logistic, parse, Ensemble, Transform};
use crate::operators::wired::{wired, Built};
use tract_onnx::{model::ParsingContext, pb::NodeProto, tract_hir::internal::*};

pub fn classifier(_: &ParsingContext, node: &NodeProto) -> Built {
	let labels = node.get_attr_opt_slice::<i64>("classlabels_int64s")?;
	let labels = labels.context("only labels that are integers are supported")?;
	// They are handed on as f64.
	ensure!(labels.iter().all(|label| label.unsigned_abs() <= 1 << 53), "a label is too large");
	let mut ensemble = parse::with_ids(node, "class", labels.len())?;
	ensure!(labels.len() >= 2, "{} classes", labels.len());
	let first = ensemble.votes.first().map(|(class, _)| *class);
	let is_of_one = ensemble.votes.iter().all(|(class, _)| Some(*class) == first);
	let classes = Classes {
		labels: labels.to_vec(),
		one: first.filter(|_| labels.len() == 2 && is_of_one),
		all_positive: ensemble.votes.iter().all(|(_, weight)| *weight >= 0.0),
		transform: std::mem::replace(&mut ensemble.transform, Transform::None),
	};
	ensure!(
		classes.one != Some(0) || ensemble.base.len() <= 1,
		"base values of two classes, of which the first gets all votes"
	);
	let (ensemble, classes) = (Arc::new(ensemble), Arc::new(classes));
	wired(node, move |wires| {
		let outputs = [(i64::datum_type(), 0), (f32::datum_type(), classes.labels.len())];
		let (of_row, classes) = (ensemble.clone(), classes.clone());
		ensemble.compute(wires, &outputs, move |row, outputs| {
			let (label, scores) = classes.classify(&of_row, row)?;
			outputs[0].push(label as f64);
			outputs[1].extend(scores);
			Ok(())
		})
	})
}

struct Classes {
	labels: Vec<i64>,
	/// The only one of two classes that gets votes.
	one: Option<usize>,
	all_positive: bool,
	transform: Transform,
}

impl Classes {
	fn classify(&self, ensemble: &Ensemble, row: &[f64]) -> TractResult<(i64, Vec<f64>)> {
		let scores = ensemble.scores(row)?;
		match self.one {
			Some(0) => return Ok(self.of_first(scores[0].0)),
			Some(one) => {
				let label = self.label(scores[one].0);
				return Ok((label, self.transformed(scores)));
			},
			None => (),
		}
		let mut best: Option<(usize, f64)> = None;
		for (class, (score, voted)) in scores.iter().enumerate() {
			if *voted && best.is_none_or(|(_, most)| *score > most) {
				best = Some((class, *score));
			}
		}
		let (class, _) = best.context("no leaf has voted")?;
		Ok((self.labels[class], self.transformed(scores)))
	}

	fn transformed(&self, scores: Vec<(f64, bool)>) -> Vec<f64> {
		let mut scores: Vec<f64> = scores.into_iter().map(|(score, _)| score).collect();
		self.transform.apply(&mut scores);
		scores
	}

	/// The label of the second class if this score is high enough, else that of the first.
	fn label(&self, score: f64) -> i64 {
		let border = if self.all_positive { 0.5 } else { 0.0 };
		self.labels[usize::from(score > border)]
	}

	/// Label and scores of two classes, where votes for the first mean the second.
	fn of_first(&self, score: f64) -> (i64, Vec<f64>) {
		let label = self.label(score);
		let scores = match (self.all_positive, self.transform) {
			(true, _) => vec![1.0 - score, score],
			(false, Transform::Logistic) => vec![logistic(-score), logistic(score)],
			(false, _) => vec![-score, score],
		};
		(label, scores)
	}
}
