//! What an engine process gives up before it sees a model. Other systems than Linux are for
//! development.

use super::Setup;
use std::io;

/// Puts this process behind the node, limits its memory and the files that it can open, and lets it end
/// with the node. Threads that it has already keep their priority and their files.
///
/// # Errors
///
/// The system refuses a limit.
pub(crate) fn confine(setup: &Setup) -> io::Result<()> {
	#[cfg(target_os = "linux")]
	linux::confine(setup)?;
	let _ = setup;
	Ok(())
}

/// How far the system keeps an engine process from the files of the node and from the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sandbox {
	/// From all of it.
	Full,
	/// From some of it: the kernel is older than the rules.
	Partial,
	/// From none of it.
	None,
}

/// Asks the kernel what it would keep an engine process from.
pub fn sandbox() -> Sandbox {
	#[cfg(target_os = "linux")]
	{
		// The rules are for the thread that makes them, and it ends.
		let asked = std::thread::spawn(linux::restrict).join();
		match asked {
			Ok(Ok(landlock::RulesetStatus::FullyEnforced)) => Sandbox::Full,
			Ok(Ok(landlock::RulesetStatus::PartiallyEnforced)) => Sandbox::Partial,
			_ => Sandbox::None,
		}
	}
	#[cfg(not(target_os = "linux"))]
	Sandbox::None
}

#[cfg(target_os = "linux")]
mod linux {
	use super::Setup;
	use landlock::{
		path_beneath_rules, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr,
		RulesetError, RulesetStatus, ABI,
	};
	use rustix::process::{
		nice, set_parent_process_death_signal, setrlimit, Resource, Rlimit, Signal,
	};
	use std::{fs, io};

	/// Steps by which it is below the node, of 19.
	const NICENESS: i32 = 10;

	/// Bytes for the program itself, for compiling an engine, and for the memory of runs.
	const BASE_BYTES: u64 = 6 << 30;

	/// Rules of the kernel that are asked for; an older one has fewer.
	const RULES: ABI = ABI::V5;

	pub(super) fn confine(setup: &Setup) -> io::Result<()> {
		set_parent_process_death_signal(Some(Signal::KILL))?;
		nice(NICENESS)?;
		// When the machine has no more memory, the system ends this process and not the node.
		if let Err(error) = fs::write("/proc/self/oom_score_adj", "1000") {
			log::warn!("the node may be ended before its engine when memory is short: {error}");
		}
		limit_memory(setup.loaded_bytes)?;
		match restrict_files(setup) {
			Ok(RulesetStatus::NotEnforced) => {
				log::warn!("the kernel has no Landlock: the engine could open files of the node");
			},
			Ok(_) => {},
			Err(error) => return Err(io::Error::other(error)),
		}
		Ok(())
	}

	/// Limits the private memory, in which `loaded_bytes` of models stay loaded.
	///
	/// The limit is against what nobody foresaw. Each instance of a loaded model counts with the
	/// address space of its whole memory, of which it uses a part.
	fn limit_memory(loaded_bytes: usize) -> io::Result<()> {
		let most = BASE_BYTES.saturating_add((loaded_bytes as u64).saturating_mul(4));
		let limit = |most| Rlimit { current: Some(most), maximum: Some(most) };
		setrlimit(Resource::Data, limit(most))?;
		// A dump would be gigabytes.
		Ok(setrlimit(Resource::Core, limit(0))?)
	}

	/// Leaves this thread nothing.
	pub(super) fn restrict() -> Result<RulesetStatus, RulesetError> {
		let rules = Ruleset::default()
			.handle_access(AccessFs::from_all(RULES))?
			.handle_access(AccessNet::from_all(RULES))?;
		Ok(rules.create()?.restrict_self()?.ruleset)
	}

	/// Leaves this thread, and those that it starts, the store to read, the folder of compiled engines,
	/// what the system tells about itself, and no network.
	pub(super) fn restrict_files(setup: &Setup) -> Result<RulesetStatus, RulesetError> {
		if let Some(cache) = &setup.engine_cache {
			// What is not there cannot be named in a rule. The engine tells why it is not.
			let _ = fs::create_dir_all(cache);
		}
		let read = [setup.blobs.as_path(), "/proc".as_ref(), "/sys/fs/cgroup".as_ref()];
		let status = Ruleset::default()
			.handle_access(AccessFs::from_all(RULES))?
			.handle_access(AccessNet::from_all(RULES))?
			.create()?
			.add_rules(path_beneath_rules(read, AccessFs::from_read(RULES)))?
			.add_rules(path_beneath_rules(&setup.engine_cache, AccessFs::from_all(RULES)))?
			.restrict_self()?;
		Ok(status.ruleset)
	}
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
	use super::*;
	use landlock::RulesetStatus;
	use std::{fs, net::TcpListener, path::Path, thread};

	#[test]
	fn files_of_the_node_should_be_out_of_reach_when_the_kernel_has_landlock() {
		let folder = tempfile::tempdir().expect("a folder");
		let path = |name: &str| folder.path().join(name);
		let setup =
			Setup { engine_cache: Some(path("cache")), blobs: path("blobs"), loaded_bytes: 0 };
		for name in ["blobs", "keystore"] {
			fs::create_dir(path(name)).expect("a folder");
			fs::write(path(name).join("file"), "content").expect("is written");
		}
		let denied = |path: &Path| {
			let error = fs::read(path).expect_err("it is not to be read");
			error.kind() == io::ErrorKind::PermissionDenied
		};
		// The rules are for the thread that makes them.
		let restricted = thread::scope(|scope| {
			let thread = scope.spawn(|| {
				let status = linux::restrict_files(&setup).expect("no rule is wrong");
				if status == RulesetStatus::NotEnforced {
					return false;
				}
				assert!(denied(&path("keystore").join("file")));
				assert!(denied("/etc/passwd".as_ref()));
				assert!(fs::write(path("blobs").join("file"), "other").is_err());
				assert_eq!(fs::read(path("blobs").join("file")).expect("it may"), b"content");
				fs::write(path("cache").join("file"), "compiled").expect("it may");
				fs::File::open("/proc/self/pagemap").expect("it may");
				true
			});
			thread.join().expect("does not panic")
		});
		assert!(TcpListener::bind("127.0.0.1:0").is_ok(), "other threads may");
		if !restricted {
			eprintln!("this kernel has no Landlock: nothing was tested");
		}
	}
}
