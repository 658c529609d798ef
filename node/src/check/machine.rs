//! The machine: processor, cores, memory, disk, clock, limits.

use super::{clock, Line};
use crate::cli::ExecutorParams;
use opg_execution::Isa;
use rustix::process::{getrlimit, Resource};
use std::{fs, path::Path, thread};

/// Memory of the node besides the models, in MiB: database, pool, network.
const NODE_MIB: u64 = 1536;
/// Memory that compiling an engine takes once, in MiB.
const COMPILE_MIB: u64 = 1024;
/// Files that a node may have open on a busy network; Substrate warns below it.
const FILES: u64 = 10_000;
/// Files without which a node does not start well.
const LEAST_FILES: u64 = 2_048;
/// Free disk below which nothing is taken any more, in GiB.
const LEAST_GIB: u64 = 2;
/// Free disk for a database that grows for a while, in GiB.
const DATABASE_GIB: u64 = 20;

/// What does not depend on the configuration.
pub(super) fn of_everyone() -> Vec<Line> {
	vec![cpu(Isa::best()), clock::line()]
}

fn cpu(best: Isa) -> Line {
	if best.keeps_pace() {
		return Line::ok("cpu", format!("{best:?}"));
	}
	Line::warning(
		"cpu",
		"neither AVX2 and FMA nor NEON: answers are right, but may be late",
		"serve small models only, or take another machine; a virtual one may hide what its host has",
	)
}

/// Cores against the threads of the engine.
pub(super) fn cores(params: &ExecutorParams) -> Line {
	judge_cores(thread::available_parallelism().map_or(0, |cores| cores.get()), params)
}

fn judge_cores(cores: usize, params: &ExecutorParams) -> Line {
	let wanted = params.engine_threads.max(1) + 1;
	let finding = format!("{cores} for {} engine threads and the node", params.engine_threads);
	if cores >= wanted {
		return Line::ok("cores", finding);
	}
	Line::warning(
		"cores",
		finding,
		format!("{wanted} cores keep the node from waiting for its engine: lower --engine-threads"),
	)
}

/// Memory against what the engine may take.
pub(super) fn memory(params: &ExecutorParams) -> Line {
	let read = |path| fs::read_to_string(path).unwrap_or_default();
	let total = total_mib(&read("/proc/meminfo"), &read("/sys/fs/cgroup/memory.max"));
	judge_memory(total, params.engine_memory as u64)
}

/// Memory that this process can have, in MiB: of the machine, or of the container.
fn total_mib(meminfo: &str, limit: &str) -> Option<u64> {
	let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
	let machine = line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? >> 10;
	let container = limit.trim().parse::<u64>().ok().map(|bytes| bytes >> 20);
	Some(container.map_or(machine, |container| container.min(machine)))
}

fn judge_memory(total: Option<u64>, engine: u64) -> Line {
	let name = "memory";
	let Some(total) = total else {
		return Line::warning(name, "the system does not tell", "see that there is enough");
	};
	let (least, wanted) = (engine + NODE_MIB, engine + NODE_MIB + COMPILE_MIB);
	let finding = format!("{total} MiB, of which models may take {engine}");
	if total < least {
		let most = total.saturating_sub(NODE_MIB);
		let advice = format!("the system will end the engine: --engine-memory {most} at most");
		return Line::failed(name, finding, advice);
	}
	if total < wanted {
		let advice = format!("{wanted} MiB leave room to compile an engine beside the models");
		return Line::warning(name, finding, advice);
	}
	Line::ok(name, finding)
}

/// Disk that is free where the node keeps its data.
pub(super) fn disk(data: &Path, quota_gib: u64) -> Line {
	let existing = data.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
	let free =
		rustix::fs::statvfs(existing).map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
	match free {
		Ok(bytes) => judge_disk(bytes >> 30, quota_gib, existing),
		Err(error) => Line::failed(
			"disk",
			format!("{}: {error}", existing.display()),
			"the node cannot keep data there: another --base-path",
		),
	}
}

fn judge_disk(free_gib: u64, quota_gib: u64, path: &Path) -> Line {
	let name = "disk";
	let finding = format!("{free_gib} GiB free at {}", path.display());
	if free_gib < LEAST_GIB {
		return Line::failed(name, finding, "the node takes no more files: make room");
	}
	if free_gib < DATABASE_GIB + quota_gib {
		let advice = format!(
			"the database grows, and files may take {quota_gib} GiB: make room, or lower --blob-quota"
		);
		return Line::warning(name, finding, advice);
	}
	Line::ok(name, finding)
}

/// Files that a process can have open.
pub(super) fn files() -> Line {
	judge_files(getrlimit(Resource::Nofile).maximum)
}

fn judge_files(limit: Option<u64>) -> Line {
	let name = "files";
	let advice = format!("`LimitNOFILE={FILES}` in the unit, or `ulimit -n {FILES}`");
	match limit {
		None => Line::ok(name, "no limit"),
		Some(limit) if limit >= FILES => Line::ok(name, format!("{limit} can be open")),
		Some(limit) if limit >= LEAST_FILES => {
			Line::warning(name, format!("only {limit} can be open"), advice)
		},
		Some(limit) => Line::failed(name, format!("only {limit} can be open"), advice),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{check::Level, cli::Cli};
	use clap::Parser;

	fn params(threads: usize) -> ExecutorParams {
		let threads = threads.to_string();
		Cli::parse_from(["opg-node", "--engine-threads", &threads]).executor
	}

	#[test]
	fn cores_should_be_few_when_the_engine_takes_them_all() {
		assert_eq!(judge_cores(2, &params(1)).level, Level::Ok);
		assert_eq!(judge_cores(2, &params(2)).level, Level::Warning);
	}

	#[test]
	fn memory_should_be_that_of_the_container_when_it_has_less() {
		let meminfo = "MemTotal:       8388608 kB\nMemFree: 1 kB\n";
		assert_eq!(total_mib(meminfo, "max\n"), Some(8192));
		assert_eq!(total_mib(meminfo, ""), Some(8192));
		assert_eq!(total_mib(meminfo, "2147483648\n"), Some(2048));
		assert_eq!(total_mib("", "max"), None);
	}

	#[test]
	fn memory_should_fail_when_the_models_leave_none_for_the_node() {
		assert_eq!(judge_memory(Some(8_192), 1_024).level, Level::Ok);
		assert_eq!(judge_memory(Some(3_000), 1_024).level, Level::Warning);
		let line = judge_memory(Some(2_048), 1_024);
		assert_eq!(line.level, Level::Failed);
		assert!(line.advice.contains("--engine-memory 512"), "{}", line.advice);
	}

	#[test]
	fn disk_and_files_should_be_judged_by_what_is_left() {
		let disk = |free| judge_disk(free, 32, Path::new("/")).level;
		assert_eq!([1, 10, 60].map(disk), [Level::Failed, Level::Warning, Level::Ok]);
		let files = |limit| judge_files(Some(limit)).level;
		assert_eq!([1024, 4096, 65_536].map(files), [Level::Failed, Level::Warning, Level::Ok]);
		assert_eq!(judge_files(None).level, Level::Ok);
	}

	#[test]
	fn slow_cpu_should_be_a_warning() {
		assert_eq!(cpu(Isa::Portable).level, Level::Warning);
	}
}
