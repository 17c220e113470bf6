// What this server can do, by state (RFC 9051 §6.1.1). Knows names; a name stands here only when all of it is there.
import type { Mechanism } from '../sasl/mechanism.ts';

/** What the list depends on. */
export interface CapabilityFacts {
  readonly signedIn: boolean;
  /** TLS can be begun now. */
  readonly startTls: boolean;
  readonly mechanisms: readonly Mechanism[];
  readonly compressed: boolean;
  /** Octets of one letter of APPEND. */
  readonly appendLimit: number;
}

const always = 'IMAP4rev2 IMAP4rev1 LITERAL+ ENABLE ID';

/** RFC 4978 §3: COMPRESS is not offered while it is on. */
const afterLogin = [
  'IDLE NAMESPACE UNSELECT CHILDREN LIST-EXTENDED LIST-STATUS SPECIAL-USE CREATE-SPECIAL-USE', // 2177 2342 3691 3348 5258 5819 6154
  'UIDPLUS MOVE ESEARCH SEARCHRES SORT SORT=DISPLAY ESORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES WITHIN', // 4315 6851 4731 5182 5256 5957 5267 5032
  'CONDSTORE QRESYNC STATUS=SIZE OBJECTID SAVEDATE PREVIEW', // 7162 8438 8474 8514 8970
  'BINARY MULTIAPPEND UTF8=ACCEPT QUOTA QUOTA=RES-STORAGE', // 3516 3502 6855 9208
].join(' ');

export function formatCapabilities(facts: CapabilityFacts): string {
  if (facts.signedIn) return `${always} ${afterLogin} APPENDLIMIT=${facts.appendLimit}${facts.compressed ? '' : ' COMPRESS=DEFLATE'}`;
  let text = `${always} SASL-IR`;
  if (facts.startTls) text += ' STARTTLS';
  // RFC 9051 §6.2.3: LOGIN is refused here.
  if (facts.mechanisms.length === 0) text += ' LOGINDISABLED';
  for (const mechanism of facts.mechanisms) text += ` AUTH=${mechanism}`;
  return text;
}
