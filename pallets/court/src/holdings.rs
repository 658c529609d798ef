//! What members of panels say that their stores hold.

use crate::{pallet::*, reject, types::*, weights::WeightInfo};
use frame_support::{ensure, pallet_prelude::*};
use opg_primitives::court::{CourtBatchKind, CourtSignature};
use pallet_opg_support::{named_block, priority, refused, OnHeld, CALL_BLOCKS};
use sp_runtime::traits::SaturatedConversion;

impl<T: Config> Pallet<T> {
	pub(crate) fn authorize_holdings(
		batch: &HoldingsOf<T>,
		signature: &CourtSignature,
	) -> Result<(ValidTransaction, Weight), TransactionValidityError> {
		ensure!(batch.is_well_formed(), refused(reject::MALFORMED));
		let block = named_block::<T>(batch.at).ok_or_else(|| refused(reject::EXPIRED))?;
		let (validator, key) = Self::currently_seated(batch.session, batch.seat)?;
		let mut valid = ValidTransaction::with_tag_prefix("OpgCourtHold");
		let (mut fits, mut stale) = (false, None);
		for item in &batch.items {
			match Self::check_holding(&validator, item) {
				Ok(_) => {
					valid = valid.and_provides((item, &validator));
					fits = true;
				},
				Err(code) => {
					stale.get_or_insert(code);
				},
			}
		}
		ensure!(fits, refused(stale.unwrap_or(reject::MALFORMED)));
		Self::ensure_signed(CourtBatchKind::Hold, block, batch, &key, signature)?;
		let valid = valid
			.priority(priority::COURT_HOLD)
			.longevity(CALL_BLOCKS.saturated_into())
			.propagate(true)
			.build()?;
		Ok((valid, Weight::zero()))
	}

	/// Panel of an item that counts, and place of the validator on it. The error is the code of the
	/// reason why it does not.
	fn check_holding(validator: &T::AccountId, item: &Holding) -> Result<(PanelOf<T>, usize), u8> {
		let panel = Panels::<T>::get(item.request).ok_or(reject::NO_PANEL)?;
		let asked = panel.contents.get(usize::from(item.content)).ok_or(reject::NO_PANEL)?;
		let place = panel.place_of(validator).ok_or(reject::NOT_ON_PANEL)?;
		ensure!(!asked.is_held_by(place), reject::HELD_ALREADY);
		Ok((panel, place))
	}

	/// Counts the items that fit. Returns the weight, that of what follows included.
	pub(crate) fn do_hold(batch: HoldingsOf<T>) -> Weight {
		let mut weight = T::WeightInfo::hold(batch.items.len() as u32);
		let bench = Benches::<T>::get(batch.session);
		let Some((validator, _)) = bench.get(usize::from(batch.seat)) else { return weight };
		for item in batch.items {
			let Ok((mut panel, place)) = Self::check_holding(validator, &item) else { continue };
			let Holding { request, content } = item;
			let is_enough = panel.note_holder(content.into(), place);
			Panels::<T>::insert(request, panel);
			let validator = validator.clone();
			Self::deposit_event(Event::Held { request, content, validator });
			if is_enough {
				Self::deposit_event(Event::ContentHeld { request, content });
				weight.saturating_accrue(T::OnHeld::on_held(request));
			}
		}
		weight
	}
}
