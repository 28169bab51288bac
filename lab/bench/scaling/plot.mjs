// Small plots of time against sizes, both axes logarithmic, side by side in one SVG.
const [W, H, PAD] = [230, 180, 42];

/** @param plots { title, x: label, points: [x, seconds][] } */
export function svg(plots) {
  const one = ({ title, x, points }, index) => {
    const range = (values) => [Math.min(...values) / 1.15, Math.max(...values) * 1.15].map(Math.log);
    const [x0, x1] = range(points.map(([value]) => value));
    const [y0, y1] = range(points.map(([, value]) => value));
    const at = ([a, b]) => [
      PAD + ((Math.log(a) - x0) / (x1 - x0)) * (W - PAD - 12),
      H - PAD + 10 - ((Math.log(b) - y0) / (y1 - y0)) * (H - PAD - 26),
    ];
    const dots = points.map((point) => {
      const [cx, cy] = at(point).map((value) => value.toFixed(1));
      return `<circle cx="${cx}" cy="${cy}" r="3"/><text x="${cx}" y="${H - 16}" text-anchor="middle">${point[0]}</text><text x="${cx}" y="${Number(cy) - 7}" text-anchor="middle">${point[1].toPrecision(2)}</text>`;
    });
    const line = points
      .map((point) =>
        at(point)
          .map((value) => value.toFixed(1))
          .join(','),
      )
      .join(' ');
    return `<g transform="translate(${(index % 3) * W},${Math.floor(index / 3) * H})"><text x="${W / 2}" y="14" text-anchor="middle" font-weight="bold">${title}</text><polyline points="${line}" fill="none" stroke="#268"/>${dots.join('')}<text x="${W / 2}" y="${H - 3}" text-anchor="middle">${x}</text></g>`;
  };
  const rows = Math.ceil(plots.length / 3);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${3 * W} ${rows * H}" font-family="sans-serif" font-size="9" fill="#234"><rect width="100%" height="100%" fill="#fff"/>${plots.map(one).join('')}</svg>\n`;
}
