//! Cache of values bounded by the sum of their sizes. The least recently used value goes first.

use parking_lot::Mutex;
use schnellru::{Limiter, LruMap};
use std::sync::Arc;

/// Key of a cached value.
pub(crate) type Key = [u8; 32];

/// Value and its size in bytes.
type Sized<T> = (Arc<T>, usize);

/// Cache of values bounded by the sum of their sizes.
pub(crate) struct Cache<T>(Mutex<LruMap<Key, Sized<T>, ByBytes>>);

impl<T> Cache<T> {
	/// A cache for at most `max_bytes`.
	pub(crate) fn new(max_bytes: usize) -> Self {
		Self(Mutex::new(LruMap::new(ByBytes { max: max_bytes, used: 0 })))
	}

	/// The value under `key`, which becomes the one used last.
	pub(crate) fn get(&self, key: &Key) -> Option<Arc<T>> {
		self.0.lock().get(key).map(|(value, _)| value.clone())
	}

	/// Keeps a value of so many bytes, unless it is larger than the whole cache. Others are dropped
	/// for it; a run that holds one of them keeps it to its end.
	pub(crate) fn insert(&self, key: Key, value: Arc<T>, bytes: usize) {
		self.0.lock().insert(key, (value, bytes));
	}

	/// Number of values, and the sum of their sizes.
	pub(crate) fn usage(&self) -> (usize, usize) {
		let values = self.0.lock();
		(values.len(), values.limiter().used)
	}

	/// Drops values until no more than `max_bytes` are left, or no more than the one used last.
	pub(crate) fn shrink(&self, max_bytes: usize) {
		let mut values = self.0.lock();
		while values.limiter().used > max_bytes && values.len() > 1 {
			values.pop_oldest();
		}
	}
}

/// Limits the sum of the sizes.
struct ByBytes {
	max: usize,
	used: usize,
}

impl<T> Limiter<Key, Sized<T>> for ByBytes {
	type KeyToInsert<'a> = Key;
	type LinkType = u32;

	fn is_over_the_limit(&self, _: usize) -> bool {
		self.used > self.max
	}

	fn on_insert(&mut self, _: usize, key: Key, value: Sized<T>) -> Option<(Key, Sized<T>)> {
		let fits = value.1 <= self.max;
		fits.then(|| {
			self.used += value.1;
			(key, value)
		})
	}

	fn on_replace(
		&mut self,
		_: usize,
		_: &mut Key,
		_: Key,
		old: &mut Sized<T>,
		new: &mut Sized<T>,
	) -> bool {
		let fits = new.1 <= self.max;
		if fits {
			self.used = self.used - old.1 + new.1;
		}
		fits
	}

	fn on_removed(&mut self, _: &mut Key, value: &mut Sized<T>) {
		self.used -= value.1;
	}

	fn on_cleared(&mut self) {
		self.used = 0;
	}

	fn on_grow(&mut self, _: usize) -> bool {
		true
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn kept(cache: &Cache<u8>, keys: &[u8]) -> Vec<u8> {
		keys.iter().copied().filter(|key| cache.get(&[*key; 32]).is_some()).collect()
	}

	#[test]
	fn insert_should_drop_the_least_recently_used_when_there_is_no_room() {
		let cache = Cache::new(10);
		for key in [1, 2, 3] {
			cache.insert([key; 32], Arc::new(key), 3);
		}
		assert_eq!(cache.get(&[1; 32]).as_deref(), Some(&1));
		cache.insert([4; 32], Arc::new(4), 4);
		assert_eq!(kept(&cache, &[1, 2, 3, 4]), [1, 3, 4]);
		cache.insert([5; 32], Arc::new(5), 10);
		assert_eq!(kept(&cache, &[1, 2, 3, 4, 5]), [5]);
	}

	#[test]
	fn shrink_should_drop_the_least_recently_used_and_never_the_last_one() {
		let cache = Cache::new(10);
		for key in [1, 2, 3] {
			cache.insert([key; 32], Arc::new(key), 3);
		}
		assert_eq!(cache.get(&[1; 32]).as_deref(), Some(&1));
		cache.shrink(9);
		assert_eq!(kept(&cache, &[2, 3, 1]), [2, 3, 1]);
		cache.shrink(4);
		assert_eq!(kept(&cache, &[1, 2, 3]), [1]);
		cache.shrink(0);
		cache.insert([2; 32], Arc::new(2), 7);
		assert_eq!(kept(&cache, &[1, 2]), [1, 2]);
	}

	#[test]
	fn insert_should_keep_nothing_when_the_value_is_larger_than_the_cache() {
		let cache = Cache::new(10);
		cache.insert([1; 32], Arc::new(1), 10);
		cache.insert([2; 32], Arc::new(2), 11);
		assert_eq!(kept(&cache, &[1, 2]), [1]);
	}

	#[test]
	fn insert_should_count_a_value_once_when_it_comes_twice() {
		let cache = Cache::new(10);
		for _ in 0..3 {
			cache.insert([1; 32], Arc::new(1), 5);
		}
		cache.insert([2; 32], Arc::new(2), 5);
		assert_eq!(kept(&cache, &[1, 2]), [1, 2]);
	}

	#[test]
	fn insert_should_make_room_when_a_value_grows() {
		let cache = Cache::new(10);
		cache.insert([1; 32], Arc::new(1), 5);
		cache.insert([2; 32], Arc::new(2), 5);
		cache.insert([2; 32], Arc::new(3), 6);
		assert_eq!(kept(&cache, &[1, 2]), [2]);
		cache.insert([1; 32], Arc::new(1), 4);
		assert_eq!(kept(&cache, &[1, 2]), [1, 2]);
	}
}
