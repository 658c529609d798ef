//! Which pallets are benchmarked. The macros that this makes name them where they are used.

frame_benchmarking::define_benchmarks!(
	[pallet_opg_staking, Staking]
	[pallet_opg_models, Models]
	[pallet_opg_inference, Inference]
	[pallet_opg_attestation, Attestation]
);
