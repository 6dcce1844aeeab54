"""Rollout, gradient relevance and Grad-CAM are what their papers say, and the scores of a map
know the difference between a map that is right and one that is not."""

import pytest
import torch
from hypothesis import given, settings, strategies as st

from core.interpret.attribution import (
    PATCH_MAPS,
    attention_gradients,
    course_heatmap,
    grad_cam,
    gradient_relevance,
    patch_map,
    rollout,
    rollout_steps,
)
from core.interpret.faithfulness import (
    attention_on_object,
    class_rows,
    correlation,
    deletion_curve,
    insertion_curve,
    most_important_first,
    object_share,
    patches_to_pixels,
    pointing_chance,
    pointing_game,
    random_curves,
    spread,
)
from core.interpret.robustness import accuracy, at_size, resized, shift_accuracy, shifted
from core.interpret.trace import forward_with_hooks, own_mask, trace
from tests.tiny_models import some_input, tiny

ALL = ["vit", "compact_vit", "gpt", "compact_gpt"]


def random_attention(seed, batch=2, layers=3, heads=2, tokens=5):
    g = torch.Generator().manual_seed(seed)
    return torch.rand(batch, layers, heads, tokens, tokens, generator=g).softmax(-1)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 999), layers=st.integers(1, 5), fuse=st.sampled_from(["mean", "max"]))
def test_rollout_rows_sum_to_one_at_each_layer(seed, layers, fuse):
    alphas = random_attention(seed, layers=layers)
    for step in [*rollout_steps(alphas, fuse), rollout(alphas, fuse)]:
        assert torch.allclose(step.sum(-1), torch.ones(2, 5), atol=1e-5)


@pytest.mark.parametrize("fuse", ["mean", "max", "min"])
def test_rollout_multiplies_the_last_layer_first_as_written(fuse):
    alphas = random_attention(3).double()
    expected = []
    for sample in alphas:
        flow = torch.eye(5).double()
        for heads in sample:
            a = {"mean": heads.mean(0), "max": heads.max(0)[0], "min": heads.min(0)[0]}[fuse]
            a = 0.5 * a + 0.5 * torch.eye(5)
            a = torch.stack([row / row.sum() for row in a])
            flow = torch.einsum("ij,jk->ik", a, flow)
        expected.append(flow)
    found = rollout(alphas, fuse)
    assert torch.allclose(found, torch.stack(expected), atol=1e-12)
    backwards = rollout(alphas.flip(1), fuse)
    assert not torch.allclose(found, backwards, atol=1e-4)


def test_rollout_of_heads_that_look_at_themselves_is_the_identity():
    alphas = torch.eye(4).expand(1, 3, 2, 4, 4)
    assert torch.allclose(rollout(alphas)[0], torch.eye(4))


def test_rollout_of_one_sample_is_that_of_the_batch():
    alphas = random_attention(5, batch=4)
    assert torch.allclose(rollout(alphas)[2], rollout(alphas[2:3])[0], atol=1e-6)


@pytest.mark.parametrize("name", ALL)
def test_gradients_agree_with_brute_force_finite_differences_in_every_layer(name):
    model, inputs = tiny(name).double(), some_input(name, batch=2)
    inputs = inputs if "gpt" in name else inputs.double()
    target = torch.tensor([1, 3])
    _, gradients = attention_gradients(model, inputs, target)
    step = 1e-5
    g = torch.Generator().manual_seed(0)
    with torch.no_grad():
        z = model.embed(inputs)
        mask = own_mask(model, z.shape[1])

        def chosen(layer, head, i, j, delta):
            def nudge(at, alphas):
                alphas = alphas.clone()
                if at == layer:
                    alphas[:, head, i, j] += delta
                return alphas

            logits = model.read_out(forward_with_hooks(model, z, mask, nudge)[0])
            final = logits if logits.ndim == 2 else logits[:, -1]
            return final.gather(1, target[:, None])[:, 0]

        largest = 0.0
        for layer in range(3):
            for head in range(2):
                for _ in range(6):
                    i, j = torch.randint(0, z.shape[1], (2,), generator=g).tolist()
                    i = i if layer < 2 else (z.shape[1] - 1 if "gpt" in name else 0)
                    brute = (chosen(layer, head, i, j, step) - chosen(layer, head, i, j, -step)) / (
                        2 * step
                    )
                    found = gradients[:, layer, head, i, j]
                    assert torch.allclose(found, brute, atol=1e-6, rtol=1e-4)
                    largest = max(largest, float(found.abs().max()))
        assert largest > 1e-4


