//! A gateway in front of a chain in memory, for tests with clients of others.
//!
//! `mock ADDRESS FOLDER [KEYFILE]`; the ledger is in the folder.

#[path = "../tests/common/mod.rs"]
mod common;

use opg_gateway::{listen, Gateway, Keys, Limits, Service, Settings, Web};
use std::{
	env,
	error::Error,
	fs,
	io::{self, Read},
	path::Path,
	sync::Arc,
};
use tokio::{runtime::Runtime, task::spawn_blocking};

fn main() -> Result<(), Box<dyn Error>> {
	let mut arguments = env::args().skip(1);
	let address = arguments.next().ok_or("mock ADDRESS FOLDER [KEYFILE]")?.parse()?;
	let folder = arguments.next().ok_or("mock ADDRESS FOLDER [KEYFILE]")?;
	let keys = match arguments.next() {
		None => Keys::default(),
		Some(file) => Keys::parse(&fs::read(file)?)?,
	};
	Runtime::new()?.block_on(async {
		let listener = listen(address, !keys.is_empty()).await?;
		println!("http://{}", listener.local_addr()?);
		let ledger = common::ledger(Path::new(&folder));
		let service =
			Service::start(Arc::new(common::Mock::default()), ledger, Settings::default());
		let web = Web { keys, local: Limits::default(), ..Web::default() };
		// Until the test that started it closes the standard input.
		let stop = async {
			let _ = spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new())).await;
		};
		Gateway::new(service, web).serve(listener, stop).await;
		Ok(())
	})
}
