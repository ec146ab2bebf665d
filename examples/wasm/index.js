// A C program compiled to WebAssembly draws a picture at the edge: ?x=-0.5&y=0&span=3&width=320&height=240
import mandelbrot from "./mandelbrot.wasm";

const { exports } = new WebAssembly.Instance(mandelbrot);

// A portable grey map: the simplest image format there is (netpbm, type P5).
export default {
  async fetch(request) {
    const query = new URL(request.url).searchParams;
    const number = (name, fallback) => {
      const value = Number(query.get(name) ?? fallback);
      return Number.isFinite(value) ? value : fallback;
    };
    const width = Math.trunc(number("width", 320));
    const height = Math.trunc(number("height", 240));
    const count = exports.render(width, height, number("x", -0.5), number("y", 0), number("span", 3));
    if (count === 0) return new Response("The picture is too large: at most 1024 x 1024.\n", { status: 400 });

    const head = new TextEncoder().encode(`P5\n${width} ${height}\n255\n`);
    const image = new Uint8Array(head.length + count);
    image.set(head);
    image.set(new Uint8Array(exports.memory.buffer, exports.buffer(), count), head.length);
    return new Response(image, { headers: { "content-type": "image/x-portable-graymap" } });
  },
};
