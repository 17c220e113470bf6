// A program for the crash tests of sending: a person writes letters that wait a moment, calls some of them back, and they go when they are due. What
// was tried and what was answered goes to standard output as it happens, so that whoever killed it knows what was promised.
// Arguments: directory, how many letters. Knows the methods of JMAP; is no part of the server.
import type { JsonObject } from '../../../protocol/jmap/contract.ts';
import { openPost } from '../../../protocol/jmap/sending/office-suite.ts';
import { systemChance, systemClock } from '../../clock.ts';
import { openTrialStore, say } from './at-work.ts';

const [dir = '', count = '1', first = '0'] = process.argv.slice(2);

const store = await openTrialStore(dir, 1);
const post = await openPost({ store, undoMs: 1, recipientsPerHour: 1_000_000, world: { clock: systemClock, chance: systemChance } });
const identity = ((await post.one('hanako', 'Identity/get', { ids: null }))['list'] as JsonObject[])[0]!['id']!;
const drafts = await post.mailbox('hanako', 'drafts');

async function hold(name: string): Promise<string> {
  say('TRY', name);
  const [draft, submission] = await post.ask('hanako', [
    [
      'Email/set',
      {
        accountId: '$hanako',
        create: {
          d: {
            mailboxIds: { [drafts]: true },
            from: [{ email: 'hanako@local.test' }],
            to: [{ email: 'taro@local.test' }, { email: 'friend@remote.test' }],
            subject: name,
            textBody: [{ partId: 't' }],
            bodyValues: { t: { value: 'words\n'.repeat(500) } },
          },
        },
      },
      '0',
    ],
    [
      'EmailSubmission/set',
      { accountId: '$hanako', create: { s: { identityId: identity, emailId: '#d' } }, onSuccessDestroyEmail: ['#s'] },
      '1',
    ],
  ]);
  const made = (submission![1]['created'] as JsonObject | null)?.['s'] as JsonObject | undefined;
  if (made === undefined) throw new Error(JSON.stringify([draft, submission]));
  say('HELD', name);
  return made['id'] as string;
}

async function callBack(name: string, id: string): Promise<void> {
  say('CALL', name);
  const { updated } = await post.one('hanako', 'EmailSubmission/set', { update: { [id]: { undoStatus: 'canceled' } } });
  say(updated === null ? 'GONE' : 'BACK', name);
}

for (let number = Number(first); number < Number(first) + Number(count); number++) {
  const name = `letter-${number}`;
  const id = await hold(name);
  await Promise.all([number % 3 === 0 ? callBack(name, id) : null, post.runDue()]);
}
await post.runDue();
say('END');
await store.close();
