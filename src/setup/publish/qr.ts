// QR codes: as a picture for a page and as lines for a terminal. Knows lean-qr; knows no text that goes into one.
import { correction, generate } from 'lean-qr';

/** ISO/IEC 18004 §6.3.8: four modules around it stay light. */
const quiet = 4;

/**
 * In: the text, and what a screen reader says of the picture. Out: an `svg` element that takes the width of its place; dark on light
 * whatever the page's colours are, because not every camera reads the reverse.
 */
export function qrSvg(text: string, label: string): string {
  const code = generate(text, { minCorrectionLevel: correction.M });
  const size = code.size + 2 * quiet;
  let path = '';
  for (let y = 0; y < code.size; y++)
    for (let x = 0; x < code.size; x++) {
      if (!code.get(x, y)) continue;
      let length = 1;
      while (code.get(x + length, y)) length++;
      path += `M${x + quiet} ${y + quiet}h${length}v1h-${length}z`;
      x += length;
    }
  const name = label.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  return `<svg class="qr" role="img" aria-label="${name}" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}H0z"/><path fill="#000" d="${path}"/></svg>`;
}

/** Out: lines of half blocks, two rows of modules each, light where the terminal is dark. */
export function qrLines(text: string, colours: boolean): string[] {
  const code = generate(text, { minCorrectionLevel: correction.L });
  const lines: string[] = [];
  for (let y = -2; y < code.size + 2; y += 2) {
    let line = '';
    for (let x = -2; x < code.size + 2; x++) {
      const [top, bottom] = [code.get(x, y), code.get(x, y + 1)];
      // What is light is drawn: dark modules are the ground.
      line += top ? (bottom ? ' ' : '▄') : bottom ? '▀' : '█';
    }
    // White on black, whatever the terminal's colours are.
    lines.push(colours ? `\u001B[97;40m${line}\u001B[0m` : line);
  }
  return lines;
}
