"""Patches of anything: how a picture, or a sound, becomes a row of tokens."""

import streamlit as st

from core.models import positions
from dashboard import controls
from dashboard.components import page
from dashboard.components.panes import panes
from dashboard.figures import patches as figures
from dashboard.figures.maps import vit_maps
from dashboard.models import pictures, vit_models
from dashboard.vision import patch_data, patch_positions, patch_sounds

page.page_header(
    "Patches of anything",
    "A Transformer reads a row of vectors and nothing else. **How can it read a picture, or a "
    "sound?** Cut the input into patches, and multiply each patch by one matrix.",
)
left, right = panes("patches", (2, 5))
with left:
    kind = controls.pick("Input", ["a picture", "a sound"], key="feed")

import torch  # noqa: E402  the heading must not wait for it

from core.data import audio as sounds  # noqa: E402

if kind == "a picture":
    with left:
        entry = vit_models.choose_model(real=True)
        loaded = vit_models.load(entry)
        picture = pictures.choose_picture(loaded)
        pictures.show_whole(picture.image)
    model = loaded.model
    inputs = vit_models.to_input(loaded, picture.image[None])
    with torch.no_grad():
        tokens = patch_data.shown(model, inputs)
    grid = round((len(tokens) - 1) ** 0.5)
    size, plain = loaded.config.img_size, patch_data.cuts(entry)
    with right:
        one, two = st.columns([2, 3])
        with one:
            page.show_image(
                vit_maps.patch_sheet(picture.image, grid),
                title=f"1. Cut: {grid}×{grid} {'patches' if plain else 'cells'}",
                description=f"A patch has {size // grid}×{size // grid}×3 = "
                f"{(size // grid) ** 2 * 3} numbers."
                if plain
                else "This model does not cut: its convolutions overlap.",
                more=None
                if plain
                else "Its tokens are outputs of convolutions, so a token depends on pixels of "
                "neighbouring cells, too.",
                key="cut",
                data={"picture": picture.image},
            )
        with two:
            page.show_figure(
                figures.token_matrix(tokens.numpy()[:, : patch_data.MOST_NUMBERS]),
                title=f"2. {len(tokens)} tokens (down) of {tokens.shape[1]} numbers"
                + patch_data.first(tokens.shape[1], patch_data.MOST_NUMBERS),
                description="Row 0 is the class token; the others are patches with their positions "
                "added.",
                key="tokens",
            )
        first = next(m for m in model.patch_embed.modules() if isinstance(m, torch.nn.Conv2d))
        filters = first.weight.detach().numpy()
        shape = f"{filters.shape[2]}×{filters.shape[3]}"
        page.show_image(
            vit_maps.filter_sheet(filters[: patch_data.MOST_FILTERS]),
            title=f"3. The matrix: {len(filters)} rows, each drawn as {shape} pixels"
            + patch_data.first(len(filters), patch_data.MOST_FILTERS)
            if plain
            else f"3. The {len(filters)} filters of the first convolution, {shape} pixels each",
            description="A number of a token is large if its patch looks like that row of the "
            "matrix."
            if plain
            else "A feature is large where the picture looks like its filter.",
            key="filters",
            data={"filters": filters.reshape(len(filters), -1)},
        )
        patch_positions.show(model.pos_E.weight.detach(), grid)
    page.lesson_link("vit", "What the model does with these tokens")
else:
    with left:
        clip, names = patch_sounds.choose_clip()
        if clip is None:
            st.stop()
        st.audio(clip.numpy(), sample_rate=sounds.RATE)
        side = int(controls.pick("Patch", [8, 16, 32], key="side", index=1))
    picture = sounds.spectrogram(clip, bins=64, hop=64)
    cut = sounds.to_patches(picture, side)
    tokens = sounds.embed_patches(cut, 64, torch.Generator().manual_seed(0))
    rows = 64 // side
    seconds = side * 64 / sounds.RATE
    with right:
        page.show_figure(
            figures.spectrogram(
                picture.numpy(), side, sounds.RATE / 256, 64 / sounds.RATE, names, patch_sounds.BEAT
            ),
            title=f"1. Frequency (up) and time (across), cut into {len(cut)} patches of "
            f"{side}×{side}",
            description=f"Bright means loud. Note names are above the plot. A patch is "
            f"{seconds:.3f} s wide.",
            key="spectrogram",
        )
        one, two = st.columns(2)
        with one:
            page.show_figure(
                figures.token_matrix(tokens.numpy()),
                title=f"2. {len(tokens)} tokens (down) of 64 numbers",
                description=f"Each patch of {side * side} numbers is multiplied by one matrix, "
                "which is random here.",
                key="sound-tokens",
            )
        with two:
            moments = tokens[: len(tokens) // rows * rows].reshape(-1, rows * 64)
            similarity = positions.similarity(moments.double().numpy())
            page.show_figure(
                figures.moments_alike(similarity, seconds),
                title="3. How similar are two moments?",
                description="Cosine similarity of the tokens of two moments.",
                more="Parts of the tune that are repeated are dark red away from the diagonal. "
                "Attention scores are products of tokens, too.",
                key="moments",
            )

page.show_source(
    "core.vit.PatchEmbed", "core.vit.VisionTransformer.embed", "core.data.audio.spectrogram",
    "core.data.audio.to_patches", "core.data.audio.embed_patches",
)  # fmt: skip
