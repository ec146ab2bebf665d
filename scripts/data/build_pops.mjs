// Writes pops.csv: the sites of pop_sites.csv with their coordinates, in the order of the presets.
//
//   node build_pops.mjs MODULES_DIR OUTPUT_DIR      (after build_cities.mjs: reads its cities.csv)
//
// The first 12 and the next 18 are chosen by hand. Every later one is the site that shortens the
// population-weighted mean distance to the nearest site most (greedy k-median over cities.csv), so any
// count is a sensible network and the presets are nested.
import {readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {csvField, distanceKm} from './common.mjs';
import {continentOf} from './countries.mjs';

const [modulesDir, outDir] = process.argv.slice(2);
const require = createRequire(join(resolve(modulesDir), 'x.js'));
const {getAirportByIata} = require('airport-data-js');

const kFirst12 = 'FRA IAD SIN GRU NRT SYD BOM JNB LHR SJC LOS DXB'.split(' ');
const kNext18 = 'CDG AMS MAD ARN WAW IST ORD DFW MIA SEA YYZ MEX EZE BOG HKG ICN DEL NBO'.split(' ');

// Codes the airport list lacks, at their city or airport.
const kExtra = {
  FRU: {lat: 43.0613, lon: 74.4776},
  QWJ: {lat: -22.738, lon: -47.334},
  ZDM: {lat: 31.9, lon: 35.2},
};

const sites = [];
const list = readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'pop_sites.csv'), 'utf8');
for (const line of list.trim().split('\n').slice(1)) {
  const [iata, city, country] = line.split(',');
  let at = kExtra[iata];
  if (!at) {
    const [airport] = await getAirportByIata(iata);
    at = {lat: airport.latitude, lon: airport.longitude};
  }
  if (!continentOf(country)) throw new Error(`no continent for ${country}`);
  sites.push({iata, city, country, ...at});
}

// cities.csv has quoted fields only in the first two columns.
const cities = readFileSync(join(outDir, 'cities.csv'), 'utf8').trim().split('\n').slice(1).map((line) => {
  const [lat, lon, population] = line.split(',').slice(-3).map(Number);
  return {lat, lon, population};
});

const distances = sites.map((site) => cities.map((city) => distanceKm(site, city)));
const nearestKm = cities.map(() => 20_038);
const order = [];
const take = (index) => {
  order.push(sites[index]);
  cities.forEach((_, c) => nearestKm[c] = Math.min(nearestKm[c], distances[index][c]));
};
const left = new Set(sites.keys());
for (const iata of [...kFirst12, ...kNext18]) {
  const index = sites.findIndex((s) => s.iata === iata);
  left.delete(index);
  take(index);
}
while (left.size > 0) {
  let best = -1, bestGain = -1;
  for (const index of left) {
    let gain = 0;
    for (let c = 0; c < cities.length; c++) {
      gain += cities[c].population * Math.max(0, nearestKm[c] - distances[index][c]);
    }
    if (gain > bestGain) [best, bestGain] = [index, gain];
  }
  left.delete(best);
  take(best);
}

writeFileSync(join(outDir, 'pops.csv'),
              'iata,city,country,latitude,longitude\n' +
                  order.map((s) => [s.iata, csvField(s.city), s.country, s.lat.toFixed(4), s.lon.toFixed(4)]
                                       .join(',')).join('\n') + '\n');
console.log(`pops.csv: ${order.length} sites`);
