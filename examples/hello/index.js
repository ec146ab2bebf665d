// The smallest worker: says where it runs and who asked.
export default {
  async fetch(request, env) {
    const { city, country, colo } = request.cf;
    const name = new URL(request.url).searchParams.get("name") ?? city;
    return new Response(`${env.GREETING}, ${name} (${country})! Served from ${colo}.\n`, {
      headers: { "content-type": "text/plain; charset=utf-8" },
    });
  },
};
