//! JSON-RPC over HTTP/1.1, one request per connection.
//!
//! The client needs six methods with one small request each. Doing this over `std::net` keeps
//! the client features of jsonrpsee, and their TLS stack, out of the whole workspace.

use anyhow::{anyhow, bail, Context, Result};
use serde_json::{json, Value};
use std::{
	io::{Read, Write},
	net::{TcpStream, ToSocketAddrs},
	time::Duration,
};

const TIMEOUT: Duration = Duration::from_secs(12);
const MAX_RESPONSE_BYTES: u64 = 64 * 1024 * 1024;

/// A node's JSON-RPC server.
#[derive(Clone, Debug)]
pub struct Rpc {
	authority: String,
}

impl Rpc {
	/// The server at `url`. Does not connect yet.
	pub fn new(url: &str) -> Result<Self> {
		let rest = url
			.strip_prefix("http://")
			.or_else(|| url.strip_prefix("ws://"))
			.with_context(|| format!("`{url}`: --url must begin with http:// or ws://"))?;
		let authority = rest.trim_end_matches('/');
		let port = authority.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
		match port {
			Some(Ok(_)) => Ok(Self { authority: authority.to_string() }),
			_ => bail!("`{url}`: --url must end with a port, for example http://127.0.0.1:9944"),
		}
	}

	/// Call `method` and return its result.
	pub fn call(&self, method: &str, params: Value) -> Result<Value> {
		let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
		let response = self.post(&body.to_string()).with_context(|| {
			format!("no answer from a node at http://{} (method {method})", self.authority)
		})?;
		let mut response: Value =
			serde_json::from_slice(&response).map_err(|e| anyhow!("{method}: not JSON: {e}"))?;
		if let Some(error) = response.get("error") {
			let text = |key| error.get(key).map(plain).unwrap_or_default();
			bail!("{method}: {} {}", text("message"), text("data"));
		}
		Ok(response["result"].take())
	}

	fn post(&self, body: &str) -> Result<Vec<u8>> {
		let address =
			self.authority.to_socket_addrs()?.next().context("the name has no address")?;
		let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
		stream.set_read_timeout(Some(TIMEOUT))?;
		stream.set_write_timeout(Some(TIMEOUT))?;
		let request = format!(
			"POST / HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
			 Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
			self.authority,
			body.len(),
		);
		stream.write_all(request.as_bytes())?;
		let mut response = Vec::new();
		stream.take(MAX_RESPONSE_BYTES).read_to_end(&mut response)?;
		http_body(&response)
	}
}

fn plain(value: &Value) -> String {
	value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

/// The body of an HTTP response that was read to its end.
fn http_body(response: &[u8]) -> Result<Vec<u8>> {
	let split = response.windows(4).position(|w| w == b"\r\n\r\n").context("not HTTP")?;
	let head = String::from_utf8_lossy(&response[..split]).to_lowercase();
	let body = &response[split + 4..];
	let status = head.lines().next().unwrap_or_default();
	if !status.contains(" 200") {
		bail!("HTTP status `{status}`: {}", String::from_utf8_lossy(body).trim());
	}
	if head.lines().any(|l| l.starts_with("transfer-encoding:") && l.contains("chunked")) {
		return dechunk(body);
	}
	Ok(body.to_vec())
}

fn dechunk(mut body: &[u8]) -> Result<Vec<u8>> {
	let mut out = Vec::new();
	loop {
		let end = body.windows(2).position(|w| w == b"\r\n").context("cut-off chunk")?;
		let size = String::from_utf8_lossy(&body[..end]);
		let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)
			.context("chunk size")?;
		if size == 0 {
			return Ok(out);
		}
		let start = end + 2;
		let stop = start.checked_add(size).context("chunk size")?;
		out.extend_from_slice(body.get(start..stop).context("cut-off chunk")?);
		body = body.get(stop + 2..).context("cut-off chunk")?;
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn body_should_be_read_plain_and_chunked() {
		let plain = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
		assert_eq!(http_body(plain).unwrap(), b"hello");
		let chunked =
			b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x\r\nlo\r\n0\r\n\r\n";
		assert_eq!(http_body(chunked).unwrap(), b"hello");
	}

	#[test]
	fn body_should_be_refused_when_broken() {
		for response in [
			&b"HTTP/1.1 403 Forbidden\r\n\r\nno"[..],
			b"nonsense",
			b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
			b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
		] {
			assert!(http_body(response).is_err());
		}
	}

	#[test]
	fn url_should_need_a_scheme_and_a_port() {
		assert!(Rpc::new("ws://localhost:9944/").is_ok());
		assert!(Rpc::new("localhost:9944").is_err());
		assert!(Rpc::new("http://localhost").is_err());
	}
}
