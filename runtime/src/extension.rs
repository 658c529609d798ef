//! Transaction extensions of this chain: who may use the room of operational transactions, and what
//! a tip can buy.

use crate::*;
use codec::{Decode, DecodeWithMemTracking, Encode};
use frame_support::{
	dispatch::{DispatchClass, DispatchInfo, PostDispatchInfo},
	pallet_prelude::{TransactionSource, Weight},
	traits::OriginTrait,
};
use frame_system::RawOrigin;
use pallet_opg_support::priority;
use pallet_transaction_payment::{ChargeTransactionPayment, Val};
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{Hash as _, Implication, TransactionExtensionMetadata, ValidateResult},
	transaction_validity::{
		InvalidTransaction, TransactionValidity, TransactionValidityError, ValidTransaction,
	},
	DispatchResult,
};

/// Refuses transactions that claim room in a block which is not theirs.
///
/// The room of the class `Operational` belongs to executors and validators: it is where answers and
/// votes get in, whatever else fills the block. So a transaction of this class, or of the class
/// `Mandatory`, is valid only if
///
/// - its origin is `Authorized`, as `AuthorizeCall` makes it from a call whose own checks passed;
/// - it is signed and brings the code of an upgrade that governance authorized; or
/// - the key of `pallet-sudo` signed it.
///
/// The class is that of the transaction's dispatch info. A call that wraps others (batch, proxy,
/// multisig) takes the class of what is in it, so wrapping evades nothing.
///
/// A refused transaction is `InvalidTransaction::Call`.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct CheckOperational;

impl CheckOperational {
	/// Reading the key of `pallet-sudo`.
	fn key_weight() -> Weight {
		<Runtime as frame_system::Config>::DbWeight::get().reads(1)
	}

	/// The code that a call brings for an upgrade.
	fn code_of(call: &RuntimeCall) -> Option<&[u8]> {
		match call {
			RuntimeCall::System(SystemCall::apply_authorized_upgrade { code }) => Some(code),
			_ => None,
		}
	}

	/// Comparing code with what is authorized: the authorization, and the hash of the code.
	fn code_weight(call: &RuntimeCall) -> Weight {
		let Some(code) = Self::code_of(call) else { return Weight::zero() };
		let hash = Weight::from_parts(HASH_PICOSECONDS.saturating_mul(code.len() as u64), 0);
		hash.saturating_add(<Runtime as frame_system::Config>::DbWeight::get().reads(1))
	}

	/// Whether a call replaces the runtime by the code that governance authorized. Where nothing is
	/// authorized, no code is hashed.
	fn applies_upgrade(call: &RuntimeCall) -> bool {
		let Some(code) = Self::code_of(call) else { return false };
		// The hash comes first in it. The SDK has a method for it outside of WASM only.
		System::authorized_upgrade().is_some_and(|authorized| {
			let hash = Hash::decode(&mut &authorized.encode()[..]);
			hash == Ok(BlakeTwo256::hash(code))
		})
	}
}

type SystemCall = frame_system::Call<Runtime>;
/// Time to hash a byte of code, in picoseconds: two gigabytes in four seconds.
const HASH_PICOSECONDS: u64 = 2_000;

impl TransactionExtension<RuntimeCall> for CheckOperational {
	const IDENTIFIER: &'static str = "CheckOperational";
	type Implicit = ();
	/// Weight that was not spent.
	type Val = Weight;
	type Pre = Weight;

	fn weight(&self, call: &RuntimeCall) -> Weight {
		Self::key_weight().saturating_add(Self::code_weight(call))
	}

	fn validate(
		&self,
		origin: RuntimeOrigin,
		call: &RuntimeCall,
		info: &DispatchInfo,
		_: usize,
		_: Self::Implicit,
		_: &impl Implication,
		_: TransactionSource,
	) -> ValidateResult<Self::Val, RuntimeCall> {
		let unspent = match (info.class, origin.as_system_ref()) {
			(DispatchClass::Normal, _) | (_, Some(RawOrigin::Authorized)) => Self::key_weight(),
			(_, Some(RawOrigin::Signed(who)))
				if pallet_sudo::Key::<Runtime>::get().as_ref() == Some(who) =>
			{
				Self::code_weight(call)
			},
			(_, Some(RawOrigin::Signed(_))) if Self::applies_upgrade(call) => Weight::zero(),
			_ => return Err(InvalidTransaction::Call.into()),
		};
		Ok((ValidTransaction::default(), unspent, origin))
	}

