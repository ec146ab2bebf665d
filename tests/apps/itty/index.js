// itty-router.
import { AutoRouter, error, json } from 'itty-router';

const router = AutoRouter();
router
  .get('/hello/:name', ({ name }) => ({ hello: name }))
  .post('/echo', async (request) => json(await request.json()))
  .get('/tea', () => error(418, 'tea'));
export default { ...router };
