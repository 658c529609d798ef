//! Hands in requests, with their inputs.

use crate::{
	client::Client,
	define::Updates,
	error::Error,
	params::SubmitParams,
	state::State,
	types::{
		dispatch_error, invalid_transaction, unknown_transaction, Block, Hash, Hex, Named,
		TransactionFailure, TransactionState, TransactionUpdate,
	},
};
use codec::{Decode, DecodeAll};
use futures::{future::BoxFuture, stream, FutureExt, StreamExt};
use opg_primitives::{Content, MAX_CONTENT_BYTES};
use opg_runtime::{opaque, RuntimeCall, UncheckedExtrinsic, VERSION};
use opg_runtime_api::{DirectoryApi, RequestEvent, RequestEventsApi};
use pallet_opg_inference::Call;
use sc_transaction_pool_api::{
	error::{Error as PoolError, IntoPoolError},
	TransactionPool, TransactionSource, TransactionStatus,
};
use sp_block_builder::BlockBuilder;
use sp_core::H256;
use sp_runtime::{generic::Preamble, transaction_validity::TransactionValidityError};
use std::sync::Arc;

/// Request that was checked and may be handed in.
struct Order {
	extrinsic: opaque::UncheckedExtrinsic,
	/// Input that was handed in with it.
	input: Option<Content>,
}

