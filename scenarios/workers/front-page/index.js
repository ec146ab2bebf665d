// A document and what it names, each as large as such things are.
const BYTES = { "/": 8_700, "/style.css": 5_700, "/picture": 11_700 };
const TYPES = { "/": "text/html", "/style.css": "text/css", "/picture": "image/png" };

export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    const bytes = BYTES[pathname];
    if (bytes === undefined) return new Response("no such part\n", { status: 404 });
    return new Response("x".repeat(bytes), { headers: { "content-type": TYPES[pathname] } });
  },
};
