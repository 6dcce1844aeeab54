"""Pictures to show a model: from the test set, drawn, or the user's own, shrunk and cropped."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from core.data.images import shapes
from core.data.images.arrays import UInt8, fit_square
from core.data.images.order import held_out_order
from core.data.images.picture import open_picture
from core.data.locations import MissingDataError
from core.data.sources import load_images
from core.models import zoo
from dashboard import controls, limits, state
from dashboard.components import page
from dashboard.figures.maps.attention_maps import enlarge
from dashboard.figures.maps.vit_maps import channels_last, picture_strip
from dashboard.models import vit_models

AT_HAND = 200  # pictures to choose from
HELD_OUT = 1000  # the same of a data set that is read
WHOLE = 128  # pixels of the picture shown as it is
STAR = 5  # the picture of Shapes that pages open with
LARGEST_SHAPE = 256  # pixels
MAX_UPLOAD_MB = 20
MAX_DECODED, LONGEST_SIDE = 4, 1024  # uploaded pictures of a session, at most 4 MB each


@dataclass(frozen=True, eq=False)
class Pictures:
    """images: uint8 (N, 3, S, S); labels: (N,); masks: bool (N, S, S) or None.

    first: a sentence on what the first ten are. note: a sentence to show when these are not
    pictures of the model's own data.
    """

    images: UInt8
    labels: np.ndarray
    masks: np.ndarray | None
    source: str
    first: str = ""
    note: str = ""


@dataclass(frozen=True, eq=False)
class SelectedPicture:
    """image: (3, S, S) uint8; label: its class, None if it is unknown.

    row: the ten pictures (10, 3, S, S) it was selected from, at `index`; None for a single picture.
    about: a sentence on which ten these are.
    """

    image: UInt8
    label: int | None
    row: UInt8 | None = None
    index: int = 0
    about: str = ""


def choose_picture(loaded: zoo.LoadedModel) -> SelectedPicture:
    """Controls for the picture; an example until the user's own is uploaded."""
    size, data = loaded.config.img_size, loaded.entry.data
    choices = st.container(horizontal=True, vertical_alignment="bottom")
    with choices:
        source = controls.pick("Picture", ["example", "shape", "my own"], key="from")
    if source == "example" and loaded.entry.real:
        pictures = any_pictures()
        with choices:
            index = controls.choice("Picture number", range(1, 11), key="picture") - 1
        st.caption("These small pictures are enlarged for this model. Your own picture shows more.")
        return SelectedPicture(pictures.images[index], None)
    if source == "example":
        with choices:
            pictures, row = browse(loaded)
            first = min(_first(data), len(row) - 1)
            numbers = range(1, len(row) + 1)
            index = controls.choice("Picture number", numbers, key="picture", index=first) - 1
        label = _label(pictures, row[index], loaded)
        if pictures.note:
            st.caption(pictures.note)
        about = pictures.first if row.tolist() == list(range(10)) else ""
        return SelectedPicture(
            pictures.images[row[index]], label, pictures.images[row], index, about
        )
    if source == "shape":
        with choices, st.popover("The shape", icon=":material/tune:", width="stretch"):
            image, label = draw_shape(min(size, LARGEST_SHAPE))
        return SelectedPicture(image, label if data == "shapes" and not loaded.entry.real else None)
    with st.container(horizontal=True, vertical_alignment="bottom"):  # covers no result
        own = upload(size)
    if own is None:
        st.caption("An example is shown until you upload a picture.")
        pictures, first = pictures_for(loaded), _first(data)
        return SelectedPicture(pictures.images[first], _label(pictures, first, loaded))
    return SelectedPicture(own, None)


def show_whole(image: UInt8) -> None:
    """The picture (3, S, S) as it is, small; on the stage as high as the figures beside it."""
    side = state.figure_height() or WHOLE
    with st.container(key="whole"):
        st.image(enlarge(channels_last(image), side), alt="The picture", output_format="PNG")


def any_pictures() -> Pictures:
    """Pictures for a model whose own data is not here: CIFAR-10, or Shapes."""
    try:
        return _held_out("cifar10", HELD_OUT)
    except (MissingDataError, ValueError):
        return drawn_shapes(AT_HAND)


