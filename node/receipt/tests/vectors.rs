//! Receipts that a node made, which must verify for ever.

#![allow(clippy::unwrap_used)]

use opg_receipt::{verify, Anchor, AuthorityFile, Error, Hash, Receipt, Statement};

const RECEIPT: &str = include_str!("../../cli/vectors/receipt-v4.json");
const AUTHORITIES: &str = include_str!("../../cli/vectors/authorities-v4.json");

fn receipt() -> Receipt {
	Receipt::parse(RECEIPT.as_bytes()).unwrap()
}

fn check(anchor: &Anchor) -> Result<Statement, Error> {
	verify(&receipt(), anchor)
}

#[test]
fn receipt_of_a_node_should_verify_by_genesis_and_by_authorities() {
	let statement = check(&Anchor::Genesis(receipt().genesis)).unwrap();
	assert_eq!(statement.spec_name, "opg");
	assert_eq!(statement.settlement.paid.len(), 3);
	let digest = statement.settlement.answer.digest();
	let attested = statement.committees.seats.iter().filter(|seat| seat.digest() == Some(digest));
	assert_eq!(attested.count(), 3);
	let file = AuthorityFile::parse(AUTHORITIES.as_bytes()).unwrap();
	let anchor = Anchor::Authorities { genesis: file.genesis, set: file.set() };
	assert_eq!(check(&anchor).unwrap(), statement);
	let other = Hash([1; 32]);
	let error = Error::OtherChain { expected: other, found: file.genesis };
	assert_eq!(check(&Anchor::Genesis(other)), Err(error));
}

#[test]
fn receipt_of_a_node_should_be_as_it_is_written() {
	assert_eq!(receipt().render(), RECEIPT);
	let file = AuthorityFile::parse(AUTHORITIES.as_bytes()).unwrap();
	assert_eq!(file.render(), AUTHORITIES);
}
