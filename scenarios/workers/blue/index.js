// Streams many lines that all name this version, so that an answer mixed from two versions would show.
const VERSION = "blue";
const LINES = 20;

export default {
  async fetch() {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const encoder = new TextEncoder();
    (async () => {
      for (let i = 0; i < LINES; ++i) await writer.write(encoder.encode(`${VERSION}\n`));
      await writer.close();
    })();
    return new Response(readable, { headers: { "content-type": "text/plain", "x-body-version": VERSION } });
  },
};
