"""Accounts that sign: secrets as Substrate writes them, and key files of polkadot.js."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import sr25519
from mnemonic import Mnemonic
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from scalecodec.utils import ss58

from opg.errors import KeyFileError

DEV_PHRASE: Final = "bottom drive obey lake curtain smoke basket hold race lonely fit walk"
"""Phrase of the development accounts. Everybody knows it."""

SS58_PREFIX: Final = 3241
"""Prefix of addresses of this chain, which begin with `op`."""

_SURI: Final = re.compile(r"^(?P<phrase>[\w ]+)?(?P<path>(//?[^/]+)*)(///(?P<password>.*))?$")
_JUNCTION: Final = re.compile(r"/(/?)([^/]+)")

_PKCS8_HEADER: Final = bytes.fromhex("3053020101300506032b657004220420")
_PKCS8_DIVIDER: Final = bytes.fromhex("a123032100")
_SECRET_BYTES: Final = 64
_PUBLIC_BYTES: Final = 32
_SALT_BYTES: Final = 32
_MAX_SCRYPT_N: Final = 2**20
_MAX_SCRYPT_P: Final = 10
_SCRYPT_R: Final = 8


@dataclass(frozen=True, repr=False)
class Account:
    """An sr25519 key pair. It does not show its secret when it is printed."""

    public_key: bytes
    _secret: bytes
    _origin: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    """Where it came from, as the environment tells programs of the chain."""

    @classmethod
    def from_suri(cls, suri: str, password: str | None = None) -> Account:
        """Make the account of a secret: a phrase or hex seed, and a path such as `//Eve`.

        A path alone belongs to the development phrase. Do not write secrets of value into programs:
        read them from a key file (`from_key_file`) or from the environment (`from_env`).
        """
        match = _SURI.match(suri)
        if not match:
            raise KeyFileError("neither a phrase nor a seed nor a path such as //Alice")
        password = password if password is not None else match["password"]
        seed = _seed(match["phrase"] or DEV_PHRASE, password or "")
        public, secret = sr25519.pair_from_seed(seed)
        for hard, chain_code in _junctions(match["path"]):
            derive = sr25519.hard_derive_keypair if hard else sr25519.derive_keypair
            _, public, secret = derive((chain_code, public, secret), b"")
        whole = suri if match["password"] or not password else f"{suri}///{password}"
        return cls(bytes(public), bytes(secret), (("OPG_SURI", whole),))

    @classmethod
    def from_env(cls, name: str = "OPG_SURI") -> Account:
        """Make the account of the secret in an environment variable."""
        suri = os.environ.get(name)
        if not suri:
            raise KeyFileError(f"the environment variable {name} is not set")
        return cls.from_suri(suri)

    @classmethod
    def from_key_file(cls, path: str | os.PathLike[str], password: str | None = None) -> Account:
        """Read a key file that polkadot.js, its browser extension or `opg` wrote."""
        try:
            content = json.loads(Path(path).read_bytes())
        except (OSError, ValueError) as error:
            raise KeyFileError(f"{path}: {error}") from None
        try:
            origin = (("OPG_KEY_FILE", str(Path(path).resolve())), ("password", password or ""))
            account = cls(*_open_key_file(content, password), origin)
            address = content.get("address")
            fits = not address or bytes.fromhex(ss58.ss58_decode(address)) == account.public_key
        except KeyFileError as error:
            raise KeyFileError(f"{path}: {error}") from None
        except (AttributeError, KeyError, TypeError, ValueError, struct.error):
            raise KeyFileError(f"{path}: not a key file of polkadot.js") from None
        if not fits:
            raise KeyFileError(f"{path}: its address is not that of its key")
        return account

    def sign(self, message: bytes) -> bytes:
        """Sign a message. Two signatures of one message differ, and both are valid."""
        return bytes(sr25519.sign((self.public_key, self._secret), message))

    @property
    def origin(self) -> dict[str, str]:
        """Where it came from: the secret, or key file and password. Keep it to yourself."""
        return dict(self._origin)

    def address(self, prefix: int = SS58_PREFIX) -> str:
        """Address of the account in SS58, with the chain's prefix."""
        return encode_address(self.public_key, prefix)

    def __repr__(self) -> str:
        return f"Account({self.address()})"


def encode_address(public_key: bytes, prefix: int = SS58_PREFIX) -> str:
    """Write an account in SS58."""
    return str(ss58.ss58_encode(public_key.hex(), prefix))  # type: ignore[attr-defined]


def decode_address(address: str) -> bytes:
    """Read an account in SS58, of whatever prefix."""
    try:
        public_key = bytes.fromhex(ss58.ss58_decode(address))
    except (ValueError, IndexError):
        raise KeyFileError(f"{address!r} is no address of an account") from None
    if len(public_key) != _PUBLIC_BYTES:
        raise KeyFileError(f"{address!r} is no address of an account")
    return public_key


