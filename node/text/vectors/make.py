"""Makes tokenizers.json and chats.json: what Hugging Face's `tokenizers` and Jinja make of texts.

pip install tokenizers==0.23.3 jinja2==3.1.6; python node/text/vectors/make.py
"""

import json
import random
from pathlib import Path

from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

HERE = Path(__file__).parent
CORPUS = [(HERE / "../../../docs/protocol.md").read_text()[:60_000]]

TEXTS = [
    "",
    "Hello, world!",
    " leading and  double   blanks \t and tabs\t\t",
    "lines\n\nand\r\nmore\n   \n indented\n",
    "I'll say it's what they've said, won't they'd? IT'S LOUD'LL",
    "12345 3.14 1,000,000 ½ ٣٤ Ⅳ 2²",
    "Grüße aus Zürich, naïve café, e\u0301 and é, ﬁ ﬀ",
    "日本語のテキスト、中文，한국어 русский ελληνικά עברית",
    "👩\u200d👩\u200d👧 🇨🇭 🤷🏽 zalgo e\u0301\u0302\u0303",
    "a\u00a0b\u2003c\u200bd\ufeffe\u0085f",
    "<|im_start|>user\nhi<|im_end|>\n<|im_end|><|im_end|>x <|im_en|>",
    'fn main() { println!("{:?}", x[0] += 1_000); } // ok?',
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "the the the committee commits to the answer of the request",
    "\u2581 \u2581block <unk> <0x41> \x00\x01\x7f",
    "<mask> a<mask>b  <mask>  c",
]

LLAMA_3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def trained(pre, *, normalizer=None, special=SPECIAL, alphabet=None, size=700, **model):
    tokenizer = Tokenizer(models.BPE(**model))
    tokenizer.pre_tokenizer = pre
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if alphabet is None else alphabet,
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def smollm():
    pre = [pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(False)]
    own = trained(pre_tokenizers.Sequence(pre))
    own.decoder = decoders.ByteLevel()
    own.post_processor = processors.ByteLevel()
    return own


def llama_3():
    pre = [
        pre_tokenizers.Split(Regex(LLAMA_3), "isolated"),
        pre_tokenizers.ByteLevel(False, use_regex=False),
    ]
    own = trained(pre_tokenizers.Sequence(pre), ignore_merges=True)
    own.decoder = decoders.ByteLevel()
    first = processors.TemplateProcessing(
        single="<|im_start|> $A", special_tokens=[("<|im_start|>", 1)]
    )
    own.post_processor = processors.Sequence([processors.ByteLevel(), first])
    return own


def qwen_2():
    pre = [
        pre_tokenizers.Split(Regex(LLAMA_3.replace("{1,3}", "")), "isolated"),
        pre_tokenizers.ByteLevel(False, use_regex=False),
    ]
    own = trained(pre_tokenizers.Sequence(pre), normalizer=normalizers.NFC())
    own.decoder = decoders.ByteLevel()
    own.add_tokens([AddedToken("<mask>", lstrip=True, normalized=True)])
    return own


