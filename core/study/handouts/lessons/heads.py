# %% [markdown]
# # Heads and layers
# Which heads does the answer depend on, and after which layer does it appear?
# Unrolled must be installed (`pip install -e .` in its folder).

# %% settings
model = ""
prompt = "raven candle moon thorn river\napple lamp snow bell\nraven candle moon thorn"

# %%
import torch

from core.decoding.prompt import read_prompt
from core.interpret.head_metrics import (
    entropy,
    induction,
    induction_targets,
    loss_by_token,
    removal_effect,
)
from core.interpret.trace import Edit, heads_of, trace
from core.models.zoo import find_model, load_model

torch.set_num_threads(1)
loaded = load_model(find_model(model or "gpt-refrain"))
gpt, words = loaded.model, loaded.tokenizer
inputs = torch.tensor([read_prompt(prompt, words, gpt.max_N).ids])
traced = trace(gpt, inputs)
answer = int(traced.logits[0, -1].argmax())
print("the model says:", words.vocab[answer])

# %% [markdown]
# ## How much the loss rises when one head is switched off

# %%
effect = removal_effect(gpt, inputs, answer)
for (layer, head), rise in sorted(
    ((divmod(i, effect.shape[1]), float(v)) for i, v in enumerate(effect.flatten())),
    key=lambda pair: -pair[1],
):
    spread = float(entropy(traced.attention[0, layer, head]).mean())
    print(f"layer {layer + 1}, head {head + 1}: {rise:+.4f} nats, entropy {spread:.2f} nats")

# %% [markdown]
# ## Switching off a whole layer

# %%
layers, heads = heads_of(gpt)
for layer in range(layers):
    off = frozenset((layer, head) for head in range(heads))
    prediction = int(trace(gpt, inputs, Edit(off=off)).logits[0, -1].argmax())
    print(f"without layer {layer + 1}'s heads: {words.vocab[prediction]}")

# %% [markdown]
# ## A head that finds a repetition
# The score is measured on random words given twice: the weight of each word of the second copy on
# the word that followed it in the first. Then, for the text above: where this head looks, and the
# loss of each word with the head and without it.

# %%
scores = induction(gpt, torch.Generator().manual_seed(0))
layer, head = divmod(int(scores.argmax()), scores.shape[1])
print(f"layer {layer + 1}, head {head + 1}: induction score {float(scores[layer, head]):.2f}")
off = Edit(off=frozenset({(layer, head)}))
names = loaded.tokenizer.words(inputs[0])
weights = traced.attention[0, layer, head]
for i, j in enumerate(induction_targets(inputs[0]).tolist()):
    if j >= 0:
        print(f"{names[i]} looks at {names[j]} with weight {float(weights[i, j]):.2f}")
whole, without = (
    loss_by_token(logits, inputs)[0] for logits in (traced.logits, trace(gpt, inputs, off).logits)
)
for word, before, after in zip(names[1:], whole.tolist(), without.tolist(), strict=True):
    print(f"{word:12}{before:8.2f}{after:8.2f} nats")

# %% [markdown]
# ## As a figure: open heads.html in a browser, or call figure.show() in a notebook

# %%
import plotly.graph_objects as go

figure = go.Figure(go.Heatmap(z=scores.tolist(), zmin=0, zmax=1, colorscale="Viridis"))
across, down = (list(range(size)) for size in reversed(scores.shape))
figure.update_xaxes(tickvals=across, ticktext=[str(number + 1) for number in across])
figure.update_yaxes(tickvals=down, ticktext=[str(number + 1) for number in down])
figure.update_layout(
    xaxis_title="head", yaxis_title="layer, and its induction score", yaxis_autorange="reversed"
)
figure.write_html("heads.html")
print("the figure is in heads.html")
