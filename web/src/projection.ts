// The Natural Earth projection (Šavrič, Jenny, Patterson 2011), as the maps of the command line have it.

export const WIDTH = 1200, HEIGHT = 512;  // 80 degrees north to 57 degrees south

export function project(latitudeDeg: number, longitudeDeg: number): [number, number] {
  const scale = WIDTH / 2 / 2.7354, top = 1.327;
  const longitude = longitudeDeg * Math.PI / 180, latitude = latitudeDeg * Math.PI / 180;
  const p2 = latitude ** 2, p4 = p2 ** 2, p6 = p2 * p4, p8 = p4 ** 2;
  const x = longitude * (0.8707 - 0.131979 * p2 - 0.013791 * p4 + 0.003971 * p6 * p4 - 0.001529 * p6 * p6);
  const y = latitude * (1.007226 + 0.015085 * p2 - 0.044475 * p6 + 0.028874 * p8 - 0.005916 * p4 * p6);
  return [WIDTH / 2 + scale * x, scale * (top - y)];
}
