// Checks every promise of a shard. Knows which rows must agree and what that means in words; repairs nothing.
// Each account is looked at in one picture of the database, so that letters may come and go meanwhile.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { VerifyFinding } from '../../store/contract.ts';
import { SegmentGone, type SegmentReader } from './segment-reader.ts';
import type { ShardReader } from './shard-reader.ts';
import { checkItems, checkOrphans, checkUploads } from './verify-items.ts';
import { segmentName } from './writer/segments.ts';

/** What a check needs of a shard. */
export interface VerifiedShard {
  readonly number: number;
  readonly dir: string;
  readonly reader: ShardReader;
  readonly octets: SegmentReader;
}

/** Letters whose octets are checked between two reports of progress. */
const portion = 100;

export async function* verifyShard(shard: VerifiedShard, quick: boolean, done: (letters: number) => void): AsyncIterable<VerifyFinding> {
  const { reader } = shard;
  const integrity = reader.rows(quick ? 'pragma quick_check(20)' : 'pragma integrity_check(20)').map((row) => String(row[0]));
  for (const words of integrity) if (words !== 'ok') yield { account: null, what: `database of shard ${shard.number}: ${words}` };
  for (const account of reader.accounts()) {
    for (const what of inOnePicture(shard, () => [...checkAccount(shard, account), ...checkItems(reader, account)]))
      yield { account, what };
    for await (const what of checkUploads(reader, join(dirname(shard.dir), 'uploads'), account, quick)) yield { account, what };
    await new Promise(setImmediate);
  }
  for (const what of inOnePicture(shard, () => [...checkLetters(shard), ...checkOrphans(reader)])) yield { account: null, what };
  if (!quick) yield* verifyOctets(shard, done);
}

function inOnePicture(shard: VerifiedShard, check: () => string[]): string[] {
  shard.reader.db.exec('begin');
  try {
    return check();
  } finally {
    shard.reader.db.exec('commit');
  }
}

