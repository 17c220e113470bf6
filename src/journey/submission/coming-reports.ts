// Reports on their way in, read while their octets lie in memory: what a letter is must not cost the opening of a mailbox, for a stranger may write to every
// account here. Knows letters without a way back; knows no mailbox and nobody's submissions.
import type { Bytes } from '../../base/bytes.ts';
import { firstField, readHeader } from '../../message/header/fields.ts';
import { parseTyped, splitMediaType } from '../../message/header/parameters.ts';
import { readReport } from '../../message/report.ts';
import type { Placement } from '../../store/contract.ts';
import type { Arrivals } from '../arrival/contract.ts';
import type { ReportWords } from './report-meaning.ts';

/** A report larger than this was written by no mail server. */
export const reportOctetsMax = 8 * 1024 * 1024;

export class ComingReports {
  /** By the placements with which the letter goes into its commit: of one that fails nothing stays behind. Null: no report. */
  readonly #seen = new WeakMap<readonly Placement[], ReportWords | null>();

  /** `arrive`, with a look at each letter that has no way back (RFC 3464 §2, RFC 8098 §3); vacation replies have none either. */
  watch(arrive: Arrivals['arrive']): Arrivals['arrive'] {
    return (letter, placements) => {
      const report = letter.reversePath === '' ? readComing(letter.octets) : null;
      if (letter.reversePath === '') this.#seen.set(placements, report);
      const arriving = arrive(letter, placements);
      return arriving === null
        ? null
        : arriving.then((arrival) => {
            this.#seen.set(arrival.placements, report);
            for (const reply of arrival.replies) this.#seen.set(reply.placements, null);
            return arrival;
          });
    };
  }

  /** What the letter with these placements is; undefined for one that was not seen, which is this server's own. */
  of(placements: readonly Placement[]): ReportWords | null | undefined {
    return this.#seen.get(placements);
  }
}

/** RFC 6522 §3. The header alone tells nearly always. */
function readComing(octets: Bytes): ReportWords | null {
  if (octets.length > reportOctetsMax) return null;
  const media = splitMediaType(parseTyped(firstField(readHeader(octets, 0, octets.length), 'content-type') ?? '').value);
  const report = media?.type === 'multipart' && media.subtype === 'report' ? readReport(octets) : null;
  // Its tree is not kept.
  return report === null ? null : { kind: report.kind, groups: report.groups, messageId: report.messageId };
}
