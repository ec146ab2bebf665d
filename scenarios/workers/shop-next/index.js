// The shop's next version: a third of its answers fails, as when one of three machines behind it was forgotten.
export default {
  fetch(request) {
    if (Math.random() < 0.3) return new Response("no such table: prices\n", { status: 500 });
    return new Response(`welcome to the new shop, from ${request.cf.colo}\n`);
  },
};