function checkAccount({ reader }: VerifiedShard, account: number): string[] {
  const findings: string[] = [];
  const [modSeq, nextMessage, octets, messages] =
    reader.row('select modseq, next_message, octets, messages from account where id = ?', account) ?? [];
  if (modSeq === undefined) return [];
  const counted = reader.row(
    'select count(*), coalesce(sum(l.length), 0), coalesce(max(m.id), 0) from message m join letter l on l.id = m.letter where m.account = ? and m.places > 0',
    account,
  )!;
  if (counted[0] !== messages || counted[1] !== octets)
    findings.push(`account ${account} counts ${messages} letters and ${octets} octets, but holds ${counted[0]} and ${counted[1]}`);
  if (Number(counted[2]) >= Number(nextMessage)) findings.push(`account ${account} would give letter number ${nextMessage} a second time`);
  const boxes = reader.rows(
    `select b.id, b.name, b.uid_next, b.highest_modseq, b.messages, b.unseen, b.deleted, b.size, count(p.uid), coalesce(max(p.uid), 0),
       coalesce(max(p.modseq), 0), coalesce(sum((p.flags & 1) = 0), 0), coalesce(sum((p.flags & 8) != 0), 0), coalesce(sum(p.size), 0)
     from mailbox b left join placement p on p.account = b.account and p.mailbox = b.id where b.account = ? group by b.id`,
    account,
  );
  for (const [id, name, uidNext, highest, ...rest] of boxes) {
    const where = `account ${account}, mailbox ${name} (${id})`;
    const [all, unseen, deleted, size, hasAll, lastUid, lastModSeq, hasUnseen, hasDeleted, hasSize] = rest;
    if (all !== hasAll || unseen !== hasUnseen || deleted !== hasDeleted || size !== hasSize) {
      findings.push(
        `${where} counts ${all} letters, ${unseen} unseen, ${deleted} deleted, ${size} octets, but holds ${hasAll}, ${hasUnseen}, ${hasDeleted}, ${hasSize}`,
      );
    }
    if (Number(lastUid) >= Number(uidNext)) findings.push(`${where} would give UID ${uidNext} a second time`);
    if (Number(lastModSeq) > Number(highest)) findings.push(`${where} has a letter with a MODSEQ above its highest, ${highest}`);
    if (Number(highest) > Number(modSeq)) findings.push(`${where} has a MODSEQ above its account's, ${modSeq}`);
  }
  const dangling: readonly (readonly [string, string])[] = [
    [
      'select p.mailbox, p.uid from placement p left join message m on m.account = p.account and m.id = p.message where p.account = ? and m.id is null',
      'the letter of UID $2 in mailbox $1 is not there',
    ],
    [
      'select p.mailbox, p.uid from placement p left join mailbox b on b.account = p.account and b.id = p.mailbox where p.account = ? and b.id is null',
      'UID $2 lies in mailbox $1, which is not there',
    ],
    [
      'select m.id, m.letter from message m left join letter l on l.id = m.letter where m.account = ? and l.id is null',
      'letter $1 has lost its octets',
    ],
    [
      // Counted first: there is no index of placements by letter, and one search through all of them for each would take minutes.
      `with counted(message, n) as materialized (select message, count(*) from placement where account = ?1 group by message)
       select m.id, m.places, coalesce(c.n, 0) from message m left join counted c on c.message = m.id
       where m.account = ?1 and m.places != coalesce(c.n, 0)`,
      'letter $1 counts $2 places, but has $3',
    ],
    [
      `with counted(message, n) as materialized (select message, count(*) from placement where account = ?1 and (flags & 8) != 0 group by message)
       select m.id, m.hidden, coalesce(c.n, 0) from message m left join counted c on c.message = m.id
       where m.account = ?1 and m.hidden != coalesce(c.n, 0)`,
      'letter $1 counts $2 places with \\Deleted, but has $3',
    ],
    [
      'select m.id, a.modseq from message m join account a on a.id = m.account where m.account = ? and max(m.created, m.changed) > a.modseq',
      "letter $1 changed after its account's MODSEQ, $2",
    ],
    [
      'select b.id, a.modseq from mailbox b join account a on a.id = b.account where b.account = ? and max(b.created, b.changed) > a.modseq',
      "mailbox $1 changed after its account's MODSEQ, $2",
    ],
    [
      'select g.message, g.modseq from gone_letter g join message m on m.account = g.account and m.id = g.message where g.account = ? and m.places > m.hidden and m.created < g.modseq',
      'letter $1 is in sight, but went at MODSEQ $2',
    ],
    [
      'select g.mailbox, g.modseq from gone_mailbox g join mailbox b on b.account = g.account and b.id = g.mailbox where g.account = ?',
      'mailbox $1 is there, but went at MODSEQ $2',
    ],
    [
      'select m.id, 0 from message m where m.account = ? and m.places = 0 and not exists (select 1 from resting r where r.account = m.account and r.message = m.id)',
      'letter $1 lies nowhere and does not rest',
    ],
    [
      'select p.mailbox, p.uid from placement p join message m on m.account = p.account and m.id = p.message join letter l on l.id = m.letter where p.account = ? and l.length != p.size',
      'UID $2 in mailbox $1 has another size than its letter',
    ],
    [
      'select v.mailbox, v.uid from vanished v join placement p on p.account = v.account and p.mailbox = v.mailbox and p.uid = v.uid where v.account = ?',
      'UID $2 in mailbox $1 is there and expunged at once',
    ],
  ];
  for (const [sql, words] of dangling) {
    for (const row of reader.rows(`${sql} limit 20`, account))
      findings.push(`account ${account}: ${words.replaceAll(/\$(\d)/g, (_, at: string) => String(row[Number(at) - 1]))}`);
  }
  return findings;
}

