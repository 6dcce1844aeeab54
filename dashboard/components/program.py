"""What is sent to components, deflated: their JavaScript and their data; and a check of replies."""

import base64
import hashlib
import json
import zlib
from typing import TypeGuard

_INFLATE = """const bytes = Uint8Array.from(atob("{body}"), (c) => c.charCodeAt(0));
const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
const text = await new Response(stream).text();
const address = URL.createObjectURL(new Blob([text], {{ type: "text/javascript" }}));
const {{ default: program }} = await import(address);
URL.revokeObjectURL(address);
export default program;
"""

# What components share: an error ends only the figure `one`, and Python draws it instead.
GUARD = """function guard(one, work) {
  if (one.stopped) return;
  try {
    work();
  } catch (error) {
    one.stopped = true;
    console.warn("A figure stopped.", error);
    one.fail(String(error?.message ?? error).slice(0, 200));
  }
}
"""


def deflated(source: str) -> str:
    """A module with the same default export in a third of the bytes."""
    body = base64.b64encode(zlib.compress(bare(source).encode(), 9)).decode()
    return _INFLATE.format(body=body)


def bare(source: str) -> str:
    """JavaScript without its lines of comments, and without indents."""
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def squeezed(data: bytes) -> str:
    """Deflated bytes as text, which `inflated` of live.js reads."""
    return base64.b64encode(zlib.compress(data, 6)).decode()


def deflated_json(data: object) -> bytes:
    """Data that feed.js reads."""
    return zlib.compress(json.dumps(data, separators=(",", ":")).encode(), 6)


def digest(data: object) -> str:
    """A name of 16 hex digits for bytes, or for anything else by its repr: equal for equal data."""
    content = data if isinstance(data, bytes) else repr(data).encode()
    return hashlib.sha256(content).hexdigest()[:16]


def is_index(value: object, count: int) -> TypeGuard[int]:
    """Whether what a browser or a link sent is a whole number from 0 to count - 1."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < count
