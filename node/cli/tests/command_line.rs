//! The command line: what it takes and refuses, and its help.
//!
//! The help of every command is in `tests/help`, so that a change is seen in review. `OPG_BLESS=1`
//! writes the files anew.

#![allow(clippy::unwrap_used)]

use clap::{error::ErrorKind, Command, CommandFactory, Parser};
use opg_cli::Cli;
use std::{
	collections::BTreeMap,
	env, fs,
	path::{Path, PathBuf},
};

/// Columns of the help.
const WIDTH: usize = 100;

#[test]
fn help_should_stay_as_it_is_in_the_files() {
	let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help");
	let mut help = BTreeMap::new();
	let mut command = Cli::command().term_width(WIDTH);
	command.build();
	collect(&mut command, &mut help);
	if env::var_os("OPG_BLESS").is_some() {
		fs::create_dir_all(&folder).unwrap();
		for entry in fs::read_dir(&folder).unwrap() {
			fs::remove_file(entry.unwrap().path()).unwrap();
		}
		for (name, text) in &help {
			fs::write(folder.join(name), text).unwrap();
		}
	}
	let files: BTreeMap<PathBuf, String> = fs::read_dir(&folder)
		.unwrap()
		.map(|entry| entry.unwrap())
		.map(|entry| (entry.file_name().into(), fs::read_to_string(entry.path()).unwrap()))
		.collect();
	assert_eq!(help.keys().collect::<Vec<_>>(), files.keys().collect::<Vec<_>>());
	for (name, text) in &help {
		assert_eq!(text, &files[name], "{}: bless it with OPG_BLESS=1", name.display());
	}
}

#[test]
fn command_line_should_have_no_contradictions() {
	Cli::command().debug_assert();
}

#[test]
fn arguments_should_be_taken_when_they_are_typed_right() {
	for line in [
		"request send 0 --tensors in.json --suri //Eve --max-fee 0.25 --tier high --wait",
		"request show 7 --json --url http://localhost:9944",
		"request upload 7 --tensors in.opgt --url wss://far.example",
		"request download 7 --input in.opgt --output out.json",
		"request download 7 --output out.opgt",
		"request challenge 7 --model m.onnx --max-bond 20 --suri //Eve --no-wait",
		"request reveal-claim 7 --claims folder --suri //Eve",
		"watch --models store --share 0.1 --model 1 --model 2 --max-bond 20 --max-open 99 --suri //Eve",
		"watch --models store --share all --max-bond 20 --suri //Eve",
		"model register m.onnx --name m --dim batch=1 --dim n=2 --suri //Dave",
		"model publish m.onnx --name m --version 1.2.0 --licence MIT --suri //Dave --url ws://far:9944",
		"stake allow-serving 100 --suri //Bob",
		"model register m.onnx --name m --fuel-limit 9 --load-fuel 9 --memory 64 --suri //Dave",
		"model publish m.onnx --name m --input-bytes 67108864 --output-bytes 1 --suri //Dave",
		"model serve 0 m.onnx --engine-memory 4096 --suri //Alice",
		"model show 0 --json",
		"model show //Dave/digits",
		"model show //Dave/digits@stable --json",
		"model list --owner //Dave --tag ocr --tag image",
		"model register m.onnx --name m --version 1.2.0-beta --licence MIT --tokenizer t --suri //Dave",
		"model describe digits --tag ocr --card README.md --suri //Dave",
		"model channel set digits stable 1.2.0 --suri //Dave",
		"model channel set digits stable //Dave/digits@^1 --suri //Dave",
		"model channel remove digits stable --suri //Dave",
		"model deprecate //Dave/digits@1.2.0 --reason old --suri //Dave",
		"model undeprecate 3 --suri //Dave",
		"model remove 3 --suri //Dave",
		"model remove-name digits --suri //Dave",
		"model transfer digits --to //Eve --suri //Dave",
		"model accept //Dave/digits --max-deposit 1 --suri //Eve",
		"model announce m.onnx --suri //Dave",
		"request send //Dave/digits@^1.2 --tensors in.json --suri //Eve",
		"request send 0 --tensors x=in.npy --tensors y=in.png --channels 1 --scale 0.5 --mean 0.5 --suri //Eve",
		"request send 0 --tensors - --model m.onnx --wait=attested --account mine --password-file p",
		"request send 0 --bytes x=notes.txt --windows head=9,tail=1,pad=256,strip=9 --suri //Eve",
		"request send 0 --bytes - --tensors in.json --model m.onnx --suri //Eve",
		"request send 0 --tensors in.json --unsigned --account //Eve",
		"request send 0 --tensors in.json --key-file k.json",
		"request batch 0 lines.jsonl --output out.jsonl --in-flight 99 --wait attested --suri-file s",
		"executor status //Alice --blocks 10",
		"executor set-hot-key --hot-key-file hot --account mine",
		"executor slots 9 --suri //Alice",
		"executor pause --suri //Alice",
		"stake slots 9 --suri //Alice",
		"key generate mine --show-phrase",
		"key import mine --key-file wallet.json",
		"key inspect mine --open",
		"completions bash",
		"man pages",
		"request rerun 7 --model m.onnx --engine e.wasm --fuel 9 --memory 64 --time 5",
		"request rerun 7 --model m.onnx --input in.opgt",
		"request challenge 7 --model m.onnx --input in.opgt --max-bond 20 --suri //Eve",
		"receipt verify r.json --model m.onnx --fuel 9 --memory 64 --time 5",
		"receipt verify r.json --model m.onnx --input in.opgt --output out.opgt",
		"stake delegate 100 //Alice --suri //Eve",
		"stake undelegate 1 opJ34wkzbEsRaYwsvsQbkN7HwxeYDRsFdUNYs59Eu1nviSTLe --suri //Eve",
		"stake redelegate //Alice //Bob 40 --suri //Eve",
		"stake settle //Alice --suri //Eve --json",
		"stake settle //Alice --delegator //Eve --suri //Ferdie",
		"demo input --digit 7 --output seven.json",
		"engine id",
	] {
		parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
	}
	let hash = format!("0x{}", "ab".repeat(32));
	parse(&format!("receipt verify r.json --genesis {hash}")).map(drop).unwrap();
	parse(&format!("engine retire {hash} --suri //Alice --until 5")).map(drop).unwrap();
}

