// A page of 60 KB: more than fits into the first window of a connection.
const PAGE = "<p>The same line again.</p>\n".repeat(2200).slice(0, 60_000);

export default {
  fetch() {
    return new Response(PAGE, { headers: { "content-type": "text/html; charset=utf-8" } });
  },
};
