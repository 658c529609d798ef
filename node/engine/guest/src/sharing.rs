//! Graphs of one file that share their weights: a generator's two.
//!
//! While a [`Sharing`] lives, a tensor is read from the file once, and what an optimisation makes of
//! weights (other types, packed panels) is kept once where it has the same bytes. Products with weights
//! are packed for the kernel of vectors, also in the graph for a block: so both need the same panels.

use std::{cell::RefCell, collections::BTreeMap, sync::Weak};
use tract_onnx::{
	prelude::*,
	tract_core::{
		ops::{
			einsum::{einsum_matmul::EinSumMatMul, EinSum},
			konst::Const,
		},
		tract_linalg::mmm::{EagerPackedInput, PackedMatrixStorage},
	},
};

/// Least bytes of a tensor that is looked for.
const LARGE: usize = 1024;

thread_local! {
	static SHARED: RefCell<Option<Shared>> = const { RefCell::new(None) };
}

#[derive(Default)]
struct Shared {
	/// Tensors of the file, by the place of their data in it.
	read: BTreeMap<usize, Arc<Tensor>>,
	/// What was made of them, by the number of bytes.
	made: BTreeMap<usize, Vec<Weak<Tensor>>>,
	/// A product with weights is being prepared.
	product: bool,
}

/// See above.
pub struct Sharing(());

impl Sharing {
	pub fn begin() -> Sharing {
		SHARED.set(Some(Shared::default()));
		Sharing(())
	}

	/// Nothing more is read from the file: what the graphs do not keep is forgotten.
	pub fn all_is_read(&self) {
		SHARED.with_borrow_mut(|shared| {
			if let Some(shared) = shared {
				shared.read.clear();
			}
		});
	}
}

impl Drop for Sharing {
	fn drop(&mut self) {
		SHARED.set(None);
	}
}

/// The tensor whose data is at this place, by `read` if no graph has read it.
pub fn read(at: usize, read: impl FnOnce() -> TractResult<Tensor>) -> TractResult<Arc<Tensor>> {
	let known = SHARED.with_borrow(|shared| shared.as_ref()?.read.get(&at).cloned());
	if let Some(tensor) = known {
		return Ok(tensor);
	}
	let tensor = read()?.into_arc_tensor();
	SHARED.with_borrow_mut(|shared| {
		if let Some(shared) = shared {
			shared.read.insert(at, tensor.clone());
		}
	});
	Ok(tensor)
}

/// Takes for the constants of a patch those that are there already.
pub fn constants(patch: &mut TypedModelPatch) -> TractResult<()> {
	SHARED.with_borrow_mut(|shared| match shared {
		Some(shared) => patch.model.nodes.iter_mut().try_for_each(|node| shared.constant(node)),
		None => Ok(()),
	})
}

impl Shared {
	fn constant(&mut self, node: &mut TypedNode) -> TractResult<()> {
		let Some(constant) = node.op_as::<Const>() else { return Ok(()) };
		let tensor = constant.val();
		let Some(size) = bytes(tensor).map(|parts| parts.iter().map(|part| part.len()).sum())
		else {
			return Ok(());
		};
		if size < LARGE {
			return Ok(());
		}
		let made = self.made.entry(size).or_default();
		made.retain(|known| known.strong_count() > 0);
		let known = made.iter().filter_map(Weak::upgrade);
		let Some(known) = known.into_iter().find(|known| same(known, tensor)) else {
			made.push(Arc::downgrade(tensor));
			return Ok(());
		};
		if Arc::ptr_eq(&known, tensor) {
			return Ok(());
		}
		let fact = constant.exotic_fact().map(tract_onnx::tract_core::dyn_clone::clone_box);
		node.op = Box::new(Const::new_with_opt_exotic_fact(known.clone(), fact)?);
		if let Some(output) = node.outputs.first_mut() {
			if output.fact.konst.is_some() {
				output.fact.konst = Some(known);
			}
		}
		Ok(())
	}
}

/// The data of a tensor: its own, or that of its panels.
fn bytes(tensor: &Tensor) -> Option<Vec<&[u8]>> {
	if tensor.is_plain_ram() {
		let plain = tensor.datum_type().is_number() || tensor.datum_type() == DatumType::Bool;
		return plain.then(|| Some(vec![tensor.as_bytes()]))?;
	}
	let packed = tensor.storage_as::<PackedMatrixStorage>()?;
	let values = packed.values().iter();
	values.map(|value| Some(value.downcast_ref::<EagerPackedInput>()?.packed.as_bytes())).collect()
}

fn same(a: &Arc<Tensor>, b: &Arc<Tensor>) -> bool {
	if Arc::ptr_eq(a, b) {
		return true;
	}
	if a.datum_type() != b.datum_type() || a.shape() != b.shape() || bytes(a) != bytes(b) {
		return false;
	}
	let form = |tensor: &Arc<Tensor>| -> Option<Vec<String>> {
		let packed = tensor.storage_as::<PackedMatrixStorage>()?;
		let values = packed.values().iter();
		values
			.map(|value| {
				let EagerPackedInput { fact, panel_bytes, mn, .. } = value.downcast_ref()?;
				Some(format!("{fact:?} {panel_bytes} {mn}"))
			})
			.collect()
	};
	form(a) == form(b)
}

/// Prepares products with weights for the kernel of vectors: a rule of the optimisation.
pub fn products(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	if !SHARED.with_borrow(Option::is_some) || node.inputs.len() != 2 {
		return Ok(None);
	}
	let product = node.op_is::<EinSumMatMul>();
	let weights = |input: usize| -> TractResult<bool> {
		let fact = model.outlet_fact(node.inputs[input])?;
		Ok(fact.konst.is_some() && fact.datum_type == DatumType::F32)
	};
	let (left, right) = (weights(0)?, weights(1)?);
	if !(product || node.op_is::<EinSum>()) || left == right {
		return Ok(None);
	}
	let set = |product| {
		SHARED.with_borrow_mut(|shared| {
			if let Some(shared) = shared {
				shared.product = product;
			}
		})
	};
	set(product && left);
	let patch = node.op.codegen(model, node);
	set(false);
	patch
}

/// Whether a product is being prepared whose left factor are shared weights.
pub fn is_product() -> bool {
	SHARED.with_borrow(|shared| shared.as_ref().is_some_and(|shared| shared.product))
}
