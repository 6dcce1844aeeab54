"""The models hold to the course's contract: names, shapes, sizes."""

import pytest
import torch

from core.config.model_config import CONFIGS, GPTConfig, ViTConfig, config_for
from core.gpt import DialogueGPT, DialogueLoss
from core.models.compact_gpt import CompactGPT
from core.models.registry import MODELS, build, parameter_count
from core.models.sinusoidal_gpt import SinusoidalGPT, sinusoidal_positions
from core.tokenizer import START_ID, UNK_ID
from core.vit import PatchEmbed, VisionTransformer

SMALL = {"dim": 16, "attn_dim": 8, "mlp_dim": 16, "num_heads": 2, "num_layers": 2}


def small(architecture, **more):
    values = {"SmallCNN": {"dim": 16}}.get(architecture, SMALL)
    if "GPT" in architecture:
        more = {"vocab_size": 30, "max_N": 12, **more}
    torch.manual_seed(0)
    return build(architecture, config_for(architecture, {**values, **more})).eval()


def test_the_courses_vit_has_809866_parameters():
    model = VisionTransformer(
        n_channels=3, nout=10, img_size=32, patch_size=4, dim=128, attn_dim=64, mlp_dim=128,
        num_heads=3, num_layers=6,
    )  # fmt: skip
    assert parameter_count(model) == 809_866
    assert parameter_count(build("VisionTransformer", ViTConfig())) == 809_866
    assert model.pos_E.weight.shape == (64, 128)
    assert model.cls_token.shape == (1, 1, 128)


VITS = [name for name in MODELS if "ViT" in name or "Vision" in name]


@pytest.mark.parametrize("architecture", VITS)
def test_vit_shapes_and_maps(architecture):
    model = small(architecture)
    images = torch.randn(2, 3, 32, 32)
    logits, none = model(images)
    again, alphas = model(images, return_attn=True)
    assert none is None
    assert torch.equal(logits, again)
    assert logits.shape == (2, 10)
    assert alphas.shape == (2, 2, 2, 65, 65)
    torch.testing.assert_close(alphas.sum(-1), torch.ones(2, 2, 2, 65))


@pytest.mark.parametrize("architecture", VITS)
def test_only_a_model_that_is_called_pooled_reads_more_than_the_class_token(architecture):
    model = small(architecture)
    z = torch.randn(2, 65, SMALL["dim"])
    other = z.clone()
    other[:, 1:] += 1
    same = torch.equal(model.read_out(z), model.read_out(other))
    assert same == ("Pooled" not in architecture)


def test_the_class_token_starts_from_a_standard_normal_distribution():
    torch.manual_seed(0)
    token = build("VisionTransformer", ViTConfig()).cls_token.detach()
    assert abs(float(token.mean())) < 0.3
    assert 0.8 < float(token.std()) < 1.2


def test_patch_embed_is_a_linear_map_of_each_patch():
    embed = PatchEmbed(img_size=8, patch_size=4, nin=3, nout=5)
    image = torch.randn(1, 3, 8, 8)
    patch = image[0, :, 0:4, 4:8]  # row 0, column 1: token 1
    expected = torch.einsum("ocij,cij->o", embed.conv.weight, patch) + embed.conv.bias
    torch.testing.assert_close(embed(image)[0, 1], expected, atol=1e-5, rtol=1e-4)


def test_an_image_of_another_size_is_refused_in_one_sentence():
    with pytest.raises(ValueError, match="32×32"):
        small("VisionTransformer")(torch.randn(1, 3, 28, 28))


@pytest.mark.parametrize("architecture", ["DialogueGPT", "CompactGPT", "SinusoidalGPT"])
def test_gpt_shapes_causality_and_greedy_text(architecture):
    model = small(architecture)
    ids = torch.randint(0, 30, (2, 9))
    logits, none = model(ids)
    again, alphas = model(ids, return_attn=True)
    assert none is None
    assert torch.equal(logits, again)
    assert logits.shape == (2, 9, 30)
    assert alphas.shape == (2, 2, 2, 9, 9)
    changed = ids.clone()
    changed[:, 6] = (changed[:, 6] + 1) % 30
    assert torch.equal(model(changed)[0][:, :6], logits[:, :6])
    text = model.generate(ids[:, :3], 4)
    assert torch.equal(text[:, :3], ids[:, :3])
    for t in range(3, 7):
        assert torch.equal(text[:, t], model(text[:, :t])[0][:, -1].argmax(-1))


def test_learned_positions_end_and_sinusoidal_ones_do_not():
    ids = torch.zeros(1, 13, dtype=torch.long)
    with pytest.raises(ValueError, match="at most 12 tokens"):
        small("DialogueGPT")(ids)
    assert small("SinusoidalGPT")(ids)[0].shape == (1, 13, 30)


def test_sinusoidal_positions_are_the_formula():
    table = sinusoidal_positions(50, 6)
    for t in (0, 1, 7, 49):
        for i in range(3):
            angle = torch.tensor(t / 10000 ** (2 * i / 6))
            torch.testing.assert_close(table[t, 2 * i], angle.sin(), atol=1e-5, rtol=1e-5)
            torch.testing.assert_close(table[t, 2 * i + 1], angle.cos(), atol=1e-5, rtol=1e-5)


def test_compact_gpt_ties_its_head_to_its_embedding():
    model = small("CompactGPT")
    assert isinstance(model, CompactGPT)
    assert model.head[1].weight is model.token_embed.weight


def test_word_dropout_hides_words_while_training_and_never_the_start():
    model = small("CompactGPT", word_dropout=0.5)
    ids = torch.tensor([[START_ID, *range(3, 9)]] * 200)
    plain = model.eval().embed(ids)
    model.train()
    model.drop.p = 0.0
    torch.manual_seed(0)
    read = model.embed(ids)
    unknown = model.token_embed.weight[UNK_ID] + model.positions(ids.shape[1])
    hidden = (read != plain).any(-1)
    assert torch.equal(read[hidden], unknown.expand_as(read)[hidden])
    assert not hidden[:, 0].any()
    assert 0.4 < hidden[:, 1:].float().mean() < 0.6


def test_dialogue_loss_is_the_mean_over_real_targets():
    torch.manual_seed(0)
    logits, ids = torch.randn(2, 5, 7), torch.randint(0, 7, (2, 5))
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    log_p = logits.log_softmax(-1)
    picked = [-log_p[b, t, ids[b, t + 1]] for b in range(2) for t in range(4) if mask[b, t + 1]]
    expected = torch.stack(picked).mean()
    torch.testing.assert_close(DialogueLoss()(logits, ids, mask), expected)
    assert len(picked) == 6
    assert DialogueLoss()(logits, ids, torch.zeros_like(mask)) == 0


def test_every_architecture_can_be_built_and_says_its_size():
    for name in CONFIGS:
        assert parameter_count(small(name)) > 0
    assert isinstance(small("SinusoidalGPT"), SinusoidalGPT)
    assert isinstance(small("DialogueGPT"), DialogueGPT)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"dim": 0}, "dim"),
        ({"num_heads": -1}, "num_heads"),
        ({"num_layers": 2.5}, "num_layers"),
        ({"patch_size": 5}, "patch_size"),
        ({"colour": 3}, "colour"),
    ],
)
def test_a_bad_size_is_named(values, named):
    with pytest.raises(ValueError, match=named):
        config_for("VisionTransformer", values)


def test_a_gpt_needs_its_vocabulary_size():
    with pytest.raises(ValueError, match="vocab_size"):
        config_for("DialogueGPT", {})
    assert GPTConfig(vocab_size=10).max_N == 200
