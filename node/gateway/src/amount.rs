//! Amounts of OPG in files and answers: decimal text.

use crate::backend::{Planck, OPG};

/// Digits behind the point.
const DECIMALS: usize = 18;

/// The planck of an amount such as `1.5`. `None` if it is no such amount, or has too many digits.
pub fn parse(text: &str) -> Option<Planck> {
	let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
	let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
	if whole.is_empty() || text.ends_with('.') || fraction.len() > DECIMALS {
		return None;
	}
	if !digits(whole) || !digits(fraction) {
		return None;
	}
	let fraction: Planck = format!("{fraction:0<DECIMALS$}").parse().ok()?;
	whole.parse::<Planck>().ok()?.checked_mul(OPG)?.checked_add(fraction)
}

/// An amount in OPG, exactly.
pub fn show(planck: Planck) -> String {
	let (whole, fraction) = (planck / OPG, planck % OPG);
	if fraction == 0 {
		return whole.to_string();
	}
	format!("{whole}.{fraction:0>DECIMALS$}").trim_end_matches('0').into()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn amounts_should_be_read_and_shown_exactly() {
		for (text, planck) in
			[("0", 0), ("1", OPG), ("1.5", 3 * OPG / 2), ("0.000000000000000001", 1)]
		{
			assert_eq!(parse(text), Some(planck), "{text}");
			assert_eq!(show(planck), text);
		}
		assert_eq!(parse("007.50"), Some(75 * OPG / 10));
		for text in ["", ".", "1.", ".5", "-1", "1e3", "1,5", "0.0000000000000000001", "1.5.2"] {
			assert_eq!(parse(text), None, "{text}");
		}
		assert_eq!(parse(&format!("{}", u128::MAX)), None);
	}
}
