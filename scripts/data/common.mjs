// What the data scripts share: distances, ASCII names, CSV fields.

// Great-circle distance between {lat, lon} points in degrees.
export function distanceKm(a, b) {
  const rad = Math.PI / 180;
  const s = Math.sin((b.lat - a.lat) * rad / 2) ** 2 +
      Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin((b.lon - a.lon) * rad / 2) ** 2;
  return 2 * 6371.0088 * Math.asin(Math.min(1, Math.sqrt(s)));
}

// Letters that have no decomposition into a base letter and marks.
const kPlain = {
  'ł': 'l', 'Ł': 'L', 'ø': 'o', 'Ø': 'O', 'đ': 'd', 'Đ': 'D', 'Ð': 'D', 'ð': 'd', 'ı': 'i', 'ß': 'ss',
  'æ': 'ae', 'Æ': 'Ae', 'œ': 'oe', 'Œ': 'Oe', 'þ': 'th', 'Þ': 'Th', '’': '\'', '‘': '\'', 'ʻ': '\'',
  'ʼ': '\'', 'ə': 'e', 'Ə': 'E', 'ħ': 'h', 'Ħ': 'H', 'ŋ': 'n', 'Ŋ': 'N',
};

// "Łódź" -> "Lodz". Throws for a letter it does not know, so that no name is lost silently.
export function asciiOf(name) {
  const plain = [...name.normalize('NFD').replace(/[\u0300-\u036f]/g, '')]
      .map((ch) => kPlain[ch] ?? ch).join('');
  if (/[^\x20-\x7e]/.test(plain)) throw new Error(`no ASCII for "${name}" ("${plain}")`);
  return plain;
}

export function csvField(text) {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
