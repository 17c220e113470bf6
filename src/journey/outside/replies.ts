// What a provider's no means: from its code, its enhanced code (RFC 3463), its response code (RFC 5530, 2449, 3206) and its words to a cause.
// Knows how servers put things, those of the large providers above all; knows no connection.
//
// Words come before codes: providers put what to do into words and give the same code for everything.
import type { MailService } from '../../store/outside-contract.ts';
import type { Cause } from './causes.ts';

/** How far the dialogue was. `login`: the server has seen the secret. `manner`: it refuses the way of signing in, unseen. */
export type ReplyPhase = 'greeting' | 'hello' | 'starttls' | 'manner' | 'login' | 'use' | 'sender' | 'recipient' | 'letter';

export interface ServerReply {
  readonly service: MailService;
  readonly phase: ReplyPhase;
  /** `535`, or for IMAP `NO`, `BAD`, `BYE`, for POP3 `-ERR`; upper case. */
  readonly code: string;
  /** RFC 3463, such as `5.7.8`; null when there is none. */
  readonly enhanced: string | null;
  /** What stands in brackets in IMAP and POP3, upper case, such as `AUTHENTICATIONFAILED` or `SYS/TEMP`; null when nothing does. */
  readonly responseCode: string | null;
  readonly text: string;
}

/** Reads one refusal as it came: `535 5.7.8 …`, `a1 NO [ALERT] …`, `* BYE …`, `-ERR [AUTH] …`. Lines of one reply are joined by `\n`. */
export function parseRefusal(service: MailService, phase: ReplyPhase, raw: string): ServerReply {
  if (service === 'smtp') {
    const lines = raw.split(/\r?\n/).filter((line) => line !== '');
    const code = /^\d{3}/.exec(lines[0] ?? '')?.[0] ?? '';
    const words = lines.map((line) => line.replace(/^\d{3}[- ]?/, ''));
    const enhanced = /^[245]\.\d{1,3}\.\d{1,3}(?= |$)/.exec(words[0] ?? '')?.[0] ?? null;
    const text = words.map((line) => line.replace(/^[245]\.\d{1,3}\.\d{1,3} ?/, '')).join('\n');
    return { service, phase, code, enhanced, responseCode: null, text };
  }
  const tag = service === 'imap' ? /^\S+ +/ : /^/;
  const match = /^(NO|BAD|BYE|-ERR)\b *(?:\[([^\]]{1,200})\] *)?(.*)$/is.exec(raw.trim().replace(tag, ''));
  return {
    service,
    phase,
    code: (match?.[1] ?? '').toUpperCase(),
    enhanced: null,
    responseCode: match?.[2]?.split(' ')[0]?.toUpperCase() ?? null,
    text: match?.[3] ?? raw,
  };
}

const everywhere: readonly ReplyPhase[] = ['greeting', 'hello', 'starttls', 'manner', 'login', 'use', 'sender', 'recipient', 'letter'];
const signingIn: readonly ReplyPhase[] = ['manner', 'login'];
const letters: readonly ReplyPhase[] = ['sender', 'recipient', 'letter'];

