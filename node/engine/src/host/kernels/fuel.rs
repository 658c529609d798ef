//! What the kernels cost: a table of rates, with the reasons.
//!
//! A unit of fuel stands for half a nanosecond of one core of an ordinary server, and no kernel may
//! take more than twice as long as its fuel stands for. So each rate is that of the slower of two
//! things: the arithmetic, on a CPU with AVX2 and FMA or with NEON, and the way to memory, where
//! nothing is in a cache. All of it is known before the work begins.
//!
//! | what | costs | because |
//! |---|---|---|
//! | a call | [`CALL`] | leaving the sandbox and coming back |
//! | multiply-adds of `f32` | 1 for [`MULTIPLY_ADDS`] | four vectors of AVX2, of which a core does one or two in a cycle |
//! | numbers of 16 bits that become `f32` | 1 for [`HALVES`] | an instruction for eight of them, and as much as reading and writing takes |
//! | bytes that become `f32` | 1 for [`SCALED`] | four instructions for eight of them |
//! | multiply-adds of bytes | 1 for [`BYTE_MULTIPLY_ADDS`] | the same, widened; with VNNI it takes a quarter of that |
//! | a piece of 32 products of codes of weights | [`PIECE`] | eight instructions for eight columns, and a few for the scales |
//! | 32 numbers that are quantised | [`QUANTISED_PIECE`] | a division, and some operations for each |
//! | a column of weights of few bits | [`COLUMN`] | looking up and leaving registers |
//! | weights that are used once, other memory in order | 1 for [`BYTES`] bytes | a core gets some 10 GB/s of a memory that others use too |
//! | an element that is stored far from the others | [`SCATTERED`] | a line of 64 bytes is read and written for it |
//! | packing a factor, for each number | 1, or [`SCATTERED`] | it is read and written; in its order, or far from the others |
//! | a tile of a product, a block of a convolution | [`TILE`] | looking up panels, clearing and leaving registers |
//! | a step on the elements of a tile | [`TILE_STEP`], and 1 for [`STEP_ELEMENTS`] | some vector operations each |
//! | exp, sigmoid, tanh, ... | [`FUNCTION`] for a number | some twenty operations and a division for each |
//! | a product of lanes | [`FOLD`] | they are added in pairs |
//! | softmax | [`SOFTMAX`] for a number, [`SOFTMAX_ROW`] for a row | three passes; lanes that are folded at the end of a row |
//! | hashing | [`DIGEST`] for a byte | BLAKE2b takes a nanosecond |

/// A call, whatever it does.
pub const CALL: u64 = 100;
/// Multiply-adds of `f32` for one unit.
pub const MULTIPLY_ADDS: u64 = 16;
/// Numbers of 16 bits that become `f32` for one unit.
pub const HALVES: u64 = 8;
/// Bytes that become `f32` for one unit.
pub const SCALED: u64 = 4;
/// Multiply-adds of bytes for one unit.
pub const BYTE_MULTIPLY_ADDS: u64 = 16;
/// Products of 32 numbers of 8 bits with codes of weights.
pub const PIECE: u64 = 1;
/// 32 numbers that are quantised.
pub const QUANTISED_PIECE: u64 = 32;
/// A column of a product with weights of few bits, for each time that the weights are read.
pub const COLUMN: u64 = 12;
/// Bytes that are read or written in their order, for one unit.
pub const BYTES: u64 = 8;
/// An element that is read or written on a line of its own.
pub const SCATTERED: u64 = 16;
/// A tile of a product or a block of a convolution, before anything is done with it.
pub const TILE: u64 = 96;
/// A step on a tile.
pub const TILE_STEP: u64 = 16;
/// Elements of a tile on which a step costs one unit.
pub const STEP_ELEMENTS: u64 = 8;
/// A function of one number.
pub const FUNCTION: u64 = 4;
/// Lanes of a product that are added up.
pub const FOLD: u64 = 8;
/// A number of a softmax.
pub const SOFTMAX: u64 = 6;
/// A row of a softmax.
pub const SOFTMAX_ROW: u64 = 160;
/// A byte that is hashed.
pub const DIGEST: u64 = 2;
