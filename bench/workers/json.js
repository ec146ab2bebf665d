export default {
  async fetch(request) {
    const url = new URL(request.url);
    return Response.json({
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      agent: request.headers.get("user-agent"),
      host: request.headers.get("host"),
      count: [...request.headers].length,
    });
  },
};
