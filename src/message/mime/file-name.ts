// A file name that somebody else chose, made fit to be offered for saving.
// Knows what names do harm; knows no part. The name as it was sent is `fileName` in ../text.ts, and neither is ever a path of ours.

/** Names that Windows keeps for devices, whatever stands behind the dot. */
const devices = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;
/** Longest name in octets of UTF-8 that all file systems take. */
const longest = 200;

/**
 * The last step of a path; without control characters, signs that turn the direction of writing, and characters that a file system forbids; no device,
 * no hidden file, not longer than 200 octets with its ending kept. Never empty: `file` when nothing is left.
 */
export function safeFileName(name: string): string {
  const last = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
  let safe = last
    .toWellFormed()
    .replace(/[\0-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffd]+/g, '')
    .replace(/[<>:"|?*]/g, '_');
  let start = 0;
  let end = safe.length;
  while (start < end && (safe[start] === '.' || safe[start] === ' ')) start++;
  while (end > start && (safe[end - 1] === '.' || safe[end - 1] === ' ')) end--;
  safe = shorten(safe.slice(start, end));
  if (safe === '') return 'file';
  return devices.test(safe) ? `_${safe}` : safe;
}

/** Characters go from the middle, before the ending. */
function shorten(name: string): string {
  const encoder = new TextEncoder();
  if (name.length * 3 <= longest || encoder.encode(name).length <= longest) return name;
  const dot = name.lastIndexOf('.');
  const ending = dot > 0 && name.length - dot <= 20 ? name.slice(dot) : '';
  let room = longest - encoder.encode(ending).length;
  let stem = '';
  for (const character of name.slice(0, name.length - ending.length)) {
    room -= encoder.encode(character).length;
    if (room < 0) break;
    stem += character;
  }
  return stem + ending;
}
