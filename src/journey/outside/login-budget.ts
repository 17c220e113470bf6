// How often one may fail to sign in while an account is set up: several providers lock after three wrong passwords.
// Knows counts; shared by all that sign in for one set-up, whatever they sign in to.

/** The fourth failure of one set-up does not happen. */
export const failuresMax = 3;
/** Forms of a login name that are tried at one server: the address and the part before the @, mostly. */
const formsMax = 2;

/** One try. Counts as failed until it is told otherwise: a try whose outcome is unknown may have counted at the provider. */
export interface LoginTry {
  succeeded(): void;
  /** The secret was not looked at: the server never got it, or refused the manner. */
  notCounted(): void;
}

export class LoginBudget {
  #spent = 0;
  readonly #forms = new Map<string, Set<string>>();

  /** Failed tries so far, those under way included. */
  get spent(): number {
    return this.#spent;
  }

  /** Begins a try at a server (`host:port`); null when one more failure could be one too many, or the name would be a third form. */
  begin(server: string, login: string): LoginTry | null {
    const forms = this.#forms.get(server) ?? new Set();
    if (this.#spent >= failuresMax || (!forms.has(login) && forms.size >= formsMax)) return null;
    this.#forms.set(server, forms.add(login));
    this.#spent++;
    let counted = true;
    const giveBack = () => {
      if (counted) this.#spent--;
      counted = false;
    };
    return { succeeded: giveBack, notCounted: giveBack };
  }
}
