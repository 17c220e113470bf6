// The causes in English. Knows words only; how they are filled and shown is cause-sentences.ts.
import type { Cause } from './causes.ts';
import type { CauseText } from './cause-sentences.ts';

export const english: Readonly<Record<Cause, CauseText>> = {
  'not-an-address': {
    wrong: 'What was typed is not a mail address.',
    next: 'Check it for typing mistakes; it has one @ in the middle, as in hanako@example.jp.',
  },
  'name-not-found': {
    wrong: 'There is no server by the name {server}.',
    next: 'Check the part of the address behind the @, or the name of the server, for typing mistakes.',
  },
  'dns-unavailable': {
    wrong: 'The directory of the net (DNS) gives no answer just now, so {server} cannot be found.',
    next: 'Check that you are connected to the internet, then try again in a few minutes.',
  },
  'private-address': {
    wrong: 'The name {server} leads into a private network, where this Tayori does not go for its users.',
    next: 'Ask whoever runs this Tayori to allow it, if the server is your own.',
  },
  refused: {
    wrong: '{server} is there, but its counter number {port} (port) is closed.',
    next: "Compare the port number with the provider's help page.",
  },
  unreachable: {
    wrong: 'No way leads from here to {server}.',
    next: 'Check that you are connected to the internet, then try again.',
  },
  timeout: {
    wrong: '{server} did not answer in time at counter number {port} (port).',
    next: 'Try again in a few minutes; if it stays like this, try from another network, for example your phone.',
  },
  'port-blocked': {
    wrong: 'The network you are in closes counter number {port} (port); the server itself is there.',
    next: 'Try from another network, for example by the mobile connection of your phone.',
  },
  op25b: {
    wrong: 'Your internet provider closes counter number 25 to stop spam (OP25B). Letters now go out by another counter, {port}.',
    next: 'Nothing to do: we have switched by ourselves.',
  },
  'all-blocked': {
    wrong: 'The network you are in lets no mail through, neither in nor out. This is common in hotels and companies.',
    next: 'Try from another network, for example by the mobile connection of your phone.',
  },
  'captive-portal': {
    wrong: 'The network wants you to sign in or agree on its own page first, so nothing else gets through.',
    next: 'Open any page in your browser, sign in to the network there, then try again.',
  },
  'tls-not-spoken': {
    wrong: '{server} answers at counter number {port} (port), but without an envelope: this counter does not seal from the start (TLS).',
    next: 'Choose "sealed after the greeting" (STARTTLS) for this counter, or the sealed counter of this provider.',
  },
  'starttls-missing': {
    wrong: '{server} offers no envelope (STARTTLS), so your password would be readable on the way. We did not send it.',
    next: 'Use the sealed counter of this provider: 993 or 995 for receiving, 465 for sending.',
  },
  'certificate-expired': {
    wrong: 'The proof of identity (certificate) of {server} has run out.',
    next: 'Wait for {provider} to renew it and try again tomorrow; your password was not sent.',
  },
  'certificate-not-yet-valid': {
    wrong: 'The proof of identity (certificate) of {server} is not valid yet. Mostly the clock of this computer is wrong.',
    next: 'Set the clock and the date of the computer on which this Tayori runs.',
  },
  'certificate-other-name': {
    wrong: 'The server that answers as {server} shows a proof of identity (certificate) for another name.',
    next: 'Use the name of the server that the provider writes in its help; hosting companies often have one of their own.',
  },
  'certificate-unknown-authority': {
    wrong: 'The proof of identity (certificate) of {server} was issued by nobody we know.',
    next: 'Ask {provider} about it; in a company network, ask its administrator. Your password was not sent.',
  },
  'certificate-self-signed': {
    wrong: '{server} has written its proof of identity (certificate) itself, so nobody vouches for it.',
    next: 'Ask whoever runs the server for a proper one; your password was not sent.',
  },
  'tls-too-old': {
    wrong: '{server} can only use an old envelope (TLS) that no longer keeps letters safe.',
    next: 'Ask {provider} for a newer server name, or allow the old envelope for this one server.',
  },
  'tls-legacy-renegotiation': {
    wrong: '{server} closes its envelopes (TLS) in an old manner that is refused by default.',
    next: 'Allow the old manner for this one server, if you trust {provider}.',
  },
  'tls-failed': {
    wrong: '{server} and we could not agree on an envelope (TLS).',
    next: 'Try again later; if it stays like this, show the raw words to {provider}.',
  },
  'wrong-kind-of-server': {
    wrong:
      'At counter number {port} (port) of {server} another kind of mail server answers: receiving and sending, or the two ways of receiving, are mixed up.',
    next: "Check on the provider's help page which counter number belongs to which service.",
  },
  'not-a-mail-server': {
    wrong: 'What answers at counter number {port} (port) of {server} is not a mail server.',
    next: "Compare the name and the port number with the provider's help page.",
  },
  silent: {
    wrong: '{server} takes the call but does not say a word.',
    next: 'Try again in a few minutes.',
  },
  busy: {
    wrong: '{server} is busy and asks us to come back later.',
    next: 'Wait a few minutes; we try again by ourselves where we can.',
  },
  'turned-away': {
    wrong: '{server} turns us away before we could say anything.',
    next: 'Wait an hour and try again; if it stays like this, ask {provider} whether it blocks this network.',
  },
  protocol: {
    wrong: '{server} answers something that makes no sense to a mail program.',
    next: 'Check the name and the port number; if they are right, show the raw words to {provider}.',
  },
  'connection-lost': {
    wrong: 'The connection to {server} broke in the middle.',
    next: 'Try again; if it happens each time, try from another network.',
  },
  'wrong-password': {
    wrong: '{server} does not accept this user name with this password.',
    next: 'Type the password again, carefully; some providers use a separate mail password.',
  },
  'login-name-form': {
    wrong: '{server} does not know this user name.',
    next: 'Try the whole mail address, or only the part before the @, as the provider writes it.',
  },
  'service-off': {
    wrong: 'Mail apps are switched off for this account at {provider}.',
    next: 'Open the mail settings on the web page of {provider} and switch on access by mail apps.',
  },
  'app-password-needed': {
    wrong: '{provider} wants a spare key made for mail apps (app password) instead of your usual password.',
    next: 'Make an app password on the account page of {provider} and type it here.',
  },
  'oauth-needed': {
    wrong: '{provider} takes no password from mail apps any more, only its own sign-in page.',
    next: 'Choose "sign in at the provider".',
  },
  'web-sign-in-needed': {
    wrong: '{provider} wants to see you on its web page first, to be sure that it is you.',
    next: 'Sign in to your mail in the browser once, answer what is asked there, then try again.',
  },
  'password-expired': {
    wrong: 'The password has run out at {provider}.',
    next: 'Set a new password on the web page of {provider} and type it here.',
  },
  'account-disabled': {
    wrong: '{provider} has closed or suspended this account.',
    next: 'Ask {provider} about the account; trying again here does not help.',
  },
  locked: {
    wrong: '{provider} has locked signing in for a while after too many tries.',
    next: 'Wait an hour without trying, then try once with the right password.',
  },
  'too-many-connections': {
    wrong: 'Too many apps are connected to this account at {provider} at the same time.',
    next: 'Close mail apps on other devices, or wait a quarter of an hour.',
  },
  'blocked-country': {
    wrong: '{provider} does not let in connections from the country where this Tayori runs.',
    next: 'Switch on access from abroad in the settings of {provider}, or run Tayori on a computer at home.',
  },
  'no-common-mechanism': {
    wrong: '{server} offers no manner of signing in that we know.',
    next: 'Ask {provider} how mail apps sign in with a password.',
  },
  'login-unavailable': {
    wrong: '{server} cannot check passwords just now. Yours may well be right.',
    next: 'Try again in a few minutes.',
  },
  'tries-used-up': {
    wrong: 'Three tries to sign in have failed; one more could lock your account, so we have stopped.',
    next: 'Make sure of the password on the web page of {provider}, then begin the set-up anew.',
  },
  'client-id-missing': {
    wrong: 'This Tayori is not registered with {provider} yet, so its sign-in page cannot be used.',
    next: 'Use an app password, or ask whoever runs this Tayori to register it.',
  },
  'sign-in-expired': {
    wrong: 'The permission that you gave at {provider} has ended.',
    next: 'Sign in at {provider} once more.',
  },
  'sign-in-refused': {
    wrong: 'The sign-in at {provider} was not finished, or not allowed.',
    next: 'Begin the sign-in again and agree on the page of {provider}.',
  },
  'sign-in-unavailable': {
    wrong: 'The sign-in page of {provider} does not answer just now.',
    next: 'Try again in a few minutes.',
  },
  'sender-not-allowed': {
    wrong: '{server} does not let this account send with this sender address.',
    next: 'Use the address that belongs to the account, or register the other one at {provider}.',
  },
  'sending-quota': {
    wrong: '{provider} limits how many letters may be sent in a time, and the limit is reached.',
    next: 'Wait until tomorrow; the letters stay here and go out by themselves.',
  },
  'letter-too-large': {
    wrong: 'The letter is larger than {server} takes.',
    next: 'Make the attachments smaller or leave some out.',
  },
  'letter-refused': {
    wrong: '{server} refused the letter.',
    next: 'Read the raw words; they mostly name the reason.',
  },
  'letter-not-back': {
    wrong: 'The test letter was sent but has not come back in time.',
    next: 'Look whether it lies in the junk folder of {provider}; else try again in ten minutes.',
  },
  'mailbox-full': {
    wrong: 'The mailbox at {provider} is full.',
    next: 'Delete letters there, or let us take them home.',
  },
  'key-missing': {
    wrong: 'This Tayori has lost the key with which it keeps your password safe.',
    next: 'Ask whoever runs this Tayori to put the key file back; else type the password again.',
  },
};
