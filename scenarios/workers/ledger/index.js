// A ledger in Workers KV: PUT /kN stores what x-kv-write says, GET /kN answers with it. How old a node's copy may be is
// said by who asks.
export default {
  async fetch(request, { LEDGER }) {
    const key = new URL(request.url).pathname.slice(1);
    if (request.method === "PUT") {
      await LEDGER.put(key, request.headers.get("x-kv-write") ?? "");
      return new Response("written\n");
    }
    const value = await LEDGER.get(key, { cacheTtl: Number(request.headers.get("x-kv-cache-ttl") ?? 60) });
    return value === null ? new Response("nothing\n") : new Response("read\n", { headers: { "x-kv-write": value } });
  },
};
