import { getAssetFromKV, NotFoundError } from '@cloudflare/kv-asset-handler';
import manifest from '__STATIC_CONTENT_MANIFEST';

export default {
  async fetch(request, env, ctx) {
    const event = { request, waitUntil: (promise) => ctx.waitUntil(promise) };
    try {
      return await getAssetFromKV(event, { ASSET_NAMESPACE: env.__STATIC_CONTENT, ASSET_MANIFEST: JSON.parse(manifest) });
    } catch (error) {
      if (error instanceof NotFoundError) return new Response('no such page', { status: 404 });
      throw error;
    }
  },
};
