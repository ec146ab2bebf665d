// Passes on what the newsroom says, through the node's cache: how long it may be kept the newsroom says itself.
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    return fetch("http://newsroom.example" + pathname, { cf: { cacheEverything: true } });
  },
};
