# %% [markdown]
# # Positions
# Attention sees all words at once. How does the model know their order?
# Unrolled must be installed (`pip install -e .` in its folder).

# %% settings
dim = 64
t = 10
i = 6

# %%
import numpy as np

from core.models import positions

table = positions.sinusoidal(200, dim)
print("shape:", table.shape)
print(f"position {t}:", np.round(table[t], 3))
print(f"wavelength of pair {i}: {positions.wavelength(dim, i):.1f} positions")

# %% [markdown]
# ## A step of k positions is the same rotation everywhere

# %%
turned = table[:-5] @ positions.turn(dim, 5).T
print("largest difference to the table five rows on:", float(abs(turned - table[5:]).max()))

# %% [markdown]
# ## The similarity of two positions depends only on their distance

# %%
alike = positions.similarity(table)
for distance in (0, 1, 2, 5, 10, 50):
    along = np.diagonal(alike, distance)
    print(f"distance {distance:2d}: {along.mean():.4f}, spread {along.std():.1e}")

# %% [markdown]
# ## As a figure: open positions.html in a browser, or call figure.show() in a notebook

# %%
import plotly.graph_objects as go

figure = go.Figure(go.Heatmap(z=alike[:60, :60], colorscale="Viridis"))
figure.update_layout(
    xaxis_title="position",
    yaxis_title="position, and how alike the two are",
    yaxis_autorange="reversed",
)
figure.write_html("positions.html")
print("the figure is in positions.html")
