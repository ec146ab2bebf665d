// Goal: places are found by letters and by a point of the map, ways are drawn along the globe, and figures read well.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, count, ms, percent, rate, stateName } from "./format";
import { greatCircle } from "./great_circle";
import { nearest, suggest } from "./places";
import { HEIGHT, project, WIDTH } from "./projection";

test("a city is suggested by its letters, with and without accents, the largest first", () => {
  assert.equal(suggest("lagos", 1)[0].label, "Lagos, NG");
  assert.match(suggest("sao pau", 1)[0].label, /^São Paulo, BR$/);
  assert.match(suggest("São Pau", 1)[0].label, /^São Paulo, BR$/);
  assert.equal(suggest("", 5).length, 5);
  assert.deepEqual(suggest("qqqq", 5), []);
});

test("a point of the map is of the city nearest to it", () => {
  assert.match(nearest(...project(6.45, 3.39)).label, /, NG$/);
  assert.match(nearest(...project(52.5, 13.4)).label, /^Berlin, DE$/);
});

test("the world is on the map", () => {
  for (let longitude = -180; longitude <= 180; longitude += 15) {
    for (let latitude = -56; latitude <= 79; latitude += 5) {
      const [x, y] = project(latitude, longitude);
      assert.ok(x >= 0 && x <= WIDTH && y >= 0 && y <= HEIGHT, `${latitude} ${longitude}`);
    }
  }
});

test("a way is one line, or two where it leaves the map's edge", () => {
  const lines = (path) => path.match(/M/g).length;
  assert.equal(lines(greatCircle([6.45, 3.39], [50.1, 8.7])), 1);
  assert.equal(lines(greatCircle([35.7, 139.7], [37.4, -122])), 2);
  assert.ok(!greatCircle([1, 1], [1, 1]).includes("NaN"));
});

test("figures have as many digits as help", () => {
  assert.deepEqual([0, 0.44, 9.96, 12.3, 999, 1234, 12_345].map(rate), ["0", "0.4", "10.0", "12", "999", "1.2k", "12k"]);
  assert.deepEqual([bytes(2048), bytes(5 << 20), percent(1250), ms(3.14), ms(31.4), count(12345)],
    ["2 KiB", "5.0 MiB", "12.5 %", "3.1 ms", "31 ms", "12,345"]);
  assert.equal(stateName("NODE_STATE_DOWN"), "down");
  assert.equal(stateName("SOMETHING_NEW"), "unknown");
});
