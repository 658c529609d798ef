//! Matrix products of `f32`.
//!
//! tract finds kernels in a registry and asks tiers which one to use. The ones here hand a whole
//! product to the host (see `src/host/kernels/matmul.rs` there), with everything that tract has
//! fused to it; they leave packing, and the choice between a matrix and a vector, to tract.

use super::{import, stored};
use crate::sharing;
use std::{borrow::Cow, cell::RefCell, fmt};
use tract_onnx::tract_core::{
	internal::{inventory, *},
	tract_linalg::{
		isa::{Arch, IsaReq, IsaSet},
		mmm::{
			AsInputValue, FusedKerSpec, FusedSpec, MMMInputFormat, MatMatMul, MatMatMulKer,
			OutputStoreKer, OutputStoreSpec, Query, ScratchSpace, ScratchSpaceImpl, Suitable,
		},
		mmm_routines::MmmRoutine,
		mmm_tiers::MmmTier,
		pack::PackedFormat,
		BinOp, Scaler,
	},
};

/// Code and operands.
type Step = [u32; 4];

/// Bytes of panels that are made on the way and handed to the host at once.
const MAX_LAZY_BYTES: usize = 256 << 10;

/// A kernel, which tract sees as one of the machine's.
#[derive(Clone)]
struct Kernel {
	name: &'static str,
	mr: usize,
	nr: usize,
	packings: Vec<(Box<dyn MMMInputFormat>, Box<dyn MMMInputFormat>)>,
}

impl Kernel {
	fn new(name: &'static str, mr: usize, nr: usize) -> Kernel {
		let pack = |r| Box::new(PackedFormat::new(f32::datum_type(), r, 16));
		Kernel { name, mr, nr, packings: vec![(pack(mr), pack(nr))] }
	}

	fn matrix() -> Kernel {
		Kernel::new("opg_f32_8x32", 8, 32)
	}

	fn vector() -> Kernel {
		Kernel::new("opg_f32_64x1", 64, 1)
	}
}

impl fmt::Debug for Kernel {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(self.name)
	}
}

inventory::submit! { MmmRoutine { make: || Box::new(Kernel::matrix()) } }
inventory::submit! { MmmRoutine { make: || Box::new(Kernel::vector()) } }

inventory::submit! {
	MmmTier {
		arch: Some(Arch::Wasm32Simd128),
		// Above tract's own tier.
		precedence: 2,
		name: "opg-host",
		applies: |_| true,
		preferred: |_: &IsaSet, dt: DatumType, query: &Query, _: &[Suitable]| {
			match (dt, query.n) {
				(DatumType::F32, _) if sharing::is_product() => Some("opg_f32_64x1"),
				(DatumType::F32, Some(1)) => Some("opg_f32_64x1"),
				(DatumType::F32, _) => Some("opg_f32_8x32"),
				(DatumType::I32, Some(1)) => Some("opg_i32_64x1"),
				(DatumType::I32, _) => Some("opg_i32_32x16"),
				_ => None,
			}
		},
	}
}

impl MatMatMul for Kernel {
	fn name(&self) -> &str {
		self.name
	}

	fn mr(&self) -> usize {
		self.mr
	}

	fn nr(&self) -> usize {
		self.nr
	}

	fn arch(&self) -> Option<Arch> {
		Some(Arch::Wasm32Simd128)
	}

	fn emulated(&self) -> bool {
		false
	}

	fn boost(&self) -> isize {
		1
	}

	fn preference(&self) -> isize {
		1
	}

	fn runnable_on(&self, isa: &IsaSet) -> bool {
		isa.arch() == self.arch()
	}

	fn runnable(&self) -> bool {
		true
	}

	fn built(&self) -> bool {
		true
	}

	fn isa(&self) -> IsaReq {
		IsaReq::ANY
	}

	fn packings(&self) -> &[(Box<dyn MMMInputFormat>, Box<dyn MMMInputFormat>)] {
		&self.packings
	}

	fn internal_type(&self) -> DatumType {
		f32::datum_type()
	}

	unsafe fn c_view(&self, m_axis: Option<usize>, n_axis: Option<usize>) -> OutputStoreSpec {
		OutputStoreSpec::View { m_axis, n_axis, mr: self.mr, nr: self.nr }
	}

	unsafe fn c_from_data_and_strides(
		&self,
		item_size: usize,
		row_stride: isize,
		col_stride: isize,
	) -> OutputStoreSpec {
		OutputStoreSpec::Strides {
			row_byte_stride: row_stride * item_size as isize,
			col_byte_stride: col_stride * item_size as isize,
			mr: self.mr,
			nr: self.nr,
		}
	}

	fn can_fuse(&self, _: &FusedSpec) -> bool {
		true
	}

