// Which marks of the map get their name written: those with most to say, as long as names do not run into each other.

export interface Marked { id: string; x: number; y: number; weight: number }

// `scale`: how much larger names are than on a map of full width. Who had a name keeps it.
export function chooseLabels(marks: Marked[], had: Set<string>, scale: number, most: number): Set<string> {
  const ranked = [...marks].sort((a, b) =>
    Number(had.has(b.id)) - Number(had.has(a.id)) || b.weight - a.weight || (a.id < b.id ? -1 : 1));
  const placed: { x: number; y: number; half: number }[] = [], chosen = new Set<string>();
  for (const { id, x, y } of ranked) {
    if (chosen.size === most) break;
    const half = 3.7 * id.length * scale;
    if (placed.some((p) => Math.abs(p.y - y) < 13 * scale && Math.abs(p.x - x) < p.half + half)) continue;
    placed.push({ x, y, half });
    chosen.add(id);
  }
  return chosen;
}
