export default {
  async fetch(request) {
    return new Response(request.body.pipeThrough(new TransformStream({
      transform(chunk, controller) { controller.enqueue(chunk); },
    })));
  },
};
