//! Registry of models: names, semantic versions, channels, tags, licences, and announcements.

use crate::{digest::hash, domains, Fuel};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::{cmp::Ordering, fmt};
use scale_info::TypeInfo;
use semver::{BuildMetadata, Prerelease, Version, VersionReq};
use sp_core::{ConstU32, H256};
use sp_runtime::BoundedVec;

/// Longest name of a model, in bytes.
pub const MAX_MODEL_NAME: u32 = 64;
/// Longest pre-release of a version number, in bytes.
pub const MAX_PRE_RELEASE: u32 = 32;
/// Most versions of a model, those that were removed included.
pub const MAX_VERSIONS: u32 = 256;
/// Most tags of a model.
pub const MAX_TAGS: u32 = 8;
/// Longest tag, in bytes.
pub const MAX_TAG: u32 = 32;
/// Most channels of a model.
pub const MAX_CHANNELS: u32 = 8;
/// Longest name of a channel, in bytes.
pub const MAX_CHANNEL: u32 = 32;
/// Longest licence expression, in bytes.
pub const MAX_LICENCE: u32 = 128;
/// Longest reason for which a version is deprecated, in bytes.
pub const MAX_REASON: u32 = 128;
/// Longest requirement of a version number that a lookup takes, in bytes.
pub const MAX_REQUIREMENT: usize = 128;
/// Most items of a page of a lookup.
pub const MAX_PAGE: u32 = 100;
/// Most named models of a page: each comes with the list of its versions.
pub const MAX_NAMES_PAGE: u32 = 20;
/// Name that no channel can have: the highest version that is neither a pre-release nor deprecated.
pub const LATEST: &str = "latest";

/// Name of a model, unique for its owner: see [`is_model_name`].
pub type ModelName = BoundedVec<u8, ConstU32<MAX_MODEL_NAME>>;
/// Pre-release of a version number, such as `beta.1`. Empty for a release.
pub type PreRelease = BoundedVec<u8, ConstU32<MAX_PRE_RELEASE>>;
/// Word by which models are found: see [`is_tag`].
pub type Tag = BoundedVec<u8, ConstU32<MAX_TAG>>;
/// Tags of a model, sorted, each once.
pub type Tags = BoundedVec<Tag, ConstU32<MAX_TAGS>>;
/// Name of a channel: see [`is_channel`].
pub type ChannelName = BoundedVec<u8, ConstU32<MAX_CHANNEL>>;
/// SPDX licence expression: see [`is_licence`].
pub type Licence = BoundedVec<u8, ConstU32<MAX_LICENCE>>;
/// Reason for which a version is deprecated, UTF-8.
pub type Reason = BoundedVec<u8, ConstU32<MAX_REASON>>;

/// True for a lower-case letter or digit, followed by those, `.`, `_` and `-`.
pub fn is_model_name(name: &[u8]) -> bool {
	is_word(name, b"._-") && name[0].is_ascii_alphanumeric()
}

/// True for a lower-case letter or digit, followed by those and `-`.
pub fn is_tag(tag: &[u8]) -> bool {
	is_word(tag, b"-") && tag[0] != b'-'
}

/// True for a lower-case letter, followed by those, digits and `-`. `latest` is none, nor is `x`,
/// which semantic versions use as a wildcard.
pub fn is_channel(channel: &[u8]) -> bool {
	is_word(channel, b"-")
		&& channel[0].is_ascii_lowercase()
		&& channel != LATEST.as_bytes()
		&& channel != b"x"
}

/// True where nothing is in it that no SPDX expression has: letters, digits, `.`, `+`, `-`, `:`,
/// single blanks and balanced parentheses. Clients check that it names licences.
pub fn is_licence(licence: &[u8]) -> bool {
	let mut depth = 0u32;
	for own in licence {
		match own {
			b'(' => depth += 1,
			b')' if depth > 0 => depth -= 1,
			b')' => return false,
			b'.' | b'+' | b'-' | b':' | b' ' => {},
			_ if own.is_ascii_alphanumeric() => {},
			_ => return false,
		}
	}
	let has_outer_blank = licence.first() == Some(&b' ') || licence.last() == Some(&b' ');
	!licence.is_empty()
		&& depth == 0
		&& !has_outer_blank
		&& licence.windows(2).all(|pair| pair != b"  ")
}

/// True where it is not empty and has nothing but lower-case letters, digits and `others`.
fn is_word(text: &[u8], others: &[u8]) -> bool {
	!text.is_empty()
		&& text
			.iter()
			.all(|own| own.is_ascii_lowercase() || own.is_ascii_digit() || others.contains(own))
}

