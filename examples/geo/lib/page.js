const EARTH_RADIUS_KM = 6371;
const rad = (deg) => (Number(deg) * Math.PI) / 180;

// Great-circle distance (haversine formula) between two { latitude, longitude }.
export function distanceKm(a, b) {
  const dLat = rad(b.latitude) - rad(a.latitude);
  const dLon = rad(b.longitude) - rad(a.longitude);
  const h = Math.sin(dLat / 2) ** 2
    + Math.cos(rad(a.latitude)) * Math.cos(rad(b.latitude)) * Math.sin(dLon / 2) ** 2;
  return Math.round(2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h))));
}

const escapeHtml = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

export function page({ city, country, colo, rttMs, distanceKm: km, greeting }) {
  const way = km === null ? "" : `<p>${km} km away, ${rttMs} ms there and back.</p>`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(greeting)}</title>
<style>
  body { font: 1.2rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 15vh auto; padding: 0 1rem; }
  h1 { font-size: 3rem; margin: 0; }
</style>
<h1>${escapeHtml(greeting)}</h1>
<p>You are in ${escapeHtml(city)}, ${escapeHtml(country)}; this page came from ${escapeHtml(colo)}.</p>
${way}
</html>
`;
}
