// Which marks of the map get their name written, and on which side: those with most to say, as long as names do not run
// into each other or over a mark.

export interface Marked { id: string; x: number; y: number; radius: number; weight: number }
export type Side = "above" | "right" | "below" | "left";
interface Box { left: number; top: number; right: number; bottom: number }

const LETTER = 7.4, HEIGHT = 12;  // of a name
const GAP = 2;
const KEPT = 2;  // who has a name loses it to somebody with so many times as much to say: names do not flicker

// A name's box on that side of a mark.
function boxOf({ id, x, y, radius }: Marked, side: Side, scale: number): Box {
  const width = LETTER * id.length * scale, height = HEIGHT * scale, off = (radius + GAP) * scale;
  if (side === "left" || side === "right") {
    const left = side === "right" ? x + off : x - off - width;
    return { left, top: y - height / 2, right: left + width, bottom: y + height / 2 };
  }
  const top = side === "above" ? y - off - height : y + off;
  return { left: x - width / 2, top, right: x + width / 2, bottom: top + height };
}

function meet(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

// `scale`: how much larger names and marks are than on a map of full width.
export function chooseLabels(marks: Marked[], had: ReadonlyMap<string, Side>, scale: number, most: number): Map<string, Side> {
  const worth = (mark: Marked) => mark.weight * (had.has(mark.id) ? KEPT : 1);
  const ranked = [...marks].sort((a, b) => worth(b) - worth(a) || Number(had.has(b.id)) - Number(had.has(a.id)) || (a.id < b.id ? -1 : 1));
  const dots = marks.map(({ id, x, y, radius }) => {
    const r = radius * scale;
    return { id, left: x - r, top: y - r, right: x + r, bottom: y + r };
  });
  const placed: Box[] = [], chosen = new Map<string, Side>();
  for (const mark of ranked) {
    if (chosen.size === most) break;
    const before = had.get(mark.id);
    const sides: Side[] = before ? [before, "above", "right", "below", "left"] : ["above", "right", "below", "left"];
    for (const side of sides) {
      const box = boxOf(mark, side, scale);
      if (placed.some((p) => meet(p, box)) || dots.some((dot) => dot.id !== mark.id && meet(dot, box))) continue;
      placed.push(box);
      chosen.set(mark.id, side);
      break;
    }
  }
  return chosen;
}
