"""Audio as a picture: a clip, its spectrogram, and the spectrogram split into patches.

Letters   n samples · F frequency bins · T time steps · p patch side

Sources: Gong, Chung & Glass 2021, "AST: Audio Spectrogram Transformer", section 2.1.
"""

import io
import math
import wave
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

RATE = 8000  # samples a second
LONGEST = 10.0  # seconds
TONES = {"C": 261.63, "D": 293.66, "E": 329.63, "F": 349.23, "G": 392.0, "A": 440.0, "B": 493.88}


def tone_sequence(notes: Sequence[str], seconds: float = 0.4) -> Tensor:
    """A sequence of tones, each with two overtones and a fade-out: (n,) in −1 … 1.

    "H", the German name of B, is read too. Errors: ValueError for no notes, or a note that is
    neither in TONES nor "-", a pause.
    """
    notes = ["B" if note == "H" else note for note in notes]
    unknown = [note for note in notes if note not in TONES and note != "-"]
    if unknown or not notes:
        wrong = repr(unknown[0][:20]) if unknown else "of nothing"
        raise ValueError(f"A tune consists of {' '.join(TONES)} and - for a pause, not {wrong}.")
    t = torch.arange(int(RATE * seconds)) / RATE
    fade = torch.exp(-3 * t / seconds) * (t / 0.01).clamp(max=1)
    parts = []
    for note in notes:
        f = TONES.get(note, 0.0)
        wave_of = sum(torch.sin(2 * math.pi * k * f * t) / k for k in (1, 2, 3))
        parts.append(fade * torch.as_tensor(wave_of) / 2)
    return torch.cat(parts)


def read_wav(data: bytes) -> Tensor:
    """An uncompressed WAV file of at most 10 seconds, its channels averaged, at RATE: (n,).

    Errors: ValueError, one sentence, for anything else.
    """
    try:
        with wave.open(io.BytesIO(data)) as file:
            rate, width, channels = file.getframerate(), file.getsampwidth(), file.getnchannels()
            seconds = file.getnframes() / max(rate, 1)
            if seconds > LONGEST:
                raise ValueError(
                    f"This sound is {seconds:.1f} s long; choose one of at most {LONGEST:.0f} s."
                )
            if width not in (1, 2, 4) or not 1000 <= rate <= 200_000 or not 1 <= channels <= 8:
                raise ValueError("This WAV file has an unusual format; save it as 16-bit PCM.")
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError):
        raise ValueError("This is not an uncompressed WAV file; save it as one.") from None
    raw = raw[: len(raw) // (width * channels) * width * channels]
    samples: NDArray[np.float32] = np.frombuffer(raw, f"<i{width}" if width > 1 else np.uint8)
    scaled = samples.astype(np.float32) / 2 ** (8 * width - 1) - (1 if width == 1 else 0)
    mono = torch.from_numpy(scaled.reshape(-1, channels).mean(1))
    if len(mono) < 64:
        raise ValueError("This WAV file has fewer than 64 samples; choose a longer one.")
    length = max(1, round(len(mono) * RATE / rate))
    return torch.nn.functional.interpolate(mono.view(1, 1, -1), size=length, mode="linear")[0, 0]


def spectrogram(sound: Tensor, bins: int = 64, hop: int = 64) -> Tensor:
    """Loudness of each frequency at each time, in decibels below the loudest: (bins, T), 0 to 1.

    |STFT|², Hann windows of 256 samples (32 ms) every `hop`; the lowest `bins` of 129 frequencies
    (31 Hz apart), lowest first; 1 is the loudest point, 0 is 60 dB or more below it.
    """
    window = torch.hann_window(256)
    padded = torch.nn.functional.pad(sound, (0, max(0, 256 - len(sound))))
    power = torch.stft(padded, 256, hop, window=window, return_complex=True).abs().square()[:bins]
    decibels = 10 * torch.log10(power / power.max().clamp(min=1e-12) + 1e-6)
    picture: Tensor = 1 + decibels / 60
    return picture


def to_patches(picture: Tensor, side: int) -> Tensor:
    """(F, T) -> (patches, side²) by time, low frequencies first; incomplete patches are dropped."""
    f, t = (length // side for length in picture.shape)
    tiles = picture[: f * side, : t * side].reshape(f, side, t, side)
    return tiles.permute(2, 0, 1, 3).reshape(t * f, side * side)


def embed_patches(patches: Tensor, dim: int, generator: torch.Generator) -> Tensor:
    """W p + b with a fresh random W (dim, side²): (patches, side²) -> tokens (patches, dim).

    What an untrained `PatchEmbed` does to a picture; b is 0.
    """
    weight = torch.randn(dim, patches.shape[1], generator=generator) / patches.shape[1] ** 0.5
    tokens: Tensor = patches @ weight.T
    return tokens
