"""The KV cache: keys and values of past tokens are kept, not computed again.

Letters   B batch · T new tokens · S tokens already cached · V vocabulary · L layers · H heads
          G heads of keys and values · n head dimension · N context length

The keys and values of token j depend on the tokens up to j only, because no token sees the
future. So when token t arrives, only its own query, key and value are new:

    K ← [K; k_t],  V ← [V; v_t],  out_t = softmax(q_t Kᵀ / √n) V

One generated token then costs O(d² + T d) a layer instead of O(T d² + T² d).
Source: Shazeer 2019, "Fast Transformer Decoding: One Write-Head is All You Need", section 2.4.1.
"""

from functools import partial

import torch
from torch import Tensor

from core.attention import MultiHeadedAttention, attention, causal_mask
from core.gpt import DialogueGPT


class KVCache:
    """Room for the keys and values of B texts of up to N tokens, allocated once.

    keys, values: (L, B, G, N, n). The first `length` positions along N are filled. G = H, but where
    several query heads share their keys and values, which takes H/G times less memory (Ainslie et
    al. 2023, "GQA", section 2.2).
    """

    def __init__(self, model: DialogueGPT, batch: int = 1, room: int = 0):
        """room: N, 0 for the context length."""
        layers = model.transformer.layers
        attn = layers[0].attn
        assert isinstance(attn, MultiHeadedAttention)
        groups = getattr(attn, "num_kv_heads", attn.num_heads)
        length = min(room or model.max_N, model.max_N)
        shape = (len(layers), batch, groups, length, attn.n_hidden)
        self.keys = model.token_embed.weight.detach().new_empty(shape)
        self.values = torch.empty_like(self.keys)
        self.length = 0

    @property
    def batch(self) -> int:
        return self.keys.shape[1]

    @property
    def room(self) -> int:
        """How many more tokens fit."""
        return self.keys.shape[3] - self.length

    def truncate(self, length: int) -> None:
        """Keep the first `length` tokens only."""
        self.length = min(self.length, length)

    def repeat(self, batch: int, length: int) -> "KVCache":
        """A new cache holding the first `length` tokens of this one text `batch` times, to be
        continued in `batch` ways."""
        copy = object.__new__(KVCache)
        layers, _, *rest = self.keys.shape
        copy.keys = self.keys.new_empty(layers, batch, *rest)
        copy.values = torch.empty_like(copy.keys)
        copy.keys[..., :length, :] = self.keys[..., :length, :]
        copy.values[..., :length, :] = self.values[..., :length, :]
        copy.length = length
        return copy

    def attend(
        self, layer: int, q: Tensor, k: Tensor, v: Tensor, _: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Attention of T new tokens over all S + T; stores their keys and values in the cache.

        q: (B, H, T, n), k and v: (B, G, T, n) -> (B, H, T, n) and weights (B, H, T, S+T).
        """
        start, stop = self.length, self.length + q.shape[2]
        keys, values = self.keys[layer, :, :, :stop], self.values[layer, :, :, :stop]
        keys[:, :, start:], values[:, :, start:] = k, v
        if (shared := q.shape[1] // k.shape[1]) > 1:
            keys, values = (part.repeat_interleave(shared, 1) for part in (keys, values))
        mask = causal_mask(stop, q.device)[start:] if q.shape[2] > 1 else None
        return attention(q, keys, values, mask)


@torch.inference_mode()
def read_tokens(model: DialogueGPT, cache: KVCache, ids: Tensor) -> Tensor:
    """Read T more tokens of every text and keep their keys and values; the model in eval mode.

    ids: (B, T) -> logits (B, V) for the token that follows the last one. T = 1 is a step of
    generation; T > 1 reads a whole prompt at once.
    Errors: ValueError when the tokens do not fit into the cache.
    """
    require_room(cache, ids)
    stop = cache.length + ids.shape[1]
    x = model.token_embed(ids.to(cache.keys.device)) + model.positions(stop)[cache.length :]
    for layer, block in enumerate(model.transformer.layers):
        x, _ = block(x, None, partial(cache.attend, layer))
    cache.length = stop
    return model.read_out(x[:, -1])


def require_room(cache: KVCache, ids: Tensor) -> None:
    """Errors: ValueError when `ids` (B, T) do not fit into the cache."""
    if len(ids) != cache.batch:
        raise ValueError(f"The cache holds {cache.batch} texts, but {len(ids)} were given.")
    if not 1 <= ids.shape[1] <= cache.room:
        raise ValueError(
            f"The cache has room for {cache.room} more tokens, but {ids.shape[1]} were given; "
            "shorten the text."
        )