/// State of a version in the list of its named model.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub enum VersionState {
	/// Can be the latest.
	#[codec(index = 0)]
	Current,
	/// Takes requests, and is not the latest.
	#[codec(index = 1)]
	Deprecated,
	/// Was removed. Its number stays used.
	#[codec(index = 2)]
	Removed,
}

/// File by its content.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub struct Content {
	/// Content hash.
	pub hash: H256,
	/// Length in bytes.
	pub size: u32,
}

/// How a version generates text, as its inspection report says.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub struct TextGeneration {
	/// Most tokens, of prompt and answer together.
	pub context: u32,
	/// Tokens that there are.
	pub vocabulary: u32,
	/// Tokens of the prompt that are read at once.
	pub block: u32,
	/// Fuel of generating a token, with sampling.
	pub token_fuel: Fuel,
	/// Fuel of reading a block of the prompt, or what is left of it.
	pub block_fuel: Fuel,
}

impl TextGeneration {
	/// True where no number is zero, and the context has room for a prompt and an answer.
	pub fn is_valid(&self) -> bool {
		let Self { context, vocabulary, block, token_fuel, block_fuel } = *self;
		context > 1 && vocabulary > 0 && block > 0 && token_fuel > 0 && block_fuel > 0
	}

	/// Fuel of reading a prompt of so many tokens and generating so many, at least one of each, within
	/// the context. What else a run takes is not in it. The engine's `Generation::fuel`.
	pub fn fuel(&self, prompt: u32, new: u32) -> Fuel {
		let block = self.block.max(1);
		let (blocks, rest) = (prompt / block, prompt % block);
		// A token alone goes the way of new tokens, and the last new one goes no way.
		let (blocks, single) = match rest {
			0 => (blocks, 0),
			1 => (blocks, 1),
			_ => (blocks.saturating_add(1), 0),
		};
		let tokens = Fuel::from(new.saturating_sub(1)).saturating_add(single);
		let blocks = Fuel::from(blocks).saturating_mul(self.block_fuel);
		blocks.saturating_add(tokens.saturating_mul(self.token_fuel))
	}
}

/// Semantic version without build metadata, such as `1.4.0` or `2.0.0-beta.1`. Ordered by precedence.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct VersionNumber {
	/// Changes with what breaks its callers.
	pub major: u32,
	/// Changes with what is new.
	pub minor: u32,
	/// Changes with what is mended.
	pub patch: u32,
	/// Empty for a release.
	pub pre: PreRelease,
}

impl VersionNumber {
	/// A release.
	pub fn new(major: u32, minor: u32, patch: u32) -> Self {
		Self { major, minor, patch, pre: PreRelease::new() }
	}

	/// Reads a semantic version. `None` for another text, for one with build metadata, and where a
	/// number or the pre-release is too long for the chain.
	pub fn parse(text: &str) -> Option<Self> {
		let Version { major, minor, patch, pre, build } = Version::parse(text).ok()?;
		Some(Self {
			major: major.try_into().ok()?,
			minor: minor.try_into().ok()?,
			patch: patch.try_into().ok()?,
			pre: pre.as_bytes().to_vec().try_into().ok()?,
		})
		.filter(|_| build.is_empty())
	}

	/// True for a pre-release.
	pub fn is_pre_release(&self) -> bool {
		!self.pre.is_empty()
	}

	/// True where the pre-release is one of semantic versions.
	pub fn is_valid(&self) -> bool {
		self.pre_release().is_some()
	}

	/// True where it meets the requirement, as Cargo and npm decide it.
	pub fn meets(&self, requirement: &Requirement) -> bool {
		let Self { major, minor, patch, .. } = *self;
		let (major, minor, patch) = (major.into(), minor.into(), patch.into());
		self.pre_release().is_some_and(|pre| {
			let build = BuildMetadata::EMPTY;
			requirement.0.matches(&Version { major, minor, patch, pre, build })
		})
	}

	fn pre_release(&self) -> Option<Prerelease> {
		Prerelease::new(core::str::from_utf8(&self.pre).ok()?).ok()
	}
}

impl Ord for VersionNumber {
	fn cmp(&self, other: &Self) -> Ordering {
		(self.major, self.minor, self.patch)
			.cmp(&(other.major, other.minor, other.patch))
			.then_with(|| self.pre_release().cmp(&other.pre_release()))
			.then_with(|| self.pre.cmp(&other.pre))
	}
}

