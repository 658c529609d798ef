//! Panels: validators that are drawn for a request, and asked to hold its input and its output where
//! those lie outside of the chain.

use crate::{pallet::*, types::*, weights::WeightInfo};
use alloc::vec::Vec;
use frame_support::{ensure, traits::Get, weights::Weight, BoundedVec};
use opg_primitives::{
	court::{panel_seed, CourtKey},
	Content, RequestId,
};
use pallet_opg_support::{
	sampling::WeightedSampler, CourtFull, OnHeld, Panels as PanelsTrait, MAX_PANEL,
};
use sp_core::H256;

impl<T: Config> PanelsTrait<T::AccountId> for Pallet<T> {
	fn convene(request: RequestId, content: Content, seed: H256) -> Result<(), CourtFull> {
		let mut panel = match Panels::<T>::get(request) {
			Some(panel) => panel,
			None => {
				ensure!(Panels::<T>::count() < T::MaxPanels::get(), CourtFull);
				let bench = Benches::<T>::get(T::Session::get());
				Self::draw_panel(bench, request, seed)
			},
		};
		let is_new = panel.contents.is_empty();
		let asked = PanelContent { content, holders: 0 };
		panel.contents.try_push(asked).map_err(|_| CourtFull)?;
		if is_new {
			let members = panel.members.to_vec();
			Self::deposit_event(Event::PanelConvened { request, seed, members });
		}
		Panels::<T>::insert(request, panel);
		Self::deposit_event(Event::ContentAsked { request, content });
		Ok(())
	}

	fn dismiss(request: RequestId) -> Vec<T::AccountId> {
		Panels::<T>::take(request).map(Panel::paid_members).unwrap_or_default()
	}

	fn max_convene_weight() -> Weight {
		T::WeightInfo::convene()
	}

	fn max_dismiss_weight() -> Weight {
		T::WeightInfo::dismiss()
	}
}

impl<T: Config> Pallet<T> {
	/// Panel of a request that is asked for nothing yet. Every validator of the bench is as likely as
	/// any other.
	pub(crate) fn draw_panel(
		bench: impl IntoIterator<Item = (T::AccountId, CourtKey)>,
		request: RequestId,
		seed: H256,
	) -> PanelOf<T> {
		let mut seated: Vec<T::AccountId> = bench.into_iter().map(|(who, _)| who).collect();
		seated.sort();
		let sampler = WeightedSampler::new(seated.into_iter().map(|who| (who, 1)));
		let H256(seed) = panel_seed(&Self::genesis(), &seed, request);
		let members = sampler.draw(&seed, |_| false, MAX_PANEL as usize);
		Panel { members: BoundedVec::truncate_from(members), contents: BoundedVec::new() }
	}

	/// Lets the whole panel of a request hold what it is asked for. For tests, benchmarks and
	/// simulations of other crates, which have no stores. Returns the weight of what follows.
	pub fn hold_all(request: RequestId) -> Weight {
		let Some(mut panel) = Panels::<T>::get(request) else { return Weight::zero() };
		let mut newly_held = 0;
		for index in 0..panel.contents.len() {
			for place in 0..panel.members.len() {
				newly_held += u32::from(panel.note_holder(index, place));
			}
		}
		Panels::<T>::insert(request, panel);
		(0..newly_held)
			.fold(Weight::zero(), |weight, _| weight.saturating_add(T::OnHeld::on_held(request)))
	}
}
