// Hands what Python has sent to its instrument, so that a small message does not carry its program.
export default function ({ data }) {
  const place = (window.unrolledLive ??= {})[data.name] ??= {};
  place.data = data;
  place.receive?.(data);
}
