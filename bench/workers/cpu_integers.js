// FNV-1a over 100,000 integers.
export default {
  async fetch() {
    let hash = 0x811c9dc5;
    for (let i = 0; i < 100000; i++) hash = Math.imul(hash ^ (i & 255), 0x01000193);
    return new Response(String(hash >>> 0));
  },
};
