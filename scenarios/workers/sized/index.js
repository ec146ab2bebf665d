// Answers /N with N bytes.
export default {
  fetch(request) {
    const bytes = Number(new URL(request.url).pathname.slice(1));
    if (!(bytes >= 0 && bytes <= 1_000_000)) return new Response("expected /N, up to a million\n", { status: 404 });
    return new Response("x".repeat(bytes), { headers: { "content-type": "text/plain" } });
  },
};
