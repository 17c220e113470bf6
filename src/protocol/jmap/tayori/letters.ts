// Letter/unsubscribe: leaving a mailing list by the person's press. Knows arguments and answers; who goes out is the desk's.
import { anId, readArguments } from '../arguments.ts';
import { MethodError, type Method } from '../contract.ts';
import { parseId } from '../ids.ts';
import { anAccount } from '../standard.ts';
import { Refusal } from '../../../base/trouble.ts';
import type { TayoriParts } from './contract.ts';

export function letterMethods({ unsubscribe }: Pick<TayoriParts, 'unsubscribe'>): Readonly<Record<string, Method>> {
  return {
    'Letter/unsubscribe': async (args, asker) => {
      const call = readArguments(args, { accountId: anAccount(asker), emailId: anId });
      const { account, id } = call.accountId;
      const message = parseId('M', call.emailId);
      if (message === null) throw noSuchLetter();
      try {
        return { response: { accountId: id, emailId: call.emailId, ...(await unsubscribe(account, message)) } };
      } catch (trouble) {
        // A letter of somebody else and one that never was are the same.
        if (trouble instanceof Refusal && trouble.code === 'nonexistent') throw noSuchLetter();
        throw trouble;
      }
    },
  };
}

function noSuchLetter(): MethodError {
  return new MethodError('invalidArguments', 'There is no such email.', { arguments: ['emailId'] });
}
