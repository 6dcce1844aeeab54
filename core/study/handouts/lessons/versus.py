# %% [markdown]
# # ViT against CNN
# A convolution assumes that neighbours belong together and that objects may move; a Transformer
# has to learn this from data. Which of the two copes better when the pictures change?
# Unrolled must be installed (`pip install -e .` in its folder).

# %% settings
vit = ""
cnn = ""

# %%
import torch

from core.config.model_config import CNNConfig, ViTConfig
from core.data.images import shapes
from core.interpret.robustness import accuracy, at_size, resized, shift_accuracy
from core.models.registry import build
from core.models.zoo import available_models, find_model, load_model

torch.set_num_threads(1)
PICTURES = 100
images, labels, _ = shapes.generate(PICTURES, seed=1)
truth = torch.from_numpy(labels)


def ready(kind, name, architecture, config):
    """The model of that name, or one trained on Shapes, or random weights: and its inputs."""
    on_shapes = [entry for entry in available_models(kind) if entry.data == "shapes"]
    on_shapes.sort(key=lambda entry: entry.architecture not in ("VisionTransformer", "SmallCNN"))
    at_hand = [find_model(name)] if name else on_shapes
    mean, std = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
    if at_hand:
        loaded = load_model(at_hand[0])
        member, mean, std = loaded.model, loaded.extra["mean"], loaded.extra["std"]
    else:
        member = build(architecture, config).eval()
    print(f"{kind}: {at_hand[0].name if at_hand else 'random weights, none is trained yet'}")
    floats = torch.from_numpy(images).float() / 255
    inputs = (floats - torch.tensor(mean).view(1, 3, 1, 1)) / torch.tensor(std).view(1, 3, 1, 1)
    return member, inputs


rivals = {
    "ViT": ready("vit", vit, "VisionTransformer", ViTConfig()),
    "CNN": ready("cnn", cnn, "SmallCNN", CNNConfig()),
}

# %% [markdown]
# ## The same pictures, moved by a few pixels
# The mean over shifts up, down, left and right; edge pixels are repeated.

# %%
by = (0, 1, 2, 3, 4)
moved = {}
for name, (member, inputs) in rivals.items():
    moved[name] = shift_accuracy(member, inputs, truth, by)
    shares = ", ".join(f"{share:.1%}" for share in moved[name])
    print(f"{name}: {shares} moved by 0, 1, 2, 3, 4 pixels")

# %% [markdown]
# ## Other sizes
# The CNN runs as it is; the position table of the ViT is interpolated to the new grid.

# %%
for side in (24, 32, 48, 64):
    for name, (member, inputs) in rivals.items():
        fitted = member if name == "CNN" else at_size(member, side)
        print(f"{side}×{side} {name}: {accuracy(fitted, resized(inputs, side), truth):.1%}")

# %% [markdown]
# ## As a figure: open versus.html in a browser, or call figure.show() in a notebook

# %%
import plotly.graph_objects as go

figure = go.Figure()
for name, shares in moved.items():
    figure.add_scatter(x=by, y=shares, name=name)
figure.update_layout(xaxis_title="pixels moved", yaxis_title="accuracy", yaxis_tickformat=".0%")
figure.write_html("versus.html")
print("the figure is in versus.html")
