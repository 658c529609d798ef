//! Matrix products of bytes, summed in 32 bits.
//!
//! The product itself is the host's; what tract has fused to it (zero points, scales) is done
//! here, tile by tile.

use super::import;
use tract_onnx::tract_core::{
	internal::inventory,
	tract_linalg::{
		isa::Arch,
		mmm::{DynKernel, FusedKerSpec, OutputStoreKer},
		mmm_routines::MmmRoutine,
		pack::Packing,
		ScaleShiftAndRound, Scaler,
	},
};

/// Index of the packing for bytes.
const BYTES: usize = 1;

fn kernel<const MR: usize, const NR: usize>(name: &str) -> DynKernel<MR, NR, i32> {
	let mut kernel = DynKernel::new(name, run::<MR, NR>, i32::packing(MR), i32::packing(NR))
		.with_packing(i8::packing(MR), i8::packing(NR))
		.with_store::<i8>()
		// Above tract's own.
		.with_boost(|| 1);
	kernel.arch = Some(Arch::Wasm32Simd128);
	kernel
}

inventory::submit! { MmmRoutine { make: || kernel::<32, 16>("opg_i32_32x16").mmm() } }
inventory::submit! { MmmRoutine { make: || kernel::<64, 1>("opg_i32_64x1").mmm() } }

/// Columns of a tile, each with its rows.
type Tile<const MR: usize, const NR: usize> = [[i32; MR]; NR];

unsafe fn run<const MR: usize, const NR: usize>(steps: &[FusedKerSpec<i32>]) -> isize {
	use FusedKerSpec as F;
	let tile: &mut Tile<MR, NR> = &mut [[0; MR]; NR];
	for step in steps {
		match *step {
			F::Done => break,
			F::Clear => *tile = [[0; MR]; NR],
			F::LoadTile(cols, _) => each(tile, |t, row, col| *t = *cols.add(col * MR + row)),
			F::ScalarMin(value) => each(tile, |t, _, _| *t = value.min(*t)),
			F::ScalarMax(value) => each(tile, |t, _, _| *t = value.max(*t)),
			F::ScalarAdd(value) => each(tile, |t, _, _| *t = value.wrapping_add(*t)),
			F::ScalarMul(value) => each(tile, |t, _, _| *t = value.wrapping_mul(*t)),
			F::ScalarSub(value) => each(tile, |t, _, _| *t = value.wrapping_sub(*t)),
			F::ScalarSubF(value) => each(tile, |t, _, _| *t = t.wrapping_sub(value)),
			F::LeakyRelu(slope) => {
				each(tile, |t, _, _| *t = if *t > 0 { *t } else { slope.wrapping_mul(*t) })
			},
			F::PerRowMin(v) => each(tile, |t, row, _| *t = (*v.add(row)).min(*t)),
			F::PerRowMax(v) => each(tile, |t, row, _| *t = (*v.add(row)).max(*t)),
			F::PerRowAdd(v) => each(tile, |t, row, _| *t = (*v.add(row)).wrapping_add(*t)),
			F::PerRowMul(v) => each(tile, |t, row, _| *t = (*v.add(row)).wrapping_mul(*t)),
			F::PerRowSub(v) => each(tile, |t, row, _| *t = (*v.add(row)).wrapping_sub(*t)),
			F::PerRowSubF(v) => each(tile, |t, row, _| *t = t.wrapping_sub(*v.add(row))),
			F::PerColMin(v) => each(tile, |t, _, col| *t = (*v.add(col)).min(*t)),
			F::PerColMax(v) => each(tile, |t, _, col| *t = (*v.add(col)).max(*t)),
			F::PerColAdd(v) => each(tile, |t, _, col| *t = (*v.add(col)).wrapping_add(*t)),
			F::PerColMul(v) => each(tile, |t, _, col| *t = (*v.add(col)).wrapping_mul(*t)),
			F::PerColSub(v) => each(tile, |t, _, col| *t = (*v.add(col)).wrapping_sub(*t)),
			F::PerColSubF(v) => each(tile, |t, _, col| *t = t.wrapping_sub(*v.add(col))),
			F::QScale(shift, policy, multiplier) => each(tile, |t, _, _| {
				*t = t.q_scale(Scaler::from_fuse_params(shift, policy, multiplier))
			}),
			F::RoundingShiftRight(shift, policy) => {
				each(tile, |t, _, _| *t = t.q_shr(shift, policy))
			},
			F::ShiftLeft(shift) => each(tile, |t, _, _| *t = t.q_shl(shift)),
			F::AddUnicast(matrix) => each(tile, |t, row, col| {
				let at = element(&matrix, row, col);
				let value = match matrix.item_size {
					1 => i32::from(*at.cast::<i8>()),
					_ => *at.cast::<i32>(),
				};
				*t = t.wrapping_add(value);
			}),
			F::AddRowColProducts(rows, cols) => each(tile, |t, row, col| {
				*t = t.wrapping_add((*rows.add(row)).wrapping_mul(*cols.add(col)));
			}),
			F::Store(matrix) => each(tile, |t, row, col| {
				let at = element(&matrix, row, col);
				match matrix.item_size {
					1 => *at = *t as u8,
					_ => *at.cast::<i32>() = *t,
				}
			}),
			F::AddMatMul { k, pa, pb, packing: BYTES } => {
				import::integer(u32::from(NR == 1), k as u32, tile.as_mut_ptr().cast(), pa, pb);
			},
			F::AddMatMul { k, pa, pb, .. } => {
				for k in 0..k {
					let (a, b) = (pa.cast::<i32>().add(k * MR), pb.cast::<i32>().add(k * NR));
					each(tile, |t, row, col| {
						*t = t.wrapping_add((*a.add(row)).wrapping_mul(*b.add(col)));
					});
				}
			},
		}
	}
	0
}

/// Calls `f` with each element, its row and its column.
#[inline(always)]
fn each<const MR: usize, const NR: usize>(
	tile: &mut Tile<MR, NR>,
	mut f: impl FnMut(&mut i32, usize, usize),
) {
	for (col, rows) in tile.iter_mut().enumerate() {
		for (row, element) in rows.iter_mut().enumerate() {
			f(element, row, col);
		}
	}
}

unsafe fn element(matrix: &OutputStoreKer, row: usize, col: usize) -> *mut u8 {
	matrix.ptr.offset(row as isize * matrix.row_byte_stride + col as isize * matrix.col_byte_stride)
}
