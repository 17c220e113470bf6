// The capabilities of sending: submission, vacationresponse (RFC 8621) and mdn (RFC 9007). Knows which methods and states belong to each.
import type { JmapAccount, MethodGroup } from '../contract.ts';
import type { WriteParts } from '../mail/write-parts.ts';
import type { SendingDesk } from './contract.ts';
import { maxDelayedSend } from './envelope.ts';
import { Identities, identityKind, identityMethods } from './identity.ts';
import { stateOf } from '../item-methods.ts';
import { mdnMethods } from './mdn.ts';
import { submissionKind, submissionReading } from './submission.ts';
import { submissionSet, type SubmissionSetParts } from './submission-set.ts';
import { vacationKind, vacationMethods } from './vacation.ts';

export interface SendingParts {
  readonly write: WriteParts;
  readonly desk: SendingDesk;
  readonly undoMs: SubmissionSetParts['undoMs'];
}

export function sendingGroups({ write, desk, undoMs }: SendingParts): readonly MethodGroup[] {
  const { items } = write.store;
  const identities = new Identities({ items, desk });
  const state = (kind: string) => (account: JmapAccount) => stateOf(items, account, kind);
  return [
    {
      capability: 'urn:ietf:params:jmap:submission',
      methods: {
        ...identityMethods({ items, desk }, identities),
        ...submissionReading({ items, desk }),
        'EmailSubmission/set': submissionSet({ write, desk, identities, undoMs }),
      },
      session: () => ({}),
      account: ({ isReadOnly }) =>
        isReadOnly
          ? null
          : {
              maxDelayedSend,
              submissionExtensions: { FUTURERELEASE: [String(maxDelayedSend)], SIZE: [String(write.letterMax)], DSN: [], SMTPUTF8: [] },
            },
      states: { Identity: state(identityKind), EmailSubmission: state(submissionKind) },
    },
    {
      capability: 'urn:ietf:params:jmap:vacationresponse',
      methods: vacationMethods(items),
      session: () => ({}),
      // The letters of an account at another provider arrive there, where a reply has gone out already or never will.
      account: ({ kind, isReadOnly }) => (kind === 'own' && !isReadOnly ? {} : null),
      states: { VacationResponse: state(vacationKind) },
    },
    {
      capability: 'urn:ietf:params:jmap:mdn',
      methods: mdnMethods({ write, desk, identities }),
      session: () => ({}),
      account: ({ isReadOnly }) => (isReadOnly ? null : {}),
    },
  ];
}
