"""Inputs that are made, the same each time: sounds, pictures and numbers."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

RATE = 16_000


def numbers(shape, seed=1, scale=1.0):
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype("f4")


def integers(shape, below, seed=1):
    return np.random.default_rng(seed).integers(0, below, shape, dtype="i8")


def voice(seconds, rate=RATE):
    """Noise, and in the middle half of it a sung vowel: pulses through three resonances."""
    count = int(seconds * rate)
    time = np.arange(count) / rate
    pitch = 120 + 10 * np.sin(2 * np.pi * 5 * time)
    phase = np.cumsum(pitch) / rate
    pulses = np.diff(np.floor(phase), prepend=0.0)
    sound = pulses
    for formant, width in ((700, 110), (1200, 120), (2600, 160)):
        decay = np.exp(-np.pi * width / rate)
        feedback = 2 * decay * np.cos(2 * np.pi * formant / rate), -(decay**2)
        sound = resonate(sound, *feedback)
    sound *= 0.5 / np.abs(sound).max()
    sound[: count // 4] = 0
    sound[3 * count // 4 :] = 0
    return (sound + numbers(count, scale=0.001)).astype("f4")


def resonate(sound, first, second):
    out, one, two = np.empty_like(sound), 0.0, 0.0
    for i, value in enumerate(sound):
        one, two = value + first * one + second * two, one
        out[i] = one
    return out


def text(words, height, width):
    """Black words on white, planes of bytes."""
    picture = Image.new("RGB", (width, height), "white")
    font = ImageFont.load_default(int(height * 0.7))
    ImageDraw.Draw(picture).text((4, height * 0.1), words, fill="black", font=font)
    return planes(picture)


def face(size):
    """A drawn face, planes of bytes."""
    picture = Image.new("RGB", (4 * size, 4 * size), (90, 120, 160))
    draw, unit = ImageDraw.Draw(picture), size / 16
    box = lambda *at: [unit * 4 * number for number in at]
    draw.ellipse(box(3, 2, 13, 15), fill=(224, 172, 140))
    draw.pieslice(box(3, 1, 13, 10), 180, 360, fill=(60, 40, 30))
    for eye in (5, 9.5):
        draw.ellipse(box(eye, 7, eye + 1.6, 8.2), fill=(250, 250, 250))
        draw.ellipse(box(eye + 0.5, 7.2, eye + 1.2, 8), fill=(40, 30, 20))
    draw.polygon(box(8, 8, 7.4, 11, 8.6, 11), fill=(205, 150, 120))
    draw.chord(box(6, 10.5, 10, 13.5), 20, 160, fill=(180, 70, 70))
    return planes(picture.resize((size, size), Image.Resampling.BILINEAR))


def planes(picture):
    return np.asarray(picture).transpose(2, 0, 1)[None].copy()
