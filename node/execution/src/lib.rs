#![doc = include_str!("../README.md")]

mod convert;
mod local;
mod printable;

pub use convert::{answer, bind_dims, limits, witness_of_error};
pub use local::{content_of, model_hash, report, Execution, ExecutionError, LocalEngine};
pub use opg_engine::{
	artifact, check_artifact, default_cache_dir, digest, engine_id, Artifact, ArtifactError,
	DimsError, Engine, EngineError, Inspection, Isa, Limits, ModelFault, Prepared, Run,
	PINNED_ENGINE_ID,
};
pub use printable::{printable, MAX_PRINTED};
