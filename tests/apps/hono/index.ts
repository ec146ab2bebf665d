// Hono: routes, middleware, JWT, a stream, a form.
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { etag } from 'hono/etag';
import { jwt, sign } from 'hono/jwt';
import { logger } from 'hono/logger';
import { streamText } from 'hono/streaming';

const secret = 'a secret of the test';
const app = new Hono();
app.use('*', logger(), cors());
app.use('/auth/*', jwt({ secret, alg: 'HS256' }));
app.get('/', etag(), (c) => c.text('Hello Hono'));
app.get('/token', async (c) => c.text(await sign({ sub: 'ada' }, secret)));
app.get('/auth/me', (c) => c.json(c.get('jwtPayload')));
app.get('/stream', (c) => streamText(c, async (stream) => {
  for (let i = 0; i < 3; i++) await stream.write(`${i};`);
}));
app.post('/form', async (c) => {
  const { name, file } = await c.req.parseBody();
  return c.json({ name, file: file instanceof File ? [file.name, file.type, await file.text()] : null });
});
export default app;
