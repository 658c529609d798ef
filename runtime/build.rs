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
	// `CheckMetadataHash` is compiled with it. `opg-node metadata-hash` prints it.
	println!("cargo:rerun-if-env-changed=RUNTIME_METADATA_HASH");
	let rustc = env::var_os("RUSTC").expect("cargo names the compiler");
	let wrapper = opg_reproducible::environment(&rustc).expect("the compiler starts");
	for (name, value) in wrapper {
		env::set_var(name, value);
	}
	substrate_wasm_builder::WasmBuilder::init_with_defaults()
		.append_to_rust_flags(opg_reproducible::RUSTFLAG)
		.build();
}
