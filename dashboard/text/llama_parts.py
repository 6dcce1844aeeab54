"""The six parts that turn the course's GPT into a Llama: formulas, words and code before and after.

What a part does to the loss is measured, not written here.
"""

from dataclasses import dataclass

RESULTS = ("lower", "about the same", "higher")
_LLAMA, _ROTARY = "core.models.pretrained.llama", "core.models.pretrained.rotary"


@dataclass(frozen=True)
class Part:
    """One step. before, after: LaTeX; words: the change in words; code: names of both sources."""

    name: str
    before: str
    after: str
    words: str
    why: str
    code: tuple[str, ...]


PARTS = (
    Part(
        "LayerNorm first",
        r"x \leftarrow x + \mathrm{attn}(x)",
        r"x \leftarrow x + \mathrm{attn}(\mathrm{LayerNorm}(x))",
        "Attention reads a normalised copy of the residual stream; the FFN already did.",
        "The stream grows from block to block, and attention no longer sees its size.",
        ("core.transformer.AttentionResidual.attention_input",
         "core.models.prenorm.PreNormBlock.attention_input"),
    ),
    Part(
        "RMSNorm",
        r"\gamma \odot \frac{x - \bar x}{\sqrt{\mathrm{var}(x) + ε}} + \beta",
        r"w \odot \frac{x}{\sqrt{\overline{x^2} + ε}}",
        "Every LayerNorm becomes an RMSNorm, without mean and bias. The layer that computes the "
        "logits has no bias either.",
        "Only the length of a vector is normalised, so there is less to compute.",
        (f"{_LLAMA}.RMSNorm",),
    ),
    Part(
        "rotary positions",
        r"x_t = E[w_t] + P_t",
        r"q_t = R_t W_Q x_t, \quad k_t = R_t W_K x_t",
        "No position is added to a token. Queries and keys are rotated by an angle that grows "
        "with t, and attention has no biases.",
        "A score then depends on the distance between two tokens, not on where they are.",
        ("core.gpt.DialogueGPT.embed", f"{_ROTARY}.rotate", f"{_ROTARY}.Rotation.frequencies"),
    ),
    Part(
        "SwiGLU",
        r"W_2\, \mathrm{GELU}(W_1 x + b_1) + b_2",
        r"W_{down}\,\big(\mathrm{silu}(W_{gate}\, x) \odot W_{up}\, x\big)",
        "One half of the hidden layer gates the other. Three matrices with two thirds of the "
        "width have as many weights as two with the full width.",
        "The FFN can multiply two features of a token, not only add them.",
        ("core.transformer.FFN", f"{_LLAMA}.SwiGLU"),
    ),
    Part(
        "grouped queries",
        r"k_h = W_K^{(h)} x, \quad h = 1 \ldots H",
        r"k_g = W_K^{(g)} x, \quad g = \lfloor h\,G/H \rfloor",
        "H heads of queries share G heads of keys and values.",
        "It is meant to save memory, not to lower the loss: the KV cache shrinks to G/H of its "
        "size.",
        ("core.attention.MultiHeadedAttention.split_qkv", f"{_ROTARY}.RotaryAttention.split_qkv"),
    ),
    Part(
        "byte pairs",
        r"\text{Prospero} \mapsto \text{unknown}",
        r"\text{Prospero} \mapsto \text{Pro} \mid \text{sper} \mid \text{o}",
        "The model stays the same. Its vocabulary has the same size, but it contains pieces of "
        "words: bytes, with frequent neighbours merged.",
        "No word is unknown, but the same text has more tokens.",
        ("core.tokenizer.WordTokenizer.ids", "core.bpe.learn_merges"),
    ),
)  # fmt: skip
NAMES = ("course's GPT", *(part.name for part in PARTS))
