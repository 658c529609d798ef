//! Cost of the store against copying and hashing a file. `cargo bench -p opg-blobs`.
//!
//! Each line has the time and, where Linux tells it, that of the processor without waiting for
//! disk or others. There are two rounds, since a disk that is written to for the first time is
//! slower. `TMPDIR=/dev/shm` leaves the disk out.

use opg_blobs::store::{blob_hash, Limits, Repair, Store};
use std::{fs, io, io::Write, time::Instant};

const BYTES: usize = 256 << 20;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
	let folder = tempfile::tempdir()?;
	let path = folder.path().join("model");
	let mut state = 1_u64;
	let data: Vec<u8> = std::iter::repeat_with(|| {
		state =
			state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
		state.to_be_bytes()
	})
	.take(BYTES / 8)
	.flatten()
	.collect();
	fs::write(&path, &data)?;
	for round in ["first", "second"] {
		println!("{round} round, {} MiB", BYTES >> 20);
		let folder = folder.path().join(round);
		fs::create_dir(&folder)?;
		let limits = Limits { keep_free: 0, ..Limits::default() };
		let from = Store::open(folder.join("from"), limits)?;
		let to = Store::open(folder.join("to"), limits)?;

		let copy = timed("copy, sync and BLAKE3 in one thread", || {
			let mut file = fs::File::create(folder.join("copy"))?;
			file.write_all(&fs::read(&path)?)?;
			file.sync_all()?;
			blob_hash(&data);
			Ok(())
		})?
		.1;
		let (hash, import) = timed("import", || Ok(from.import_file(&path)?))?;
		let missing = || io::Error::other("the blob is missing");
		let blob = timed("open", || Ok(from.get(&hash)?.ok_or_else(missing)?))?.0;
		timed("read verified", || Ok(blob.verify()?))?;
		let ranges = to.receive(&hash, BYTES as u64)?.ok_or_else(missing)?.missing();
		let encoded = timed("encode in ranges of 1 MiB", || {
			Ok(ranges.iter().map(|range| blob.encode(range)).collect::<Result<Vec<_>, _>>()?)
		})?
		.0;
		let receive = timed("receive in ranges of 1 MiB, and finish", || {
			let mut receiver = to.receive(&hash, BYTES as u64)?.ok_or_else(missing)?;
			for (range, encoded) in ranges.iter().zip(&encoded) {
				receiver.receive(range, encoded)?;
			}
			Ok(receiver.finish()?)
		})?
		.1;
		timed("check", || Ok(to.check(Repair::Report)?))?;
		println!("RESULT blob_import_over_copy {:.2}", copy / import);
		println!("RESULT blob_receive_over_copy {:.2}", copy / receive);
	}
	Ok(())
}

/// Runs, tells the time, and returns what was run for and the time of the processor, or all of it
/// where that is not known.
fn timed<T>(what: &str, run: impl FnOnce() -> Outcome<T>) -> Outcome<(T, f64)> {
	let (start, processor) = (Instant::now(), on_processor());
	let value = run()?;
	let all = start.elapsed().as_secs_f64();
	let busy = on_processor().zip(processor).map_or(all, |(end, start)| end - start);
	println!("  {what}: {all:.3} s, {busy:.3} s of the processor");
	Ok((value, busy))
}

/// Seconds that this thread has had.
fn on_processor() -> Option<f64> {
	let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
	Some(text.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}
