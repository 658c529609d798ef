//! Types of ONNX files, from ONNX's own definition of them.

fn main() {
	protobuf_codegen::Codegen::new()
		.pure()
		.include("proto")
		.input("proto/onnx.proto")
		.cargo_out_dir("protos")
		.customize(protobuf_codegen::Customize::default().lite_runtime(true))
		.run_from_script();
}
