"""The unmodified clients of Triton and OpenAI at a gateway in front of a chain in memory.

It is the example `mock`, built by `scripts/test-gateway.sh`; `OPG_GATEWAY_MOCK` names its program.
"""

import asyncio
import hashlib
import json
import os
import subprocess
import urllib.error
import urllib.request

import httpx2
import ml_dtypes
import numpy as np
import openai
import pytest
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

SECRET = "opg_" + "7" * 64
SMALL = "opg_" + "8" * 64


def bearer(secret=SECRET):
    """A new dictionary for each call: tritonclient writes into it."""
    return {"Authorization": f"Bearer {secret}"}


def blake2b(secret):
    return "0x" + hashlib.blake2b(secret.encode(), digest_size=32).hexdigest()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gateway")
    keys = folder / "keys.json"
    named = [("test", SECRET, "1000"), ("small", SMALL, "1.5")]
    listed = [{"name": n, "hash": blake2b(s), "total": t, "concurrent": 64} for n, s, t in named]
    keys.write_text(json.dumps({"keys": listed}))
    program = [os.environ["OPG_GATEWAY_MOCK"], "127.0.0.1:0", str(folder), str(keys)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as own:
        yield own.stdout.readline().strip()
        own.stdin.close()
        assert own.wait(30) == 0


@pytest.fixture
def client(address):
    with triton.InferenceServerClient(address.removeprefix("http://")) as client:
        yield client


@pytest.fixture
def embedder(address):
    return openai.OpenAI(base_url=address + "/v1", api_key=SECRET)


def infer_input(name, array, binary=True):
    tensor = triton.InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
    tensor.set_data_from_numpy(array, binary_data=binary)
    return tensor


PIXELS = np.array([[1, 2, 3, 4.5]], np.float32)


@pytest.mark.parametrize("name", ["opMock/sum", "opMock--sum", "0"])
def test_metadata_should_be_read_by_every_form_of_a_name(client, name):
    metadata = client.get_model_metadata(name, headers=bearer())
    assert metadata["name"] == "opMock/sum"
    assert metadata["inputs"] == [{"name": "pixels", "datatype": "FP32", "shape": [1, 4]}]
    assert client.is_model_ready(name, headers=bearer())
    assert client.is_model_ready(name, "1.0.0", headers=bearer())


def test_health_should_be_read(client):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.get_server_metadata(headers=bearer())["name"] == "opg-gateway"
    assert not client.is_model_ready("opMock/none", headers=bearer())


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("version", ["", "1.0.0", "stable"])
def test_infer_should_give_arrays_and_say_what_it_was(client, binary, version):
    outputs = [triton.InferRequestedOutput(name, binary_data=binary) for name in ("sum", "count")]
    inputs = [infer_input("pixels", PIXELS, binary)]
    result = client.infer(
        "opMock/sum", inputs, version, outputs, query_params={"trust": "settled"}, headers=bearer()
    )
    assert result.as_numpy("sum") == np.float32([10.5])
    assert result.as_numpy("count").dtype == np.int64
    about = result.get_response()["parameters"]
    assert about["state"] == "settled"
    assert about["receipt"] == f"/v1/receipts/{about['request']}"


def test_request_parameters_should_be_taken(client):
    inputs = [infer_input("pixels", PIXELS)]
    wish = {"trust": "settled", "tier": "optimistic"}
    result = client.infer("opMock/sum", inputs, headers=bearer(), parameters=wish)
    assert result.get_response()["parameters"]["state"] == "settled"


ARRAYS = {
    "x_bool": np.array([True, False]),
    "x_u8": np.array([0, 255], np.uint8),
    "x_u16": np.array([0, 65535], np.uint16),
    "x_u32": np.array([0, 2**32 - 1], np.uint32),
    "x_u64": np.array([0, 2**64 - 1], np.uint64),
    "x_i8": np.array([-128, 127], np.int8),
    "x_i16": np.array([-32768, 32767], np.int16),
    "x_i32": np.array([-(2**31), 2**31 - 1], np.int32),
    "x_i64": np.array([-(2**63), 2**63 - 1], np.int64),
    "x_f16": np.array([6.1e-05, -0.0], np.float16),
    "x_f32": np.array([0.1, -np.inf], np.float32),
    "x_f64": np.array([0.1, np.nan], np.float64),
    "x_bf16": np.array([0.1, np.inf], ml_dtypes.bfloat16),
}


@pytest.mark.parametrize("binary_output", [True, False])
def test_every_type_should_come_back_exactly(client, binary_output):
    inputs = [infer_input(name, array) for name, array in ARRAYS.items()]
    # numpy reads "nan" and "inf" as numbers, and ml_dtypes does not.
    outputs = [
        triton.InferRequestedOutput(name, binary_data=binary_output or name == "x_bf16")
        for name in ARRAYS
    ]
    result = client.infer("opMock/echo", inputs, outputs=outputs, headers=bearer())
    for name, array in ARRAYS.items():
        back = result.as_numpy(name)
        assert back.dtype == array.dtype, name
        assert back.tobytes() == array.tobytes(), (name, back, array)


def test_numbers_of_json_should_be_taken_exactly(client):
    numbers = {name: array for name, array in ARRAYS.items() if name != "x_bf16"}
    numbers["x_f32"] = np.array([0.1, 1e-45], np.float32)
    numbers["x_f64"] = np.array([0.1, 5e-324], np.float64)
    inputs = [infer_input(name, array, binary=False) for name, array in numbers.items()]
    inputs.append(infer_input("x_bf16", ARRAYS["x_bf16"]))
    result = client.infer("opMock/echo", inputs, headers=bearer())
    for name, array in numbers.items():
        assert result.as_numpy(name).tobytes() == array.tobytes(), name


def test_same_id_should_be_the_same_request(client):
    inputs = [infer_input("pixels", PIXELS)]

    def ask(request_id):
        result = client.infer("opMock/sum", inputs, request_id=request_id, headers=bearer())
        assert result.get_response().get("id", "") == request_id
        return result.get_response()["parameters"]["request"]

    assert ask("one") == ask("one")
    assert ask("one") != ask("two")
    assert ask("") != ask("")


def test_errors_should_be_read(client):
    def refused(model, inputs, status, text, headers=None):
        with pytest.raises(InferenceServerException, match=text) as error:
            client.infer(model, inputs, headers=bearer() if headers is None else headers)
        assert error.value.status() == status

    pixels = [infer_input("pixels", PIXELS)]
    refused("opMock/none", pixels, "404", "there is no")
    refused("opMock/sum", [infer_input("pixels", PIXELS[0])], "400", r"takes f32\[1, 4\]")
    refused("opMock/sum", [infer_input("x", PIXELS)], "400", "no input `x`")
    texts = np.array([b"a"], np.object_)
    refused("opMock/sum", [infer_input("pixels", texts)], "400", "no strings")
    refused("opMock/bad", [infer_input("x", np.array([1], np.uint8))], "422", "BadInput")
    refused("opMock/sum", pixels, "401", "needs a key", headers={})
    client.infer("opMock/sum", pixels, headers=bearer(SMALL), query_params={"trust": "settled"})
    # 0.26 was spent, and the next may cost 1.01.
    client.infer("opMock/sum", pixels, headers=bearer(SMALL), query_params={"trust": "settled"})
    refused("opMock/sum", pixels, "429", "this key may spend 1.5 in all", headers=bearer(SMALL))


def test_many_should_be_asked_at_once(address):
    async def ask():
        async with triton_aio.InferenceServerClient(address.removeprefix("http://")) as client:
            arrays = [np.full((1, 4), at, np.float32) for at in range(32)]
            asked = [
                client.infer("opMock/sum", [infer_input("pixels", array)], headers=bearer())
                for array in arrays
            ]
            results = await asyncio.gather(*asked)
            assert [float(result.as_numpy("sum")[0]) for result in results] == [
                4.0 * at for at in range(32)
            ]

    asyncio.run(ask())


@pytest.mark.parametrize("model", ["opMock/words", "opMock--words", "2"])
def test_embeddings_should_be_vectors(embedder, model):
    # The client asks for base64, and decodes it.
    answer = embedder.embeddings.create(model=model, input=[[7, 7], [1, 2, 3]])
    assert answer.data[0].embedding == [14.0, 2.0, 2.0]
    assert answer.data[1].embedding == [6.0, 3.0, float(np.float32(6) / np.float32(7))]
    assert answer.usage.prompt_tokens == 5
    assert answer.data[1].opg["receipt"].startswith("/v1/receipts/")
    plain = embedder.embeddings.create(model=model, input=[7, 7], encoding_format="float")
    assert plain.data[0].embedding == [14.0, 2.0, 2.0]


def test_idempotency_key_should_be_the_same_request(embedder):
    def ask():
        return embedder.embeddings.with_raw_response.create(
            model="2",
            input=[1, 2],
            extra_headers={"Idempotency-Key": "a"},
            extra_query={"trust": "settled"},
        )

    one, two = ask(), ask()
    assert one.headers["opg-request"] == two.headers["opg-request"]
    assert two.headers["opg-state"] == "settled"


def test_openai_errors_should_be_read(embedder, address):
    with pytest.raises(openai.BadRequestError, match="token ids and no text") as error:
        embedder.embeddings.create(model="2", input="a text")
    assert (error.value.code, error.value.param) == ("TextNotTaken", "input")
    with pytest.raises(openai.NotFoundError, match="is no model"):
        embedder.embeddings.create(model="text-embedding-3-small", input=[1])
    with pytest.raises(openai.BadRequestError, match="no model for embeddings"):
        embedder.embeddings.create(model="opMock/sum", input=[1])
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=address + "/v1", api_key="opg_x").models.list()


