#![doc = include_str!("../README.md")]

mod artifact;
mod cache;
mod engine;
mod error;
mod generation;
mod host;
mod instance;
mod prepared;
mod run;
mod snapshot;
mod thread;
mod witness;

pub use artifact::{check_artifact, ArtifactError};
pub use cache::default_cache_dir;
pub use engine::{artifact, engine_id, Artifact, Backend, Engine, EngineConfig};
pub use error::EngineError;
pub use host::kernels::Isa;
pub use opg_engine_types::{
	content_hash, digest, dims, tensor, Description, Dim, Dims, DimsError, Generation, Inspection,
	ModelFault, Port, Reason, ReportError, PINNED_ENGINE_ID,
};
pub use prepared::Prepared;
pub use run::{Limits, Run};
pub use thread::spawn;
pub use witness::{witness_of_fault, WitnessRun};
