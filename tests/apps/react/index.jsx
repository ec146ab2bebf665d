// React on the server: a page that is sent before its slow part is there.
import React, { Suspense, use } from 'react';
import { renderToReadableStream } from 'react-dom/server.edge';

function Slow({ of }) {
  return <b>{use(of)}</b>;
}

export default {
  async fetch(request) {
    const slow = new Promise((resolve) => setTimeout(() => resolve('slow part'), 20));
    const stream = await renderToReadableStream(
      <html>
        <body>
          <h1>{new URL(request.url).pathname}</h1>
          <Suspense fallback={<i>wait</i>}><Slow of={slow} /></Suspense>
        </body>
      </html>,
    );
    return new Response(stream, { headers: { 'content-type': 'text/html; charset=utf-8' } });
  },
};
