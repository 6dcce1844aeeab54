# %% [markdown]
# # Dialogue GPT
# A model that reads words and predicts the next one.
# Unrolled must be installed (`pip install -e .` in its folder).

# %% settings
model = ""
prompt = "KING:\nGood queen, where are the"
layer = 1
way = "nucleus"
length = 40
p = 0.9
k = 40
t = 1.0
seed = 0

# %%
import torch

from core.decoding.prompt import read_prompt
from core.models.zoo import available_models, find_model, load_model

torch.set_num_threads(1)
loaded = load_model(find_model(model) if model else available_models("gpt")[0])
gpt, tokenizer = loaded.model, loaded.tokenizer
read = read_prompt(prompt, tokenizer, gpt.max_N)
print(loaded.entry.label)
print(list(read.words))

# %% [markdown]
# ## Which word comes next

# %%
with torch.inference_mode():
    logits, alphas = gpt(torch.tensor([read.ids]), return_attn=True)
best = logits[0, -1].softmax(-1).topk(10)
for word, probability in zip(tokenizer.words(best.indices), best.values, strict=True):
    print(f"{probability:6.1%}  {word}")

# %% [markdown]
# ## Which words each word looks at: (layers, heads, T, T), rows sum to one

# %%
print(tuple(alphas[0].shape))
count = alphas.shape[1]
for shown in [min(layer, count)] if isinstance(layer, int) else range(1, count + 1):
    print("layer", shown)
    print(alphas[0, shown - 1].mean(0).round(decimals=2))

# %% [markdown]
# ## The continuation of the text

# %%
from core.decoding.engine import DecodingEngine
from core.decoding.strategies import Greedy, Nucleus, Temperature, TopK, generate

ways = {"nucleus": Nucleus(p=p, t=t or 1), "top-k": TopK(k=k, t=t or 1)}
strategy = Greedy() if way == "greedy" or t == 0 else ways.get(way, Temperature(t=t))
generator = torch.Generator().manual_seed(seed)
steps = generate(DecodingEngine.of(gpt), read.ids, strategy, length, generator)
print(strategy, "|", " ".join(tokenizer.words([step.token for step in steps])))

# %% [markdown]
# ## As a figure: open gpt.html in a browser, or call figure.show() in a notebook

# %%
import plotly.graph_objects as go

last = alphas[0, -1].mean(0)
figure = go.Figure(go.Heatmap(z=last.tolist(), zmin=0, zmax=1, colorscale="Viridis"))
words = [f"{i}: {word}" for i, word in enumerate(read.words)]
figure.update_xaxes(tickvals=list(range(len(words))), ticktext=words)
figure.update_yaxes(tickvals=list(range(len(words))), ticktext=words)
figure.update_layout(
    xaxis_title="looks at",
    yaxis_title="word, in the last layer, mean over its heads",
    yaxis_autorange="reversed",
)
figure.write_html("gpt.html")
print("the figure is in gpt.html")
