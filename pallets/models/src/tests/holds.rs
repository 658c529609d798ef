//! Property: whatever is called, deposits are held for what is stored and for nothing else, and the
//! indexes are what a scan gives. [`check`] looks at both after each call.

use super::*;
use opg_primitives::registry::announcement;
use proptest::prelude::*;

const NAMES: [&[u8]; 2] = [b"m", b"n"];
const NUMBERS: [&str; 4] = ["1.0.0", "1.1.0", "2.0.0-beta", "2.0.0"];

/// Calls by `who`, about version `model`, with something else to choose by.
fn call(call: u8, who: u64, model: ModelId, choice: u8) -> DispatchResult {
	let index = usize::from(choice);
	let name = || text(NAMES[index % NAMES.len()]);
	let salt = [choice % 2; 32];
	let model_hash = H256::repeat_byte(choice % 3);
	let other = 1 + u64::from(choice) % 12;
	match call {
		0..=2 => {
			let number = NUMBERS[index / 2 % NUMBERS.len()];
			let salt = (call > 1).then_some(salt);
			let registration = Registration::at(number);
			Registration { owner: who, name: name(), model_hash, salt, ..registration }.send()
		},
		3 => Registry::deregister(origin(who), model),
		4 => serve(who, model),
		5 => Registry::stop_serving(origin(who), model),
		6 => Registry::remove_executor(origin(12), model, who),
		7 => Registry::announce(origin(who), announcement(&who, &model_hash, &salt)),
		8 => {
			let commitment = announcement(&other, &model_hash, &salt);
			Registry::remove_announcement(origin(who), other, commitment)
		},
		9 => {
			let tags = [&b"image"[..], b"ocr"].into_iter().take(index % 3).map(text);
			let tags = tags.collect::<Vec<_>>().try_into().unwrap();
			Registry::describe(origin(who), name(), Description { tags, card: None })
		},
		10 => {
			let channel = text(if choice.is_multiple_of(3) { b"beta" } else { b"stable" });
			let model = (!choice.is_multiple_of(5)).then_some(model);
			Registry::set_channel(origin(who), name(), channel, model)
		},
		11 => Registry::deprecate(origin(who), model, text(&vec![b'a'; 1 + index % 100])),
		12 => Registry::undeprecate(origin(who), model),
		13 => Registry::offer_transfer(
			origin(who),
			name(),
			(!choice.is_multiple_of(7)).then_some(other),
		),
		14 => Registry::accept_transfer(origin(who), other, name(), u128::MAX)
			.map(drop)
			.map_err(|error| error.error),
		15 => Registry::remove_name(origin(who), name()),
		16 => {
			Closed::set(&(1..=who).filter(|own| own % 3 == 0).collect::<Vec<_>>());
			Ok(())
		},
		_ => {
			Session::set(&(Session::get() + 1));
			System::set_block_number(System::block_number() + u64::from(choice) % 8);
			Ok(())
		},
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(96))]

	#[test]
	fn deposits_and_indexes_should_be_right_after_every_call(
		steps in prop::collection::vec((0u8..18, 1u64..5, 0u32..8, any::<u8>()), 1..160),
	) {
		run(|| {
			for (kind, who, model, choice) in steps {
				let _ = with_storage_layer(|| call(kind, who, model, choice));
				check();
			}
			// Whatever happened, everything can be taken back.
			Session::set(&(Session::get() + 9));
			System::set_block_number(System::block_number() + 100);
			for (who, own) in Announcements::<Test>::iter().collect::<Vec<_>>() {
				for own in own {
					Registry::remove_announcement(origin(9), who, own.commitment).unwrap();
				}
			}
			for (model, list) in ServingExecutors::<Test>::iter().collect::<Vec<_>>() {
				for own in list {
					let _ = Registry::stop_serving(origin(own.executor), model);
				}
			}
			Session::set(&(Session::get() + 9));
			for named in NamedModels::<Test>::iter_values().collect::<Vec<_>>() {
				for own in named.channels {
					let name = named.name.clone();
					Registry::set_channel(origin(named.owner), name, own.name, None).unwrap();
				}
			}
			for (id, model) in Models::<Test>::iter().collect::<Vec<_>>() {
				Registry::deregister(origin(model.owner), id).unwrap();
			}
			for named in NamedModels::<Test>::iter_values().collect::<Vec<_>>() {
				Registry::remove_name(origin(named.owner), named.name).unwrap();
			}
			check();
			assert_eq!(pallet_balances::Holds::<Test>::iter().count(), 0, "nothing is held");
		});
	}
}
