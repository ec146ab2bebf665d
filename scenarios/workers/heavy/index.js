// A page that costs some milliseconds of a processor, on purpose: a chain of hashes that nobody can skip, as long as
// its caller says.
export default {
  fetch(request) {
    const rounds = Number(new URL(request.url).searchParams.get("rounds")) || 500_000;
    let hash = 2166136261;
    for (let i = 0; i < rounds; ++i) {
      for (const byte of [i & 255, (i >> 8) & 255, hash & 255]) hash = Math.imul(hash ^ byte, 16777619) >>> 0;
    }
    return new Response(`${hash} for ${request.cf.city}, from ${request.cf.colo}\n`);
  },
};
