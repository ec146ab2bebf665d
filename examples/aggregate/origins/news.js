// A stand-in for a news service.
export default {
  async fetch() {
    return Response.json({ headline: "Model Earth still turning" });
  },
};
