// A document of about 10 KiB, parsed and written.
const text = JSON.stringify(Array.from({ length: 100 }, (_, i) => ({
  id: i, name: `item ${i}`, tags: ['a', 'b', 'c'], price: i * 1.25, nested: { on: i % 2 === 0, note: 'plain text' },
})));
export default {
  async fetch() {
    return new Response(JSON.stringify(JSON.parse(text)), { headers: { 'content-type': 'application/json' } });
  },
};
