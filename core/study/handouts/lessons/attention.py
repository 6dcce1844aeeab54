# %% [markdown]
# # Attention, step by step
# One head of a trained model, with every number on the way.
# Unrolled must be installed (`pip install -e .` in its folder).

# %% settings
model = ""
prompt = "KING:\nGood queen, where are the"
layer = 1
head = 1
query = 3
key = 1

# %%
import torch

from core.decoding.prompt import read_prompt
from core.interpret.head_steps import head_steps, pair_product
from core.interpret.trace import trace
from core.models.zoo import available_models, find_model, load_model

torch.set_num_threads(1)
loaded = load_model(find_model(model) if model else available_models("gpt")[0])
read = read_prompt(prompt, loaded.tokenizer, loaded.model.max_N)
traced = trace(loaded.model, torch.tensor([read.ids]))
print("attention (B, L, H, T, T):", tuple(traced.attention.shape))

# %%
steps = head_steps(loaded.model, traced, layer - 1, head - 1)
for step in steps:
    print(f"{step.title}: {step.code}   {tuple(step.value.shape)}")

# %% [markdown]
# ## One pair: the score is a sum over features

# %%
q, k, product = pair_product(steps, query, key)
print(f"{read.words[query]!r} asks {read.words[key]!r}")
print("q * k, feature by feature:", product.round(decimals=3).tolist())
print(
    "score:",
    float(product.sum()),
    " divided by the root of n:",
    float(product.sum()) / len(q) ** 0.5,
)

# %% [markdown]
# ## The same with torch's softmax

# %%
alpha = next(step.value for step in steps if step.name == "alpha")
masked = next(step.value for step in steps if step.name == "masked")
print("rows sum to one:", bool(torch.allclose(alpha.sum(-1), torch.ones(len(alpha)))))
print("equal:", bool(torch.allclose(alpha, masked.softmax(-1))))

# %% [markdown]
# ## As a figure: open attention.html in a browser, or call figure.show() in a notebook

# %%
import plotly.graph_objects as go

figure = go.Figure(go.Heatmap(z=alpha.tolist(), zmin=0, zmax=1, colorscale="Viridis"))
words = [f"{i}: {word}" for i, word in enumerate(read.words)]
figure.update_xaxes(tickvals=list(range(len(words))), ticktext=words)
figure.update_yaxes(tickvals=list(range(len(words))), ticktext=words)
figure.update_layout(xaxis_title="looks at", yaxis_title="word", yaxis_autorange="reversed")
figure.write_html("attention.html")
print("the figure is in attention.html")
