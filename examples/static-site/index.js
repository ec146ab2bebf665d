// A small site generated in the worker: pages from text modules, an index, a feed, honest caching.
import style from "./style.css";
import about from "./pages/about.txt";
import first from "./pages/first-light.txt";
import magnets from "./pages/a-magnet-for-a-planet.txt";

const PAGES = new Map(Object.entries({ about, "first-light": first, "a-magnet-for-a-planet": magnets }));
const escapeHtml = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const titleOf = (text) => text.slice(0, text.indexOf("\n"));

function html(title, body) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="/style.css">
<body>
${body}
</html>
`;
}

function renderPage(text) {
  const [title, ...paragraphs] = text.trim().split(/\n\n+/);
  return html(title, `<h1>${escapeHtml(title)}</h1>\n`
    + paragraphs.map((p) => `<p>${escapeHtml(p)}</p>`).join("\n")
    + '\n<p><a href="/">All pages</a></p>');
}

function renderIndex() {
  const items = [...PAGES].map(([slug, text]) => `<li><a href="/${slug}">${escapeHtml(titleOf(text))}</a></li>`);
  return html("Little Earth", `<h1>Little Earth</h1>\n<ul>\n${items.join("\n")}\n</ul>`);
}

async function etagOf(body) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body));
  return `"${[...new Uint8Array(digest, 0, 8)].map((b) => b.toString(16).padStart(2, "0")).join("")}"`;
}

async function respond(request, body, type, status = 200) {
  const etag = await etagOf(body);
  const headers = { "content-type": `${type}; charset=utf-8`, etag, "cache-control": "public, max-age=60" };
  if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
  return new Response(request.method === "HEAD" ? null : body, { status, headers });
}

export default {
  async fetch(request) {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response("Only GET and HEAD here.\n", { status: 405, headers: { allow: "GET, HEAD" } });
    }
    const { pathname } = new URL(request.url);
    if (pathname === "/") return respond(request, renderIndex(), "text/html");
    if (pathname === "/style.css") return respond(request, style, "text/css");
    const text = PAGES.get(pathname.slice(1));
    if (text) return respond(request, renderPage(text), "text/html");
    return respond(request, html("Not found", "<h1>No such page</h1>"), "text/html", 404);
  },
};
