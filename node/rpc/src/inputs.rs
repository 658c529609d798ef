//! Inputs that were handed in with their requests. They lie in the node's store until the request is
//! included: then the store keeps them, and validators fetch them from there.

use crate::{
	error::Error,
	host::{Host, HostError},
};
use opg_primitives::Content;
use parking_lot::Mutex;
use std::{
	collections::BTreeMap,
	sync::Arc,
	time::{Duration, Instant},
};

/// Inputs that wait for the inclusion of their requests.
pub const MAX_WAITING: usize = 64;

/// Their bytes together.
pub const MAX_WAITING_BYTES: u64 = 256 << 20;

/// Time after which a request is not included any more: longer than the era of most transactions.
pub const WAIT: Duration = Duration::from_secs(600);

/// Inputs that wait.
pub(crate) struct Inputs {
	host: Arc<dyn Host>,
	waiting: Mutex<BTreeMap<Content, Waiting>>,
}

struct Waiting {
	/// When it was handed in last.
	since: Instant,
	/// Whether it was in the store before, and stays if the request is not included.
	was_here: bool,
}

impl Inputs {
	pub(crate) fn new(host: Arc<dyn Host>) -> Self {
		Self { host, waiting: Mutex::default() }
	}

	/// Takes an input whose name was checked. It may be handed in again.
	pub(crate) fn take(&self, content: Content, bytes: &[u8]) -> Result<(), Error> {
		self.expire();
		{
			let mut waiting = self.waiting.lock();
			let is_new = !waiting.contains_key(&content);
			let held: u64 = waiting.keys().map(|own| u64::from(own.size)).sum();
			let is_full = waiting.len() >= MAX_WAITING
				|| held.saturating_add(content.size.into()) > MAX_WAITING_BYTES;
			if is_new && is_full {
				return Err(Error::Busy("too many inputs wait for their requests"));
			}
			let was_here = is_new && self.host.has(&content);
			let own = waiting.entry(content);
			own.or_insert(Waiting { since: Instant::now(), was_here }).since = Instant::now();
		}
		if self.host.has(&content) {
			return Ok(());
		}
		self.host.put(bytes).map_err(|error| {
			self.waiting.lock().remove(&content);
			match error {
				HostError::Busy => Error::Busy("the store takes no more files at a time"),
				error => {
					Error::StateUnavailable(format!("the store does not take the input: {error}"))
				},
			}
		})
	}

	/// A request was included that needs these contents.
	pub(crate) fn included(&self, contents: impl IntoIterator<Item = Content>) {
		for content in contents {
			if self.waiting.lock().remove(&content).is_some() {
				self.host.keep(&content);
			}
		}
	}

	/// The request of an input was refused.
	pub(crate) fn refused(&self, content: &Content) {
		let waiting = self.waiting.lock().remove(content);
		if waiting.is_some_and(|waiting| !waiting.was_here) {
			self.host.discard(content);
		}
	}

	/// Forgets inputs whose requests were not included in time.
	pub(crate) fn expire(&self) {
		let late: Vec<Content> = {
			let waiting = self.waiting.lock();
			let late = waiting.iter().filter(|(_, own)| own.since.elapsed() >= WAIT);
			late.map(|(content, _)| *content).collect()
		};
		late.iter().for_each(|content| self.refused(content));
	}

	/// Number of inputs that wait.
	pub(crate) fn count(&self) -> usize {
		self.waiting.lock().len()
	}

	/// Tells whether none waits.
	pub(crate) fn is_empty(&self) -> bool {
		self.waiting.lock().is_empty()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::mock::{content, MockHost};

	fn inputs() -> (Inputs, Arc<MockHost>) {
		let host = Arc::new(MockHost::default());
		(Inputs::new(host.clone()), host)
	}

	#[test]
	fn input_should_be_kept_when_its_request_is_included_and_go_when_it_is_refused() {
		let (inputs, host) = inputs();
		let (one, two) = (content(b"one"), content(b"two"));
		inputs.take(one, b"one").expect("there is room");
		inputs.take(two, b"two").expect("there is room");
		assert!(host.has(&one) && host.has(&two) && !host.keeps(&one));
		inputs.included([one, content(b"other")]);
		assert!(host.keeps(&one) && !host.keeps(&content(b"other")));
		inputs.refused(&two);
		assert!(!host.has(&two));
		assert!(inputs.is_empty());
	}

	#[test]
	fn input_should_stay_when_it_was_here_before_and_its_request_is_refused() {
		let (inputs, host) = inputs();
		host.put(b"one").expect("there is room");
		inputs.take(content(b"one"), b"one").expect("there is room");
		inputs.refused(&content(b"one"));
		assert!(host.has(&content(b"one")));
	}

	#[test]
	fn input_should_go_when_its_request_was_not_included_in_time() {
		let (inputs, host) = inputs();
		inputs.take(content(b"one"), b"one").expect("there is room");
		inputs.expire();
		assert!(host.has(&content(b"one")));
		inputs.waiting.lock().values_mut().for_each(|own| own.since -= WAIT);
		inputs.expire();
		assert!(!host.has(&content(b"one")) && inputs.is_empty());
	}

	#[test]
	fn input_should_be_refused_when_too_many_wait() {
		let (inputs, _) = inputs();
		for byte in 0..MAX_WAITING as u8 {
			inputs.take(content(&[byte]), &[byte]).expect("there is room");
		}
		inputs.take(content(&[0]), &[0]).expect("it waits already");
		let error = inputs.take(content(&[255]), &[255]).expect_err("there are too many");
		assert_eq!(error.code(), 8010);
		let large = Content { size: u32::MAX, ..content(b"large") };
		inputs.included([content(&[0])]);
		assert_eq!(inputs.take(large, b"large").expect_err("too long").code(), 8010);
	}
}
