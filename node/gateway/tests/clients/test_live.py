"""The unmodified clients of Triton and OpenAI at `opg gateway` and a development chain.

`scripts/test-gateway.sh` starts the chain: `OPG_URL` is its node, `OPG_BIN` the folder of programs,
`OPG_DIGITS` the file of the model //Dave/digits. //Dave/words is that of words.py, pooled;
//Dave/story is that of story.py.
"""

import json
import os
import signal
import subprocess
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import openai
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException
from words import table

OPG = Path(os.environ["OPG_BIN"]) / "opg"
# Nobody else pays with it here.
PAYER = "//Ferdie"
PIXELS = np.linspace(0, 1, 64, dtype=np.float32).reshape(1, 64)


def opg(*arguments):
    done = subprocess.run([OPG, *arguments], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


class Gateway:
    def __init__(self, address, secret):
        self.address, self.secret = address, secret

    def headers(self):
        return {"Authorization": f"Bearer {self.secret}"}

    def infer(self, pixels, request_id="", *, model="//Dave/digits", **query):
        port = triton.InferInput("pixels", list(pixels.shape), "FP32")
        port.set_data_from_numpy(pixels)
        place = self.address.removeprefix("http://")
        with triton.InferenceServerClient(place, network_timeout=600) as client:
            result = client.infer(
                model, [port], request_id=request_id, query_params=query, headers=self.headers()
            )
        return result, result.get_response()["parameters"]

    def get(self, path):
        call = urllib.request.Request(self.address + path, headers=self.headers())
        with urllib.request.urlopen(call) as answer:
            return answer.read()


@contextmanager
def gateway(folder, *arguments, limit="40"):
    keys = folder / "keys.json"
    keys.unlink(missing_ok=True)
    secret = opg("gateway", "key", "test", "--keys", keys, "--per-day", limit).strip()
    command = [OPG, "gateway", "--json", "--listen", "127.0.0.1:0", "--suri", PAYER]
    command += ["--keys", keys, "--state", folder / "state", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as own:
        try:
            address = json.loads(own.stdout.readline())["url"]
            yield Gateway(address, secret)
        finally:
            own.send_signal(signal.SIGTERM)
            assert own.wait(60) == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("gateway")


def held_and_free():
    balance = json.loads(opg("--json", "balance", PAYER))
    return int(balance["held"]), int(balance["free"])


def test_answer_should_be_verified_settled_and_proven(folder):
    with gateway(folder, "--verify") as own:
        result, about = own.infer(PIXELS, "proven", trust="settled")
        assert about["state"] == "settled"
        assert about["verified"] is True
        receipt = folder / "receipt.json"
        receipt.write_bytes(own.get(about["receipt"]))
        assert own.get(f"/v1/receipts/{about['reference']}") == receipt.read_bytes()
    chain = rpc("opg_v1_chain")
    model = ["--model", os.environ["OPG_DIGITS"]]
    verified = opg("--json", "receipt", "verify", receipt, "--genesis", chain["genesis"], *model)
    assert json.loads(verified)["request"] == about["request"]
    # What the engine gives for the same input by itself.
    tensors = folder / "input.json"
    listed = {"name": "pixels", "dtype": "f32", "shape": [1, 64], "data": PIXELS[0].tolist()}
    tensors.write_text(json.dumps([listed]))
    engine = [OPG.with_name("opg-engine"), "run", os.environ["OPG_DIGITS"], tensors]
    engine += ["--output", folder / "output.json"]
    subprocess.run(engine, check=True)
    for output in json.loads((folder / "output.json").read_text()):
        array = result.as_numpy(output["name"])
        assert array.reshape(-1).tolist() == np.array(output["data"], array.dtype).tolist()


def rpc(method, *params):
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    address = os.environ["OPG_URL"].replace("ws://", "http://")
    headers = {"Content-Type": "application/json"}
    call = urllib.request.Request(address, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(call) as answer:
        return json.load(answer)["result"]


def test_id_should_be_paid_once_over_timeout_and_restart(folder):
    with gateway(folder) as own:
        with pytest.raises(InferenceServerException, match="with the same id") as late:
            own.infer(PIXELS, "restart", timeout="0.2")
        assert late.value.status() == "504"
    with gateway(folder) as own:
        _, one = own.infer(PIXELS, "restart")
    with gateway(folder) as own:
        _, two = own.infer(PIXELS, "restart", trust="settled")
        assert two["request"] == one["request"]
        assert two["reference"] == one["reference"]
        with pytest.raises(InferenceServerException, match="another model, tier or input") as used:
            own.infer(PIXELS / 2, "restart")
        assert used.value.status() == "409"


def test_key_should_spend_no_more_than_its_limit(tmp_path):
    with gateway(tmp_path, limit="0.0001") as own:
        with pytest.raises(InferenceServerException, match="this key may spend") as refused:
            own.infer(PIXELS)
        assert refused.value.status() == "429"
    assert "held" not in (tmp_path / "state" / "ledger.jsonl").read_text()


def test_ledger_should_count_what_was_charged(tmp_path):
    before = sum(held_and_free())
    with gateway(tmp_path) as own:
        own.infer(PIXELS, trust="settled")
    lines = (tmp_path / "state" / "ledger.jsonl").read_text().splitlines()
    closed = [json.loads(line)["closed"] for line in lines if "closed" in line]
    assert len(closed) == 1
    charged = round(float(closed[0]["charged"]) * 1e18)
    after = sum(held_and_free())
    assert abs(before - after - charged) <= charged * 1e-6


def test_wrong_inputs_should_cost_nothing(folder):
    before = held_and_free()
    with gateway(folder) as own:
        with pytest.raises(InferenceServerException, match=r"takes f32\[1, 64\]") as error:
            own.infer(PIXELS[0])
        assert error.value.status() == "400"
        with pytest.raises(InferenceServerException) as error:
            own.infer(PIXELS, model="//Dave/none")
        assert error.value.status() == "404"
    assert held_and_free() == before


def test_embeddings_should_be_what_numpy_says(folder):
    with gateway(folder) as own:
        client = openai.OpenAI(base_url=own.address + "/v1", api_key=own.secret, timeout=600)
        assert any(model.id.endswith("/words") for model in client.models.list())
        lists = [[5, 7, 11], [3]]
        answer = client.embeddings.create(model="//Dave/words", input=lists)
        for tokens, got in zip(lists, answer.data, strict=True):
            mean = table()[tokens].mean(axis=0)
            expected = mean / np.linalg.norm(mean)
            np.testing.assert_allclose(got.embedding, expected, rtol=1e-5)
        with pytest.raises(openai.BadRequestError, match="token ids and no text"):
            client.embeddings.create(model="//Dave/words", input="a text")
        with pytest.raises(openai.BadRequestError, match="no model for embeddings"):
            client.embeddings.create(model="//Dave/digits", input=[1])


def test_many_should_be_asked_at_once(folder):
    with gateway(folder) as own, ThreadPoolExecutor(8) as pool:
        inputs = [PIXELS * np.float32(at) / np.float32(8) for at in range(8)]
        asked = pool.map(lambda pixels: own.infer(pixels, tier="optimistic")[1], inputs)
        assert len({about["request"] for about in asked}) == len(inputs)


def test_text_should_be_attested_and_paid_by_tokens(folder):
    with gateway(folder, "--verify") as own:
        client = openai.OpenAI(base_url=own.address + "/v1", api_key=own.secret, timeout=600)
        question = [{"role": "user", "content": "abc"}]
        answer = client.chat.completions.create(
            model="//Dave/story", messages=question, max_tokens=8, extra_query={"trust": "settled"}
        )
        choice = answer.choices[0]
        assert (choice.message.content, choice.finish_reason) == ("defghijk", "length")
        assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (4, 8)
        assert (choice.opg["state"], choice.opg["verified"]) == ("settled", True)
        ended = client.completions.create(model="//Dave/story", prompt="wx", max_tokens=9)
        assert (ended.choices[0].text, ended.choices[0].finish_reason) == ("yz", "stop")
        stream = client.completions.create(
            model="//Dave/story", prompt="a", max_tokens=4, temperature=1.5, seed=3, stream=True
        )
        text = "".join(chunk.choices[0].text for chunk in stream)
        assert len(text) == 4
        again = client.completions.create(
            model="//Dave/story", prompt="a", max_tokens=4, temperature=1.5, seed=3
        )
        assert again.choices[0].text == text
