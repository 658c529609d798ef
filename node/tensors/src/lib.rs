//! Tensors from and to the formats that people have: JSON, NumPy's `.npy`, ONNX `TensorProto`, PNG
//! and JPEG, the bytes of any file; inspection reports as JSON.
//!
//! - Every conversion is exact, or it is refused. No element is rounded silently.
//! - Every parser is total. It never panics, and a length that a file states allocates nothing that
//!   the file does not fill.
//! - Strings are in none of the formats, for the engine's tensors do not carry strings.

pub mod bytes;
pub mod floats;
pub mod image;
pub mod input;
pub mod json;
pub mod npy;
pub mod proto;
pub mod report;
