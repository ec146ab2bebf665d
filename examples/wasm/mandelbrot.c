/* Escape times of the Mandelbrot set, one byte a pixel, for index.js.
   Built with: clang --target=wasm32 -O2 -nostdlib -Wl,--no-entry -Wl,--strip-all -o mandelbrot.wasm mandelbrot.c */
enum { kPixelsMax = 1024 * 1024 };
static unsigned char pixels[kPixelsMax];

__attribute__((export_name("buffer"))) unsigned char* buffer(void) { return pixels; }

/* Fills width x height pixels (row by row, top first); returns how many, 0 when the size is too large. */
__attribute__((export_name("render"))) int render(int width, int height, double x, double y, double span) {
  if (width <= 0 || height <= 0 || width > kPixelsMax / height) return 0;
  double step = span / width;
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      double cr = x + (column - width / 2) * step, ci = y - (row - height / 2) * step;
      double zr = 0, zi = 0;
      int n = 0;
      for (; n < 255 && zr * zr + zi * zi < 4; ++n) {
        double next = zr * zr - zi * zi + cr;
        zi = 2 * zr * zi + ci;
        zr = next;
      }
      pixels[row * width + column] = (unsigned char)(n == 255 ? 0 : 255 - n * 7 % 256);
    }
  }
  return width * height;
}
