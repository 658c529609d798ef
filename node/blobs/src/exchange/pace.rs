//! A rate of bytes, kept by waiting.

use std::time::Duration;
use tokio::time::Instant;

/// Time for which a pace that was not used lets bytes through at once.
const BURST: Duration = Duration::from_secs(1);

/// A token bucket, as the time at which all bytes that were let through are paid for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
	/// Bytes per second, not 0.
	rate: u64,
	paid: Instant,
}

impl Pace {
	/// A pace of so many bytes per second that was not used yet.
	pub(super) fn new(rate: u64, now: Instant) -> Pace {
		Pace { rate: rate.max(1), paid: now }
	}

	/// Time until bytes may go.
	pub(super) fn delay(&self, now: Instant) -> Duration {
		self.paid.saturating_duration_since(now).saturating_sub(BURST)
	}

	/// Lets bytes through. They may be more than are there: then what follows waits longer.
	pub(super) fn take(&mut self, bytes: u64, now: Instant) {
		let time = Duration::from_secs_f64(bytes as f64 / self.rate as f64);
		self.paid = self.paid.max(now) + time;
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn bytes_should_go_at_the_rate_when_the_burst_is_used() {
		let mut now = Instant::now();
		let start = now;
		let mut pace = Pace::new(1000, now);
		for _ in 0..50 {
			now += pace.delay(now);
			pace.take(100, now);
		}
		// 5,000 bytes, of which the first second's go at once, and the last wait for nobody.
		assert_eq!((now - start).as_millis(), 3900);
	}

	#[test]
	fn burst_should_not_grow_when_nothing_goes() {
		let mut now = Instant::now();
		let mut pace = Pace::new(1000, now);
		now += Duration::from_secs(3600);
		pace.take(2000, now);
		assert_eq!(pace.delay(now).as_millis(), 1000);
	}
}