impl<C, P> State<C, P>
where
	C: Client,
	P: TransactionPool<Block = opaque::Block, Hash = H256> + 'static,
{
	pub(crate) fn submit(
		self: Arc<Self>,
		params: SubmitParams,
	) -> BoxFuture<'static, Result<Hash, Error>> {
		async move {
			let Order { extrinsic, input } = self.clone().prepare(params).await?;
			let hash = self.pool.hash_of(&extrinsic);
			let at = self.chain.best().hash.0;
			match self.pool.submit_one(at, TransactionSource::External, extrinsic).await {
				Ok(hash) => Ok(Hash(hash)),
				Err(error) => match refusal(error) {
					// It was handed in before, and waits.
					None => Ok(Hash(hash)),
					Some(refusal) => Err(self.refuse(input, refusal)),
				},
			}
		}
		.boxed()
	}

	pub(crate) fn submit_and_watch(
		self: Arc<Self>,
		params: SubmitParams,
	) -> BoxFuture<'static, Result<Updates<TransactionUpdate>, Error>> {
		async move {
			let Order { extrinsic, input } = self.clone().prepare(params).await?;
			let at = self.chain.best().hash.0;
			let source = TransactionSource::External;
			let watched = self.pool.submit_and_watch(at, source, extrinsic).await;
			let statuses = watched.map_err(|error| {
				let known = || Error::Refused {
					reason: "AlreadyImported".into(),
					explanation: "it waits in the pool already: nothing is to be done".into(),
				};
				match refusal(error) {
					None => known(),
					Some(refusal) => self.refuse(input, refusal),
				}
			})?;
			let updates = statuses.flat_map(move |status| {
				let update = self.update(status);
				stream::iter(update)
			});
			Ok(updates.boxed())
		}
		.boxed()
	}

	/// Checks a request, and takes its input, off the threads that must not wait.
	async fn prepare(self: Arc<Self>, params: SubmitParams) -> Result<Order, Error> {
		let prepared = tokio::task::spawn_blocking(move || self.check(params)).await;
		prepared.map_err(|error| Error::StateUnavailable(error.to_string()))?
	}

	fn check(&self, params: SubmitParams) -> Result<Order, Error> {
		let SubmitParams { extrinsic: Hex(bytes), input } = params;
		let at = self.chain.best().hash.0;
		let spec_version = self.chain.api().chain(at)?.spec_version;
		if spec_version != VERSION.spec_version {
			return Err(Error::NotARequest(format!(
				"this node reads transactions of runtime {}, and the chain's is {spec_version}",
				VERSION.spec_version
			)));
		}
		let stored = stored_input(&bytes)?;
		let input = match (stored, input) {
			(_, None) => None,
			(None, Some(_)) => {
				return Err(Error::InvalidParameter(
					"the request carries its input: give null as the second parameter".into(),
				));
			},
			(Some(expected), Some(Hex(input))) => {
				self.check_input(expected, &input)?;
				Some((expected, input))
			},
		};
		let decoded = opaque::UncheckedExtrinsic::decode(&mut &bytes[..]);
		let extrinsic = decoded.map_err(|error| Error::NotARequest(error.to_string()))?;
		self.try_out(at, &extrinsic)?;
		if let Some((content, bytes)) = &input {
			self.inputs.take(*content, bytes)?;
		}
		Ok(Order { extrinsic, input: input.map(|(content, _)| content) })
	}

	fn check_input(&self, expected: Content, input: &[u8]) -> Result<(), Error> {
		let found = self.host.content_of(input).filter(|own| own.size <= MAX_CONTENT_BYTES);
		let found = found.ok_or(Error::TooLarge {
			given: input.len() as u64,
			limit: MAX_CONTENT_BYTES.into(),
			advice: "no input is longer",
		})?;
		match found == expected {
			true => Ok(()),
			false => Err(Error::InvalidParameter(format!(
				"the request names the input {:?} of {} bytes, and this is {:?} of {} bytes",
				expected.hash, expected.size, found.hash, found.size
			))),
		}
	}

	/// Applies the request on top of the newest block, and forgets that: what would fail costs nothing.
	/// Whether the transaction is valid at all is for the pool to say: it may follow others that wait.
	fn try_out(&self, at: H256, extrinsic: &opaque::UncheckedExtrinsic) -> Result<(), Error> {
		match self.chain.api().apply_extrinsic(at, extrinsic.clone())? {
			Ok(Err(error)) => Err(Error::refused(dispatch_error(&error))),
			Ok(Ok(())) | Err(TransactionValidityError::Unknown(_)) => Ok(()),
			Err(TransactionValidityError::Invalid(_)) => Ok(()),
		}
	}

	/// The pool refused a request: its input is of no use.
	fn refuse(&self, input: Option<Content>, refusal: Named) -> Error {
		input.iter().for_each(|input| self.inputs.refused(input));
		Error::refused(refusal)
	}

	/// What subscribers are told when the pool says this.
	fn update(
		&self,
		status: TransactionStatus<H256, H256>,
	) -> Option<Result<TransactionUpdate, String>> {
		let plain = |state| TransactionUpdate { state, block: None, request: None, error: None };
		let in_block = |state, hash, index| self.included(state, hash, index);
		Some(match status {
			TransactionStatus::Future | TransactionStatus::Broadcast(_) => return None,
			TransactionStatus::Ready => Ok(plain(TransactionState::Ready)),
			TransactionStatus::InBlock((hash, index)) => {
				in_block(TransactionState::InBlock, hash, index)
			},
			TransactionStatus::Finalized((hash, index)) => {
				in_block(TransactionState::Finalized, hash, index)
			},
			TransactionStatus::Retracted(hash) => {
				let block = self.block(hash);
				block.map(|block| TransactionUpdate {
					block: Some(block),
					..plain(TransactionState::Retracted)
				})
			},
			TransactionStatus::FinalityTimeout(_) => {
				Err("its block did not become final for long: the node stopped watching".into())
			},
			TransactionStatus::Usurped(_) => Ok(plain(TransactionState::Usurped)),
			TransactionStatus::Dropped => Ok(plain(TransactionState::Dropped)),
			TransactionStatus::Invalid => Ok(plain(TransactionState::Invalid)),
		})
	}

	fn block(&self, hash: H256) -> Result<Block, String> {
		let number = self.chain.client().number(hash).map_err(|error| error.to_string())?;
		let number = number.ok_or("the node does not know the block any more")?;
		Ok(Block::new(number, hash))
	}

	fn included(
		&self,
		state: TransactionState,
		hash: H256,
		index: usize,
	) -> Result<TransactionUpdate, String> {
		let block = self.block(hash)?;
		let events = self.chain.api().request_events(hash).map_err(|error| error.to_string())?;
		let index = u32::try_from(index).map_err(|error| error.to_string())?;
		let request = events.iter().find_map(|own| match own.event {
			RequestEvent::Requested { .. } if own.extrinsic == Some(index) => Some(own.request),
			_ => None,
		});
		let failure = match request {
			Some(_) => None,
			None => self.chain.api().failure_of(hash, index).map_err(|error| error.to_string())?,
		};
		let error = failure.map(|error| TransactionFailure::from(dispatch_error(&error)));
		Ok(TransactionUpdate { state, block: Some(block), request, error })
	}
}

