export default {
  async fetch(request) {
    const response = await fetch("http://origin.example/");
    return new Response(response.body.pipeThrough(new TransformStream()), response);
  },
};
