// Eight bits per weight: symmetric, one scale per tensor. The result is stored as float32 again, so every loader reads it.

/** Rounds a tensor to the 255 values scale * {-127..127}, scale = largest magnitude / 127. All zero stays so. */
export function quantised({ shape, data }) {
  const largest = data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  if (largest === 0) return { shape, data: Float32Array.from(data) };
  const scale = largest / 127;
  return { shape, data: data.map((x) => scale * Math.round(x / scale)) };
}

/** || a - b || / || a || over all tensors together, and the largest over single tensors. */
export function relativeChange(before, after) {
  let change = 0;
  let size = 0;
  let largest = { name: '', value: 0 };
  for (const [name, { data }] of Object.entries(before)) {
    let d = 0;
    let s = 0;
    data.forEach((x, i) => {
      d += (x - after[name].data[i]) ** 2;
      s += x * x;
    });
    change += d;
    size += s;
    if (s > 0 && Math.sqrt(d / s) > largest.value) largest = { name, value: Math.sqrt(d / s) };
  }
  return { overall: Math.sqrt(change / size), largest };
}
