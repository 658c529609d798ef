"""Signed transactions, encoded by what the chain's own metadata says.

So a runtime upgrade that moves a call, adds a parameterless extension or changes a type's encoding
needs no new release of this package. One that asks for a value which this package does not know is
refused here, before anything is signed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from scalecodec import ScaleBytes  # type: ignore[attr-defined]
from scalecodec.base import RuntimeConfigurationObject
from scalecodec.type_registry import load_type_registry_preset

from opg.account import Account
from opg.errors import OpgError

MORTALITY: Final = 64
"""Blocks in which a transaction can be included. A power of two from 4 to 4096."""

_FORMAT: Final = 4
"""Version of the format of signed transactions."""
_SIGNED: Final = 0x80
_ACCOUNT: Final = b"\x00"
"""An address that is an account."""
_SR25519: Final = b"\x01"
_LONGEST_SIGNED: Final = 256
"""Longer payloads are signed by their hash."""


class UnknownRuntime(OpgError):
    """The chain's runtime asks for something that this release of the package does not know."""


@dataclass(frozen=True)
class Context:
    """State of the chain that a signature is bound to."""

    genesis: bytes
    spec_version: int
    transaction_version: int
    block: int
    """Height of the block in which the validity begins."""
    block_hash: bytes
    nonce: int

    @property
    def last_block(self) -> int:
        """Height of the last block that can include the transaction."""
        return self.block + MORTALITY - 1


@dataclass(frozen=True)
class _Extension:
    name: str
    explicit: str
    implicit: str


class Runtime:
    """Calls and extensions of one version of the chain's runtime."""

    def __init__(self, metadata: bytes) -> None:
        """Read what `state_getMetadata` gives. It takes some tenths of a second."""
        self._config = RuntimeConfigurationObject(implements_scale_info=True)
        self._config.update_type_registry(load_type_registry_preset("core") or {})
        try:
            self._metadata = self._config.create_scale_object(
                "MetadataVersioned", ScaleBytes(metadata)
            )
            self._metadata.decode()
            self._config.add_portable_registry(self._metadata)
            extrinsic = self._metadata.value[1][self._version()]["extrinsic"]
            self._extensions = [_extension(item) for item in extrinsic["signed_extensions"]]
        except Exception as error:
            # The decoder raises whatever it meets.
            raise UnknownRuntime(f"the chain's metadata cannot be read: {error}") from error
        if extrinsic["version"] != _FORMAT:
            raise UnknownRuntime(f"the chain takes transactions of version {extrinsic['version']}")

    def call(self, pallet: str, name: str, arguments: dict[str, Any]) -> bytes:
        """Encode a call. The arguments have to be those that it has, by name."""
        known = self._parameters(pallet, name)
        if known != list(arguments):
            raise UnknownRuntime(
                f"{pallet}.{name} of this chain takes {', '.join(known)}; this release gives "
                f"{', '.join(arguments)}"
            )
        call = {"call_module": pallet, "call_function": name, "call_args": arguments}
        try:
            encoded = self._config.create_scale_object("Call", metadata=self._metadata).encode(call)
        except Exception as error:
            raise UnknownRuntime(f"{pallet}.{name} cannot be encoded: {error}") from error
        return bytes(encoded.data)

    def signed(self, call: bytes, signer: Account, context: Context) -> bytes:
        """Encode a call as a transaction that the account signs."""
        explicit, implicit = self._extend(context)
        payload = call + explicit + implicit
        if len(payload) > _LONGEST_SIGNED:
            payload = hashlib.blake2b(payload, digest_size=32).digest()
        signature = signer.sign(payload)
        body = b"".join(
            [
                bytes([_SIGNED | _FORMAT]),
                _ACCOUNT + signer.public_key,
                _SR25519 + signature,
                explicit,
                call,
            ]
        )
        return self._encode("Compact<u32>", len(body)) + body

    def _extend(self, context: Context) -> tuple[bytes, bytes]:
        """What the extensions add to a transaction, and what they add to its payload only."""
        explicit = {
            "CheckMortality": _era(context.block),
            "CheckNonce": context.nonce,
            "ChargeTransactionPayment": 0,
            "CheckMetadataHash": "Disabled",
        }
        implicit = {
            "CheckSpecVersion": context.spec_version,
            "CheckTxVersion": context.transaction_version,
            "CheckGenesis": f"0x{context.genesis.hex()}",
            "CheckMortality": f"0x{context.block_hash.hex()}",
            "CheckMetadataHash": None,
        }
        sent = [self._value(item.name, item.explicit, explicit) for item in self._extensions]
        kept = [self._value(item.name, item.implicit, implicit) for item in self._extensions]
        return b"".join(sent), b"".join(kept)

    def _value(self, name: str, kind: str, values: dict[str, Any]) -> bytes:
        if name in values:
            value = values[name]
            return value if isinstance(value, bytes) else self._encode(kind, value)
        if not self._is_empty(kind):
            raise UnknownRuntime(
                f"transactions of this chain need a value for {name}, which this release of the "
                "package does not know: take a newer one"
            )
        return b""

    def _is_empty(self, kind: str) -> bool:
        """Tell whether a type has no bytes."""
        registry = self._metadata.portable_registry
        if registry is None:
            return False
        definition = registry.value["types"][int(kind.rpartition("::")[2])]["type"]["def"]
        ((form, content),) = definition.items()
        if form == "composite":
            return all(self._is_empty(_reference(field["type"])) for field in content["fields"])
        if form == "tuple":
            return all(self._is_empty(_reference(item)) for item in content)
        return False

    def _encode(self, kind: str, value: Any) -> bytes:
        try:
            return bytes(self._config.create_scale_object(kind).encode(value).data)
        except Exception as error:
            raise UnknownRuntime(f"{value!r} does not encode as {kind}: {error}") from error

    def _parameters(self, pallet: str, name: str) -> list[str]:
        for candidate in self._metadata.pallets:
            if candidate.name == pallet:
                for call in candidate.calls or []:
                    if call.name == name:
                        return [argument.name for argument in call.args]
        raise UnknownRuntime(f"this chain has no call {pallet}.{name}")

    def _version(self) -> str:
        return str(next(iter(self._metadata.value[1])))


def _extension(item: dict[str, Any]) -> _Extension:
    return _Extension(
        item["identifier"], _reference(item["ty"]), _reference(item["additional_signed"])
    )


def _reference(kind: object) -> str:
    text = str(kind)
    return text if text.startswith("scale_info::") else f"scale_info::{text}"


def _era(block: int) -> bytes:
    """Encode the validity of `MORTALITY` blocks from this one on."""
    phase = block % MORTALITY
    return (phase << 4 | MORTALITY.bit_length() - 2).to_bytes(2, "little")
