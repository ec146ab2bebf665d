export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === '/api/hello') return Response.json({ hello: 'from the worker', method: request.method });
    if (url.pathname.startsWith('/wrapped/')) {
      url.pathname = url.pathname.slice('/wrapped'.length);
      const asset = await env.ASSETS.fetch(url, { headers: request.headers });
      const response = new Response(asset.body, asset);
      response.headers.set('x-wrapped', `${asset.status} ${new URL(asset.url).pathname}`);
      return response;
    }
    return new Response(`worker: ${url.pathname}`, { status: 418 });
  },
};
