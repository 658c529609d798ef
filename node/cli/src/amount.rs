//! Amounts of OPG as people write them.

use opg_primitives::Balance;
use std::{fmt, str::FromStr};

/// Decimals of OPG.
const DECIMALS: usize = 18;
/// Planck in one OPG.
pub(crate) const OPG: Balance = 10u128.pow(DECIMALS as u32);
const SHOWN_DECIMALS: usize = 6;

/// An amount in planck, which is read and shown in OPG.
///
/// It is shown rounded down to six decimals, and in planck where that would be zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amount(pub Balance);

/// Cause for which a text is refused as an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AmountError {
	#[error("not an amount of OPG; write for example 10000 or 0.25")]
	Syntax,
	#[error("OPG has {DECIMALS} decimals")]
	TooPrecise,
	#[error("more OPG than can exist")]
	TooLarge,
}

impl FromStr for Amount {
	type Err = AmountError;

	fn from_str(text: &str) -> Result<Self, AmountError> {
		let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
		let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
		if !is_number(whole) || !is_number(fraction) {
			return Err(AmountError::Syntax);
		}
		if fraction.len() > DECIMALS {
			return Err(AmountError::TooPrecise);
		}
		let fraction = format!("{fraction:0<DECIMALS$}");
		let fraction: Balance = fraction.parse().map_err(|_| AmountError::Syntax)?;
		let whole: Balance = whole.parse().map_err(|_| AmountError::TooLarge)?;
		let planck = whole.checked_mul(OPG).and_then(|planck| planck.checked_add(fraction));
		planck.map(Self).ok_or(AmountError::TooLarge)
	}
}

impl fmt::Display for Amount {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let planck = self.0;
		if planck != 0 && planck < OPG / 10u128.pow(SHOWN_DECIMALS as u32) {
			return write!(f, "{planck} planck");
		}
		let fraction = format!("{:018}", planck % OPG);
		let fraction = fraction[..SHOWN_DECIMALS].trim_end_matches('0');
		let dot = if fraction.is_empty() { "" } else { "." };
		write!(f, "{}{dot}{fraction} OPG", planck / OPG)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn parsing_should_accept_whole_and_fractional_amounts() {
		for (text, planck) in [
			("10000", 10_000 * OPG),
			("0.25", OPG / 4),
			("0.000000000000000001", 1),
			("0", 0),
			("340282366920938463463.374607431768211455", u128::MAX),
		] {
			assert_eq!(text.parse(), Ok(Amount(planck)), "{text}");
		}
	}

	#[test]
	fn parsing_should_say_why_when_a_text_is_not_an_amount() {
		for text in ["", ".5", "1.", ".", "-1", "+1", "1e3", "1,5", "1.-5", " 1", "OPG", "٣"] {
			assert_eq!(text.parse::<Amount>(), Err(AmountError::Syntax), "{text}");
		}
		let precise = "1.0000000000000000001";
		assert_eq!(precise.parse::<Amount>(), Err(AmountError::TooPrecise));
		for text in
			["9".repeat(39), "9".repeat(99), "340282366920938463463.374607431768211456".into()]
		{
			assert_eq!(text.parse::<Amount>(), Err(AmountError::TooLarge), "{text}");
		}
	}

	#[test]
	fn amounts_should_be_shown_rounded_down_or_in_planck_when_tiny() {
		for (planck, text) in [
			(10_000 * OPG, "10000 OPG"),
			(OPG / 4, "0.25 OPG"),
			(OPG - 1, "0.999999 OPG"),
			(7, "7 planck"),
			(0, "0 OPG"),
			(u128::MAX, "340282366920938463463.374607 OPG"),
		] {
			assert_eq!(Amount(planck).to_string(), text);
		}
	}
}
