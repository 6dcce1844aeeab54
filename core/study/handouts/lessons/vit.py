# %% [markdown]
# # Vision Transformer
# This model reads a picture as a row of patches. Where does its class token look?
# Unrolled must be installed (`pip install -e .` in its folder).

# %% settings
model = ""
picture = 3

# %%
import torch

from core.config.model_config import ViTConfig
from core.data.images import shapes
from core.interpret.attribution import course_heatmap
from core.models.registry import build
from core.models.zoo import available_models, find_model, load_model

torch.set_num_threads(1)
plain = [entry for entry in available_models("vit") if entry.name == "vit-shapes-plain"]
at_hand = [find_model(model)] if model else plain or available_models("vit")
if at_hand:
    loaded = load_model(at_hand[0])
    vit, classes = loaded.model, loaded.extra["classes"]
    mean, std = loaded.extra["mean"], loaded.extra["std"]
else:  # none is trained yet: the course's sizes with random weights
    vit, classes = build("VisionTransformer", ViTConfig()).eval(), shapes.CLASSES
    mean, std = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
print(f"{sum(w.numel() for w in vit.parameters()):,} parameters")

# %%
images, labels, masks = shapes.generate(picture, seed=1)
image = torch.from_numpy(images[-1:]).float() / 255
inputs = (image - torch.tensor(mean).view(1, 3, 1, 1)) / torch.tensor(std).view(1, 3, 1, 1)
with torch.inference_mode():
    logits, alphas = vit(inputs, return_attn=True)
print("attention (B, L, H, P+1, P+1):", tuple(alphas.shape))
print("it says:", classes[int(logits.argmax())], " it is:", shapes.CLASSES[int(labels[-1])])

# %% [markdown]
# ## The course's heatmap: the class token's row, averaged over layers and heads

# %%
heat = course_heatmap(alphas)[0]
side = round(len(heat) ** 0.5)
for row in (heat.view(side, side) / heat.max() * 9).round().int().tolist():
    print(" ".join(str(value) for value in row))

# %% [markdown]
# ## As a figure: open vit.html in a browser, or call figure.show() in a notebook

# %%
import plotly.graph_objects as go

figure = go.Figure(go.Heatmap(z=heat.view(side, side).tolist(), colorscale="Viridis"))
figure.update_layout(
    xaxis_title="column of patches", yaxis_title="row of patches", yaxis_autorange="reversed"
)
figure.write_html("vit.html")
print("the figure is in vit.html")
