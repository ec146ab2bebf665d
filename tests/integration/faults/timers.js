// Ten thousand timers a request, ten times what one may have waiting.
export default {
  async fetch() {
    for (let i = 0; i < 10_000; ++i) setTimeout(() => {}, i % 50);
    return new Response("all set\n");
  },
};
