// The shortest way between two points of the globe as lines of the map, broken where it leaves the map's edge.

import { project, WIDTH } from "./projection";

const STEPS = 64;
type Point = [latitudeDeg: number, longitudeDeg: number];

function vector([latitudeDeg, longitudeDeg]: Point): number[] {
  const latitude = latitudeDeg * Math.PI / 180, longitude = longitudeDeg * Math.PI / 180;
  return [Math.cos(latitude) * Math.cos(longitude), Math.cos(latitude) * Math.sin(longitude), Math.sin(latitude)];
}

export function greatCircle(from: Point, to: Point): string {
  const a = vector(from), b = vector(to);
  const angle = Math.acos(Math.min(1, Math.max(-1, a[0] * b[0] + a[1] * b[1] + a[2] * b[2])));
  let path = "", lastX = NaN;
  for (let i = 0; i <= STEPS; ++i) {
    const t = i / STEPS;
    const [f, g] = angle < 1e-6 ? [1 - t, t] : [Math.sin((1 - t) * angle), Math.sin(t * angle)];
    const [x, y, z] = a.map((value, axis) => f * value + g * b[axis]);
    const [px, py] = project(Math.atan2(z, Math.hypot(x, y)) * 180 / Math.PI, Math.atan2(y, x) * 180 / Math.PI);
    path += `${Math.abs(px - lastX) < WIDTH / 2 ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`;
    lastX = px;
  }
  return path;
}
