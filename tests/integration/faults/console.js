export default {
  async fetch() {
    for (;;) console.log("x".repeat(1000));
  },
};
