//! Builds the WASM runtime beside the native one.

fn main() {
	#[cfg(feature = "std")]
	build_wasm();
}

#[cfg(feature = "std")]
fn build_wasm() {
	use std::env;

	// The builder's cargo starts this program in place of rustc.
	opg_reproducible::act_as_rustc();
	// The builder watches sources and manifests; this file is read by a dependency.
	println!("cargo:rerun-if-changed=../node/engine/types/engine.id");
	let rustc = env::var_os("RUSTC").expect("cargo names the compiler");
	let wrapper = opg_reproducible::environment(&rustc).expect("the compiler starts");
	for (name, value) in wrapper {
		env::set_var(name, value);
	}
	let builder = substrate_wasm_builder::WasmBuilder::init_with_defaults()
		.append_to_rust_flags(opg_reproducible::RUSTFLAG);
	// The runtime is compiled twice: the hash is of what the first one says about itself, and of the
	// token as `opg_primitives::address` has it.
	#[cfg(feature = "metadata-hash")]
	let builder = builder.enable_metadata_hash("OPG", 18);
	builder.build();
}
