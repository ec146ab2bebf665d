// A shop as it has been for long.
export default {
  fetch(request) {
    return new Response(`welcome to the shop, from ${request.cf.colo}\n`);
  },
};