def network_of(address: str) -> int | None:
    """Give the prefix of an address; `None` if it is no address."""
    try:
        return int(ss58.get_ss58_format(address))
    except (ValueError, IndexError):
        return None


def _seed(phrase: str, password: str) -> bytes:
    """Mini secret of a phrase, or a seed in hex, which takes no password."""
    if phrase.startswith("0x"):
        try:
            seed = bytes.fromhex(phrase[2:])
        except ValueError:
            seed = b""
        if len(seed) != _PUBLIC_BYTES:
            raise KeyFileError("a seed is 0x and 64 hex digits")
        return seed
    try:
        entropy = bytes(Mnemonic("english").to_entropy(phrase.split()))
    except (LookupError, ValueError):
        # Without the words: errors end up in logs.
        raise KeyFileError("the phrase is none: a word or the checksum is wrong") from None
    salt = ("mnemonic" + password).encode()
    return hashlib.pbkdf2_hmac("sha512", entropy, salt, 2048)[:32]


def _junctions(path: str) -> Iterator[tuple[bool, bytes]]:
    """For each part of a derivation path: whether it is hard, and its chain code."""
    for double, text in _JUNCTION.findall(path):
        if text.isascii() and text.isdigit() and int(text) < 2**64:
            code = struct.pack("<Q", int(text))
        else:
            encoded = text.encode()
            code = _compact_length(len(encoded)) + encoded
        if len(code) > _PUBLIC_BYTES:
            code = hashlib.blake2b(code, digest_size=_PUBLIC_BYTES).digest()
        yield bool(double), code.ljust(_PUBLIC_BYTES, b"\0")


def _compact_length(length: int) -> bytes:
    one_byte, two_bytes = 2**6, 2**14
    if length < one_byte:
        return bytes([length << 2])
    if length < two_bytes:
        return struct.pack("<H", length << 2 | 1)
    raise KeyFileError("a part of the derivation path is too long")


def _open_key_file(content: dict[str, Any], password: str | None) -> tuple[bytes, bytes]:
    """Public and secret key of a key file."""
    encoding = content["encoding"]
    kind = encoding["content"]
    if kind != ["pkcs8", "sr25519"]:
        raise KeyFileError(f"a key of the kind {kind}: this client signs with sr25519")
    if encoding["version"] != "3":
        raise KeyFileError(f"version {encoding['version']} of the file: write it anew as version 3")
    data = _bytes_of(content["encoded"])
    types = encoding["type"]
    types = types if isinstance(types, list) else [types]
    if types == ["scrypt", "xsalsa20-poly1305"]:
        if password is None:
            raise KeyFileError("the file is encrypted: give its password")
        data = _decrypt(data, password)
    elif types != ["none"]:
        raise KeyFileError(f"encrypted by {types}, which this client does not know")
    parts = (len(_PKCS8_HEADER), _SECRET_BYTES, len(_PKCS8_DIVIDER), _PUBLIC_BYTES)
    if len(data) != sum(parts):
        raise KeyFileError("what the file holds is no key")
    header, secret, divider, public = struct.unpack("".join(f"{n}s" for n in parts), data)
    if header != _PKCS8_HEADER or divider != _PKCS8_DIVIDER:
        raise KeyFileError("what the file holds is no key")
    own_public, own_secret = sr25519.pair_from_ed25519_secret_key(secret)
    if bytes(own_public) != public:
        raise KeyFileError("public and secret key of the file do not belong together")
    return bytes(own_public), bytes(own_secret)


def _bytes_of(text: str) -> bytes:
    try:
        return bytes.fromhex(text[2:]) if text.startswith("0x") else base64.b64decode(text)
    except (ValueError, binascii.Error):
        raise KeyFileError("what the file holds is neither hex nor base64") from None


def _decrypt(data: bytes, password: str) -> bytes:
    salt, (n, p, r) = data[:_SALT_BYTES], struct.unpack_from("<III", data, _SALT_BYTES)
    # The file says how much memory its password takes: within reason.
    if not (1 < n <= _MAX_SCRYPT_N and n & (n - 1) == 0 and 0 < p <= _MAX_SCRYPT_P):
        raise KeyFileError("the file asks for more work than any that polkadot.js writes")
    if r != _SCRYPT_R:
        raise KeyFileError("the file asks for more work than any that polkadot.js writes")
    key = hashlib.scrypt(
        password.encode(), salt=salt, n=n, r=r, p=p, maxmem=2 * 128 * n * r + 2**20, dklen=64
    )
    start = _SALT_BYTES + 12
    nonce_end = start + SecretBox.NONCE_SIZE
    try:
        return bytes(SecretBox(key[:32]).decrypt(data[nonce_end:], data[start:nonce_end]))
    except (CryptoError, ValueError):
        raise KeyFileError("the password does not fit") from None