#[test]
fn arguments_should_be_refused_with_the_cause_when_they_are_not_of_their_type() {
	let send = "request send 0 --tensors in.json --suri //Eve";
	for (line, cause) in [
		(format!("{send} --max-fee 1e3"), "not an amount"),
		(format!("{send} --max-fee 1.0000000000000000001"), "18 decimals"),
		(format!("{send} --url localhost:9944"), "ws://"),
		(format!("{send} --bytes f --windows head=1,middle=1"), "head=N"),
		("request show -- -1".into(), "invalid digit"),
		("stake delegate 1 Alice --suri //Eve".into(), "neither an address"),
		("stake redelegate //Alice Bob 1 --suri //Eve".into(), "neither an address"),
		("stake redelegate //Alice //Bob all --suri //Eve".into(), "not an amount"),
		("model show //Dave/Digits".into(), "lower-case"),
		("model register m --name M --suri //A".into(), "lower-case"),
		("model register m --name m --version 1.0 --suri //A".into(), "1.4.0"),
		("model register m --name m --licence free --suri //A".into(), "SPDX"),
		("model channel set m latest 1.0.0 --suri //A".into(), "latest"),
		("model register m --name m --fuel-limit 1 --suri //A --dim batch".into(), "NAME=SIZE"),
		("model register m --name m --suri //A --input-bytes 67108865".into(), "67108864 at most"),
		("model publish m --name m --suri //A --output-bytes 0".into(), "67108864 at most"),
		("receipt verify r.json --genesis 0xab".into(), "--genesis"),
		("demo input --digit 10 --output x".into(), "0..=9"),
		("watch --models d --share 2 --max-bond 1 --suri //Eve".into(), "up to 1"),
	] {
		let error = parse(&line).err().unwrap_or_else(|| panic!("{line} was taken"));
		assert_eq!(error.kind(), ErrorKind::ValueValidation, "{line}: {error}");
		assert!(error.to_string().contains(cause), "{line}: {error}");
	}
	let error = parse(&format!("{send} --tier low")).err().unwrap();
	assert_eq!(error.kind(), ErrorKind::InvalidValue);
	assert!(error.to_string().contains("optimistic"), "{error}");
}

#[test]
fn an_input_should_be_given_and_windows_only_of_a_file() {
	for (line, cause) in [
		("request send 0 --suri //Eve", "--tensors"),
		("request send 0 --tensors in.json --windows head=1 --suri //Eve", "--bytes"),
	] {
		let error = parse(line).err().unwrap();
		assert_eq!(error.kind(), ErrorKind::MissingRequiredArgument, "{line}");
		assert!(error.to_string().contains(cause), "{line}: {error}");
	}
}

#[test]
fn a_digit_should_be_refused_when_it_has_no_source_or_two() {
	let error = parse("demo input --output x").err().unwrap();
	assert_eq!(error.kind(), ErrorKind::MissingRequiredArgument);
	let error = parse("demo input --output x --digit 1 --picture y.png").err().unwrap();
	assert_eq!(error.kind(), ErrorKind::ArgumentConflict);
}

#[test]
fn signer_should_be_named_once() {
	for line in [
		"request send 0 --tensors in.json --suri //Eve --account mine",
		"request send 0 --tensors in.json --key-file k --suri-file s",
		"stake bond 1 --hot-key //A --hot-key-file f --suri //Eve",
	] {
		assert_eq!(parse(line).err().unwrap().kind(), ErrorKind::ArgumentConflict, "{line}");
	}
	let error = parse("request send 0 --tensors in.json --unsigned").err().unwrap();
	assert_eq!(error.kind(), ErrorKind::MissingRequiredArgument);
}

fn parse(line: &str) -> Result<Cli, clap::Error> {
	Cli::try_parse_from(["opg"].into_iter().chain(line.split(' ')))
}

/// The long help of a command and of those below it, by file name.
fn collect(command: &mut Command, help: &mut BTreeMap<PathBuf, String>) {
	let name = command.get_display_name().unwrap_or("opg").to_string();
	let text = command.render_long_help().to_string();
	// Some lines end with blanks, which editors remove.
	let text: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
	help.insert(format!("{name}.txt").into(), text);
	for below in command.get_subcommands_mut().filter(|below| below.get_name() != "help") {
		collect(below, help);
	}
}
