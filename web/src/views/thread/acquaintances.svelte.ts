// People whom the reader knows: contacts, and those written to. Read when a letter is opened, so that one can be told when somebody only looks like
// them. Knows Contact/suggest and the device's own list; draws nothing.
import type { EmailAddress, Id, JsonObject } from '../../engine/jmap/objects.ts';
import { tayoriCapability } from '../../engine/contract.ts';
import { readContacts, type AskCalls } from '../../state/contacts.ts';
import { engine } from '../../state/link.ts';
import { ownAccount } from '../../state/tayori.ts';

class Acquaintances {
  #contacts = $state.raw<readonly EmailAddress[]>([]);
  #written = $state.raw<readonly EmailAddress[]>([]);
  #of = '';
  #isWatching = false;

  get known(): readonly EmailAddress[] {
    return [...this.#contacts, ...this.#written];
  }
  isContact(email: string): boolean {
    return this.#contacts.some((one) => one.email.toLowerCase() === email.toLowerCase());
  }
  get account(): Id | null {
    return ownAccount();
  }

  need(): void {
    const { account } = this;
    if (account === null || this.#of === account) return;
    this.#of = account;
    [this.#contacts, this.#written] = [[], []];
    if (!this.#isWatching) engine.watch('changed', { types: ['Contact'] }, () => void this.#read());
    this.#isWatching = true;
    void this.#read();
  }

  /** What could not be read is asked for again with the next letter that is opened. */
  async #read(): Promise<void> {
    const accountId = this.account;
    this.#written = await engine.ask('recipients', { text: '', limit: 500 }).catch(() => []);
    if (accountId === null) return;
    const ask: AskCalls = (calls) => engine.ask('call', { using: [tayoriCapability], calls });
    const contacts = readContacts<{ readonly name: string; readonly addresses: readonly { readonly email: string }[] }>(ask, accountId);
    const suggested = ask([['Contact/suggest', { accountId, text: '', limit: 50 }, 's']]);
    const outcomes = await Promise.allSettled([
      contacts.then((list) => {
        this.#contacts = list.flatMap(({ name, addresses }) => addresses.map(({ email }) => ({ name, email })));
      }),
      suggested.then(([answer]) => {
        const list = (answer?.[1]['list'] as readonly JsonObject[] | undefined) ?? [];
        this.#written = [...this.#written, ...list.map((one) => ({ name: String(one['name'] ?? ''), email: String(one['email']) }))];
      }),
    ]);
    if (outcomes.some(({ status }) => status === 'rejected') && this.#of === accountId) this.#of = '';
  }

  async add({ name, email }: EmailAddress): Promise<void> {
    const accountId = this.account;
    if (accountId === null) return;
    const contact = { name: name || email, addresses: [{ email, label: '' }], note: '' };
    const [answer] = await engine.ask('call', {
      using: [tayoriCapability],
      calls: [['Contact/set', { accountId, create: { c: contact } }, 's']],
    });
    if (!answer?.[1]['created']) throw new TypeError('the contact was not taken');
    this.#contacts = [...this.#contacts, { name, email }];
  }
}

export const acquaintances = new Acquaintances();
