//! A certificate that signs itself, in DER (X.690), for a name.

use ring::{
	rand::SystemRandom,
	signature::{EcdsaKeyPair, KeyPair, ECDSA_P256_SHA256_ASN1_SIGNING},
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;
const TEXT: u8 = 0x0c;
const TIME: u8 = 0x18;
/// Version, extensions, and a name in the DNS, as their places in a structure.
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const DNS_NAME: u8 = 0x82;

const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];

/// A value with its tag and length.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
	let content = parts.concat();
	let length = match content.len() {
		short @ 0..=127 => vec![short as u8],
		middle @ 128..=255 => vec![0x81, middle as u8],
		long => vec![0x82, (long >> 8) as u8, long as u8],
	};
	[&[tag][..], &length, &content].concat()
}

/// A certificate for a name, and its key.
pub fn self_signed(name: &str) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
	let (algorithm, random) = (&ECDSA_P256_SHA256_ASN1_SIGNING, SystemRandom::new());
	let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
	let pair = EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random).unwrap();

	let signature_algorithm = der(SEQUENCE, &[&der(OBJECT, &[ECDSA_WITH_SHA256])]);
	let common_name = der(SEQUENCE, &[&der(OBJECT, &[COMMON_NAME]), &der(TEXT, &[b"test"])]);
	let who = der(SEQUENCE, &[&der(SET, &[&common_name])]);
	let validity =
		der(SEQUENCE, &[&der(TIME, &[b"20200101000000Z"]), &der(TIME, &[b"21200101000000Z"])]);
	let key_algorithm = der(SEQUENCE, &[&der(OBJECT, &[EC_PUBLIC_KEY]), &der(OBJECT, &[P256])]);
	let public = der(SEQUENCE, &[&key_algorithm, &der(BITS, &[&[0], pair.public_key().as_ref()])]);
	let names = der(SEQUENCE, &[&der(DNS_NAME, &[name.as_bytes()])]);
	let alt_name = der(SEQUENCE, &[&der(OBJECT, &[SUBJECT_ALT_NAME]), &der(OCTETS, &[&names])]);
	let body = der(
		SEQUENCE,
		&[
			&der(VERSION, &[&der(INTEGER, &[&[2]])]),
			&der(INTEGER, &[&[1]]),
			&signature_algorithm,
			&who,
			&validity,
			&who,
			&public,
			&der(EXTENSIONS, &[&der(SEQUENCE, &[&alt_name])]),
		],
	);
	let signature = pair.sign(&random, &body).unwrap();
	let signature = der(BITS, &[&[0], signature.as_ref()]);
	let certificate = der(SEQUENCE, &[&body, &signature_algorithm, &signature]);
	(certificate.into(), PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.as_ref().to_vec())))
}
