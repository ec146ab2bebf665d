// Writes networks.csv: the sites of network_sites.csv, which real operators publish, with coordinates.
//
//   node build_networks.mjs MODULES_DIR OUTPUT_DIR      (after build_pops.mjs: a site of pops.csv is where that says)
import {readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {csvField} from './common.mjs';
import {continentOf} from './countries.mjs';

const [modulesDir, outDir] = process.argv.slice(2);
const require = createRequire(join(resolve(modulesDir), 'x.js'));
const {getAirportByIata} = require('airport-data-js');

const records = (file) => readFileSync(file, 'utf8').trim().split('\n').slice(1).map((line) => line.split(','));
const pops = new Map(records(join(outDir, 'pops.csv')).map(([iata, city, country, lat, lon]) =>
    [iata, {city, country, lat, lon}]));

const rows = [];
for (const [network, iata, city, country] of records(join(dirname(fileURLToPath(import.meta.url)), 'network_sites.csv'))) {
  if (!continentOf(country)) throw new Error(`no continent for ${country}`);
  let site = pops.get(iata);
  if (!site) {
    const [airport] = await getAirportByIata(iata);
    site = {city, country, lat: airport.latitude.toFixed(4), lon: airport.longitude.toFixed(4)};
  }
  if (site.country !== country) throw new Error(`${iata} is in ${site.country}, not in ${country}`);
  rows.push([network, iata, csvField(site.city), country, site.lat, site.lon].join(','));
}
writeFileSync(join(outDir, 'networks.csv'), 'network,iata,city,country,latitude,longitude\n' + rows.join('\n') + '\n');
console.log(`networks.csv: ${rows.length} sites`);
