//! The layout of a convolution's input.
//!
//! Each weight meets a stretch of the input that lies in one piece: row by row with its padding, and
//! apart by the remainder of row and column modulo the stride. Then position `p` of the result needs
//! number `offset + p` of the input, with one offset for each weight. Between two rows of the result
//! are positions that nobody needs. Where there is neither padding nor a stride, the input lies like
//! that already.

/// Numbers of the input that are laid out, or gone through, at once. They stay in a cache.
const STRIP: u64 = 1 << 16;
/// Most numbers of the input that are laid out for one row of the result.
pub const MAX_LAID_OUT: u64 = 1 << 20;
/// Most weights of a filter.
pub const MAX_DEPTH: u64 = 1 << 20;

/// Height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
	pub height: u32,
	pub width: u32,
}

/// Sizes of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
	pub batch: u32,
	pub groups: u32,
	/// Channels of the input that belong to one group.
	pub channels: u32,
	/// Filters of one group: channels of the result.
	pub filters: u32,
	pub input: Size,
	pub kernel: Size,
	pub strides: Size,
	pub dilations: Size,
	/// Padding above and on the left.
	pub pads: Size,
	pub output: Size,
}

/// How the input is gone through: follows from the shape.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
	/// Nothing has to be laid out anew.
	pub direct: bool,
	/// From one row of positions to the next.
	pub pitch: usize,
	/// Rows of the result for which the input is laid out at once.
	pub rows: usize,
	/// Rows of one part of the laid out input of a strip.
	pub part_rows: usize,
	/// Numbers of the laid out input of a strip.
	pub laid_out: usize,
}

impl Shape {
	/// Weights of a filter.
	pub fn depth(&self) -> u64 {
		let area = u64::from(self.kernel.height) * u64::from(self.kernel.width);
		area.saturating_mul(u64::from(self.channels))
	}

	/// The layout, if there is one: sizes are not zero, and what the host needs besides the guest's
	/// memory is bounded.
	pub fn layout(&self) -> Option<Layout> {
		let Shape { input, kernel, strides, dilations, pads, output, .. } = *self;
		let sizes = [input, kernel, strides, dilations, output];
		if sizes.iter().any(|size| size.height == 0 || size.width == 0)
			|| [self.batch, self.groups, self.channels, self.filters].contains(&0)
			|| self.depth() > MAX_DEPTH
		{
			return None;
		}
		// From the first to the last number that one position needs, and that a row needs.
		let extent = |kernel: u32, dilation: u32| {
			(u64::from(kernel) - 1).checked_mul(u64::from(dilation))?.checked_add(1)
		};
		let needed = |extent: u64, stride: u32, output: u32| {
			(u64::from(output) - 1).checked_mul(u64::from(stride))?.checked_add(extent)
		};
		let tall = extent(kernel.height, dilations.height)?;
		let wide = extent(kernel.width, dilations.width)?;
		let across = needed(wide, strides.width, output.width)?;
		let ones = Size { height: 1, width: 1 };
		let none = Size { height: 0, width: 0 };
		let down = needed(tall, 1, output.height)?;
		if strides == ones
			&& pads == none
			&& across <= u64::from(input.width)
			&& down <= u64::from(input.height)
		{
			// As many positions at once as make up a strip.
			let row = u64::from(self.channels).checked_mul(u64::from(input.width))?;
			let rows = (STRIP / row).clamp(1, u64::from(output.height)) as usize;
			let pitch = input.width as usize;
			return Some(Layout {
				direct: true,
				pitch,
				rows,
				part_rows: input.height as usize,
				laid_out: 0,
			});
		}
		let pitch = across.div_ceil(u64::from(strides.width));
		let stride = u64::from(strides.height);
		let per_row =
			pitch.checked_mul(u64::from(strides.width))?.checked_mul(u64::from(self.channels))?;
		let of = |rows: u64| {
			let needed = (rows - 1).checked_mul(stride)?.checked_add(tall)?.div_ceil(stride);
			let laid_out = needed.checked_mul(stride)?.checked_mul(per_row)?;
			(laid_out <= MAX_LAID_OUT).then_some((needed as usize, laid_out as usize))
		};
		let rows = (STRIP / per_row).saturating_sub(tall + stride) / stride + 1;
		let rows = rows.min(u64::from(output.height));
		let (part_rows, laid_out) = of(rows)?;
		Some(Layout {
			direct: false,
			pitch: pitch as usize,
			rows: rows as usize,
			part_rows,
			laid_out,
		})
	}
}

