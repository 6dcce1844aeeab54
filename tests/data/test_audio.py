"""Sound becomes patches the way a picture does."""

import io
import wave

import numpy as np
import pytest
import torch

from core.config.model_config import CompactViTConfig, SinusoidalViTConfig
from core.data.audio import (
    RATE,
    TONES,
    embed_patches,
    read_wav,
    spectrogram,
    to_patches,
    tone_sequence,
)
from core.interpret.robustness import at_size, resized
from core.models.positions import similarity
from core.models.registry import build, parameter_count
from core.models.sinusoidal_gpt import sinusoidal_positions
from core.models.sinusoidal_vit import grid_sinusoids


def wav(samples: np.ndarray, rate: int = 16_000, channels: int = 1) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return out.getvalue()


def test_the_german_name_of_b_is_read() -> None:
    assert torch.equal(tone_sequence(["H"]), tone_sequence(["B"]))


@pytest.mark.parametrize("note", TONES)
def test_the_loudest_frequency_of_a_tone_is_that_tone(note):
    picture = spectrogram(tone_sequence([note]))
    assert picture.min() >= 0
    assert picture.max() <= 1.0001
    bin_width = RATE / 256
    assert abs(picture.mean(1).argmax() * bin_width - TONES[note]) <= bin_width


def test_patches_hold_every_number_of_the_spectrogram_once():
    picture = torch.arange(8 * 12.0).view(8, 12)
    patches = to_patches(picture, 4)
    assert patches.shape == (6, 16)
    assert patches.flatten().sort().values.tolist() == list(range(96))
    assert torch.equal(patches[1], picture[4:, :4].flatten())


def test_a_repeated_tone_gives_similar_tokens():
    tune = tone_sequence(["C", "G", "C"], seconds=0.512)
    patches = to_patches(spectrogram(tune)[:, : 3 * 64], 64)
    tokens = embed_patches(patches, 32, torch.Generator().manual_seed(0))
    alike = torch.from_numpy(similarity(tokens.numpy()))
    assert alike[0, 2] > alike[0, 1]
    assert torch.allclose(alike.diagonal(), torch.ones(3), atol=1e-5)


def test_a_wav_file_is_resampled():
    t = np.arange(16_000) / 16_000
    sound = read_wav(wav(np.sin(2 * np.pi * 440 * t)))
    assert len(sound) == RATE
    assert spectrogram(sound).mean(1).argmax() == round(440 * 256 / RATE)
    stereo = np.stack([np.ones(8000), np.zeros(8000)], 1).ravel() * 0.5
    assert read_wav(wav(stereo, 8000, 2)).mean() == pytest.approx(0.25, abs=1e-3)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "not an uncompressed WAV"),
        (b"RIFF0000WAVEjunk", "not an uncompressed WAV"),
        (wav(np.zeros(16_000 * 11)), "11.0 s long"),
        (wav(np.zeros(10)), "fewer than 64 samples"),
    ],
    ids=["nothing", "junk", "too long", "too short"],
)
def test_other_audio_files_are_one_sentence(data, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_wav(data)


def test_unknown_notes_are_named():
    with pytest.raises(ValueError, match="not 'X'"):
        tone_sequence(["C", "X"])


def test_silence_has_a_spectrogram_without_nan():
    assert torch.isfinite(spectrogram(torch.zeros(4000))).all()


def sinusoidal():
    sizes = {"img_size": 16, "dim": 12, "attn_dim": 4, "mlp_dim": 8, "num_layers": 2}
    torch.manual_seed(0)
    return build("SinusoidalViT", SinusoidalViTConfig(**sizes)).eval(), sizes


def test_sinusoidal_positions_of_a_grid_tell_row_and_column():
    table = grid_sinusoids(4, 12).view(4, 4, 12)
    assert torch.equal(table[2, 3, :6], sinusoidal_positions(4, 6)[2])
    assert torch.equal(table[2, 3, 6:], sinusoidal_positions(4, 6)[3])


def test_sinusoidal_positions_are_not_learned_and_reach_beyond_the_trained_grid():
    model, sizes = sinusoidal()
    learned = build("CompactViT", CompactViTConfig(**sizes))
    assert parameter_count(model) == parameter_count(learned) - 16 * 12
    bigger = at_size(model, 32)
    assert torch.equal(bigger.pos_E.weight, grid_sinusoids(8, 12))
    images = torch.randn(2, 3, 16, 16)
    assert torch.allclose(at_size(model, 16)(images)[0], model(images)[0], atol=1e-5)
    assert bigger(resized(images, 32))[0].shape == (2, 10)
    model(images)[0].sum().backward()
    assert model.pos_E.weight.grad is None


def test_an_odd_width_is_refused():
    with pytest.raises(ValueError, match="must be even"):
        SinusoidalViTConfig(dim=13)
