"""The Vision Transformer's page: its controls change what is shown, and bad pictures get one
sentence."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from core.data.images import shapes
from core.data.images.arrays import ImageData
from core.data.images.cifar10 import CLASSES, FIRST_TEN, MEAN, STD, first_ten
from core.models import zoo
from dashboard.figures.data import as_svg
from dashboard.figures.maps.vit_maps import filter_sheet, patch_sheet, picture_row, picture_strip
from dashboard.models import pictures
from dashboard.vision import maps_instrument
from tests.conftest import ROOT

PAGE = ROOT / "pages" / "vit.py"
needs_model = pytest.mark.skipif(
    not zoo.available_models("vit"), reason="no Vision Transformer is shipped yet"
)


def size_of(png: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(png)).size


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def test_a_row_of_ten_pictures_with_their_maps():
    images = np.zeros((10, 3, 16, 16), np.uint8)
    weights = np.tile(np.arange(16.0), (10, 1))
    png = picture_row(images, weights, marked=2)
    assert size_of(png) == (10 * 120 + 8, 2 * 112 + 24)
    assert not np.array_equal(pixels(png), pixels(picture_row(images, weights[:, ::-1], 2)))
    alpha = np.asarray(Image.open(io.BytesIO(png)).getchannel("A"))
    assert alpha[0, 0] == 0, "the page is seen between the pictures"
    assert (alpha[8:120, 8:120] == 255).all()


def test_a_strip_shows_every_picture_with_its_number():
    images = np.full((7, 3, 16, 16), 128, np.uint8)
    strip = pixels(picture_strip(images, side=96, columns=5))
    assert strip.shape[:2] == (2 * 102 + 6, 5 * 102 + 6)
    tiles = [strip[y : y + 96, x : x + 96] for y in (6, 108) for x in range(6, 500, 102)]
    assert all((tile[60:] == 128).all() for tile in tiles[:7])
    assert all((tile[:30] == 255).any() for tile in tiles[:7])
    assert len({tile.tobytes() for tile in tiles[:7]}) == 7


def test_patches_keep_every_pixel_of_the_picture():
    image = np.random.default_rng(0).integers(0, 256, (3, 32, 32), dtype=np.uint8)
    sheet = pixels(patch_sheet(image, grid=8, side=32))
    patch, gap = 4, 3
    first_of_second_row = sheet[patch + gap : 2 * patch + gap, :patch]
    assert np.array_equal(first_of_second_row, image[:, 4:8, :4].transpose(1, 2, 0))


def test_a_picture_becomes_an_svg_of_its_size():
    svg = as_svg(filter_sheet(np.ones((2, 3, 4, 4)), columns=2, cell=30)).decode()
    assert svg.startswith("<svg")
    assert 'viewBox="0 0 72 38"' in svg


def test_filters_are_laid_out_in_rows():
    filters = np.random.default_rng(0).normal(size=(20, 3, 4, 4))
    assert size_of(filter_sheet(filters, columns=10, cell=30)) == (10 * 34 + 4, 2 * 34 + 4)


@pytest.fixture
def app():
    from streamlit.testing.v1 import AppTest

    return AppTest.from_file(str(PAGE), default_timeout=120)


@needs_model
def test_a_link_sets_layer_head_and_the_token_that_looks(app):
    for name, value in {"layer": "2", "head": "1", "patch": "9"}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    assert not app.info
    order = app.session_state["state-live-order-maps"]["values"]
    assert order == {"layer": 2, "head": 1, "patch": 9}


@needs_model
def test_without_the_instrument_the_server_draws_the_same(app):
    """The session of a browser that has reported an error of the instrument."""
    app.session_state["state-live-stopped-maps"] = True
    app.run()
    assert not app.exception
    assert "Mean over all layers, mean over all heads" in captions(app)
    assert "This figure stopped working in your browser" in app.warning[0].value
    app.slider(key="layer").set_value(2)
    app.slider(key="head").set_value(1).run()
    assert not app.exception
    assert "Layer 2, head 1" in captions(app)
    app.segmented_control(key="follow").set_value("rollout").run()
    app.slider(key="through").set_value(2).run()
    assert "Rollout through layers 1 to 2" in captions(app)


def captions(app) -> str:
    return " ".join(c.value for c in app.caption)


@needs_model
def test_pictures_the_model_gets_wrong_can_be_asked_for(app):
    app.query_params["model"], app.query_params["answer"] = "vit-shapes-plain", "wrong"
    app.run()
    assert not app.exception
    heading = next(m.value for m in app.markdown if "Predicted class:" in m.value)
    said, true = heading.removeprefix("Predicted class: ").rstrip(".").split(". True class: ")
    assert said != true
    assert any("with the predictions of the model" in c.value for c in app.caption)


@needs_model
def test_the_model_reads_all_pictures_only_for_a_filter_that_asks_for_its_predictions(
    app, monkeypatch
):
    read, all_of_them = [], pictures.predictions
    monkeypatch.setattr(
        pictures, "predictions", lambda *asked: read.append(1) or all_of_them(*asked)
    )
    app.run()
    said = [c.value for c in app.caption if "with the predictions of the model" in c.value]
    assert not app.exception
    assert (len(said), read) == (1, [])
    app.segmented_control(key="order").set_value("most confident").run()
    assert not app.exception
    assert read
    rows = []
    monkeypatch.setattr(pictures, "_row_predictions", lambda *asked: rows.append(1))
    app.segmented_control(key="order").set_value("least confident").run()
    assert not app.exception
    assert not rows, "the predictions of all have those of the ten"


def test_maps_too_large_for_a_message_are_drawn_by_the_server():
    noise = np.random.default_rng(0).random((6, 8, 65, 65))
    image = np.zeros((32, 32, 3), np.uint8)
    assert not maps_instrument.show(noise, image, [], None, [], query=0, rollout=False)


def test_shapes_begin_with_one_of_each_class_and_keep_the_others():
    drawn, plain = pictures.drawn_shapes(200), shapes.generate(200, seed=1)
    assert drawn.labels[:10].tolist() == list(range(10))
    assert sorted(drawn.images.tobytes()[i * 3072 : (i + 1) * 3072] for i in range(200)) == sorted(
        image.tobytes() for image in plain[0]
    )


def test_cifar10_begins_with_the_ten_of_the_course(monkeypatch):
    labels = np.sort(np.concatenate([FIRST_TEN, np.arange(2000) % 10]))
    images = np.zeros((len(labels), 3, 32, 32), np.uint8)
    images[first_ten(labels), 0, 0, 0] = range(1, 11)
    data = ImageData(
        "cifar10", images, labels, images, labels, CLASSES, MEAN, STD, checksum="", note=""
    )
    monkeypatch.setattr(pictures, "load_images", lambda name: data)
    at_hand = pictures._held_out.__wrapped__("cifar10")
    assert at_hand.images[:10, 0, 0, 0].tolist() == list(range(1, 11))
    assert at_hand.labels[:10].tolist() == list(FIRST_TEN)
    assert (at_hand.images[10:] == 0).all()
    assert len(at_hand.images) == 1000
    assert "the ones the course shows" in at_hand.first


@needs_model
@pytest.mark.parametrize("name", ["vit", "maps"])
def test_without_the_data_set_drawn_pictures_are_shown_and_named(name, monkeypatch, tmp_path):
    """One sentence says what they are and how to get the course's, and the figures are there."""
    from streamlit.testing.v1 import AppTest

    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    monkeypatch.setattr(pictures, "_held_out", pictures._held_out.__wrapped__)
    app = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=120)
    app.query_params["model"] = "vit-cifar10-course"
    app.run()
    assert not app.exception
    said = [c.value.replace("\\", "") for c in app.caption]
    note = next(text for text in said if "These pictures are Shapes" in text)
    assert "the model was trained on other pictures" in note
    assert "core.data get cifar10" in note
    if name == "vit":
        under = next(text for text in said if "figure is the mean over layers and heads" in text)
        assert "One picture of each of the ten classes of Shapes" in under


