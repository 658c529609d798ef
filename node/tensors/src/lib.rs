//! Tensors from and to the formats that people have: JSON, NumPy's `.npy`, ONNX `TensorProto`, PNG
//! and JPEG. Every conversion is exact, or it is refused: no element is rounded silently.
//!
//! Strings are in none of them, for the engine's tensors do not carry strings.

mod floats;

pub mod image;
pub mod json;
pub mod npy;
pub mod proto;
pub mod report;