impl PartialOrd for VersionNumber {
	fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
		Some(self.cmp(other))
	}
}

impl fmt::Display for VersionNumber {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let Self { major, minor, patch, pre } = self;
		write!(f, "{major}.{minor}.{patch}")?;
		match core::str::from_utf8(pre) {
			Ok("") => Ok(()),
			Ok(pre) => write!(f, "-{pre}"),
			Err(_) => Err(fmt::Error),
		}
	}
}

/// What a version number has to meet, such as `^1.2` or `>=1.0, <3`.
pub struct Requirement(VersionReq);

impl Requirement {
	/// Reads it. `None` where it is none, has build metadata, or is longer than [`MAX_REQUIREMENT`].
	pub fn parse(text: &str) -> Option<Self> {
		let is_fit = text.len() <= MAX_REQUIREMENT && !text.contains('+');
		is_fit.then(|| VersionReq::parse(text).ok())?.map(Self)
	}
}

/// How one version of a model is named.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub enum Selector {
	/// The highest one that is neither a pre-release nor deprecated.
	#[codec(index = 0)]
	Latest,
	/// The one with this number, also if it is deprecated.
	#[codec(index = 1)]
	Exact(VersionNumber),
	/// The one that the channel points to, also if it is deprecated.
	#[codec(index = 2)]
	Channel(ChannelName),
	/// The highest one that is not deprecated and meets this requirement.
	#[codec(index = 3)]
	Requirement(Vec<u8>),
}

impl Selector {
	/// Reads what follows the `@` of `owner/name@1.4.0`: a version, a channel, `latest`, or a
	/// requirement such as `^1.2`. `None` where it is none of those.
	pub fn parse(text: &str) -> Option<Self> {
		if text == LATEST {
			return Some(Self::Latest);
		}
		if let Some(number) = VersionNumber::parse(text) {
			return Some(Self::Exact(number));
		}
		if is_channel(text.as_bytes()) {
			return text.as_bytes().to_vec().try_into().ok().map(Self::Channel);
		}
		Requirement::parse(text).map(|_| Self::Requirement(text.as_bytes().to_vec()))
	}
}

