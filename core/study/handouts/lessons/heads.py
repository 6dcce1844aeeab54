# %% [markdown]
# # Heads and layers
# Which heads do the work, and after which layer does the model know the answer?
# Needs Unrolled installed (`pip install -e .` in its folder).

# %% settings
model = ""
prompt = "KING:\nGood queen, where are the"

# %%
import torch

from core.decoding.prompt import read_prompt
from core.interpret.head_metrics import entropy, removal_effect
from core.interpret.trace import Edit, heads_of, trace
from core.models.zoo import available_models, find_model, load_model

torch.set_num_threads(1)
loaded = load_model(find_model(model) if model else available_models("gpt")[0])
gpt, words = loaded.model, loaded.tokenizer
inputs = torch.tensor([read_prompt(prompt, words, gpt.max_N).ids])
traced = trace(gpt, inputs)
answer = int(traced.logits[0, -1].argmax())
print("the model says:", words.vocab[answer])

# %% [markdown]
# ## What the loss rises by when one head is switched off

# %%
effect = removal_effect(gpt, inputs, answer)
for (layer, head), rise in sorted(
    ((divmod(i, effect.shape[1]), float(v)) for i, v in enumerate(effect.flatten())),
    key=lambda pair: -pair[1],
):
    spread = float(entropy(traced.attention[0, layer, head]).mean())
    print(f"layer {layer + 1}, head {head + 1}: {rise:+.4f} nats, entropy {spread:.2f} nats")

# %% [markdown]
# ## A whole layer off

# %%
layers, heads = heads_of(gpt)
for layer in range(layers):
    off = frozenset((layer, head) for head in range(heads))
    prediction = int(trace(gpt, inputs, Edit(off=off)).logits[0, -1].argmax())
    print(f"without layer {layer + 1}'s heads: {words.vocab[prediction]}")
