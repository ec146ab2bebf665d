// Goal: names of the map run neither into each other nor over marks, whoever has most to say is named, and names stay.
import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseLabels } from "./labels";

const at = (id, x, y, weight = 1) => ({ id, x, y, radius: 5, weight });

test("who has most to say is named first", () => {
  const crowd = [at("AAA", 100, 100, 1), at("BBB", 101, 100, 9), at("CCC", 100, 101, 5)];
  assert.deepEqual([...chooseLabels(crowd, new Map(), 1, 1).keys()], ["BBB"]);
});

test("a name takes another side when there is no room above", () => {
  const sides = chooseLabels([at("LOW", 100, 100, 9), at("TOP", 100, 88, 1)], new Map(), 1, 9);
  assert.equal(sides.get("LOW"), "right");
  assert.equal(sides.get("TOP"), "above");
});

test("names meet neither names nor other marks, however dense", () => {
  let seed = 7;
  const random = () => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
  const marks = Array.from({ length: 300 }, (_, i) => at(`N${100 + i}`, 400 * random(), 300 * random(), random()));
  const sides = chooseLabels(marks, new Map(), 1, 300);
  const boxes = marks.filter((m) => sides.has(m.id)).map(({ id, x, y }) => {
    const width = 7.4 * id.length, side = sides.get(id);
    const left = side === "right" ? x + 7 : side === "left" ? x - 7 - width : x - width / 2;
    const top = side === "above" ? y - 19 : side === "below" ? y + 7 : y - 6;
    return { id, left, top, right: left + width, bottom: top + 12 };
  });
  assert.ok(boxes.length > 20, `${boxes.length} found room`);
  for (const a of boxes) {
    for (const b of boxes) assert.ok(a === b || a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top, `${a.id} ${b.id}`);
    for (const m of marks) {
      if (m.id !== a.id) assert.ok(m.x + 5 <= a.left || m.x - 5 >= a.right || m.y + 5 <= a.top || m.y - 5 >= a.bottom, `${a.id} lies over ${m.id}`);
    }
  }
});

test("who has a name keeps it, and its side, until somebody has much more to say", () => {
  const two = (b) => [at("AAA", 100, 100, 10), at("BBB", 100, 101, b)];
  const had = new Map([["AAA", "left"]]);
  assert.deepEqual([...chooseLabels(two(19), had, 1, 1)], [["AAA", "left"]]);
  assert.deepEqual([...chooseLabels(two(21), had, 1, 1).keys()], ["BBB"]);
});