/// Commitment by which `owner` announces that it has a file, before anyone else can read its hash on
/// the chain. `salt` hides the hash until the version is registered.
pub fn announcement<A: Encode>(owner: &A, model_hash: &H256, salt: &[u8; 32]) -> H256 {
	hash(domains::ANNOUNCE, &(owner, model_hash, salt))
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::string::ToString;

	fn number(text: &str) -> VersionNumber {
		VersionNumber::parse(text).unwrap_or_else(|| panic!("{text} is no version"))
	}

	#[test]
	fn numbers_should_be_ordered_as_semantic_versions_are() {
		let sorted = [
			"0.9.9",
			"1.0.0-alpha",
			"1.0.0-alpha.1",
			"1.0.0-alpha.beta",
			"1.0.0-beta.2",
			"1.0.0-beta.11",
			"1.0.0-rc.1",
			"1.0.0",
			"1.0.1-0",
			"1.9.0",
			"1.10.0",
			"10.0.0",
		];
		for pair in sorted.windows(2) {
			assert!(number(pair[0]) < number(pair[1]), "{pair:?}");
		}
		for text in sorted {
			assert_eq!(number(text).to_string(), text);
			assert!(number(text).is_valid());
		}
	}

	#[test]
	fn numbers_should_be_refused_when_they_are_no_semantic_versions() {
		let long = alloc::format!("1.0.0-{}", "a".repeat(33));
		for text in [
			"",
			"1",
			"1.0",
			"v1.0.0",
			"01.0.0",
			"1.0.0-",
			"1.0.0-01",
			"1.0.0+b",
			"4294967296.0.0",
			&long,
		] {
			assert_eq!(VersionNumber::parse(text), None, "{text}");
		}
		for pre in [&b"01"[..], b"a..b", b"\xff", b"a b"] {
			let pre = pre.to_vec().try_into().unwrap();
			assert!(!VersionNumber { pre, ..VersionNumber::new(1, 0, 0) }.is_valid());
		}
	}

	#[test]
	fn selector_should_be_read_as_people_write_it() {
		let channel = |text: &str| Selector::Channel(text.as_bytes().to_vec().try_into().unwrap());
		let requirement = |text: &str| Selector::Requirement(text.as_bytes().to_vec());
		for (text, selector) in [
			("latest", Selector::Latest),
			("1.2.0", Selector::Exact(VersionNumber::new(1, 2, 0))),
			("stable", channel("stable")),
			("v2", channel("v2")),
			("1", requirement("1")),
			("^1.2", requirement("^1.2")),
			(">=1.0, <3", requirement(">=1.0, <3")),
			("*", requirement("*")),
			("x", requirement("x")),
		] {
			assert_eq!(Selector::parse(text), Some(selector), "{text}");
		}
		for text in ["", "Stable", "a_b", "1.0.0+b", &"a".repeat(33), &">0,".repeat(60)] {
			assert_eq!(Selector::parse(text), None, "{text}");
		}
	}

	#[test]
	fn requirement_should_leave_pre_releases_out_when_it_names_none() {
		let meets = |text: &str, requirement: &str| {
			number(text).meets(&Requirement::parse(requirement).unwrap())
		};
		assert!(meets("1.9.0", "^1.2") && !meets("2.0.0", "^1.2") && !meets("1.1.9", "^1.2"));
		assert!(!meets("1.3.0-beta", "^1.2") && meets("1.3.0-beta", ">=1.3.0-alpha, <2"));
	}

	#[test]
	fn names_should_be_refused_when_they_could_be_mistaken() {
		for name in ["m", "digits", "yolo-v8.nano_2", "0"] {
			assert!(is_model_name(name.as_bytes()), "{name}");
		}
		for name in ["", "Digits", "a/b", "a@b", "-a", ".", "_a", "a b", "é"] {
			assert!(!is_model_name(name.as_bytes()), "{name}");
		}
		assert!(is_tag(b"image-8x8") && is_tag(b"3d"));
		assert!(!is_tag(b"") && !is_tag(b"-a") && !is_tag(b"A") && !is_tag(b"a_b"));
		assert!(is_channel(b"stable") && is_channel(b"lts-2"));
		for channel in ["", "latest", "x", "2", "-a", "A"] {
			assert!(!is_channel(channel.as_bytes()), "{channel}");
		}
	}

	#[test]
	fn licence_should_be_refused_when_no_expression_can_be_so() {
		for licence in [
			"MIT",
			"Apache-2.0 WITH LLVM-exception",
			"(MIT OR Apache-2.0) AND CC-BY-4.0",
			"DocumentRef-a:LicenseRef-b",
			"GPL-2.0+",
		] {
			assert!(is_licence(licence.as_bytes()), "{licence}");
		}
		for licence in
			["", " MIT", "MIT ", "MIT  OR X", "(MIT", "MIT)", ")(", "MIT/X", "MIT\n", "é"]
		{
			assert!(!is_licence(licence.as_bytes()), "{licence}");
		}
	}

	#[test]
	fn generation_should_take_the_fuel_of_its_blocks_and_tokens() {
		let generation = TextGeneration {
			context: 256,
			vocabulary: 4_096,
			block: 32,
			token_fuel: 10,
			block_fuel: 100,
		};
		for (prompt, new, fuel) in [
			(1, 1, 10),
			(2, 1, 100),
			(32, 1, 100),
			(33, 1, 110),
			(34, 1, 200),
			(32, 8, 170),
			(33, 8, 180),
			(0, 0, 0),
		] {
			assert_eq!(generation.fuel(prompt, new), fuel, "{prompt}, {new}");
		}
		let most = TextGeneration { token_fuel: Fuel::MAX, block_fuel: Fuel::MAX, ..generation };
		assert_eq!(most.fuel(u32::MAX, u32::MAX), Fuel::MAX);
		assert!(generation.is_valid());
		for invalid in [
			TextGeneration { context: 1, ..generation },
			TextGeneration { vocabulary: 0, ..generation },
			TextGeneration { block: 0, ..generation },
			TextGeneration { token_fuel: 0, ..generation },
			TextGeneration { block_fuel: 0, ..generation },
		] {
			assert!(!invalid.is_valid(), "{invalid:?}");
			invalid.fuel(3, 3);
		}
	}

	#[test]
	fn announcement_should_change_with_all_that_it_binds() {
		let base = announcement(&7u64, &H256::repeat_byte(1), &[2; 32]);
		assert_ne!(base, announcement(&8u64, &H256::repeat_byte(1), &[2; 32]));
		assert_ne!(base, announcement(&7u64, &H256::repeat_byte(2), &[2; 32]));
		assert_ne!(base, announcement(&7u64, &H256::repeat_byte(1), &[3; 32]));
	}
}
