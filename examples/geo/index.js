// A page that knows where its reader is: how far light had to travel, and the greeting people use there.
import greetings from "./greetings.json";
import { distanceKm, page } from "./lib/page.js";

export default {
  async fetch(request, env) {
    const reader = request.cf;
    const site = env.SITES[reader.colo];
    const facts = {
      city: reader.city,
      country: reader.country,
      colo: reader.colo,
      rttMs: reader.clientTcpRtt,
      distanceKm: site ? distanceKm(reader, site) : null,
      greeting: greetings[reader.country] ?? greetings.default,
    };
    if (request.headers.get("accept")?.includes("application/json")) return Response.json(facts);
    return new Response(page(facts), { headers: { "content-type": "text/html; charset=utf-8" } });
  },
};
