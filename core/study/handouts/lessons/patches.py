# %% [markdown]
# # Patches of anything
# A Transformer reads a row of vectors. How can it read a picture, or a sound?
# Unrolled must be installed (`pip install -e .` in its folder).

# %% settings
side = 16
tune = "C D E C  C D E C  E F G -"

# %% [markdown]
# ## A picture: a convolution with stride = kernel = patch

# %%
import torch

from core.data.images import shapes
from core.vit import PatchEmbed

image = torch.from_numpy(shapes.generate(1, seed=1)[0]).float() / 255
tokens = PatchEmbed(32, 4, 3, 128)(image)
print(tuple(image.shape), "->", tuple(tokens.shape))

# %% [markdown]
# ## The same in two steps: cut, then multiply by one matrix

# %%
embed = PatchEmbed(32, 4, 3, 128)
convolution = next(m for m in embed.modules() if isinstance(m, torch.nn.Conv2d))
cut = torch.nn.functional.unfold(image, 4, stride=4).transpose(1, 2)
by_hand = cut @ convolution.weight.flatten(1).T + convolution.bias
print("equal:", bool(torch.allclose(embed(image), by_hand, atol=1e-5)))

# %% [markdown]
# ## A sound: the picture is its spectrogram

# %%
from core.data import audio

wave = audio.tone_sequence(tune.split())
picture = audio.spectrogram(wave)
patches = audio.to_patches(picture, side)
print(tuple(wave.shape), "->", tuple(picture.shape), "->", tuple(patches.shape))

# %% [markdown]
# ## As a figure: open patches.html in a browser, or call figure.show() in a notebook

# %%
import plotly.graph_objects as go

figure = go.Figure(go.Heatmap(z=picture[0].tolist(), colorscale="Viridis"))
figure.update_layout(xaxis_title="frame", yaxis_title="frequency")
figure.write_html("patches.html")
print("the figure is in patches.html")
