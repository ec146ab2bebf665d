"""Plots as SVG, by hand: axes with a log or a linear scale, lines with names, and a map of counts."""
import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 420, 62, 18, 34, 48
COLOURS = ("#0b62a4", "#c8442b", "#3b8a3e", "#8a5aa8", "#7a7a7a")


class Axis:
    def __init__(self, low, high, name, log=False, ticks=()):
        self.low, self.high, self.name, self.log, self.ticks = low, high, name, log, ticks

    def share(self, value):
        value = min(max(value, self.low), self.high)
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def text(x, y, words, anchor="middle", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{words}</text>'


class Plot:
    def __init__(self, title, x, y):
        self.x, self.y, self.names = x, y, []
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui, sans-serif" '
            f'font-size="12" fill="#333">', f"<title>{title}</title>", f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            text(LEFT, 20, title, "start", ' font-weight="600" font-size="13"')]
        for tick in x.ticks:
            at = self.at(tick, y.low)[0]
            self.parts += [f'<path d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#e4e4e4"/>', text(at, HEIGHT - BOTTOM + 16, f"{tick:g}")]
        for tick in y.ticks:
            at = self.at(x.low, tick)[1]
            self.parts += [f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#e4e4e4"/>', text(LEFT - 6, at + 4, f"{tick:g}", "end")]
        middle = (TOP + HEIGHT - BOTTOM) / 2
        self.parts += [text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, x.name),
                       text(15, middle, y.name, extra=f' transform="rotate(-90 15 {middle})"')]

    def at(self, x, y):
        return (LEFT + self.x.share(x) * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - self.y.share(y) * (HEIGHT - TOP - BOTTOM))

    def line(self, points, name=None, dashed=False, colour=None):
        colour = colour or COLOURS[len(self.names) % len(COLOURS)]
        points = [p for p in points if p[0] <= self.x.high]
        path = "L".join("{:.1f} {:.1f}".format(*self.at(*point)) for point in points)
        self.parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.8"'
                          + (' stroke-dasharray="5 4"' if dashed else "") + "/>")
        if name:
            self.names.append((name, colour))

    def mark(self, x, y, name, colour="#333", left=False):
        """A circle with its name beside it."""
        at_x, at_y = self.at(x, y)
        self.parts += [f'<circle cx="{at_x:.1f}" cy="{at_y:.1f}" r="4" fill="none" stroke="{colour}" stroke-width="1.6"/>',
                       text(at_x + (-9 if left else 9), at_y + 4, name, "end" if left else "start", ' font-size="11"')]

    def density(self, xs, ys, cells=64):
        """How many points fall into each cell of a grid, as opacity."""
        counts = {}
        for x, y in zip(xs, ys):
            cell = int(self.x.share(x) * cells * 0.9999), int(self.y.share(y) * cells * 0.9999)
            counts[cell] = counts.get(cell, 0) + 1
        most = math.log1p(max(counts.values()))
        wide, high = (WIDTH - LEFT - RIGHT) / cells, (HEIGHT - TOP - BOTTOM) / cells
        for (i, j), count in sorted(counts.items()):
            self.parts.append(f'<rect x="{LEFT + i * wide:.1f}" y="{HEIGHT - BOTTOM - (j + 1) * high:.1f}" width="{wide + .1:.1f}" '
                              f'height="{high + .1:.1f}" fill="{COLOURS[0]}" opacity="{0.12 + 0.88 * math.log1p(count) / most:.2f}"/>')

    def write(self, path, names_on_top=False):
        for i, (name, colour) in enumerate(self.names):
            y = TOP + 18 + 17 * i if names_on_top else HEIGHT - BOTTOM - 14 - 17 * (len(self.names) - 1 - i)
            self.parts += [f'<path d="M{WIDTH - RIGHT - 14} {y - 4}h-22" stroke="{colour}" stroke-width="2.5"/>',
                           text(WIDTH - RIGHT - 42, y, name, "end")]
        with open(path, "w", encoding="utf-8") as out:
            out.write("\n".join(self.parts + ["</svg>"]) + "\n")
