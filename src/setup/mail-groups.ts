// The groups of JMAP that are about letters: mail, submission, vacation, receipts. Knows which part needs which; knows no method.
import type { OpenDesk } from '../journey/submission/desk.ts';
import type { Blobs, JmapAccount, MethodGroup } from '../protocol/jmap/contract.ts';
import { mailGroup } from '../protocol/jmap/mail/group.ts';
import { writeMethods } from '../protocol/jmap/mail/write-methods.ts';
import { sendingGroups } from '../protocol/jmap/sending/groups.ts';
import { settingKind, settingsOf } from '../protocol/jmap/tayori/settings-table.ts';
import type { Office } from './office.ts';

export function mailGroups(office: Office, hostName: string, blobs: Blobs, desk: OpenDesk): readonly MethodGroup[] {
  const { store, directory, clock, chance, settings } = office;
  const write = { store, blobs, clock, chance, hostName, letterMax: settings.letterLimit };
  // How long a letter waits to be called back is the person's choice, for each of their accounts.
  const undoMs = async ({ account }: JmapAccount): Promise<number> => {
    const person = directory.outsideAccount(account)?.owner ?? account;
    const [chosen] = await store.items.list(person, settingKind);
    return Number(settingsOf(chosen?.value)['undoSeconds']) * 1000;
  };
  return [
    // RFC 8621 §1.3.1: attachments grow by a third and their line ends on the way into a letter.
    mailGroup({ store, blobs, maxSizeAttachmentsPerEmail: Math.floor(settings.letterLimit * 0.72) }, writeMethods(write)),
    ...sendingGroups({ write, desk, undoMs }),
  ];
}
