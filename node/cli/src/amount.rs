//! Amounts of OPG as people write them.

use anyhow::{bail, Context, Result};
use opg_primitives::Balance;

/// Decimals of OPG.
pub const DECIMALS: usize = 18;
/// Planck in one OPG.
pub const OPG: Balance = 10u128.pow(DECIMALS as u32);
const SHOWN_DECIMALS: usize = 6;

/// Read an amount such as `10000` or `0.25`, in OPG, as planck.
pub fn parse(text: &str) -> Result<Balance> {
	let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
	let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
	if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > DECIMALS {
		bail!("`{text}` is not an amount of OPG; write for example 10000 or 0.25");
	}
	let fraction: Balance =
		format!("{fraction:0<DECIMALS$}").parse().context("fraction of an amount")?;
	whole
		.parse::<Balance>()
		.ok()
		.and_then(|whole| whole.checked_mul(OPG)?.checked_add(fraction))
		.with_context(|| format!("`{text}` OPG is too large"))
}

/// Show planck as OPG, rounded down to six decimals; smaller amounts in planck.
pub fn show(planck: Balance) -> String {
	if planck != 0 && planck < OPG / 10u128.pow(SHOWN_DECIMALS as u32) {
		return format!("{planck} planck");
	}
	let fraction = format!("{:018}", planck % OPG);
	let fraction = fraction[..SHOWN_DECIMALS].trim_end_matches('0');
	let dot = if fraction.is_empty() { "" } else { "." };
	format!("{}{dot}{fraction} OPG", planck / OPG)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn parse_should_accept_whole_and_fractional_amounts() {
		assert_eq!(parse("10000").unwrap(), 10_000 * OPG);
		assert_eq!(parse("0.25").unwrap(), OPG / 4);
		assert_eq!(parse("0.000000000000000001").unwrap(), 1);
	}

	#[test]
	fn parse_should_refuse_what_is_not_an_amount() {
		for text in ["", ".5", "-1", "1e3", "1.0000000000000000001", "1,5", "9".repeat(39).as_str()]
		{
			assert!(parse(text).is_err(), "{text}");
		}
	}

	#[test]
	fn show_should_round_down_and_fall_back_to_planck() {
		assert_eq!(show(10_000 * OPG), "10000 OPG");
		assert_eq!(show(OPG / 4), "0.25 OPG");
		assert_eq!(show(7), "7 planck");
		assert_eq!(show(0), "0 OPG");
	}
}