	fn prepare(
		self,
		unspent: Self::Val,
		_: &RuntimeOrigin,
		_: &RuntimeCall,
		_: &DispatchInfo,
		_: usize,
	) -> Result<Self::Pre, TransactionValidityError> {
		Ok(unspent)
	}

	fn post_dispatch_details(
		unspent: Self::Pre,
		_: &DispatchInfo,
		_: &PostDispatchInfo,
		_: usize,
		_: &DispatchResult,
	) -> Result<Weight, TransactionValidityError> {
		Ok(unspent)
	}

	/// Inherents are `Mandatory` and bare.
	fn bare_validate(_: &RuntimeCall, info: &DispatchInfo, _: usize) -> TransactionValidity {
		if info.class == DispatchClass::Operational {
			return Err(InvalidTransaction::Call.into());
		}
		Ok(ValidTransaction::default())
	}

	fn bare_validate_and_prepare(
		call: &RuntimeCall,
		info: &DispatchInfo,
		len: usize,
	) -> Result<(), TransactionValidityError> {
		Self::bare_validate(call, info, len).map(drop)
	}
}

/// Fee and tip, as [`ChargeTransactionPayment`] takes them, with a bound on the priority that they
/// buy.
///
/// Without it a tip of a thousandth of an OPG buys the highest priority there is, and more than that
/// buys nothing. With it tips are compared in units of [`TIP_UNIT`], up to some 100,000 OPG; and a
/// tip comes before no authorized transaction, and before no challenge, claim or bought audit. On
/// the wire, and to clients, it is `ChargeTransactionPayment`.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct ChargeFee(Charge);

type Charge = ChargeTransactionPayment<Runtime>;

/// Smallest difference of tips that makes a difference of priorities, in planck: a 10^-9 OPG.
const TIP_UNIT: Balance = constants::OPG / 1_000_000_000;

impl ChargeFee {
	/// With this tip, in planck.
	pub fn from_tip(tip: Balance) -> Self {
		Self(Charge::from(tip))
	}
}

impl TransactionExtension<RuntimeCall> for ChargeFee {
	const IDENTIFIER: &'static str = <Charge as TransactionExtension<RuntimeCall>>::IDENTIFIER;
	type Implicit = ();
	type Val = <Charge as TransactionExtension<RuntimeCall>>::Val;
	type Pre = <Charge as TransactionExtension<RuntimeCall>>::Pre;

	fn metadata() -> Vec<TransactionExtensionMetadata> {
		<Charge as TransactionExtension<RuntimeCall>>::metadata()
	}

	fn weight(&self, call: &RuntimeCall) -> Weight {
		self.0.weight(call)
	}

	fn validate(
		&self,
		origin: RuntimeOrigin,
		call: &RuntimeCall,
		info: &DispatchInfo,
		len: usize,
		implicit: Self::Implicit,
		implication: &impl Implication,
		source: TransactionSource,
	) -> ValidateResult<Self::Val, RuntimeCall> {
		let (mut validity, val, origin) =
			self.0.validate(origin, call, info, len, implicit, implication, source)?;
		if let Val::Charge { tip, fee_with_tip, .. } = &val {
			// Of the whole tip, by weight and length: a tip is per room that the transaction takes.
			let bought = Charge::get_priority(info, len, tip / TIP_UNIT, fee_with_tip / TIP_UNIT);
			validity.priority = bought.min(priority::MAX_TIPPED);
			if is_challenge(call) {
				validity.priority += priority::CHALLENGE;
			}
		}
		Ok((validity, val, origin))
	}

	fn prepare(
		self,
		val: Self::Val,
		origin: &RuntimeOrigin,
		call: &RuntimeCall,
		info: &DispatchInfo,
		len: usize,
	) -> Result<Self::Pre, TransactionValidityError> {
		self.0.prepare(val, origin, call, info, len)
	}

	fn post_dispatch_details(
		pre: Self::Pre,
		info: &DispatchInfo,
		post_info: &PostDispatchInfo,
		len: usize,
		result: &DispatchResult,
	) -> Result<Weight, TransactionValidityError> {
		Charge::post_dispatch_details(pre, info, post_info, len, result)
	}
}

/// What looks after an answer has a deadline too: other people's tips must not keep it out.
fn is_challenge(call: &RuntimeCall) -> bool {
	use pallet_opg_inference::Call;
	matches!(
		call,
		RuntimeCall::Inference(
			Call::challenge { .. } | Call::reveal_claim { .. } | Call::audit { .. }
		)
	)
}
