// Hands what Python has sent to its instrument.
export default function ({ data }) {
  const place = (window.unrolledLive ??= {})[data.name] ??= { drawn: [] };
  place.parts = { ...place.parts, ...data.parts };
  if (data.order) place.main = data;
  if (!place.main || place.main.waits?.some((part) => !(part in place.parts))) return;
  place.data = { ...place.parts, ...place.main };
  for (const instrument of place.drawn) instrument.receive(place.data);
}
