// Colours of letters by lamp light: what is dark on white becomes light on dark, with its hue. Knows CSS colours and how light they are; knows no
// element. Reckoned in OKLab (https://www.w3.org/TR/css-color-4/#ok-lab), where equal steps look equal.

/** What a colour is for: writing, what lies under it, lines. */
export type ColourRole = 'ink' | 'paper' | 'line';

type Rgb = readonly [number, number, number];

/** The names that letters use; the others of CSS Color §6.1 stay as they are. */
const names: Readonly<Record<string, string>> = {
  black: '000000',
  white: 'ffffff',
  red: 'ff0000',
  green: '008000',
  blue: '0000ff',
  yellow: 'ffff00',
  gray: '808080',
  grey: '808080',
  silver: 'c0c0c0',
  maroon: '800000',
  navy: '000080',
  purple: '800080',
  teal: '008080',
  olive: '808000',
  lime: '00ff00',
  aqua: '00ffff',
  cyan: '00ffff',
  fuchsia: 'ff00ff',
  magenta: 'ff00ff',
  orange: 'ffa500',
  darkgray: 'a9a9a9',
  darkgrey: 'a9a9a9',
  lightgray: 'd3d3d3',
  lightgrey: 'd3d3d3',
  dimgray: '696969',
  dimgrey: '696969',
  whitesmoke: 'f5f5f5',
  gainsboro: 'dcdcdc',
  darkblue: '00008b',
  darkred: '8b0000',
  darkgreen: '006400',
  brown: 'a52a2a',
  pink: 'ffc0cb',
  gold: 'ffd700',
  ivory: 'fffff0',
  beige: 'f5f5dc',
  snow: 'fffafa',
  azure: 'f0ffff',
  lightblue: 'add8e6',
  lightyellow: 'ffffe0',
  crimson: 'dc143c',
  tomato: 'ff6347',
  indigo: '4b0082',
  steelblue: '4682b4',
  royalblue: '4169e1',
  dodgerblue: '1e90ff',
  slategray: '708090',
  midnightblue: '191970',
  windowtext: '000000',
  window: 'ffffff',
};

/** The same colour for a dark page, as `#rrggbb` or `#rrggbbaa`; what is no colour stays as it is. */
export function darkColour(text: string, role: ColourRole): string {
  const read = readColour(text);
  if (read === null) return text;
  const [lightness, a, b] = toOklab(read.rgb);
  const changed = role === 'ink' ? inkLightness(lightness) : role === 'paper' ? paperLightness(lightness) : lineLightness(lightness);
  // Very light tints lose their colour in the dark if it is not made stronger; very dark ones would glow.
  const rgb = fromOklab([changed, a, b]);
  const alpha = read.alpha >= 1 ? '' : hex(read.alpha * 255);
  return `#${rgb.map((part) => hex(part * 255)).join('')}${alpha}`;
}

/** Writing is light at least; what was light already, on a dark ground of its own, stays. */
function inkLightness(lightness: number): number {
  return lightness >= 0.72 ? lightness : 0.93 - lightness * 0.25;
}

/** White is the page; what is in the middle and darker stays. */
function paperLightness(lightness: number): number {
  return lightness <= 0.45 ? lightness : 0.22 + (1 - lightness) * 0.4;
}

function lineLightness(lightness: number): number {
  return lightness <= 0.5 ? 0.55 : 0.34 + (1 - lightness) * 0.4;
}

function readColour(text: string): { readonly rgb: Rgb; readonly alpha: number } | null {
  const lower = text.toLowerCase();
  const digits = lower.startsWith('#') ? lower.slice(1) : names[lower];
  if (digits !== undefined) {
    const long = digits.length <= 4 ? [...digits].map((one) => one + one).join('') : digits;
    if (!/^(?:[0-9a-f]{6}|[0-9a-f]{8})$/.test(long)) return null;
    const [r = 0, g = 0, b = 0, alpha = 255] = long.match(/../g)!.map((two) => Number.parseInt(two, 16));
    return { rgb: [r / 255, g / 255, b / 255], alpha: alpha / 255 };
  }
  const [, name = '', inner = ''] = /^(rgba?|hsla?)\(([^()]*)\)$/.exec(lower) ?? [];
  const parts = inner.split(/[\s,/]+/).filter((part) => part !== '');
  if (parts.length < 3 || parts.length > 4 || parts.some((part) => !/^[+-]?[\d.]+(?:%|deg)?$/.test(part))) return null;
  const numbers = parts.map((part) => Number.parseFloat(part));
  const share = (at: number, whole: number): number => {
    const part = parts[at];
    return part === undefined ? 1 : clamp(part.endsWith('%') ? numbers[at]! / 100 : numbers[at]! / whole);
  };
  const rgb = name.startsWith('rgb')
    ? ([share(0, 255), share(1, 255), share(2, 255)] as const)
    : fromHsl(numbers[0]!, share(1, 100), share(2, 100));
  return rgb.some(Number.isNaN) ? null : { rgb, alpha: share(3, 1) };
}

/** CSS Color §7.1. */
function fromHsl(hue: number, saturation: number, lightness: number): Rgb {
  const part = (n: number): number => {
    const k = (((n + hue / 30) % 12) + 12) % 12;
    return lightness - saturation * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1));
  };
  return [part(0), part(8), part(4)];
}

function toOklab(rgb: Rgb): Rgb {
  const [r, g, b] = rgb.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([lightness, a, b]: Rgb): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((part) => clamp(part <= 0.0031308 ? part * 12.92 : 1.055 * part ** (1 / 2.4) - 0.055)) as unknown as Rgb;
}

function clamp(part: number): number {
  return Math.min(1, Math.max(0, part));
}

function hex(octet: number): string {
  return Math.round(octet).toString(16).padStart(2, '0');
}
