// The set-up pages as HTML: choosing, the device that was chosen, and what is wrong with a link. Knows what is shown to whom; knows no
// store and sets nothing in motion. Every value goes through hono's `html`, which escapes it.
import { html, raw } from 'hono/html';
import { seal } from '../../io/http/paper.ts';
import type { AccountSettings, ServerSettings } from '../../protocol/autoconfig/contract.ts';
import type { AppPasswordRow } from '../../store/directory-contract.ts';
import type { ReceiveWay } from '../../journey/account/setup-links.ts';
import { lamp, pictures } from './pictures.ts';
import { script, style } from './setup-style.ts';
import { devices, words, type Device, type Language } from './words.ts';

export type Html = ReturnType<typeof html>;

export interface PageFrame {
  readonly language: Language;
  /** Of this page without a language: where the switch leads. */
  readonly path: string;
  readonly title: string;
}

const tongues: Readonly<Record<Language, string>> = { ja: '日本語', en: 'English' };

/** The whole document around a page's main part. */
export function framed({ language, path, title }: PageFrame, main: Html): Html {
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        ${raw(`<style>${style}</style>`)}
      </head>
      <body>
        <div class="page">
          <header class="top">
            <span class="mark">${raw(seal)}<span>便り Tayori</span></span>
            <nav class="words" aria-label="言語 Language">
              ${(['ja', 'en'] as const).map((one) =>
                one === language
                  ? html`<b aria-current="true" lang="${one}">${tongues[one]}</b>`
                  : html`<a href="${path}?lang=${one}" lang="${one}" hreflang="${one}">${tongues[one]}</a>`,
              )}
            </nav>
          </header>
          <main>${main}</main>
        </div>
        ${raw(`<script>${script}</script>`)}
      </body>
    </html>`;
}

export interface ChoosingPage {
  readonly language: Language;
  readonly token: string;
  readonly name: string;
  readonly address: string;
  readonly settings: AccountSettings;
  readonly expiresAt: number;
  /** What this browser seems to run on. */
  readonly likely: Device;
  /** The QR code of this very page, drawn; empty where another device could not open it. */
  readonly here: string;
  readonly authority: boolean;
}

/** The first page: which device, which way. */
export function choosingPage(page: ChoosingPage): Html {
  const { language, token, settings, likely } = page;
  const say = words[language];
  const ways = (['imap', 'pop3'] as const).filter((way) => settings.incoming.some((server) => server.service === way));
  return framed(
    { language, path: `/setup/${token}`, title: say.title },
    html`<h1>${say.heading(page.name)}</h1>
      <p class="address">${page.address}</p>
      <p class="soft">${say.lead}</p>
      <form method="post" action="/setup/${token}?lang=${language}">
        <fieldset>
          <legend>${say.which}</legend>
          <div class="choices">
            ${devices.map(
              (device) =>
                html`<label class="choice"
                  ><input
                    type="radio"
                    name="device"
                    id="${device}"
                    value="${device}"
                    ${raw(device === likely ? ' checked' : '')}
                  />${raw(pictures[device])}<b>${say.device[device].name}</b><small>${say.device[device].note}</small></label
                >`,
            )}
          </div>
          ${
            page.here === ''
              ? ''
              : html`<div class="scan">
                  ${raw(page.here)}
                  <p class="soft">${say.there}</p>
                </div>`
          }
        </fieldset>
        <fieldset>
          <legend>${say.how}</legend>
          <div class="choices ways">
            ${ways.map(
              (way, index) =>
                html`<label class="choice"
                  ><input
                    type="radio"
                    name="receive"
                    value="${way}"
                    ${raw(index === 0 ? ' checked' : '')}
                  />${raw(way === 'imap' ? pictures.shelf : pictures.home)}<b>${say.way[way].name} <small>${say.way[way].term}</small></b
                  ><small>${say.way[way].sentence}</small
                  >${say.way[way].badge === '' ? '' : html`<span class="badge">${say.way[way].badge}</span>`}</label
                >`,
            )}
          </div>
        </fieldset>
        ${authorityNote(page.authority, language)}
        <div class="go">
          <button class="press" type="submit">${say.begin}</button><small>${say.once(formatDay(page.expiresAt, language))}</small>
        </div>
      </form>`,
  );
}

function authorityNote(isOwn: boolean, language: Language): Html | string {
  const say = words[language];
  return isOwn
    ? html`<div class="note">
        <p>${say.authority} <a href="/ca.pem">${say.authorityLink}</a></p>
      </div>`
    : '';
}

export interface DevicePage {
  readonly language: Language;
  readonly token: string;
  readonly address: string;
  readonly settings: AccountSettings;
  readonly device: Device;
  readonly receive: ReceiveWay;
  readonly key: AppPasswordRow;
  /** In the clear, at the one moment when it is known. */
  readonly secret: string | null;
  /** Drawn QR codes, where they help: the profile's address, Thunderbird's account. */
  readonly profileQr: string;
  readonly thunderbirdQr: string;
  readonly hasProfile: boolean;
  readonly authority: boolean;
}

/** The second page: the key, the steps, the lamps. */
export function devicePage(page: DevicePage): Html {
  const { language, token, device, receive, key } = page;
  const say = words[language];
  const state = deviceState(key, receive, language);
  const term = say.pick(say.way[receive].term, say.way[receive].name);
  return framed(
    { language, path: `/setup/${token}`, title: say.ready(device) },
    html`<h1>${say.ready(device)}</h1>
      <p class="address">${page.address}</p>
      ${authorityNote(page.authority, language)}
      <section class="sheet key" aria-labelledby="key">
        ${raw(pictures.key)}
        <h2 id="key">${say.key} <small>${say.keyTerm}</small></h2>
        ${
          page.secret === null
            ? html`<p class="soft">${say.keyGone}</p>`
            : html`<div class="secret">
                  <code id="secret">${page.secret}</code
                  ><button class="quiet" type="button" data-copy="secret" data-label="${say.copy}" data-done="${say.copied}">
                    ${say.copy}
                  </button>
                </div>
                <p class="soft">${say.keyNote(key.name)}</p>`
        }<span role="status" class="said" data-said></span>
      </section>
      <h2>${say.steps}</h2>
      <ol class="steps">
        ${say.step[device](term).map((sentence) => html`<li><span>${sentence}</span></li>`)}
      </ol>
      ${action(page)}
      <h2 id="waits">${say.waits}</h2>
      <p class="soft">${say.waitsNote}</p>
      <section
        aria-labelledby="waits"
        aria-live="polite"
        data-live="/setup/${token}/state?lang=${language}"
        data-here="/setup/${token}?lang=${language}"
      >
        <div class="lamps">
          ${(['receive', 'send'] as const).map(
            (part) =>
              html`<div class="sheet step${state[part].done ? ' done' : ''}" data-step="${part}">
                ${raw(lamp)}<b>${state[part].words}</b><small>${state[part].seen}</small>
              </div>`,
          )}
        </div>
        <p class="done-all">${state.all}</p>
      </section>
      ${card(page)}
      <form class="back" method="post" action="/setup/${token}/take-back?lang=${language}">
        <p class="soft">${say.notMeNote}</p>
        <button class="quiet" type="submit">${say.notMe}</button>
      </form>`,
  );
}

function action(page: DevicePage): Html | string {
  const say = words[page.language];
  if (page.device === 'iphone')
    return page.hasProfile
      ? html`<div class="act"><a class="press" href="/setup/${page.token}/profile.mobileconfig">${say.profile}</a></div>
          ${
            page.profileQr === ''
              ? ''
              : html`<div class="scan always">
                  ${raw(page.profileQr)}
                  <p class="soft">${say.profileScan}</p>
                </div>`
          }`
      : html`<p>${say.profileNone}</p>`;
  if (page.device === 'android' && page.thunderbirdQr !== '')
    return html`<div class="scan here">
      ${raw(page.thunderbirdQr)}
      <p class="soft">${say.thunderbirdHere}</p>
    </div>`;
  return '';
}

/** Four things, twice: what apps ask. */
function card({ language, settings, receive, address, token }: DevicePage): Html {
  const say = words[language];
  const line = (what: string, term: string, server: ServerSettings | undefined) =>
    server === undefined
      ? ''
      : html`<tr>
          <th scope="row">${what} <small>${term}</small></th>
          <td data-name="${say.fields.server}"><code>${server.host}</code></td>
          <td data-name="${say.fields.port} ${say.portTerm}"><code>${server.port}</code></td>
          <td data-name="${say.fields.seal}">${say.sealed[server.security]}</td>
        </tr>`;
  return html`<h2>${say.card}</h2>
    <div class="sheet rows">
      <table class="narrow">
        <thead>
          <tr>
            <th scope="col">${say.fields.what}</th>
            <th scope="col">${say.fields.server}</th>
            <th scope="col">${say.fields.port} <small>${say.portTerm}</small></th>
            <th scope="col">${say.fields.seal}</th>
          </tr>
        </thead>
        <tbody>
          ${line(
            say.receiving,
            say.way[receive].term,
            settings.incoming.find((server) => server.service === receive),
          )}${line(say.sending, 'SMTP', settings.outgoing[0])}
        </tbody>
      </table>
      <table class="login">
        <tbody>
          <tr>
            <th scope="row">${say.fields.login}</th>
            <td><code id="login-${token.slice(0, 4)}">${address}</code></td>
          </tr>
          <tr>
            <th scope="row">${say.fields.password}</th>
            <td>${say.asKey}</td>
          </tr>
        </tbody>
      </table>
    </div>`;
}

export interface LampState {
  readonly done: boolean;
  readonly words: string;
  readonly seen: string;
}

/** How far a device is, in words; the script asks for the same. */
export function deviceState(
  key: AppPasswordRow,
  receive: ReceiveWay,
  language: Language,
): { readonly receive: LampState; readonly send: LampState; readonly all: string } {
  const say = words[language];
  const part = (use: AppPasswordRow['uses']['imap'], waits: string, done: string): LampState => ({
    done: use !== undefined,
    words: use === undefined ? waits : done,
    seen: use === undefined ? '' : say.seen(formatMoment(use.at, language), use.from.replace(/^::ffff:/, '')),
  });
  const both = {
    receive: part(key.uses[receive], say.receiveWaits, say.receiveDone),
    send: part(key.uses.smtp, say.sendWaits, say.sendDone),
  };
  return { ...both, all: both.receive.done && both.send.done ? say.allDone : '' };
}

/** One sentence and what to do: a link that cannot be used, or a key that was taken back. */
export function plainPage(language: Language, path: string, { heading, next }: { readonly heading: string; readonly next: string }): Html {
  return framed(
    { language, path, title: heading },
    html`<div class="sheet plain">
      ${raw(pictures.post)}
      <h1>${heading}</h1>
      <p>${next}</p>
    </div>`,
  );
}

const localeOf: Readonly<Record<Language, string>> = { ja: 'ja-JP', en: 'en-GB' };

function formatDay(at: number, language: Language): string {
  return new Intl.DateTimeFormat(localeOf[language], { dateStyle: 'long', timeStyle: 'short' }).format(at);
}

function formatMoment(at: number, language: Language): string {
  return new Intl.DateTimeFormat(localeOf[language], { timeStyle: 'short' }).format(at);
}
