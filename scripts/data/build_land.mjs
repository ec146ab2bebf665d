// Writes land.csv: the outlines of the continents, for maps, from world-atlas (Natural Earth 1:110m, public domain).
//
//   node build_land.mjs MODULES_DIR OUTPUT_DIR
//
// Points nearer than kToleranceDeg to the line between their neighbours are left out (Douglas and Peucker), and with
// them small islands; so is what lies south of kSouthDeg.
import {readFileSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';

const [modulesDir, outDir] = process.argv.slice(2);
const kToleranceDeg = 0.25, kSouthDeg = -58, kPointsMin = 5;

const topology = JSON.parse(readFileSync(join(resolve(modulesDir), 'node_modules/world-atlas/land-110m.json'), 'utf8'));
const {scale, translate} = topology.transform;

// An arc is a list of steps on a grid; a negative number is the arc ~n backwards.
function arcPoints(number) {
  let x = 0, y = 0;
  const points = topology.arcs[number < 0 ? ~number : number].map(([dx, dy]) => {
    x += dx, y += dy;
    return [x * scale[0] + translate[0], y * scale[1] + translate[1]];
  });
  return number < 0 ? points.reverse() : points;
}

function simplify(points) {
  const [a, b] = [points[0], points.at(-1)];
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
  let worst = -1, at = 0;
  for (let i = 1; i + 1 < points.length; i++) {
    const [x, y] = points[i];
    const off = length === 0 ? Math.hypot(x - a[0], y - a[1]) :
        Math.abs((b[0] - a[0]) * (a[1] - y) - (a[0] - x) * (b[1] - a[1])) / length;
    if (off > worst) [worst, at] = [off, i];
  }
  if (worst <= kToleranceDeg) return [a, b];
  return [...simplify(points.slice(0, at + 1)).slice(0, -1), ...simplify(points.slice(at))];
}

// A ring over the antimeridian, cut there: [longitude, latitude] points in one or two rings within -180 to 180.
function cut(ring) {
  const unwrapped = [ring[0]];
  for (const [longitude, latitude] of ring.slice(1)) {
    const turns = Math.round((unwrapped.at(-1)[0] - longitude) / 360);
    unwrapped.push([longitude + 360 * turns, latitude]);
  }
  const least = Math.min(...unwrapped.map(([longitude]) => longitude));
  const most = Math.max(...unwrapped.map(([longitude]) => longitude));
  const parts = [];
  for (let shift = -360; shift <= 360; shift += 360) {
    if (least >= shift + 180 || most <= shift - 180) continue;
    const shifted = unwrapped.map(([longitude, latitude]) => [longitude - shift, latitude]);
    parts.push(keep(keep(shifted, 180, 1), -180, -1));
  }
  return parts;
}

// The part of a ring on one side of a meridian (Sutherland and Hodgman).
function keep(ring, meridian, side) {
  const out = [];
  ring.forEach((point, i) => {
    const before = ring.at(i - 1);
    const inside = (p) => side * (meridian - p[0]) >= 0;
    if (inside(point) !== inside(before)) {
      const share = (meridian - before[0]) / (point[0] - before[0]);
      out.push([meridian, before[1] + share * (point[1] - before[1])]);
    }
    if (inside(point)) out.push(point);
  });
  return out;
}

const rows = [];
let rings = 0;
for (const geometry of topology.objects.land.geometries) {
  for (const polygon of geometry.type === 'Polygon' ? [geometry.arcs] : geometry.arcs) {
    const ring = simplify(polygon[0].flatMap((number, i) => arcPoints(number).slice(i === 0 ? 0 : 1)));
    if (ring.length < kPointsMin || ring.every(([, latitude]) => latitude < kSouthDeg)) continue;
    for (const part of cut(ring.slice(0, -1))) {
      for (const [longitude, latitude] of part) rows.push(`${rings},${latitude.toFixed(2)},${longitude.toFixed(2)}`);
      rings++;
    }
  }
}
writeFileSync(join(outDir, 'land.csv'), 'ring,latitude,longitude\n' + rows.join('\n') + '\n');
console.log(`land.csv: ${rows.length} points of ${rings} rings`);