/// Input outside of the chain that a request names, if it names one.
///
/// # Errors
///
/// The extrinsic makes no request, or nobody signed it.
fn stored_input(extrinsic: &[u8]) -> Result<Option<Content>, Error> {
	let decoded = UncheckedExtrinsic::decode_all(&mut &extrinsic[..]);
	let decoded = decoded.map_err(|error| Error::NotARequest(error.to_string()))?;
	if !matches!(decoded.preamble, Preamble::Signed(..)) {
		return Err(Error::NotARequest("it is not signed".into()));
	}
	match decoded.function {
		RuntimeCall::Inference(Call::request { .. }) => Ok(None),
		RuntimeCall::Inference(Call::request_stored { input, .. }) => Ok(Some(input)),
		_ => Err(Error::NotARequest("it calls something else".into())),
	}
}

/// Why the pool refuses a transaction. `None` if it has it already.
fn refusal(error: impl IntoPoolError) -> Option<Named> {
	let other = |text: String| Named { name: "PoolFailed".into(), explanation: text };
	let error = match error.into_pool_error() {
		Ok(error) => error,
		Err(error) => return Some(other(error.to_string())),
	};
	Some(match error {
		PoolError::AlreadyImported(_) => return None,
		PoolError::InvalidTransaction(error) => invalid_transaction(&error),
		PoolError::UnknownTransaction(error) => unknown_transaction(&error),
		error => Named { name: error.as_ref().into(), explanation: error.to_string() },
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::mock::{signed, unsigned};
	use opg_primitives::Tier;
	use opg_runtime::Runtime;

	#[test]
	fn extrinsic_should_be_refused_when_it_is_no_signed_request() {
		let request = Call::<Runtime>::request {
			model: 7,
			input: Default::default(),
			tier: Tier::Quorum,
			max_fee: 1,
			max_royalty: 1,
			reference: H256::zero(),
			deadline: None,
			fuel_limit: None,
		};
		let input = Content { hash: H256::repeat_byte(1), size: 20_000 };
		let stored = Call::<Runtime>::request_stored {
			model: 7,
			input,
			tier: Tier::Quorum,
			max_fee: 1,
			max_royalty: 1,
			reference: H256::zero(),
			deadline: None,
			fuel_limit: None,
		};
		assert_eq!(stored_input(&signed(request.clone().into())), Ok(None));
		assert_eq!(stored_input(&signed(stored.into())), Ok(Some(input)));
		let remark = frame_system::Call::<Runtime>::remark { remark: vec![] };
		for (extrinsic, cause) in [
			(unsigned(request.into()), "not signed"),
			(signed(remark.into()), "something else"),
			(signed(Call::<Runtime>::cancel { request: 1 }.into()), "something else"),
			(vec![], "no call of"),
			(vec![1, 2, 3], "no call of"),
		] {
			let error = stored_input(&extrinsic).expect_err(cause);
			assert_eq!(error.code(), 8005);
			assert!(error.to_string().contains(cause), "{error}");
		}
	}
}
