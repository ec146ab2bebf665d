// A stand-in for a weather service: the same city always has the same sky.
const SKIES = ["sun", "clouds", "rain", "wind", "snow"];

export default {
  async fetch(request) {
    const city = new URL(request.url).searchParams.get("city") ?? "";
    let sum = 0;
    for (const c of city) sum = (sum * 31 + c.codePointAt(0)) % 9973;
    return Response.json({ city, sky: SKIES[sum % SKIES.length], degrees: (sum % 35) - 5 });
  },
};