def llama_2():
    steps = [normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    own = trained(
        pre_tokenizers.Split("\u2581", "merged_with_next"),
        normalizer=normalizers.Sequence(steps),
        special=special,
        alphabet=[],
        unk_token="<unk>",
        fuse_unk=True,
        byte_fallback=True,
    )
    file = json.loads(own.to_str())
    # As the published ones have it: the bytes are no added tokens, and nothing is cut.
    file["added_tokens"] = file["added_tokens"][:3]
    file["pre_tokenizer"] = None
    own = Tokenizer.from_str(json.dumps(file))
    own.decoder = decoders.Sequence(
        [
            decoders.Replace("\u2581", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    own.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    return own


def metaspace():
    own = trained(
        pre_tokenizers.Metaspace(prepend_scheme="first"),
        special=["<unk>", "<mask>"],
        alphabet=[],
        unk_token="<unk>",
    )
    own.add_special_tokens([AddedToken("<mask>", rstrip=True)])
    own.decoder = decoders.Metaspace(prepend_scheme="first")
    return own


def gpt_2():
    own = trained(pre_tokenizers.ByteLevel(True), special=["<|endoftext|>"], size=500)
    own.decoder = decoders.ByteLevel()
    return own


def old_merges():
    """Pairs as texts, and no types of models, as files of old have them."""
    file = json.loads(smollm().to_str())
    file["model"]["merges"] = [" ".join(pair) for pair in file["model"]["merges"]]
    return Tokenizer.from_str(json.dumps(file)), file


def tokenizers():
    made = {}
    for make in [smollm, llama_3, qwen_2, llama_2, metaspace, gpt_2]:
        own = make()
        made[make.__name__] = (own, json.loads(own.to_str()))
    made["old_merges"] = old_merges()
    listed = []
    for name, (own, file) in made.items():
        cases = []
        for text in TEXTS:
            encoded = own.encode(text)
            ids = encoded.ids
            cases.append(
                [text, ids, own.decode(ids), own.encode(text, add_special_tokens=False).ids]
            )
        own_cases = {"cases": cases, "decoded": decoded(own)}
        listed.append({"name": name, "file": file, **own_cases})
    return listed


def decoded(tokenizer):
    """Tokens in any order, and what text they are: many begin or end within a character."""
    chance = random.Random(46)
    size = tokenizer.get_vocab_size()
    # Tokens of single bytes, and of characters that stand for them, are among the first.
    lists = [[chance.randrange(260) for _ in range(1 + n % 8)] for n in range(24)]
    lists += [[chance.randrange(size) for _ in range(1 + n)] for n in range(12)]
    for text in ["日", " é", "🤷🏽x"]:
        ids = [tokenizer.token_to_id(f"<0x{byte:02X}>") for byte in text.encode()]
        if None not in ids:
            # Whole, without its end, and with one byte too many.
            lists += [ids, ids[:-1], ids + ids[:1], ids[:-1] + ids]
    return [[ids, tokenizer.decode(ids)] for ids in lists]


CHATML = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are helpful<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
HEADERS = """{{- bos_token }}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start|>system<|end|>\\n\\n" }}
{%- if tools is defined and tools is not none %}
    {{- "Tools" }}
{%- endif %}
{{- system_message }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or 'tool_calls' in message) %}
        {{- '<|start|>' + message['role'] + '<|end|>\\n\\n'+ message['content'] | trim + '<|eot|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start|>assistant<|end|>\\n\\n' }}
{%- endif %}
"""
TURNS = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ message['content'].strip() + eos_token }}"
    "{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}"
    "{% endfor %}"
)
LOOPS = """{% set ns = namespace(found=false) %}
{% macro line(role, content) -%}
<{{ role|upper }}>{{ content.split('\\n')[-1].rstrip() }}
{%- endmacro %}
{% for message in messages %}
    {% if message.role.startswith('tool') %}{% continue %}{% endif %}
    {% if not ns.found %}
        {% set ns.found = true %}
first: {{ message.content[:5] ~ '...' }}
    {% endif %}
    {{ line(message.role, message.content) }}
{% endfor %}
{{ messages|length }} {{ messages[-1]['content']|tojson }} {{ messages[0].get('name', 'none') }}"""
JSON = """{{ messages|tojson }}
{% for message in messages %}
{{ message|tojson(indent=2) }}{% for key, value in message.items() %} {{ key }}{% endfor %}

{% endfor %}
{% set call = {'type': 'call', 'id': 7, 'arguments': {'b': [1, none, true], 'a': 1.5}, 'e': {}} %}
{{ call|tojson }} {{ call|tojson(indent=4) }} {{ call.keys()|join(',') }}"""

CONVERSATIONS = [
    [("user", "What is 2 + 2?")],
    [("system", " Be brief. "), ("user", "Hi"), ("assistant", " Hello.\n"), ("user", "Why?\n")],
    [("user", "a"), ("assistant", "b"), ("user", "{{ 7 * 7 }} <b>&\"quoted\"</b> '\\u003c' 日本")],
    [("tool", "nothing"), ("user", "x\ny  ")],
]


def refuse(text):
    raise ValueError(text)


def to_json(own, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    """As `transformers` has it."""
    return json.dumps(
        own, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def chats():
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.loopcontrols"],
    )
    environment.globals["raise_exception"] = refuse
    environment.filters["tojson"] = to_json
    names = {"bos_token": "<s>", "eos_token": "</s>"}
    listed = []
    for template in [CHATML, HEADERS, TURNS, LOOPS, JSON]:
        cases = []
        for turns in CONVERSATIONS:
            messages = [{"role": role, "content": content} for role, content in turns]
            try:
                text = environment.from_string(template).render(
                    messages=messages, add_generation_prompt=True, **names
                )
                cases.append([turns, text, None])
            except ValueError as error:
                cases.append([turns, None, str(error)])
        listed.append({"template": template, **names, "cases": cases})
    return listed


for name, made in [("tokenizers", tokenizers()), ("chats", chats())]:
    lines = ",\n".join(json.dumps(own, ensure_ascii=False, separators=(",", ":")) for own in made)
    (HERE / f"{name}.json").write_text(f"[\n{lines}\n]\n")
