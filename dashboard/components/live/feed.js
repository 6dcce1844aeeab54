// Hands what Python has sent, as deflated JSON, to what draws it; messages keep their order.
export default function ({ data }) {
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate"));
  const read = new Response(stream).json();
  window.unrolledFed = Promise.resolve(window.unrolledFed).then(async () => hand(await read))
    .catch((error) => console.warn("A message was not read.", error));
}

function hand(data) {
  const place = (window.unrolledLive ??= {})[data.name] ??= { drawn: [] };
  place.parts = { ...place.parts, ...data.parts };
  if (data.order) place.main = data;
  if (!place.main || place.main.waits?.some((part) => !(part in place.parts))) return;
  place.data = { ...place.parts, ...place.main };
  for (const one of place.drawn) one.receive(place.data);
}
