// The world's cities of 100,000 people and more, as the network model knows them: who is meant by a few letters, and
// who lives nearest to a point of the map.

import citiesCsv from "../../data/cities.csv";
import { project } from "./projection";

export interface City { label: string; folded: string; x: number; y: number }

// Large cities first, as in the file.
const CITIES: City[] = citiesCsv.split("\n").slice(1).filter((row) => row !== "").map((row) => {
  const [name, ascii, country, latitude, longitude] = row.split(",");
  const [x, y] = project(Number(latitude), Number(longitude));
  return { label: `${name}, ${country}`, folded: (ascii || name).toLowerCase(), x, y };
});

export function suggest(letters: string, most: number): City[] {
  const wanted = letters.trim().toLowerCase();
  if (wanted === "") return CITIES.slice(0, most);
  return CITIES.filter((city) => city.folded.startsWith(wanted) || city.label.toLowerCase().startsWith(wanted)).slice(0, most);
}

export function nearest(x: number, y: number): City {
  const off = (city: City) => (city.x - x) ** 2 + (city.y - y) ** 2;
  return CITIES.reduce((best, city) => off(city) < off(best) ? city : best);
}
