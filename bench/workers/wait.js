// Answers after as many milliseconds as the query says: `/?2000`.
export default {
  async fetch(request) {
    const ms = Number(new URL(request.url).search.slice(1));
    await new Promise((resolve) => setTimeout(resolve, ms));
    return new Response('waited\n');
  },
};
