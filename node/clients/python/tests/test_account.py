"""Accounts: those that Substrate and polkadot.js make of the same secrets."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import sr25519

import opg
from opg.account import DEV_PHRASE, decode_address, encode_address, network_of

ALICE = "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
ALICE_42 = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
ALICE_OPG = "opJ34wkzbEsRaYwsvsQbkN7HwxeYDRsFdUNYs59Eu1nviSTLe"


def key(suri: str, password: str | None = None) -> str:
    return opg.Account.from_suri(suri, password).public_key.hex()


def test_secrets_should_give_the_accounts_that_subkey_gives() -> None:
    assert key("//Alice") == ALICE
    assert key(DEV_PHRASE + "//Alice") == ALICE
    assert key("//Bob") == "8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48"
    seed = "0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e"
    assert key(seed) == "46ebddef8cd9bb167dc30878d7113b7e168e6f0646beffd77d69d39bad76b47a"
    assert key("//Alice///pass") == key("//Alice", "pass") != ALICE


# By @polkadot/keyring 14.0.3.
DERIVED = {
    "//Alice/soft": "02cfd83074aefc9955af4034d19b3780d47a52e158ababec8ec012b2295f1c5b",
    "//Alice//1": "70cd06e4c5d36fd8fe158e7b5e102937d4859d45933f39074ae784a67bf65426",
    "//Alice/1//2": "4c0a4c463a0944a7ee10a7cb005f2b4ac12538b171dd4237e4341e7c2f427e10",
    "//Alice//" + "long" * 20: "4cac158a41714c09a28e65b2f16bb6553a9de64902623ce097145f978ac0bc3d",
    "//Alice///pass": "9afe27621bf95bd1b6260cf8033a24094730895cb0bd549bd6332520a4538c21",
    DEV_PHRASE: "46ebddef8cd9bb167dc30878d7113b7e168e6f0646beffd77d69d39bad76b47a",
    "//Alice//0042": "9cadd19dfa55c6f703d1f24de11a5bc39b287508d75f7835b9511d264b19ec0d",
}


@pytest.mark.parametrize("suri", DERIVED)
def test_paths_should_give_the_accounts_that_polkadot_js_gives(suri: str) -> None:
    assert key(suri) == DERIVED[suri]


def test_addresses_should_be_those_of_the_chain() -> None:
    alice = bytes.fromhex(ALICE)
    assert encode_address(alice) == ALICE_OPG
    assert encode_address(alice, 42) == ALICE_42
    assert decode_address(ALICE_OPG) == decode_address(ALICE_42) == alice
    assert (network_of(ALICE_OPG), network_of(ALICE_42), network_of("?")) == (3241, 42, None)
    for text in ["", "0x00", "Alice", ALICE_42[:-1] + "Z"]:
        with pytest.raises(opg.KeyFileError):
            decode_address(text)


def test_signatures_should_be_valid() -> None:
    eve = opg.Account.from_suri("//Eve")
    assert sr25519.verify(eve.sign(b"message"), b"message", eve.public_key)
    assert not sr25519.verify(eve.sign(b"message"), b"other", eve.public_key)


def test_secrets_should_not_be_shown() -> None:
    words = "bottom drive obey lake curtain smoke basket hold race lonely fit secretly"
    with pytest.raises(opg.KeyFileError) as caught:
        opg.Account.from_suri(words)
    assert all(word not in str(caught.value) for word in words.split())
    account = opg.Account.from_suri(DEV_PHRASE + "//Eve")
    assert "lonely" not in f"{account!r} {account}"


@pytest.mark.parametrize("suri", ["0x12", "0xzz", "two words", "//", "a\nb"])
def test_what_is_no_secret_should_be_refused(suri: str) -> None:
    with pytest.raises(opg.KeyFileError):
        opg.Account.from_suri(suri)


def test_secret_should_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPG_SURI", "//Alice")
    assert opg.Account.from_env().public_key.hex() == ALICE
    monkeypatch.delenv("OPG_SURI")
    with pytest.raises(opg.KeyFileError, match="OPG_SURI"):
        opg.Account.from_env()


# Written by @polkadot/keyring 14.0.3 for Alice, with this password.
PASSWORD = "a password"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return Path(shutil.copy(Path(__file__).with_name("alice.json"), tmp_path))


def test_key_file_of_polkadot_js_should_open(key_file: Path) -> None:
    account = opg.Account.from_key_file(key_file, PASSWORD)
    assert account.public_key.hex() == ALICE
    assert sr25519.verify(account.sign(b"message"), b"message", account.public_key)
    for password in (None, "another"):
        with pytest.raises(opg.KeyFileError, match="password"):
            opg.Account.from_key_file(key_file, password)


def test_key_file_should_be_refused_when_it_is_damaged(key_file: Path) -> None:
    content = json.loads(key_file.read_text())
    for change in (
        {"address": encode_address(bytes(32))},
        {"address": "5"},
        {"encoded": content["encoded"][:40]},
        {"encoded": "not base64!"},
        {"encoding": {**content["encoding"], "content": ["pkcs8", "ed25519"]}},
        {"encoding": {**content["encoding"], "type": ["rot13"]}},
        {"encoding": {**content["encoding"], "version": "2"}},
        {"encoding": None},
    ):
        key_file.write_text(json.dumps({**content, **change}))
        with pytest.raises(opg.KeyFileError, match=r"alice\.json"):
            opg.Account.from_key_file(key_file, PASSWORD)
    key_file.write_text("[]")
    with pytest.raises(opg.KeyFileError, match="not a key file"):
        opg.Account.from_key_file(key_file, PASSWORD)
    with pytest.raises(opg.KeyFileError, match=r"none\.json"):
        opg.Account.from_key_file(key_file.with_name("none.json"), PASSWORD)
