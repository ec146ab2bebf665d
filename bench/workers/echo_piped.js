export default {
  async fetch(request) {
    const { readable, writable } = new IdentityTransformStream();
    request.body.pipeTo(writable);
    return new Response(readable);
  },
};
