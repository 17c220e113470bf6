// The page for whoever runs this server: step by step to a client id of Google, Microsoft or Yahoo, the address to copy, the command that enters it, and
// how it stands. Knows HTML; the steps themselves are cli/oauth-guides.ts.
//
// The secret is entered by the command alone: no page of this server takes what opens it to others.
import { html, raw } from 'hono/html';
import { callbackPath } from '../../io/http/oauth-callback.ts';
import { oauthProviders, type OAuthProvider } from '../../journey/outside/oauth.ts';
import { guides } from '../cli/oauth-guides.ts';
import { lamp } from './pictures.ts';
import { framed, type Html } from './setup-page.ts';
import type { Language } from './words.ts';

/** `missing`: none is entered. `entered`: nobody has signed in with it yet. `works`: somebody has. */
export type ClientState = 'missing' | 'entered' | 'works';

export interface OAuthGuide {
  readonly language: Language;
  /** Null: without a domain, on this computer alone. */
  readonly hostName: string | null;
  /** Null: not told to who asks. */
  readonly states: ReadonlyMap<string, ClientState> | null;
}

const say = {
  ja: {
    title: 'よその会社の画面でサインインできるようにする',
    lead: 'Google や Microsoft は、メールのパスワードの代わりに、会社の画面でのサインインを求めます。そのためには、この局が会社に名乗るための番号(クライアント ID)が要ります。一度だけ、この局を動かしている人が用意します。',
    states: {
      missing: 'まだ入っていません',
      entered: '入っています。まだだれも使っていません',
      works: '入っています。使えることも確かめました',
    },
    redirect: '戻り先のアドレス(リダイレクト URI)',
    redirectNote: 'その会社の画面に、このとおりに貼り付けます。一文字でも違うと戻れません。',
    scopes: '求める許可(スコープ)',
    steps: '手順',
    enter: '入れる',
    enterNote:
      'この局の機械で、次の一行を入れます。「番号」のところは、会社の画面に出たクライアント ID に替えます。秘密(シークレット)はそのあとに聞かれます。画面には出ず、封をしてしまわれます。',
    id: '番号',
    good: '知っておくとよいこと',
    demo: 'この局にはドメインがないので、使えるのはこのコンピューターのブラウザーだけです。',
    copy: 'コピーする',
    copied: 'コピーしました',
    seen: '画面のようす',
  },
  en: {
    title: "Sign-in at other providers' pages",
    lead: 'Google and Microsoft want people to sign in at their own page instead of giving a password. For that, this office needs a number by which it makes itself known to them (client id). Whoever runs this office gets it once.',
    states: { missing: 'not entered yet', entered: 'entered; nobody has used it yet', works: 'entered, tried, and it works' },
    redirect: 'Address to come back to (redirect URI)',
    redirectNote: "Paste it into the provider's page exactly as it is; one letter more or less, and nobody comes back.",
    scopes: 'Permissions to ask for (scopes)',
    steps: 'Steps',
    enter: 'Enter it',
    enterNote:
      "At the machine of this office, type this line with the provider's client id in the place of CLIENT_ID. The secret is asked for after that; it is not shown, and is kept sealed.",
    id: 'CLIENT_ID',
    good: 'Good to know',
    demo: 'This office has no domain, so it works for the browser of this computer alone.',
    copy: 'Copy',
    copied: 'Copied',
    seen: 'What it looks like',
  },
} as const;

/** The screens in words, for who is not sure to be in the right place. */
const screens: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  google: {
    ja: '白い画面の上に青い帯があり、左上の三本線から「API とサービス」が開きます。終わりに、長い番号と、目のしるしで隠れた秘密が出る小さな窓が開きます。',
    en: 'A white page with a blue bar; the three lines at the top left open "APIs & Services". At the end a small window shows a long number, and a secret that is hidden.',
  },
  microsoft: {
    ja: '左に長い一覧のある画面です。「アプリの登録」を開くと、上に「＋ 新規登録」があります。終わりに「アプリケーション (クライアント) ID」と書いた行が出ます。',
    en: 'A page with a long list at the left; under "App registrations" there is "+ New registration" at the top. At the end there is a line "Application (client) ID".',
  },
  yahoo: {
    ja: '紫の見出しの下に、長い記入欄が一枚あります。終わりに「Client ID」と「Client Secret」の二行が出ます。',
    en: 'One long form below a purple heading. At the end there are two lines, "Client ID" and "Client Secret".',
  },
};

export function oauthGuidePage({ language, hostName, states }: OAuthGuide): Html {
  const text = say[language];
  return framed(
    { language, path: '/apps/oauth', title: text.title },
    html`<h1>${text.title}</h1>
      <p class="soft">${text.lead}</p>
      ${hostName === null ? html`<div class="note"><p>${text.demo}</p></div>` : ''}
      ${oauthProviders.map((provider) => providerPart(provider, language, hostName, states?.get(provider.name) ?? null))}
      <span role="status" class="said" data-said></span>`,
  );
}

const marks = { missing: 'mark-missing', entered: 'mark-partly', works: 'mark-good' } as const;

function providerPart(provider: OAuthProvider, language: Language, hostName: string | null, state: ClientState | null): Html {
  const text = say[language];
  const { name, title, scopes } = provider;
  const guide = guides[name];
  const redirect = `https://${hostName ?? 'mail.example.com'}${callbackPath}`;
  const loopback = `http://${provider.loopback ?? '127.0.0.1'}${callbackPath}`;
  const filled = (step: string): string =>
    step.replaceAll('{redirect}', redirect).replaceAll('{loopback}', loopback).replaceAll('{scopes}', scopes.join(' '));
  const secret = hostName === null && name === 'microsoft' ? ' --no-secret' : '';
  const line = (id: string, value: string, note: string): Html =>
    html`<div class="line">
      <code id="${id}">${value}</code
      ><button
        class="quiet"
        type="button"
        data-copy="${id}"
        data-label="${text.copy}"
        data-done="${text.copied}"
        aria-label="${text.copy}: ${value}"
      >
        ${text.copy}</button
      ><small>${note}</small>
    </div>`;
  return html`<section aria-labelledby="${name}">
    <h2 id="${name}">${title}</h2>
    ${state === null ? '' : html`<p><span class="${marks[state]}" data-state="${state}">${raw(lamp)}${text.states[state]}</span></p>`}
    ${hostName === null ? '' : line(`${name}-redirect`, redirect, `${text.redirect}. ${text.redirectNote}`)}
    ${line(`${name}-scopes`, scopes.join(' '), text.scopes)}
    <h3>${text.steps}</h3>
    <ol class="steps">
      ${(guide?.steps[language] ?? []).map((step) => html`<li><span>${filled(step)}</span></li>`)}
    </ol>
    ${screens[name] === undefined ? '' : html`<p class="soft"><b>${text.seen}</b> ${screens[name][language]}</p>`}
    <h3>${text.enter}</h3>
    ${line(`${name}-enter`, `tayori oauth client add ${name} --id ${text.id}${secret} --language ${language}`, text.enterNote)}
    <h3>${text.good}</h3>
    ${(guide?.good[language] ?? []).map((one) => html`<p class="soft">${one}</p>`)}
  </section>`;
}
