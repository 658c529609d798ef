//! Graphs of one file that share their weights: a generator's two.
//!
//! While a [`Sharing`] lives, a tensor is read from the file once, and what an optimisation makes of
//! weights (other types, packed panels) is kept once where it has the same bytes. Products with weights
//! are packed for the kernel of vectors, also in the graph for a block: so both need the same panels.

use crate::host::stored::{self, StoredFormat};
use std::{cell::RefCell, collections::BTreeMap, sync::Weak};
use tract_onnx::{
	prelude::*,
	tract_core::{
		ops::{
			einsum::{einsum_matmul::EinSumMatMul, EinSum},
			konst::Const,
		},
		tract_linalg::{
			mmm::{EagerPackedInput, MMMInputValue, PackedMatrixStorage},
			pack::PackedFormat,
		},
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
	/// Panels that were made of them, by the number of bytes.
	packed: BTreeMap<usize, Vec<EagerPackedInput>>,
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
		let Some(known) = self.known(constant.val()) else { return Ok(()) };
		let fact = constant.exotic_fact().map(tract_onnx::tract_core::dyn_clone::clone_box);
		node.op = Box::new(Const::new_with_opt_exotic_fact(known.clone(), fact)?);
		if let Some(output) = node.outputs.first_mut() {
			if output.fact.konst.is_some() {
				output.fact.konst = Some(known);
			}
		}
		Ok(())
	}

	/// A tensor of the same data that shares it with another graph. Notes the data of one that has none.
	fn known(&mut self, tensor: &Arc<Tensor>) -> Option<Arc<Tensor>> {
		if let Some(storage) = tensor.storage_as::<PackedMatrixStorage>() {
			// Products keep the panels, not the tensor.
			let values = storage.values().iter().map(|value| self.panels(value.downcast_ref()?));
			let values = values.collect::<Option<TVec<_>>>()?;
			let storage = PackedMatrixStorage::new_batched(storage.batch_shape(), values);
			return Some(storage.into_tensor(tensor.datum_type()).into_arc_tensor());
		}
		let data = bytes(tensor).filter(|data| data.len() >= LARGE)?;
		let made = self.made.entry(data.len()).or_default();
		made.retain(|known| known.strong_count() > 0);
		let same = |known: &Arc<Tensor>| {
			known.datum_type() == tensor.datum_type()
				&& known.shape() == tensor.shape()
				&& (Arc::ptr_eq(known, tensor) || bytes(known) == Some(data))
		};
		let known = made.iter().filter_map(Weak::upgrade).find(same);
		if known.is_none() {
			made.push(Arc::downgrade(tensor));
		}
		known.filter(|known| !Arc::ptr_eq(known, tensor))
	}

	/// Panels that are there already, or these.
	fn panels(&mut self, packed: &EagerPackedInput) -> Option<Box<dyn MMMInputValue>> {
		let known = self.packed.entry(packed.packed.len()).or_default();
		let place = known.iter().position(|known| {
			Arc::ptr_eq(&known.packed, &packed.packed) || same_panels(known, packed)
		});
		let place = place.unwrap_or_else(|| {
			known.push(packed.clone());
			known.len() - 1
		});
		Some(Box::new(known[place].clone()))
	}
}

/// The data of a tensor of plain numbers.
fn bytes(tensor: &Tensor) -> Option<&[u8]> {
	let plain = tensor.datum_type().is_number() || tensor.datum_type() == DatumType::Bool;
	(tensor.is_plain_ram() && plain).then(|| tensor.as_bytes())
}

/// Whether the panels hold the same. What lies behind the last row is never read, and can be anything,
/// unless the weights are stored as the file has them.
fn same_panels(a: &EagerPackedInput, b: &EagerPackedInput) -> bool {
	if a.format().is::<StoredFormat>() {
		return a == b;
	}
	let format = |packed: &EagerPackedInput| -> Option<PackedFormat> {
		packed.fact.format.downcast_ref().cloned()
	};
	let Some(PackedFormat { dt, r, .. }) = format(a) else { return false };
	let form = |packed: &EagerPackedInput| {
		(format(packed), packed.fact.k, packed.mn, packed.panel_bytes, packed.packed.len())
	};
	if form(a) != form(b) || a.panel_bytes == 0 {
		return false;
	}
	// Of each panel, a number of each row for each place of the depth.
	let line = r * dt.size_of();
	let mut left = a.mn;
	let mut panels = a.packed.chunks(a.panel_bytes).zip(b.packed.chunks(a.panel_bytes));
	panels.all(|(a, b)| {
		let rows = left.min(r);
		left -= rows;
		let used = rows * dt.size_of();
		let mut lines = a.chunks_exact(line).zip(b.chunks_exact(line));
		lines.all(|(a, b)| a[..used] == b[..used])
	})
}

/// Prepares products with weights for the kernel of vectors: a rule of the optimisation.
pub fn products(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	if !SHARED.with_borrow(Option::is_some) || node.inputs.len() != 2 {
		return Ok(None);
	}
	let product = node.op_is::<EinSumMatMul>();
	let weights = |input: usize| -> TractResult<bool> {
		let fact = model.outlet_fact(node.inputs[input])?;
		let known = fact.konst.is_some() || stored::are_weights(model, node.inputs[input]);
		Ok(known && fact.datum_type == DatumType::F32)
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
