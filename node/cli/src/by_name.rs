//! Values by name: between the types of this program and those of the node's runtime, which its
//! metadata describes.
//!
//! Fields and variants are matched by their names. So a runtime may reorder them, and have some that
//! this program does not know. What this program needs and the runtime lacks is named in the error.

use anyhow::{anyhow, ensure, Context, Result};
use codec::{Decode, DecodeAll, Encode};
use opg_execution::printable;
use scale_info::{MetaType, PortableRegistry, Registry, TypeInfo};
use std::marker::PhantomData;
use subxt::{
	dynamic::Value,
	ext::{
		scale_encode::error::{Error as EncodeError, ErrorKind},
		scale_value::scale::{decode_as_type, encode_as_type},
	},
};

/// A type of this program, as it is described in metadata.
pub(crate) struct Own<T> {
	id: u32,
	types: PortableRegistry,
	ty: PhantomData<T>,
}

impl<T: TypeInfo + 'static> Own<T> {
	/// Describes the type.
	pub fn new() -> Self {
		let mut registry = Registry::new();
		let id = registry.register_type(&MetaType::new::<T>()).id;
		Self { id, types: registry.into(), ty: PhantomData }
	}
}

impl<T: Decode> Own<T> {
	/// The value of this type that says the same.
	///
	/// # Errors
	///
	/// A field is missing, or a variant is not known: which, and where.
	pub fn read(&self, value: &Value) -> Result<T> {
		let encoded = encode(value, self.id, &self.types)?;
		T::decode_all(&mut &encoded[..]).context("it is longer than this program knows")
	}
}

impl<T: Encode> Own<T> {
	/// A value with its names.
	pub fn value(&self, own: &T) -> Result<Value> {
		decode(&own.encode(), self.id, &self.types)
	}

	/// A value in the encoding of another type, which says the same: nothing is added, and nothing left
	/// out.
	///
	/// # Errors
	///
	/// The other type has more or less than this one, where it matters for this value: what, and where.
	pub fn translate(&self, own: &T, id: u32, types: &PortableRegistry) -> Result<Vec<u8>> {
		let theirs = encode(&self.value(own)?, id, types).context("the runtime wants more")?;
		// Encoding by name drops fields that the other type does not have.
		let back = encode(&decode(&theirs, id, types)?, self.id, &self.types);
		let back = back.context("the runtime takes less")?;
		ensure!(back == own.encode(), "the runtime reads another value");
		Ok(theirs)
	}
}

/// Reads bytes of a type of the runtime as the type of this program that has the same names.
///
/// # Errors
///
/// As of [`Own::read`], and if the bytes are not of that type.
pub(crate) fn read<T: Decode + TypeInfo + 'static>(
	bytes: &[u8],
	id: u32,
	types: &PortableRegistry,
) -> Result<T> {
	Own::new().read(&decode(bytes, id, types)?)
}

/// Bytes of a type, with their names.
pub(crate) fn decode(mut bytes: &[u8], id: u32, types: &PortableRegistry) -> Result<Value> {
	let value = decode_one(&mut bytes, id, types)?;
	ensure!(bytes.is_empty(), "there are {} bytes too many", bytes.len());
	Ok(value)
}

/// The same, where more may follow.
pub(crate) fn decode_one(bytes: &mut &[u8], id: u32, types: &PortableRegistry) -> Result<Value> {
	let value = decode_as_type(bytes, id, types);
	let value = value.map_err(|error| anyhow!("{}", printable(&error.to_string())))?;
	Ok(value.remove_context())
}

fn encode(value: &Value, id: u32, types: &PortableRegistry) -> Result<Vec<u8>> {
	let mut bytes = Vec::new();
	encode_as_type(value, id, types, &mut bytes).map_err(unlike)?;
	Ok(bytes)
}

/// An error in words.
fn unlike(error: EncodeError) -> anyhow::Error {
	let path = error.context().path().to_string();
	let place = if path.is_empty() { String::new() } else { format!("`{path}`: ") };
	let cause = match error.kind() {
		ErrorKind::CannotFindField { name } => format!("there is no field `{name}`"),
		ErrorKind::CannotFindVariant { name, .. } => format!("the variant `{name}` is not known"),
		kind => kind.to_string(),
	};
	anyhow!("{}", printable(&format!("{place}{cause}")))
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_primitives::{Answer, ModelError, Outcome};

	/// What a later runtime may have made of [`Answer`].
	#[derive(Encode, Decode, TypeInfo)]
	struct LaterAnswer {
		node: u64,
		fuel: u128,
		outcome: LaterOutcome,
	}

	#[derive(Encode, Decode, TypeInfo)]
	enum LaterOutcome {
		Postponed,
		Output(Vec<u8>),
		Error(ModelError),
	}

	#[derive(Encode, Decode, TypeInfo)]
	struct Less {
		fuel: u64,
		node: u64,
	}

	fn value<T: Encode + TypeInfo + 'static>(own: T) -> Value {
		Own::new().value(&own).unwrap()
	}

	fn later(outcome: LaterOutcome) -> Value {
		value(LaterAnswer { node: 1, fuel: 7, outcome })
	}

	fn answer() -> Answer {
		Answer { outcome: Outcome::Output(vec![4, 2].try_into().unwrap()), fuel: 7 }
	}

	#[test]
	fn value_should_be_read_by_name_when_the_runtime_has_other_fields_and_variants() {
		let own = Own::<Answer>::new();
		assert_eq!(own.read(&later(LaterOutcome::Output(vec![4, 2]))).unwrap(), answer());
		let trapped = own.read(&later(LaterOutcome::Error(ModelError::Trapped))).unwrap();
		assert_eq!(trapped.outcome, Outcome::Error(ModelError::Trapped));
		let bytes = LaterAnswer { node: 1, fuel: 7, outcome: LaterOutcome::Output(vec![4, 2]) };
		let Own { id, types, .. } = Own::<LaterAnswer>::new();
		assert_eq!(read::<Answer>(&bytes.encode(), id, &types).unwrap(), answer());
		let longer = [bytes.encode(), vec![0]].concat();
		assert!(read::<Answer>(&longer, id, &types).is_err());
	}

	#[test]
	fn error_should_name_what_is_missing_and_where() {
		let error = Own::<Answer>::new().read(&later(LaterOutcome::Postponed)).unwrap_err();
		assert_eq!(error.to_string(), "`outcome`: the variant `Postponed` is not known");
		let lacking = value((Less { fuel: 7, node: 1 }, 1u8));
		let error = Own::<(Answer, u8)>::new().read(&lacking).unwrap_err();
		assert_eq!(error.to_string(), "`[0]`: there is no field `outcome`");
	}

	#[test]
	fn value_should_be_refused_when_the_runtime_would_read_less_or_wants_more() {
		let translate =
			|theirs: (u32, PortableRegistry)| Own::new().translate(&answer(), theirs.0, &theirs.1);
		let same = Own::<Answer>::new();
		assert_eq!(translate((same.id, same.types)).unwrap(), answer().encode());
		let more = Own::<LaterAnswer>::new();
		let error = format!("{:#}", translate((more.id, more.types)).unwrap_err());
		assert_eq!(error, "the runtime wants more: there is no field `node`");
		#[derive(Encode, Decode, TypeInfo)]
		struct Fuel {
			fuel: u64,
		}
		let less = Own::<Fuel>::new();
		let error = format!("{:#}", translate((less.id, less.types)).unwrap_err());
		assert_eq!(error, "the runtime takes less: there is no field `outcome`");
	}
}
