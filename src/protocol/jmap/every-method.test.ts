// Each method that the books name stands in a transcript, answered as it should be and refused; and each error that they name is met somewhere. What is
// added to a book's table here without a dialogue fails.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const transcripts = globSync(join(import.meta.dirname, '**/*.jmap')).map((file) => readFileSync(file, 'utf8'));
const written = globSync(join(import.meta.dirname, '**/*.{jmap,test.ts}'))
  .filter((file) => file !== import.meta.filename)
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');

const methods: Readonly<Record<string, string>> = {
  'RFC 8620 §4, §6.3, §7.2': 'Core/echo Blob/copy PushSubscription/get PushSubscription/set',
  'RFC 8621 §2': 'Mailbox/get Mailbox/changes Mailbox/query Mailbox/queryChanges Mailbox/set',
  'RFC 8621 §3': 'Thread/get Thread/changes',
  'RFC 8621 §4': 'Email/get Email/changes Email/query Email/queryChanges Email/set Email/copy Email/import Email/parse',
  'RFC 8621 §5': 'SearchSnippet/get',
  'RFC 8621 §6': 'Identity/get Identity/changes Identity/set',
  'RFC 8621 §7': 'EmailSubmission/get EmailSubmission/changes EmailSubmission/query EmailSubmission/queryChanges EmailSubmission/set',
  'RFC 8621 §8': 'VacationResponse/get VacationResponse/set',
  'RFC 9404 §4': 'Blob/upload Blob/get Blob/lookup',
  'RFC 9425 §4': 'Quota/get Quota/changes Quota/query Quota/queryChanges',
  'RFC 9007 §2': 'MDN/send MDN/parse',
};
for (const [book, names] of Object.entries(methods))
  for (const name of names.split(' '))
    test(`${book}: ${name} has a dialogue`, () => {
      const asked = transcripts.filter(
        (text) => new RegExp(`^(?:>|   )+ ?\\[*\\["${name}"`, 'm').test(text) || text.includes(`["${name}", {`),
      );
      assert.ok(asked.length > 0, 'asked');
      assert.ok(
        asked.some((text) =>
          text
            .split('\n<')
            .slice(1)
            .some((answer) => answer.split('\n>')[0]!.includes(`["${name}", {`)),
        ),
        'and answered',
      );
    });

const errors: Readonly<Record<string, string>> = {
  'RFC 8620 §3.6.1': 'unknownCapability notJSON notRequest limit',
  'RFC 8620 §3.6.2':
    'serverUnavailable serverFail serverPartialFail unknownMethod invalidArguments invalidResultReference forbidden accountNotFound accountNotSupportedByMethod accountReadOnly requestTooLarge',
  'RFC 8620 §5': 'cannotCalculateChanges stateMismatch anchorNotFound unsupportedSort unsupportedFilter tooManyChanges fromAccountNotFound',
  'RFC 8620 §5.3': 'forbidden overQuota tooLarge rateLimit notFound invalidPatch willDestroy invalidProperties singleton',
  'RFC 8621 §2.5': 'mailboxHasChild mailboxHasEmail',
  'RFC 8621 §4': 'blobNotFound tooManyKeywords tooManyMailboxes invalidEmail',
  'RFC 8621 §7.5': 'tooManyRecipients noRecipients invalidRecipients forbiddenMailFrom forbiddenFrom forbiddenToSend cannotUnsend',
  'RFC 9007 §2.1': 'mdnAlreadySent',
  'RFC 9404 §4': 'unknownDataType',
};
for (const [book, names] of Object.entries(errors))
  for (const name of names.split(' ')) test(`${book}: ${name} is met`, () => assert.match(written, new RegExp(`['":]${name}['"]`)));