def pictures_for(loaded: zoo.LoadedModel) -> Pictures:
    """Test pictures of the model's own data; Shapes when that data is not on this machine."""
    name = loaded.entry.data
    if loaded.entry.real:  # its data is the text of a stranger, and no name of a data set
        return any_pictures()
    if name == "shapes":
        return drawn_shapes(AT_HAND)
    try:
        return _held_out(name, HELD_OUT)
    except (MissingDataError, ValueError) as error:
        drawn = drawn_shapes(AT_HAND)
        note = (
            "These pictures are Shapes, drawn by this program; the model was trained on other "
            f"pictures. {page.escape(str(error))}."
        )
        return replace(drawn, note=note)


@st.cache_resource(max_entries=4, show_spinner="Reading the pictures …")
def _held_out(name: str, most: int = HELD_OUT) -> Pictures:
    """Up to `most` test pictures."""
    data = load_images(name)
    order, first = held_out_order(name, data.test_labels)
    order = order[:most]
    masks = None if data.test_masks is None else np.asarray(data.test_masks[order])
    return Pictures(
        np.ascontiguousarray(data.test_images[order]),
        data.test_labels[order],
        masks,
        data.name,
        first,
    )


@st.cache_resource(max_entries=2, show_spinner="Drawing the pictures …")
def drawn_shapes(count: int) -> Pictures:
    """The first pictures of the test set of Shapes, beginning with one of each class."""
    images, labels, masks = shapes.generate(count, seed=1)
    order, first = held_out_order("shapes", labels)
    return Pictures(images[order], labels[order], masks[order], "shapes", first)


def known(pictures: Pictures, loaded: zoo.LoadedModel) -> bool:
    """Whether the pictures' labels are the model's classes."""
    return pictures.source == loaded.entry.data


def _first(data: str) -> int:
    """The index of the picture with which pages open, for a model trained on `data`."""
    return STAR if data == "shapes" else 0


def _label(pictures: Pictures, index: int, loaded: zoo.LoadedModel) -> int | None:
    """The class of a picture, None where the model has other classes."""
    return int(pictures.labels[index]) if known(pictures, loaded) else None


@st.cache_data(max_entries=16, show_spinner="Running the model …")
def predictions(_loaded: zoo.LoadedModel, identity: str, _pictures: Pictures, which: str) -> Any:
    """The model's probabilities for every picture, (N, classes)."""
    return _probabilities(_loaded, _pictures.images)


@st.cache_data(max_entries=64, show_spinner="Running the model …")
def _row_predictions(
    _loaded: zoo.LoadedModel, identity: str, _pictures: Pictures, which: str, row: tuple[int, ...]
) -> Any:
    """The same for a few of them, (len(row), classes)."""
    return _probabilities(_loaded, _pictures.images[list(row)])


def _probabilities(loaded: zoo.LoadedModel, images: UInt8) -> Any:
    import torch

    from core.interpret.trace import fused_logits

    parts = torch.split(vit_models.to_input(loaded, images), 100)
    return torch.cat([fused_logits(loaded.model, x).softmax(-1) for x in parts]).numpy()


def upload(size: int) -> UInt8 | None:
    """The user's own picture, cropped to a movable square, (3, S, S); None before the upload."""
    file = st.file_uploader(
        "Your own picture, PNG or JPEG", type=["png", "jpg", "jpeg"], max_upload_size=MAX_UPLOAD_MB
    )
    if file is None:
        return None
    picture = _read_once(file.getvalue())
    if isinstance(picture, ValueError):
        page.show_error(picture)
        return None
    if picture.width != picture.height or min(picture.size) > size:
        zoom = st.slider(
            "Zoom", 1.0, 8.0, 1.0, 0.1, help="At 1 it is the largest square that fits."
        )
        across = st.slider("Left to right", 0, 100, 50, format="%d %%")
        down = st.slider("Top to bottom", 0, 100, 50, format="%d %%")
        side = max(1, int(min(picture.size) / zoom))
        left = (picture.width - side) * across // 100
        top = (picture.height - side) * down // 100
        picture = picture.crop((left, top, left + side, top + side))
    return fit_square(picture, size)


