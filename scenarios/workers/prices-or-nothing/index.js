// Passes on what its origin says; when that says nothing, neither does this.
export default {
  async fetch() {
    const prices = await fetch("http://prices.example/today");
    return new Response(prices.body, prices);
  },
};
