# %% [markdown]
# # Decoding and KV cache
# The model gives a probability to every word. Which word do you choose?
# Unrolled must be installed (`pip install -e .` in its folder).

# %% settings
model = ""
prompt = "KING:\nGood queen, where are the"
length = 40
seed = 0
tokens = 100

# %%
import torch

from core.decoding.engine import DecodingEngine
from core.decoding.prompt import read_prompt
from core.decoding.strategies import Greedy, Nucleus, Temperature, generate
from core.decoding.text_metrics import distinct, repetition
from core.models.zoo import available_models, find_model, load_model

torch.set_num_threads(1)
loaded = load_model(find_model(model) if model else available_models("gpt")[0])
gpt, tokenizer = loaded.model, loaded.tokenizer
ids = read_prompt(prompt, tokenizer, gpt.max_N).ids

# %% [markdown]
# ## Three ways to choose, with the same random numbers

# %%
for strategy in (Greedy(), Nucleus(p=0.9, t=1.0), Temperature(t=1.0)):
    engine = DecodingEngine.of(gpt)
    made = [
        step.token
        for step in generate(engine, ids, strategy, length, torch.Generator().manual_seed(seed))
    ]
    print(strategy)
    print("  ", " ".join(tokenizer.words(made)))
    print(
        f"   repeated 4-grams {repetition(made, 4):.0%}, different pairs {distinct([made], 2):.0%}"
    )

# %% [markdown]
# ## What a KV cache saves for the next token

# %%
from core.decoding.cost import VARIANTS, cache_bytes, operations
from core.decoding.timing import slope, time_tokens
from core.decoding.weights import decode_weights

weights = decode_weights(gpt)
for variant in VARIANTS:
    print(f"{operations(weights, tokens, variant):>15,} multiply-adds: {variant}, T = {tokens}")
print(f"the cache holds {cache_bytes(weights, tokens):,} bytes")

# %% [markdown]
# ## Measured here: milliseconds for the next token, with each saving separately

# %%
timings = list(time_tokens(gpt, DecodingEngine.of(gpt), [50, 100, 150]))
for timing in timings:
    for variant, ms in timing.ms.items():
        print(f"T = {timing.length:3}: {ms:8.3f} ms, {variant}")
for variant in timings[0].ms:
    print(f"{slope(timings, variant):+8.3f} ms for 100 tokens more, {variant}")

# %% [markdown]
# ## As a figure: open decoding.html in a browser, or call figure.show() in a notebook

# %%
import plotly.graph_objects as go

figure = go.Figure()
for variant in timings[0].ms:
    ms = [timing.ms[variant] for timing in timings]
    figure.add_scatter(x=[timing.length for timing in timings], y=ms, name=variant)
figure.update_layout(
    xaxis_title="length of the text, tokens",
    yaxis_title="milliseconds for the next token",
    yaxis_type="log",
)
figure.write_html("decoding.html")
print("the figure is in decoding.html")
