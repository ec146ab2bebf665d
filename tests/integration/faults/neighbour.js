export default { async fetch() { return new Response("unmoved\n"); } };