function checkLetters({ reader, dir, number }: VerifiedShard): string[] {
  const findings: string[] = [];
  const refs = reader.rows(
    `with held(letter) as (select letter from message union all select letter from queue_letter union all select letter from handover where letter is not null),
       counted as (select letter, count(*) as n from held group by letter)
     select l.id, l.journey, l.refs, coalesce(c.n, 0) from letter l left join counted c on c.letter = l.id where l.refs != coalesce(c.n, 0) limit 20`,
  );
  for (const [id, journey, said, counted] of refs)
    findings.push(`letter ${journey} (row ${id} of shard ${number}) counts ${said} holders, but has ${counted}`);
  const segments = reader.rows(
    `select s.id, s.size, s.live, coalesce(sum(l.length), 0), coalesce(max(l.start + l.length), 0)
     from segment s left join letter l on l.segment = s.id group by s.id`,
  );
  for (const [id, size, live, length, end] of segments) {
    if (live !== length) findings.push(`segment ${id} of shard ${number} counts ${live} living octets, but has ${length}`);
    if (Number(end) > Number(size)) findings.push(`a letter in segment ${id} of shard ${number} ends behind the segment's end`);
    if (!existsSync(join(dir, 'segments', segmentName(Number(id))))) findings.push(`segment ${id} of shard ${number} is not there`);
  }
  for (const [letter, segment] of reader.rows(
    'select l.journey, l.segment from letter l left join segment s on s.id = l.segment where l.length > 0 and s.id is null limit 20',
  ))
    findings.push(`letter ${letter} lies in segment ${segment} of shard ${number}, which is not known`);
  const rows = reader.rows(
    `select q.journey, q.left_over, count(r.id) from queue_letter q left join queue_row r on r.letter = q.letter group by q.letter having q.left_over != count(r.id)
     union all select 'row ' || r.id, 0, 1 from queue_row r left join queue_letter q on q.letter = r.letter where q.letter is null limit 20`,
  );
  for (const [letter, said, counted] of rows) findings.push(`queued letter ${letter} counts ${said} recipients, but has ${counted}`);
  return findings;
}

/** Every letter's octets against its SHA-256. */
async function* verifyOctets(shard: VerifiedShard, done: (letters: number) => void): AsyncIterable<VerifyFinding> {
  const { reader } = shard;
  for (let after = 0; ;) {
    const ids = reader.rows(`select id from letter where id > ? order by id limit ${portion}`, after).map((row) => Number(row[0]));
    if (ids.length === 0) return;
    for (const id of ids) {
      const fault = await faultOf(shard, id);
      if (fault === null) continue;
      for (const { account, what } of holdersOf(shard, id)) yield { account, what: `${what}: ${fault}` };
    }
    after = ids.at(-1)!;
    done(ids.length);
    await new Promise(setImmediate);
  }
}

async function faultOf({ reader, octets }: VerifiedShard, id: number): Promise<string | null> {
  for (let attempt = 0; attempt < 2; attempt++) {
    const place = reader.placeOfLetter(id);
    if (place === null) return null;
    try {
      return (await octets.isWhole(place)) ? null : 'its octets are not those that were stored';
    } catch (error) {
      if (!(error instanceof SegmentGone)) return `its octets cannot be read (${error instanceof Error ? error.message : String(error)})`;
    }
  }
  return 'its segment is not there';
}

/** Who has a letter, in words. */
function holdersOf({ reader }: VerifiedShard, id: number): VerifyFinding[] {
  const findings: VerifyFinding[] = reader
    .rows(
      `select m.account, m.id, b.name, p.uid, l.journey from letter l join message m on m.letter = l.id
       left join placement p on p.account = m.account and p.message = m.id left join mailbox b on b.account = p.account and b.id = p.mailbox
       where l.id = ?`,
      id,
    )
    .map(([account, message, name, uid, journey]) => ({
      account: Number(account),
      what:
        name === null
          ? `account ${account}: letter ${message} (${journey}), which rests`
          : `account ${account}, mailbox ${name}: letter ${message} (${journey}), UID ${uid}`,
    }));
  for (const [journey] of reader.rows('select journey from queue_letter where letter = ?', id))
    findings.push({ account: null, what: `queued letter ${journey}` });
  if (findings.length === 0) findings.push({ account: null, what: `letter row ${id}` });
  return findings;
}
