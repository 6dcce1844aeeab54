// Hands what Python has sent to its instrument, so that a small message does not carry its program.
export default function ({ data }) {
  const place = (window.unrolledLive ??= {})[data.name] ??= { drawn: [] };
  place.data = data;
  for (const instrument of place.drawn) instrument.receive(data);
}
