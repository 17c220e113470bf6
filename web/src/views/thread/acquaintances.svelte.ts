// People whom the reader knows: contacts, and those written to. Read when a letter is opened, so that one can be told when somebody only looks like
// them. Knows Contact/get, Contact/suggest and the device's own list; draws nothing.
import type { EmailAddress, Id, JsonObject } from '../../engine/jmap/objects.ts';
import { tayoriCapability } from '../../engine/contract.ts';
import { engine } from '../../state/link.ts';
import { ownAccount } from '../../state/tayori.ts';

class Acquaintances {
  #contacts = $state.raw<readonly EmailAddress[]>([]);
  #written = $state.raw<readonly EmailAddress[]>([]);
  #of = '';

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
    engine.watch('changed', { types: ['Contact'] }, () => void this.#read());
    void this.#read();
  }

  async #read(): Promise<void> {
    const accountId = this.account;
    this.#written = await engine.ask('recipients', { text: '', limit: 500 }).catch(() => []);
    if (accountId === null) return;
    const answers = await engine
      .ask('call', {
        using: [tayoriCapability],
        calls: [
          ['Contact/get', { accountId, ids: null }, 'c'],
          ['Contact/suggest', { accountId, text: '', limit: 50 }, 's'],
        ],
      })
      .catch(() => []);
    for (const [name, answer] of answers) {
      const list = (answer['list'] as readonly JsonObject[] | undefined) ?? [];
      if (name === 'Contact/get')
        this.#contacts = list.flatMap((contact) =>
          (contact['addresses'] as readonly { readonly email: string }[]).map(({ email }) => ({
            name: String(contact['name'] ?? ''),
            email,
          })),
        );
      else if (name === 'Contact/suggest')
        this.#written = [...this.#written, ...list.map((one) => ({ name: String(one['name'] ?? ''), email: String(one['email']) }))];
    }
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
