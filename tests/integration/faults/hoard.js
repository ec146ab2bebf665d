// The heap bomb under the limits every worker has.
export default {
  async fetch() {
    const hoard = [];
    for (;;) hoard.push(new Array(100_000).fill(hoard.length));
  },
};