@needs_model
def test_a_drawn_shape_is_named(app):
    app.query_params["from"] = "draw a shape"
    app.query_params["shape"] = "ring"
    app.query_params["model"] = "vit-shapes"
    app.run()
    assert not app.exception
    assert "True class: **ring**" in " ".join(m.value for m in app.markdown)


def gif() -> bytes:
    frames = [Image.new("RGB", (8, 8), c) for c in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


def bomb(side: int) -> bytes:
    """A PNG header that promises side×side pixels, and no picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    idat = zlib.compress(b"\0" * 10)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", idat) + chunk(b"IEND", b"")


BAD = {
    "an animated GIF called .png": (gif(), "not a PNG or JPEG"),
    "20,000 pixels a side": (bomb(20_000), "million pixels"),
    "a decompression bomb": (bomb(100_000), "million pixels"),
    "a cut-off PNG": (bomb(64), "damaged"),
    "nothing at all": (b"", "not a PNG or JPEG"),
    "text": (b"<script>alert(1)</script>", "not a PNG or JPEG"),
}


@needs_model
@pytest.mark.parametrize(("content", "sentence"), BAD.values(), ids=BAD.keys())
def test_a_bad_picture_gets_one_sentence(app, content, sentence):
    app.query_params["from"] = "my own"
    app.run()
    app.file_uploader[0].set_value(("picture.png", content, "image/png")).run()
    assert not app.exception
    assert len(app.error) == 1
    assert sentence in app.error[0].value
    assert app.error[0].value.count(".") == 1


@needs_model
def test_an_own_picture_is_cropped_and_shown(app):
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "orange").save(out, "PNG")
    app.query_params["from"] = "my own"
    app.run()
    app.file_uploader[0].set_value(("mine.png", out.getvalue(), "image/png")).run()
    assert not app.exception
    assert not app.error
    assert any("Predicted class:" in m.value for m in app.markdown)


@needs_model
def test_an_example_is_shown_until_a_picture_is_uploaded(app):
    app.query_params["from"] = "my own"
    app.run()
    assert not app.exception
    assert "An example is shown until you upload a picture." in [c.value for c in app.caption]
    assert any("Predicted class:" in m.value for m in app.markdown)