def test_timeout_should_not_be_retried_by_the_client(embedder):
    """Each retry without an id would be a new request."""
    calls = []
    transport = httpx2.HTTPTransport()

    class Counting(httpx2.BaseTransport):
        def handle_request(self, request):
            calls.append(request.headers.get("x-stainless-retry-count"))
            return transport.handle_request(request)

    own = embedder.with_options(http_client=httpx2.Client(transport=Counting()), max_retries=2)
    with pytest.raises(openai.InternalServerError, match="with the same id"):
        own.embeddings.create(model="2", input=[1], extra_query={"timeout": "0.000001"})
    assert calls == ["0"]


def test_completion_should_be_text(embedder):
    answer = embedder.completions.create(model="opMock/story", prompt="ab cd", max_tokens=20)
    choice = answer.choices[0]
    assert (choice.text, choice.finish_reason) == ("dc ba", "stop")
    assert choice.opg["receipt"].startswith("/v1/receipts/")
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (5, 6)
    cut = embedder.completions.create(model="4", prompt=[[68, 69, 70], [71]], max_tokens=2)
    assert [(own.text, own.finish_reason) for own in cut.choices] == [
        ("cb", "length"),
        ("d", "stop"),
    ]
    stopped = embedder.completions.create(model="4", prompt="ab cd", stop=" ")
    assert stopped.choices[0].text == "dc"