impl Layout {
	/// The layout with the input laid out, also where that is not needed.
	pub fn laid_out(self, shape: &Shape) -> Layout {
		let Layout { direct, pitch, rows, .. } = self;
		if !direct {
			return self;
		}
		let Shape { channels, kernel, dilations, .. } = *shape;
		let part_rows = rows + (kernel.height as usize - 1) * dilations.height as usize;
		let laid_out = channels as usize * part_rows * pitch;
		Layout { direct: false, part_rows, laid_out, ..self }
	}

	/// Where in the laid out input each weight's number is, seen from the position.
	pub fn offsets(self, shape: &Shape, input_area: usize) -> Vec<usize> {
		let Shape { channels, kernel, strides, dilations, .. } = *shape;
		let Layout { direct, pitch, part_rows, .. } = self;
		let (tall, wide) = (strides.height as usize, strides.width as usize);
		let part = part_rows * pitch;
		let mut offsets = Vec::with_capacity(shape.depth() as usize);
		for channel in 0..channels as usize {
			for row in 0..kernel.height as usize {
				for col in 0..kernel.width as usize {
					let (row, col) =
						(row * dilations.height as usize, col * dilations.width as usize);
					offsets.push(if direct {
						channel * input_area + row * pitch + col
					} else {
						let number = (channel * tall + row % tall) * wide + col % wide;
						number * part + row / tall * pitch + col / wide
					});
				}
			}
		}
		offsets
	}

	/// The pieces of which rows of the layout are made.
	pub fn pieces(self, shape: &Shape) -> Pieces {
		let Shape { kernel, strides, dilations, pads, input, .. } = *shape;
		let used = |count: u32, dilation: u32, stride: u32| -> Vec<usize> {
			let place = |i: u32| u64::from(i) * u64::from(dilation) % u64::from(stride);
			let mut used: Vec<usize> = (0..count).map(|i| place(i) as usize).collect();
			used.sort_unstable();
			used.dedup();
			used
		};
		let (pad, width) = (pads.width as usize, input.width as usize);
		let stride = strides.width as usize;
		let cols = used(kernel.width, dilations.width, strides.width).into_iter().map(|part| {
			let begin = pad.saturating_sub(part).div_ceil(stride).min(self.pitch);
			let from = (part + begin * stride).saturating_sub(pad);
			let there = width.saturating_sub(from).div_ceil(stride);
			Piece { part, begin, from, count: there.min(self.pitch - begin) }
		});
		Pieces { rows: used(kernel.height, dilations.height, strides.height), cols: cols.collect() }
	}

	/// Lays out the channels of one image and group, for rows of the result from `first` on.
	pub fn lay_out(
		self,
		shape: &Shape,
		pieces: &Pieces,
		planes: &[f32],
		first: usize,
		room: &mut [f32],
	) {
		let Shape { strides, pads, input, .. } = *shape;
		let Layout { pitch, part_rows, .. } = self;
		let (tall, wide) = (strides.height as usize, strides.width as usize);
		let (height, width) = (input.height as usize, input.width as usize);
		for (channel, plane) in planes.chunks_exact(height * width).enumerate() {
			for part_row in &pieces.rows {
				for i in 0..part_rows {
					let row = (first + i) * tall + part_row;
					let row = row.checked_sub(pads.height as usize).filter(|row| *row < height);
					let row = row.map(|row| &plane[row * width..(row + 1) * width]);
					for piece in &pieces.cols {
						let part = (channel * tall + part_row) * wide + piece.part;
						let to = (part * part_rows + i) * pitch;
						let to = &mut room[to..to + pitch];
						match row {
							Some(row) => piece.copy(row, wide, to),
							None => to.fill(0.0),
						}
					}
				}
			}
		}
	}
}

/// What of the input goes into the layout.
pub struct Pieces {
	/// The remainders of rows that are used.
	rows: Vec<usize>,
	/// Those of columns.
	cols: Vec<Piece>,
}

/// From number `begin` of a row of the layout on, `count` numbers of the input from `from` on.
struct Piece {
	part: usize,
	begin: usize,
	from: usize,
	count: usize,
}

impl Piece {
	/// Copies them; zeros where the input is not.
	fn copy(&self, row: &[f32], stride: usize, to: &mut [f32]) {
		let (before, to) = to.split_at_mut(self.begin);
		let (here, after) = to.split_at_mut(self.count);
		before.fill(0.0);
		after.fill(0.0);
		let from = row.get(self.from..).unwrap_or_default();
		if stride == 1 {
			here.copy_from_slice(&from[..self.count]);
		} else {
			for (to, from) in here.iter_mut().zip(from.chunks(stride)) {
				*to = from[0];
			}
		}
	}
}
