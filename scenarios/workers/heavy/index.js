// A page that costs some milliseconds of a processor, on purpose: a chain of hashes that nobody can skip.
const ROUNDS = 60_000;

export default {
  fetch(request) {
    let hash = 2166136261;
    for (let i = 0; i < ROUNDS; ++i) {
      for (const byte of [i & 255, (i >> 8) & 255, hash & 255]) hash = Math.imul(hash ^ byte, 16777619) >>> 0;
    }
    return new Response(`${hash} for ${request.cf.city}, from ${request.cf.colo}\n`);
  },
};
