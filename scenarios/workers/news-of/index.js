// Passes on what the server says that its path names, through the node's cache.
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    return fetch("http:/" + pathname, { cf: { cacheEverything: true } });
  },
};