def _read_once(data: bytes) -> Image.Image | ValueError:
    """An uploaded file as a picture, or the error; decoded once, however often a page runs.

    Errors: ValueError when too many were decoded in the last minutes.
    """
    decoded: dict[bytes, Image.Image | ValueError] = st.session_state.setdefault("uploaded", {})
    content = hashlib.sha256(data).digest()
    if content not in decoded:
        with limits.within(limits.PICTURES):
            decoded[content] = _decode(data)
        while len(decoded) > MAX_DECODED:
            decoded.pop(next(iter(decoded)))
    return decoded[content]


def _decode(data: bytes) -> Image.Image | ValueError:
    try:
        picture = open_picture(io.BytesIO(data), "This file")
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        return picture
    except ValueError as error:
        return ValueError(str(error))


def browse(loaded: zoo.LoadedModel) -> tuple[Pictures, np.ndarray]:
    """A button that opens the filters: the available pictures, and the first ten that match.

    The model reads these ten; all of them only for a filter that needs every prediction.
    """
    pictures = pictures_for(loaded)
    classes = list(loaded.extra["classes"])
    which = f"{len(pictures.images)} of {pictures.source}"
    asked = loaded, loaded.entry.identity, pictures, which
    of_class, answer = "all", "any"
    with st.popover("Select pictures", icon=":material/filter_list:", width="stretch"):
        strip = st.container()
        left, right = st.columns([2, 3])
        if known(pictures, loaded):
            with left:
                of_class = controls.choice("Class", ["all", *classes], key="class")
            with right:
                answer = controls.pick("The prediction is", ["any", "right", "wrong"], key="answer")
        orders = ["unsorted", "most confident", "least confident"]
        order = controls.pick("Order", orders, key="order")
        matches = np.arange(len(pictures.images))
        if of_class != "all":
            matches = np.flatnonzero(pictures.labels == classes.index(of_class))
        reads_all = answer != "any" or order != "unsorted"
        if reads_all:
            probability = predictions(*asked)
            certainty, predicted = probability.max(1), probability.argmax(1)
        if answer != "any":
            is_right = predicted[matches] == pictures.labels[matches]
            matches = matches[is_right == (answer == "right")]
        if not len(matches):
            st.info("No match; showing all pictures.", icon=":material/info:")
            matches = np.arange(len(pictures.images))
        if order != "unsorted":
            sign = -1 if order == "most confident" else 1
            matches = matches[np.argsort(sign * certainty[matches])]
        row = matches[:10]
        if reads_all:
            of_row = predicted[row]
        else:
            of_row = _row_predictions(*asked, tuple(row.tolist())).argmax(1)
        names = [f"{i}: {classes[k]}" for i, k in enumerate(of_row, 1)]
        words = (
            f"The first {len(row)} of {len(matches)}, with the predictions of the model: "
            f"{', '.join(names)}"
        )
        strip.image(picture_strip(pictures.images[row]), alt=words, output_format="PNG")
        strip.caption(page.escape(words))
    return pictures, row


def draw_shape(size: int) -> tuple[UInt8, int]:
    """Sliders of the Shapes generator: the picture (3, S, S) and its class."""
    a, b, c = st.columns(3)
    with a:
        kind = controls.choice("Shape", shapes.CLASSES, key="shape", index=5)
        radius = controls.slider("Radius, pixels", 3.0, 15.0, 9.0, key="radius", step=0.5)
    with b:
        x = controls.slider("Left to right", 0.0, 32.0, 16.0, key="x", step=1.0)
        y = controls.slider("Top to bottom", 0.0, 32.0, 16.0, key="y", step=1.0)
    with c:
        angle = controls.slider("Angle, degrees", -180.0, 180.0, 0.0, key="angle", step=5.0)
        clutter = controls.slider("Clutter", 0.0, 1.0, 0.5, key="clutter", step=0.1)
    image, _ = shapes.draw(shapes.Shape(kind, radius, x, y, angle, clutter=clutter), size)
    return image, shapes.CLASSES.index(kind)