/** [words, cause, where they count]. The first that fits counts. */
const words: readonly [sign: RegExp, cause: Cause, phases: readonly ReplyPhase[]][] = [
  // What to sign in with.
  [
    /basic ?auth(?:entication)? is (?:disabled|blocked|not)|BasicAuthBlocked|LogonDenied-BasicAuth|modern auth|oauth2? (?:is )?(?:required|only|must)|(?:must|please|only) use oauth|password (?:login|authentication|auth) (?:is )?(?:no longer|not) (?:supported|allowed|accepted)|less secure app|WebLoginOAuth/i,
    'oauth-needed',
    ['manner', 'login', 'use'],
  ],
  [
    /app(?:lication)?[- ]?specific|app(?:lication)? ?password|InvalidSecondFactor|(?:generate|use|create) an? app|third[- ]party (?:app )?password|device password|password for (?:external|third)|authori[sz](?:ation|ed) code|授权码|アプリ ?パスワード|専用パスワード/i,
    'app-password-needed',
    signingIn,
  ],
  [
    /web ?login|WEBALERT|log ?in (?:to your account )?(?:via|with|using|through|on|at) (?:your |a |the )?(?:web ?)?(?:browser|web ?site|web ?mail|page)|via (?:your |a )?web ?browser|verify (?:your (?:account|identity)|it'?s you)|unusual (?:sign|log|activity)|suspicious|unsafe login|captcha|security (?:challenge|check)|hacked|confirm your (?:account|identity)/i,
    'web-sign-in-needed',
    ['greeting', 'manner', 'login', 'use'],
  ],
  [
    /password (?:has |is |was )?expired|expired password|must (?:change|reset|renew) (?:your )?password|password (?:change|reset) (?:is )?(?:required|needed)|password must be changed|パスワード.{0,10}(?:期限|有効期間)/i,
    'password-expired',
    signingIn,
  ],
  // Is the service there for this account?
  [
    /(?:imap|pop3?|smtp)[^.\n]{0,40}\b(?:disabled|deactivated|not enabled|not activated|switched off|turned off|not permitted|not allowed|forbidden|not available for)|not (?:been )?enabled for (?:imap|pop|smtp)|yet to enable (?:imap|pop)|(?:enable|activate|allow) (?:your account for )?(?:imap|pop3?|smtp)\b|SmtpClientAuthentication is disabled|client auth(?:entication)? is disabled|access to (?:imap|pop3?|smtp|this service) (?:is )?(?:denied|disabled)|access rights to this service|no (?:imap|pop3?) (?:access|permission)|protocol (?:is )?disabled|third[- ]party (?:app )?access|authenticated but not connected|mailbox (?:is )?not (?:enabled|licensed)|(?:IMAP|POP|SMTP).{0,12}(?:無効|利用できません|許可されて)/i,
    'service-off',
    ['manner', 'login', 'use', 'sender'],
  ],
  // Too much, too often, from too far away.
  [
    /unauthori[sz]ed ip|(?:not (?:permitted|allowed)|denied|refused|blocked) from (?:your|this) (?:ip|network|address)|\bip\b[^.\n]{0,30}(?:not (?:allowed|authori[sz]ed|permitted|whitelisted)|blocked|denied|blacklisted|banned)/i,
    'turned-away',
    ['greeting', 'hello', 'manner', 'login'],
  ],
  [
    /too many (?:[\w/+]+ ){0,3}(?:connections?|sessions?|processes|users)|(?:maximum|max)(?: number)?(?: of)? (?:\w+ )?(?:connections|sessions|concurrent)|connection (?:limit|count|rate)|(?:connections|sessions) (?:limit|exceeded)|exceeded (?:the |your )?(?:maximum )?(?:number of )?connections|simultaneous (?:connections|logins)|concurrent connection/i,
    'too-many-connections',
    ['greeting', 'hello', 'manner', 'login', 'use', 'sender'],
  ],
  [
    /\bcountr(?:y|ies)\b|geo-?(?:ip|block|locat)|\bforeign (?:\w+ )?(?:ip|address|access|log|connection|network)|overseas|outside (?:of )?japan|your (?:region|location)|国外|海外|日本国内/i,
    'blocked-country',
    everywhere,
  ],
  [
    /too many (?:\w+ ){0,3}(?:attempts|tries|failures|failed|login|log-?ins|auth|bad)|(?:temporar(?:il)?y|currently) (?:locked|blocked|banned|suspended|restricted)|(?:account|user|address) (?:is |has been |was )?(?:temporarily )?locked|locked (?:out|due|for)|lockout|login (?:attempts )?(?:limit|rate)|repeated (?:login )?fail|brute|bandwidth|authentication rate|exceeded (?:the )?(?:login|auth)|(?<!ブ)ロック/i,
    'locked',
    ['greeting', 'hello', 'manner', 'login', 'use'],
  ],
  [
    /(?:account|user|mailbox|domain)\b[^.\n]{0,30}\b(?:disabled|inactive|suspended|deactivated|closed|terminated|frozen|cancell?ed|deleted|expired|blocked|banned)|(?:disabled|inactive|suspended|blocked) (?:account|user|mailbox|domain)|AccountDisabled|UserDisabled|not (?:an )?active (?:account|user)|解約|利用停止/i,
    'account-disabled',
    ['manner', 'login', 'use', 'sender'],
  ],
  // The name.
  [
    /(?:full|complete|entire|whole) e-?mail|user ?name (?:must|should|needs)|(?:must|should) (?:be|include|contain)[^.\n]{0,30}(?:domain|e-?mail address)|(?:no such|unknown|invalid|non-?existent|unrecogni[sz]ed) (?:user|account|domain|mailbox)\b(?! ?name or)(?! or pass)(?!\/pass)|(?:user|account|mailbox|login) (?:name )?(?:not found|unknown|does ?n[o']t exist)|bad user ?name(?! or)|missing domain|without domain/i,
    'login-name-form',
    ['login'],
  ],
  // The manner.
  [
    /(?:un(?:recogni[sz]ed|supported|known|implemented)|not supported|invalid|not (?:available|allowed|implemented|enabled))[^.\n]{0,30}(?:auth|mechanism|sasl)|(?:mechanism|authentication (?:type|method|mechanism))[^.\n]{0,30}(?:not|un)|no (?:such|suitable|common|supported) (?:auth|mechanism)|no mechanism|AUTHENTICATE not|LOGIN(?: command)? (?:is )?disabled|encryption required for requested auth/i,
    'no-common-mechanism',
    signingIn,
  ],
  [
    /starttls|\bstls\b|must (?:issue|use) (?:a )?(?:tls|ssl)|(?:requires?|need) (?:an? )?(?:tls|ssl|encrypt|secure)|plaintext (?:auth|access|password)/i,
    'starttls-missing',
    ['manner', 'hello', 'sender'],
  ],
  // The letter.
  [/(?:authentication (?:is )?|must be |log ?in )(?:required|authenticated|first)|not authenticated/i, 'turned-away', ['sender']],
  [
    /sender address rejected|not owned by|send ?as ?denied|send as this sender|not allowed to send (?:as|from)|(?:sender|from|envelope)[^\n]{0,50}(?:not (?:match|one of|allowed|permitted|verified|belong|authori[sz]ed|local|valid)|mismatch|denied|does ?n[o']t (?:match|belong)|is not)|(?:unauthori[sz]ed|invalid|forged) sender|must match[^\n]{0,40}(?:auth|sender|login)|from (?:address|header)[^\n]{0,30}(?:must|verif)|not authori[sz]ed to use[^\n]{0,30}(?:sender|from|address)/i,
    'sender-not-allowed',
    letters,
  ],
  [
    /(?:daily|hourly|monthly|sending|send|message|mail|user|outbound|outgoing|submission|recipient|rate)[- ]?(?:\w+ )?(?:quota|limit|rate)[^\n]{0,20}(?:exceeded|reached)|limit on (?:messages|the number)|exceeded[^\n]{0,40}(?:messages|recipients|emails|sending|mails|limit)|too many (?:messages|mails|emails|recipients)|sent too (?:many|much)|sending (?:is )?(?:suspended|blocked|restricted)|OutboundSpam|rate limit/i,
    'sending-quota',
    letters,
  ],
  [
    /(?:mailbox|quota|storage|inbox)[^\n]{0,25}(?:full|exceed|over)|exceeded (?:storage|quota)|over ?quota|out of (?:disk|storage)|容量/i,
    'mailbox-full',
    ['login', 'use', 'recipient', 'letter'],
  ],
  [/(?:message|mail|size)[^\n]{0,30}(?:too (?:large|big)|exceeds|larger)|too (?:large|big)|size limit/i, 'letter-too-large', letters],
  [/gr[ea]y ?list/i, 'busy', letters],
  // Nothing is wrong with us.
  [
    /(?:mail ?drop|mailbox|lock)[^.\n]{0,40}(?:in use|locked|busy|another)|already (?:in use|locked|logged)|another (?:pop|session|client)|(?:unable to|cannot|can't|could not|failed to) (?:(?:get|obtain|acquire) )?(?:a |the )?lock/i,
    'busy',
    ['login', 'use'],
  ],
  [
    /(?:temporar(?:y|ily)|internal (?:server )?error|server error|server (?:is )?(?:unavailable|busy)|system (?:error|failure|problem|busy)|backend|(?:try|retry)[^.\n]{0,20} later|later again|unavailable|maintenance|timed? ?out|service not available|connection (?:lost|refused|dropped)|メンテナンス)/i,
    'login-unavailable',
    signingIn,
  ],
  [/temporar|(?:try|retry)[^.\n]{0,20} later|unavailable|timed? ?out/i, 'busy', ['use']],
];

/** [code, cause, where it counts]: IMAP (RFC 5530, RFC 9051 §7.1) and POP3 (RFC 2449 §8, RFC 3206). */
const responseCodes: readonly [code: string, cause: Cause, phases: readonly ReplyPhase[]][] = [
  ['UNAVAILABLE', 'login-unavailable', signingIn],
  ['SYS/TEMP', 'login-unavailable', signingIn],
  ['SERVERBUG', 'login-unavailable', signingIn],
  ['TEMPFAIL', 'login-unavailable', signingIn],
  ['INUSE', 'busy', everywhere],
  ['IN-USE', 'busy', everywhere],
  ['LOGIN-DELAY', 'busy', everywhere],
  ['LIMIT', 'too-many-connections', ['greeting', 'hello', 'manner', 'login']],
  ['EXPIRED', 'password-expired', ['login']],
  ['PRIVACYREQUIRED', 'starttls-missing', ['manner', 'hello']],
  ['CONTACTADMIN', 'account-disabled', ['login', 'use']],
  ['SYS/PERM', 'account-disabled', ['login', 'use']],
  ['NOPERM', 'service-off', ['login', 'use']],
  ['AUTHORIZATIONFAILED', 'account-disabled', ['login']],
  ['OVERQUOTA', 'mailbox-full', ['login', 'use']],
];

/** [enhanced code, cause, where it counts]: RFC 3463, RFC 4954 §6, RFC 7504; 5.7.139 is Microsoft's. */
const enhancedCodes: readonly [code: string, cause: Cause, phases: readonly ReplyPhase[]][] = [
  ['5.7.139', 'service-off', ['login']],
  ['5.7.60', 'sender-not-allowed', letters],
  ['5.2.252', 'sender-not-allowed', letters],
  ['5.1.8', 'sender-not-allowed', letters],
  ['5.7.9', 'app-password-needed', ['login']],
  ['5.7.14', 'web-sign-in-needed', ['login']],
  ['4.7.12', 'password-expired', ['login']],
  ['5.7.11', 'starttls-missing', ['manner', 'hello']],
  ['5.5.4', 'no-common-mechanism', ['manner']],
  ['5.7.4', 'no-common-mechanism', signingIn],
  ['5.4.5', 'sending-quota', letters],
  ['4.5.3', 'sending-quota', letters],
  ['5.2.2', 'mailbox-full', ['recipient', 'letter']],
  ['4.2.2', 'mailbox-full', ['recipient', 'letter']],
  ['5.3.4', 'letter-too-large', letters],
  ['5.2.3', 'letter-too-large', letters],
  ['5.2.1', 'account-disabled', ['sender', 'recipient', 'letter']],
];

/** Causes that say something of the password or the name: only after the server has seen them. */
const blaming: ReadonlySet<Cause> = new Set(['wrong-password', 'login-name-form', 'password-expired']);

/** What the server means. Never blames the password when it was not tried. */
export function causeOfReply(reply: ServerReply): Cause {
  const { phase, enhanced, responseCode, text } = reply;
  const here = ([, , phases]: readonly [unknown, unknown, readonly ReplyPhase[]]) => phases.includes(phase);
  // An address in the answer is the person's own, or the server's: its letters say nothing.
  const told = text.slice(0, 2000).replaceAll(/[^\s<>()"']+@[^\s<>()"']+/g, '@');
  const found =
    words.find((row) => here(row) && row[0].test(told))?.[1] ??
    responseCodes.find((row) => here(row) && row[0] === responseCode)?.[1] ??
    enhancedCodes.find((row) => here(row) && row[0] === enhanced)?.[1] ??
    // Providers that put the word into the code, such as [WEBALERT …].
    words.find((row) => here(row) && responseCode !== null && row[0].test(responseCode))?.[1] ??
    plainCause(reply);
  return blaming.has(found) && phase !== 'login' ? plainCause(reply) : found;
}

/** What is left when neither words nor codes say more. */
function plainCause({ service, phase, code }: ServerReply): Cause {
  const later = service === 'smtp' && code.startsWith('4');
  switch (phase) {
    case 'greeting':
    case 'hello':
      return later ? 'busy' : 'turned-away';
    case 'starttls':
      return later ? 'busy' : 'starttls-missing';
    case 'manner':
      if (later) return 'login-unavailable';
      return code === '-ERR' || code === 'NO' || code === 'BAD' || code.startsWith('50') ? 'no-common-mechanism' : 'turned-away';
    case 'login':
      if (code === 'BYE' || code === '421') return 'turned-away';
      if (later) return 'login-unavailable';
      return code === 'BAD' || code.startsWith('50') ? 'no-common-mechanism' : 'wrong-password';
    case 'use':
      return later ? 'busy' : 'turned-away';
    case 'sender':
      return later ? 'busy' : 'sender-not-allowed';
    case 'recipient':
    case 'letter':
      return later ? 'busy' : 'letter-refused';
  }
}
