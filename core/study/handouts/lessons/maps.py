# %% [markdown]
# # Are the maps true?
# A bright patch looks like a reason for the answer. Is it one? Remove it and see.
# Unrolled must be installed (`pip install -e .` in its folder).

# %% settings
model = ""
picture = 3

# %%
import torch

from core.config.model_config import ViTConfig
from core.data.images import shapes
from core.interpret.attribution import patch_map
from core.interpret.faithfulness import (
    attention_on_object,
    deletion_curve,
    most_important_first,
    object_share,
)
from core.models.registry import build
from core.models.zoo import available_models, find_model, load_model

torch.set_num_threads(1)
trained_on_shapes = [entry for entry in available_models("vit") if entry.data == "shapes"]
trained_on_shapes.sort(key=lambda entry: entry.architecture != "VisionTransformer")
at_hand = [find_model(model)] if model else trained_on_shapes
if at_hand:
    loaded = load_model(at_hand[0])
    vit, classes = loaded.model, loaded.extra["classes"]
    mean, std = loaded.extra["mean"], loaded.extra["std"]
else:  # none is trained yet: the course's sizes with random weights
    vit, classes = build("VisionTransformer", ViTConfig()).eval(), shapes.CLASSES
    mean, std = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
images, labels, masks = shapes.generate(max(picture, 40), seed=1)
inputs = (torch.from_numpy(images).float() / 255 - torch.tensor(mean).view(1, 3, 1, 1)) / (
    torch.tensor(std).view(1, 3, 1, 1)
)
with torch.no_grad():
    prediction = vit(inputs)[0].argmax(-1)
print("it says:", classes[int(prediction[picture - 1])])

# %% [markdown]
# ## Removing the brightest patches first
# If the map is true, the answer's probability falls quickly: the area under the curve is small.

# %%
image, target = inputs[picture - 1], prediction[picture - 1 : picture]
orders = {
    how: most_important_first(patch_map(vit, image[None], how, target)[0])
    for how in ("attention", "rollout", "gradient")
}
orders["chance"] = torch.randperm(
    len(orders["attention"]), generator=torch.Generator().manual_seed(0)
)
for how, order in orders.items():
    print(f"{how:>9}: area {deletion_curve(vit, image, order, int(target)).area:.3f}")

# %% [markdown]
# ## The objects are known: how much of the map is on them?
# A map that knows nothing about the object scores the share of the picture that the object covers.

# %%
outlines = torch.from_numpy(masks)
for how in ("attention", "rollout", "gradient"):
    weights = patch_map(vit, inputs, how, prediction)
    print(f"{how:>9}: {attention_on_object(weights, outlines).mean():.1%} on the object")
print(f"  nothing: {object_share(outlines, weights.shape[-1]).mean():.1%}")

# %% [markdown]
# ## As a figure: open maps.html in a browser, or call figure.show() in a notebook

# %%
import plotly.graph_objects as go

figure = go.Figure()
for how, order in orders.items():
    curve = deletion_curve(vit, image, order, int(target))
    figure.add_scatter(x=curve.share.tolist(), y=curve.probability.tolist(), name=how)
figure.update_layout(
    xaxis_title="share of the patches removed", yaxis_title="probability of the answer"
)
figure.write_html("maps.html")
print("the figure is in maps.html")