# The chain in memory settles at once.
STATES = ["attested", "settled"]
MESSAGES = [{"role": "system", "content": "x"}, {"role": "user", "content": "hi"}]


def test_conversation_should_be_a_message(embedder):
    raw = embedder.chat.completions.with_raw_response.create(
        model="opMock/story", messages=MESSAGES, temperature=0.5, seed=7, user="somebody"
    )
    answer = raw.parse()
    assert answer.choices[0].message.content == "ihx"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.choices[0].opg["state"] in STATES
    assert raw.headers["opg-receipt"] == answer.choices[0].opg["receipt"]
    parts = [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]
    again = embedder.chat.completions.create(model="4", messages=parts, max_completion_tokens=1)
    assert (again.choices[0].message.content, again.choices[0].finish_reason) == ("i", "length")


def test_stream_should_be_read(embedder):
    options = {"stream": True, "stream_options": {"include_usage": True}}
    chunks = list(embedder.chat.completions.create(model="4", messages=MESSAGES, **options))
    assert "".join(own.choices[0].delta.content for own in chunks if own.choices) == "ihx"
    assert chunks[0].choices[0].opg["state"] in STATES
    assert chunks[-1].usage.completion_tokens == 4
    texts = embedder.completions.create(model="4", prompt="ab", stream=True)
    assert "".join(own.choices[0].text for own in texts) == "ba"


def test_errors_of_text_should_be_read(embedder):
    with pytest.raises(openai.BadRequestError, match="at most 8 new") as error:
        embedder.completions.create(model="4", prompt="a" * 40, max_tokens=9)
    assert error.value.code == "context_length_exceeded"
    with pytest.raises(openai.BadRequestError, match="generates no text"):
        embedder.chat.completions.create(model="opMock/sum", messages=MESSAGES)
    with pytest.raises(openai.BadRequestError, match="presence_penalty"):
        embedder.chat.completions.create(model="4", messages=MESSAGES, presence_penalty=1)


def test_models_should_be_listed(embedder):
    assert "opMock/words" in [model.id for model in embedder.models.list()]
    assert embedder.models.retrieve("opMock/words").owned_by == "opMock"


def test_receipt_should_be_found_by_number_and_reference(client, address):
    inputs = [infer_input("pixels", PIXELS)]
    wish = {"trust": "settled"}
    result = client.infer("opMock/sum", inputs, headers=bearer(), query_params=wish)
    about = result.get_response()["parameters"]
    for name in (about["receipt"], f"/v1/receipts/{about['reference']}"):
        call = urllib.request.Request(address + name, headers=bearer())
        with urllib.request.urlopen(call) as answer:
            assert json.load(answer) == {"request": about["request"]}
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(address + about["receipt"])