	fn stores(&self) -> Cow<'_, [DatumType]> {
		Cow::Borrowed(&[DatumType::F32])
	}

	unsafe fn allocate_scratch_space(&self) -> Box<dyn ScratchSpace> {
		Box::<ScratchSpaceImpl<f32>>::default()
	}

	unsafe fn can_use_scratch_space(&self, scratch: &dyn ScratchSpace) -> bool {
		scratch.downcast_ref::<ScratchSpaceImpl<f32>>().is_some()
	}

	unsafe fn run_with_scratch_space(
		&self,
		m: usize,
		n: usize,
		scratch: &mut dyn ScratchSpace,
		specs: &[FusedSpec],
	) -> TractResult<()> {
		let scratch =
			scratch.downcast_mut::<ScratchSpaceImpl<f32>>().context("Wrong scratch space type")?;
		let others: TVec<FusedSpec> = specs
			.iter()
			.filter(|spec| !matches!(spec, FusedSpec::AddMatMul { .. }))
			.cloned()
			.collect();
		let probe = Probe { mr: self.mr, nr: self.nr };
		scratch.prepare(&probe, self.mr, self.nr, &others)?;
		scratch.run(&probe, &others, 0, 0)?;
		let mut seen = SEEN.take().into_iter();

		let mut products: TVec<Product> = tvec!();
		let mut steps: TVec<Step> = tvec!();
		for spec in specs {
			let step = match spec {
				FusedSpec::AddMatMul { a, b, .. } => {
					let product = Product {
						step: steps.len(),
						left: Panels::new(a, m.div_ceil(self.mr), usize::MAX)?,
						right: Panels::new(b, n.div_ceil(self.nr), MAX_LAZY_BYTES)?,
					};
					products.push(product);
					[stored::product(a.format(), b.format()), b.k() as u32, 0, 0]
				},
				_ => encode(seen.next().context("tract has skipped a step")?)?,
			};
			steps.push(step);
		}

		// All columns at once, or as many as panels were made for.
		let panels = products.iter().map(|product| product.right.at_once).min();
		let cols = panels.map_or(n, |panels| panels.saturating_mul(self.nr)).min(n);
		for col in (0..n).step_by(cols.max(1)) {
			for Product { step, left, right } in &mut products {
				steps[*step][2] = left.table(0, left.count)?;
				steps[*step][3] =
					right.table(col / self.nr, cols.min(n - col).div_ceil(self.nr))?;
			}
			let here: TVec<Step> = steps.iter().map(|step| shift(*step, col)).collect();
			let vector = u32::from(self.nr == 1);
			import::matmul(
				m as u32,
				cols.min(n - col) as u32,
				vector,
				here.as_ptr(),
				here.len() as u32,
			);
		}
		Ok(())
	}
}

/// A product in the list of steps, and its factors.
struct Product<'a> {
	step: usize,
	left: Panels<'a>,
	right: Panels<'a>,
}

/// The panels of a factor: all packed already, or made from the input when needed.
struct Panels<'a> {
	input: &'a AsInputValue<'a>,
	count: usize,
	/// Panels that there is room for.
	at_once: usize,
	/// Words, so that they are aligned.
	room: Vec<u128>,
	/// Bytes from one panel in `room` to the next.
	stride: usize,
	table: Vec<u32>,
	first: Option<usize>,
}

impl<'a> Panels<'a> {
	fn new(input: &'a AsInputValue<'a>, count: usize, max_bytes: usize) -> TractResult<Self> {
		let Some(layout) = input.scratch_panel_buffer_layout() else {
			let (room, table) = (Vec::new(), Vec::with_capacity(count));
			return Ok(Panels {
				input,
				count,
				at_once: usize::MAX,
				room,
				stride: 0,
				table,
				first: None,
			});
		};
		ensure!(
			layout.align() <= align_of::<u128>(),
			"tract asks for alignment {}",
			layout.align()
		);
		let stride = layout.size().next_multiple_of(size_of::<u128>());
		let at_once = (max_bytes / stride.max(1)).clamp(1, count.max(1));
		let room = vec![0; at_once * stride / size_of::<u128>()];
		Ok(Panels {
			input,
			count,
			at_once,
			room,
			stride,
			table: Vec::with_capacity(at_once),
			first: None,
		})
	}

	/// Address of a table with the addresses of these panels.
	fn table(&mut self, first: usize, count: usize) -> TractResult<u32> {
		if self.first != Some(first) || self.table.len() < count {
			self.table.clear();
			for panel in 0..count {
				let room = self.room.as_mut_ptr().cast::<u8>();
				let room = (!self.room.is_empty()).then(|| room.wrapping_add(panel * self.stride));
				self.table.push(self.input.panel_bytes(first + panel, room)? as u32);
			}
			self.first = Some(first);
		}
		Ok(self.table.as_ptr() as u32)
	}
}