@pytest.mark.parametrize("name", ALL)
def test_gradient_relevance_is_the_formula_and_batch_and_single_agree(name):
    model, inputs = tiny(name), some_input(name)
    target = torch.tensor([0, 1, 2])
    found = gradient_relevance(model, inputs, target)
    alphas, gradients = attention_gradients(model, inputs, target)
    tokens = alphas.shape[-1]
    for b in range(3):
        r = torch.eye(tokens)
        for layer in range(3):
            a = torch.stack([(gradients[b, layer, h] * alphas[b, layer, h]).relu() for h in (0, 1)])
            r = r + a.mean(0) @ r
        assert torch.allclose(found[b], r, atol=1e-5)
    alone = gradient_relevance(model, inputs[1:2], target[1:2])
    assert torch.allclose(found[1], alone[0], atol=1e-5)
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("name", ["vit", "gpt", "cnn"])
def test_a_model_nobody_trains_any_more_can_still_be_asked(name):
    model, inputs = tiny(name), some_input("gpt" if name == "gpt" else "vit")
    ask, target = grad_cam if name == "cnn" else gradient_relevance, torch.tensor([0, 1, 2])
    before = ask(model, inputs, target)
    assert torch.equal(ask(model.requires_grad_(False), inputs, target), before)


@pytest.mark.parametrize("target", [[0, 1], [0, 1, 99], [0, 1, -1], [[0], [1], [2]]])
def test_a_target_that_is_not_one_class_a_sample_is_refused(target):
    for name, ask in (("vit", gradient_relevance), ("gpt", gradient_relevance), ("cnn", grad_cam)):
        inputs = some_input("gpt" if name == "gpt" else "vit")
        with pytest.raises(ValueError, match="one class from 0 to"):
            ask(tiny(name), inputs, torch.tensor(target))


def test_relevance_depends_on_the_class_asked_about():
    model, images = tiny("vit"), some_input("vit", batch=1)
    rows = [gradient_relevance(model, images, torch.tensor([c]))[0, 0, 1:] for c in (0, 1)]
    assert not torch.allclose(*rows, atol=1e-4)


@pytest.mark.parametrize("how", PATCH_MAPS)
def test_asking_for_a_map_leaves_the_prediction_unchanged(how):
    model, images = tiny("compact_vit"), some_input("compact_vit")
    before = model(images)[0]
    weights = patch_map(model, images, how, torch.tensor([0, 1, 2]))
    assert weights.shape == (3, 16)
    assert weights.min() >= 0
    assert torch.equal(model(images)[0], before)


def test_the_course_figure_is_the_mean_over_layers_and_heads_of_the_class_row():
    model, images = tiny("vit"), some_input("vit")
    alphas = model(images, return_attn=True)[1]
    assert torch.allclose(course_heatmap(alphas), alphas[:, :, :, 0, 1:].mean((1, 2)), atol=1e-7)
    assert torch.equal(course_heatmap(alphas, "max", "min"), alphas[..., 0, 1:].amin(2).amax(1))


def test_grad_cam_agrees_with_finite_differences_on_the_feature_maps():
    model, images = tiny("cnn").double(), some_input("vit", batch=2).double()
    target = torch.tensor([2, 0])
    with torch.no_grad():
        features = model.features(images)
        weights = torch.zeros(2, features.shape[1]).double()
        for k in range(features.shape[1]):
            up, down = features.clone(), features.clone()
            up[:, k] += 1e-4
            down[:, k] -= 1e-4
            change = (model.head(up.mean((-2, -1))) - model.head(down.mean((-2, -1)))) / 2e-4
            weights[:, k] = change.gather(1, target[:, None])[:, 0] / up[0, 0].numel()
        expected = (weights[:, :, None, None] * features).sum(1).relu()
    assert torch.allclose(grad_cam(model, images, target), expected, atol=1e-9)


