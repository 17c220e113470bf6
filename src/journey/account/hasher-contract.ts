// Slow hashing of passwords: what the account station asks of it. Fulfilled by io/password-hasher.ts with argon2id off the main thread.
// Knows the questions; knows no algorithm.

export interface PasswordHasher {
  /** A hash that no password has, of the same cost as all new ones: verified against when there is no such person. */
  readonly decoy: string;
  /** In PHC string form, with its own salt. @throws Unavailable `busy`. */
  hash(password: string): Promise<string>;
  /**
   * False for another password and for a hash that cannot be read. `ahead`: before all that wait without it, and with places of
   * its own, so that a flood of guesses from strangers does not keep out who is at home.
   * @throws Unavailable `busy` when too many wait.
   */
  verify(password: string, hash: string, ahead: boolean): Promise<boolean>;
}
