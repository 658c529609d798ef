//! Types of the client and what it is made of.

use opg_runtime::{opaque::Block, RuntimeApi};
use sc_transaction_pool::TransactionPoolHandle;

/// Host functions that the runtime may call.
pub type HostFunctions =
	(sp_io::SubstrateHostFunctions, opg_runtime_interface::inference_host::HostFunctions);

/// Executor of the runtime's WebAssembly.
pub type RuntimeExecutor = sc_executor::WasmExecutor<HostFunctions>;

/// Client: database, runtime and block import.
pub type FullClient = sc_service::TFullClient<Block, RuntimeApi, RuntimeExecutor>;

/// Database of the client.
pub type FullBackend = sc_service::TFullBackend<Block>;

/// Transaction pool.
pub type TransactionPool = TransactionPoolHandle<Block, FullClient>;