def test_deletion_starts_at_the_picture_and_ends_at_the_mean_colour():
    model, image = tiny("vit"), some_input("vit")[0]
    order = torch.randperm(16, generator=torch.Generator().manual_seed(0))
    down, up = deletion_curve(model, image, order, 1), insertion_curve(model, image, order, 1)
    whole = model(image[None])[0].softmax(-1)[0, 1]
    empty = model(torch.zeros_like(image)[None])[0].softmax(-1)[0, 1]
    for curve, first, last in ((down, whole, empty), (up, empty, whole)):
        assert torch.allclose(curve.probability[[0, -1]], torch.stack([first, last]), atol=1e-5)
        assert len(curve.share) == 17
        assert 0 <= curve.area <= 1
    two_gone = image.clone()
    for patch in order[:2].tolist():
        r, c = 4 * (patch // 4), 4 * (patch % 4)
        two_gone[:, r : r + 4, c : c + 4] = 0
    expected = model(two_gone[None])[0].softmax(-1)[0, 1]
    assert torch.allclose(down.probability[2], expected, atol=1e-5)


class OnePatchMatters(torch.nn.Module):
    """A "model" whose class 1 is as likely as patch 5 is bright, built from a real ViT."""

    def __new__(cls):
        model = tiny("vit")
        model.read_out = lambda z: torch.stack([torch.zeros(len(z)), z[:, 6].sum(-1)], -1)
        with torch.no_grad():
            for layer in model.transformer.layers:
                for part in (layer.attn.project_layer, layer.ffn[3]):
                    part.weight.zero_()
                    part.bias.zero_()
            model.pos_E.weight.zero_()
            model.patch_embed.conv.weight.fill_(0.05)
            model.patch_embed.conv.bias.zero_()
        return model


def test_a_right_map_beats_random_order_and_a_wrong_one_loses():
    model, image = OnePatchMatters(), torch.ones(3, 16, 16)
    right = torch.zeros(16).index_fill(0, torch.tensor(5), 1.0)
    order = most_important_first(right)
    by_chance, chance_in = random_curves(model, image, 1, torch.Generator().manual_seed(0))
    assert deletion_curve(model, image, order, 1).area < by_chance.area
    assert insertion_curve(model, image, order, 1).area > chance_in.area
    assert deletion_curve(model, image, order.flip(0), 1).area > by_chance.area


def test_share_of_attention_and_pointing_game_on_a_known_object():
    masks = torch.zeros(2, 16, 16, dtype=torch.bool)
    masks[0, :4, :4] = True  # exactly patch 0
    masks[1, :, :8] = True  # the left half
    on, off = torch.eye(16)[0], torch.eye(16)[15]
    flat = torch.full((16,), 1 / 16)
    weights = torch.stack([torch.stack([on, off, flat])] * 2)  # (2, 3, P)
    share = attention_on_object(weights, masks)
    assert torch.allclose(share, torch.tensor([[1.0, 0.0, 1 / 16], [1.0, 0.0, 0.5]]))
    assert pointing_game(weights[:, :2], masks).tolist() == [[True, False], [True, False]]
    assert torch.allclose(pointing_chance(masks, 16), torch.tensor([1 / 16, 0.5]))
    assert torch.allclose(object_share(masks, 16).mean(1), masks.float().mean((1, 2)))


def test_class_rows_are_those_of_the_trace():
    model, images = tiny("compact_vit"), some_input("compact_vit", batch=5)
    logits, rows = class_rows(model, images, at_once=2)
    traced = trace(model, images)
    assert torch.allclose(rows, traced.attention[:, :, :, 0], atol=1e-6)
    assert torch.allclose(logits, traced.logits, atol=1e-4)


def test_spread_and_correlation():
    assert spread(torch.tensor([0.2, 0.2, 0.2, 0.2])) == pytest.approx(1.386294, abs=1e-5)
    assert spread(torch.tensor([0.0, 0.3, 0.0])) == 0
    x = torch.arange(6.0)
    assert correlation(x, 3 - 2 * x) == pytest.approx(-1)
    assert correlation(x, torch.ones(6)) == 0


def test_patches_to_pixels_tiles_row_by_row():
    pixels = patches_to_pixels(torch.arange(4.0), 6)
    assert pixels[0].tolist() == [0, 0, 0, 1, 1, 1]
    assert pixels[5].tolist() == [2, 2, 2, 3, 3, 3]
    with pytest.raises(ValueError, match="do not tile"):
        patches_to_pixels(torch.arange(5.0), 6)


@pytest.mark.parametrize("name", ["vit", "compact_vit"])
def test_at_another_size_the_model_reads_more_patches_and_at_its_own_is_unchanged(name):
    model, images = tiny(name), some_input(name)
    assert torch.allclose(at_size(model, 16)(images)[0], model(images)[0], atol=1e-4)
    bigger = at_size(model, 24)
    assert bigger(resized(images, 24), return_attn=True)[1].shape[-1] == 37
    assert model.pos_E.num_embeddings == 16
    trace(bigger, resized(images, 24))
    with pytest.raises(ValueError, match="multiple of 4"):
        at_size(model, 18)


def test_shifting_moves_pixels_and_repeats_the_edge():
    image = torch.arange(9.0).view(1, 1, 3, 3)
    assert shifted(image, 1, 0)[0, 0].tolist() == [[0, 1, 2], [0, 1, 2], [3, 4, 5]]
    assert shifted(image, 0, -1)[0, 0].tolist() == [[1, 2, 2], [4, 5, 5], [7, 8, 8]]
    assert torch.equal(shifted(image, 0, 0), image)


def test_shift_accuracy_begins_at_the_plain_accuracy():
    model, images = tiny("cnn"), some_input("vit", batch=40)
    labels = model(images)[0].argmax(-1)
    found = shift_accuracy(model, images, labels, (0, 2))
    assert found[0] == accuracy(model, images, labels) == 1.0
    assert 0 <= found[1] <= 1


def test_unknown_ways_are_named():
    with pytest.raises(ValueError, match="mean, max or min"):
        rollout(random_attention(0), "median")
    with pytest.raises(ValueError, match="B, L, H, T, T"):
        rollout(torch.ones(3, 3))
    with pytest.raises(ValueError, match="no map 'magic'"):
        patch_map(tiny("vit"), some_input("vit"), "magic", torch.tensor([0, 0, 0]))
    with pytest.raises(ValueError, match="each of the 16 patches once"):
        deletion_curve(tiny("vit"), some_input("vit")[0], torch.zeros(16).long(), 0)
    with pytest.raises(ValueError, match="no class 99"):
        deletion_curve(tiny("vit"), some_input("vit")[0], torch.arange(16), 99)
