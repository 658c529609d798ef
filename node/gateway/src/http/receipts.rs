//! Receipts, by the number of a request or by its reference.

use super::{get, Gateway, Head, Reply};
use crate::{
	backend::{Backend, BackendError, RequestId},
	error::ApiError,
};

impl<B: Backend> Gateway<B> {
	/// Answers `GET /v1/receipts/{number or reference}`.
	pub(super) async fn receipt(&self, head: &Head) -> Result<Reply, ApiError> {
		get(head)?;
		let asked = head.path.strip_prefix("/v1/receipts/").unwrap_or_default();
		let request = match asked.strip_prefix("0x") {
			Some(digits) => {
				let mut reference = [0; 32];
				hex::decode_to_slice(digits, &mut reference).map_err(|_| unreadable())?;
				let found = self.service.backend.find(reference).await?;
				found.ok_or_else(|| {
					let message = "no request of this gateway has this reference, or the chain does not keep \
					               it any more";
					BackendError::RequestUnknown(message.into())
				})?
			},
			None => asked.parse::<RequestId>().map_err(|_| unreadable())?,
		};
		let receipt = self.service.backend.receipt(request).await;
		let receipt = receipt.map_err(|error| ApiError::from(error).with("request", request))?;
		let file = format!("attachment; filename=\"receipt-{request}.json\"");
		Ok(Reply::new(200, super::JSON, receipt)
			.with("opg-request", request.to_string())
			.with("content-disposition", file))
	}
}

fn unreadable() -> ApiError {
	ApiError::invalid(
		"a receipt is named by the number of its request, or by its reference: 0x and 64 digits",
	)
}
