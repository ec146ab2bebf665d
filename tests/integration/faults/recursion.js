const deeper = (n) => deeper(n + 1) + 1;
export default { async fetch() { return new Response(String(deeper(0))); } };
