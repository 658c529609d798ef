//! Models that stay loaded, bounded in bytes. The one that was used least recently goes first.

use parking_lot::Mutex;
use std::{collections::VecDeque, sync::Arc};

/// What a model is filed under.
type Key = [u8; 32];

/// Loaded models.
pub(crate) struct Loaded<T> {
	max_bytes: usize,
	/// Key, model and its size, least recently used first.
	models: Mutex<VecDeque<(Key, Arc<T>, usize)>>,
}

impl<T> Loaded<T> {
	/// Room for so many bytes.
	pub(crate) fn new(max_bytes: usize) -> Self {
		Self { max_bytes, models: Mutex::new(VecDeque::new()) }
	}

	/// The model, which is now the one used last.
	pub(crate) fn get(&self, key: &Key) -> Option<Arc<T>> {
		let mut models = self.models.lock();
		let at = models.iter().position(|(k, ..)| k == key)?;
		let entry = models.remove(at)?;
		let model = entry.1.clone();
		models.push_back(entry);
		Some(model)
	}

	/// Keeps the model, unless it alone is larger than the room. Others go for it; a run that has
	/// one of them keeps it to its end.
	pub(crate) fn insert(&self, key: Key, model: Arc<T>, bytes: usize) {
		if bytes > self.max_bytes {
			return;
		}
		let mut models = self.models.lock();
		models.retain(|(k, ..)| *k != key);
		models.push_back((key, model, bytes));
		let mut sum: usize = models.iter().map(|(_, _, bytes)| bytes).sum();
		while sum > self.max_bytes {
			let Some((_, _, bytes)) = models.pop_front() else { break };
			sum -= bytes;
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn kept(loaded: &Loaded<u8>, keys: &[u8]) -> Vec<u8> {
		keys.iter().copied().filter(|key| loaded.get(&[*key; 32]).is_some()).collect()
	}

	#[test]
	fn insert_should_drop_the_least_recently_used_when_there_is_no_room() {
		let loaded = Loaded::new(10);
		for key in [1, 2, 3] {
			loaded.insert([key; 32], Arc::new(key), 3);
		}
		assert_eq!(loaded.get(&[1; 32]).as_deref(), Some(&1));
		loaded.insert([4; 32], Arc::new(4), 4);
		assert_eq!(kept(&loaded, &[1, 2, 3, 4]), [1, 3, 4]);
		loaded.insert([5; 32], Arc::new(5), 10);
		assert_eq!(kept(&loaded, &[1, 2, 3, 4, 5]), [5]);
	}

	#[test]
	fn insert_should_keep_nothing_when_the_model_is_larger_than_the_room() {
		let loaded = Loaded::new(10);
		loaded.insert([1; 32], Arc::new(1), 10);
		loaded.insert([2; 32], Arc::new(2), 11);
		assert_eq!(kept(&loaded, &[1, 2]), [1]);
	}

	#[test]
	fn insert_should_count_a_model_once_when_it_comes_twice() {
		let loaded = Loaded::new(10);
		for _ in 0..3 {
			loaded.insert([1; 32], Arc::new(1), 5);
		}
		loaded.insert([2; 32], Arc::new(2), 5);
		assert_eq!(kept(&loaded, &[1, 2]), [1, 2]);
	}
}
