//! Time of a draw: decoding a snapshot and laying it out, once per block, and each committee.

use codec::{Decode, Encode};
use pallet_opg_support::sampling::WeightedSampler;
use sp_core::crypto::AccountId32;
use std::{hint::black_box, time::Instant};

/// Microseconds that `work` takes, the median of 201 runs.
fn median(mut work: impl FnMut(u32)) -> f64 {
	let mut times: Vec<f64> = (0..201)
		.map(|round| {
			let started = Instant::now();
			work(round);
			started.elapsed().as_secs_f64() * 1e6
		})
		.collect();
	times.sort_by(f64::total_cmp);
	times[times.len() / 2]
}

fn main() {
	println!(
		"executors   once per block: decode   lay out   committee of 3    of 7    of 15   (µs)"
	);
	for executors in [10u32, 100, 1_000, 10_000] {
		let mut members: Vec<(AccountId32, u128)> = (0..executors)
			.map(|i| {
				let who = sp_io::hashing::blake2_256(&i.encode());
				(AccountId32::from(who), 1_000 + u128::from(i) * 7)
			})
			.collect();
		members.sort();
		let encoded = members.encode();
		let decode = median(|_| {
			let decoded = Vec::<(AccountId32, u128)>::decode(&mut &encoded[..]);
			black_box(decoded.expect("it was encoded so"));
		});
		let lay_out = median(|_| {
			black_box(WeightedSampler::new(members.clone()));
		});
		let sampler = WeightedSampler::new(members.clone());
		let excluded = [&members[3].0, &members[5].0];
		let draw = |k| {
			median(|round| {
				let seed = sp_io::hashing::blake2_256(&(executors, k as u32, round).encode());
				let skip = |who: &AccountId32| excluded.contains(&who);
				black_box(sampler.draw(&seed, skip, k));
			})
		};
		let (three, seven, fifteen) = (draw(3), draw(7), draw(15));
		println!(
			"{executors:>9}   {decode:>22.1}   {lay_out:>7.1}   {three:>14.2}   {seven:>5.2}   {fifteen:>6.2}"
		);
		println!("RESULT draw_of_3_of_{executors}_us {three:.2}");
	}
}
