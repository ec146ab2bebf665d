// Asks two origins at once and answers with both, or with what it got in time.
async function ask(url, fallback) {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${new URL(url).host} answered ${response.status}`);
    return await response.json();
  } catch (error) {
    return { ...fallback, error: error.message };
  }
}

export default {
  async fetch(request) {
    const { city, colo } = request.cf;
    const [weather, news] = await Promise.all([
      ask(`http://weather.example/now?city=${encodeURIComponent(city)}`, { sky: "unknown" }),
      ask("http://news.example/top", { headline: null }),
    ]);
    return Response.json({ colo, city, weather, news });
  },
};