/// The step as it is for the columns from `col`.
fn shift(step: Step, col: usize) -> Step {
	let col = col as u32;
	match step {
		[3, op, at, _] => [3, op, at + 4 * col, 0],
		[5, rows, cols, _] => [5, rows, cols + 4 * col, 0],
		[code @ 6..=7, at, row_stride, col_stride] => {
			[code, at.wrapping_add(col_stride.wrapping_mul(col)), row_stride, col_stride]
		},
		other => other,
	}
}

/// Translates a step that is not a product.
fn encode(spec: FusedKerSpec<f32>) -> TractResult<Step> {
	use FusedKerSpec as F;
	let op = |op: BinOp| match op {
		BinOp::Min => 0,
		BinOp::Max => 1,
		BinOp::Add => 2,
		BinOp::Mul => 3,
		BinOp::Sub => 4,
		BinOp::SubF => 5,
	};
	let scalar = |which, value: f32| [1, op(which), value.to_bits(), 0];
	let rows = |which, at: *const f32| [2, op(which), at as u32, 0];
	let cols = |which, at: *const f32| [3, op(which), at as u32, 0];
	let matrix = |code, at: OutputStoreKer| {
		[code, at.ptr as u32, at.row_byte_stride as u32, at.col_byte_stride as u32]
	};
	Ok(match spec {
		F::ScalarMin(value) => scalar(BinOp::Min, value),
		F::ScalarMax(value) => scalar(BinOp::Max, value),
		F::ScalarAdd(value) => scalar(BinOp::Add, value),
		F::ScalarMul(value) => scalar(BinOp::Mul, value),
		F::ScalarSub(value) => scalar(BinOp::Sub, value),
		F::ScalarSubF(value) => scalar(BinOp::SubF, value),
		F::LeakyRelu(slope) => [4, slope.to_bits(), 0, 0],
		F::PerRowMin(at) => rows(BinOp::Min, at),
		F::PerRowMax(at) => rows(BinOp::Max, at),
		F::PerRowAdd(at) => rows(BinOp::Add, at),
		F::PerRowMul(at) => rows(BinOp::Mul, at),
		F::PerRowSub(at) => rows(BinOp::Sub, at),
		F::PerRowSubF(at) => rows(BinOp::SubF, at),
		F::PerColMin(at) => cols(BinOp::Min, at),
		F::PerColMax(at) => cols(BinOp::Max, at),
		F::PerColAdd(at) => cols(BinOp::Add, at),
		F::PerColMul(at) => cols(BinOp::Mul, at),
		F::PerColSub(at) => cols(BinOp::Sub, at),
		F::PerColSubF(at) => cols(BinOp::SubF, at),
		// On numbers these scale, as in tract's own kernels.
		F::QScale(shift, policy, multiplier) => {
			scalar(BinOp::Mul, Scaler::from_fuse_params(shift, policy, multiplier).scale)
		},
		F::RoundingShiftRight(shift, _) => scalar(BinOp::Mul, 2f32.powi(-(shift as i32))),
		F::ShiftLeft(shift) => scalar(BinOp::Mul, 2f32.powi(shift as i32)),
		F::AddRowColProducts(rows, cols) => [5, rows as u32, cols as u32, 0],
		F::AddUnicast(matrix_at) => matrix(6, matrix_at),
		F::Store(matrix_at) => matrix(7, matrix_at),
		F::Done | F::Clear | F::LoadTile(..) | F::AddMatMul { .. } => {
			bail!("{spec:?} is not a step of a product")
		},
	})
}

thread_local! {
	/// Specifications that the probe was given.
	static SEEN: RefCell<Vec<FusedKerSpec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// A kernel that computes nothing. Run on the first tile, it is told all the addresses and strides,
/// which tract shows to kernels alone.
#[derive(Clone, Debug)]
struct Probe {
	mr: usize,
	nr: usize,
}

impl MatMatMulKer for Probe {
	type Acc = f32;

	fn name(&self) -> &str {
		"opg_probe"
	}

	fn kernel(&self, steps: &[FusedKerSpec<f32>]) -> isize {
		let steps = steps.iter().filter(|s| !matches!(s, FusedKerSpec::Clear | FusedKerSpec::Done));
		SEEN.set(steps.copied().collect());
		0
	}

	fn mr(&self) -> usize {
		self.mr
	}

	fn nr(&self) -> usize {
		self.nr
	}

	fn boost(&self) -> isize {
		0
	}

	fn packings(&self) -> &[(Box<dyn MMMInputFormat>, Box<dyn MMMInputFormat>)] {
		&[]
	}

	fn stores(&self) -> Cow<'_, [DatumType]> {
		Cow::Borrowed(&[DatumType::F32])
	}
}
