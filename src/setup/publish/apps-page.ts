// The page that shows what mail apps would find of our domains, and the line that is missing. Knows HTML; the findings are apps.ts.
import { html, raw } from 'hono/html';
import { appWays, appWords, type AppRow, type AppWay, type RecordFound } from './apps.ts';
import { lamp } from './pictures.ts';
import { framed, type Html } from './setup-page.ts';
import { words, type Language } from './words.ts';

export interface DomainFindings {
  readonly domain: string;
  readonly rows: readonly AppRow[];
  readonly records: readonly RecordFound[];
  /** The DNS gave no answer. */
  readonly silent: boolean;
}

const say = {
  ja: {
    title: 'メールアプリから見た、この局',
    lead: 'アドレスとパスワードだけで準備ができるように、アプリはあらかじめ住所録(DNS)を調べます。何が見つかるかをここに並べました。',
    demo: 'これは手元だけのお試しの局です。住所録(DNS)には何もないので、アプリには手で入れるか、一度だけのリンクから準備してください。',
    silent: '住所録(DNS)が答えません。ネットワークか「resolvers」の設定を確かめてください。',
    app: 'アプリ',
    good: '見つかります',
    partly: '別の道で見つかります',
    missing: '見つかりません',
    add: '足りない行',
    addNote: '住所録(DNS)にこの行を足すと、印が緑になります。',
    states: {
      missing: 'まだありません',
      other: (instead: string) => `今は別のもの(${instead})があります`,
      certificate: '名前はここに届きますが、局の証明書にその名前がありません',
      good: '',
    },
    all: '足りない行はありません。',
    ports:
      'iPhone と Mac は、アドレスだけでは決まった窓口(993・995・465 番)しか探しません。一度だけのリンクからの設定ファイルを使ってください。',
    profile: 'iPhone は、一度だけのリンクからの設定ファイルなら、この行がなくても準備できます。',
    copy: 'コピーする',
    copied: 'コピーしました',
    oauth: 'Google や Microsoft の画面でサインインできるようにするには',
  },
  en: {
    title: 'This office, as mail apps see it',
    lead: 'So that an address and a password are enough, apps look things up in the directory of the net (DNS). This is what they find.',
    demo: 'This is a local trial office. The directory of the net (DNS) knows nothing of it: type the settings in by hand, or set up by a one-time link.',
    silent: 'The directory of the net (DNS) does not answer. Check the network, or the setting “resolvers”.',
    app: 'App',
    good: 'finds it',
    partly: 'finds it by another way',
    missing: 'does not find it',
    add: 'Lines that are missing',
    addNote: 'Add these lines to the directory (DNS), and the marks turn green.',
    states: {
      missing: 'not there yet',
      other: (instead: string) => `something else is there now (${instead})`,
      certificate: 'the name leads here, but our certificate does not hold it',
      good: '',
    },
    all: 'No line is missing.',
    ports:
      'By the address alone, an iPhone or Mac looks at the usual counters only (993, 995, 465). Use the settings file of a one-time link.',
    profile: 'An iPhone can do without this line: a one-time link gives it a settings file.',
    copy: 'Copy',
    copied: 'Copied',
    oauth: 'How people can sign in at the pages of Google and Microsoft',
  },
} as const;

export function appsPage(language: Language, demo: boolean, domains: readonly DomainFindings[]): Html {
  const text = say[language];
  return framed(
    { language, path: '/apps', title: text.title },
    html`<h1>${text.title}</h1>
      <p class="soft">${demo ? text.demo : text.lead}</p>
      ${demo ? '' : domains.map((one) => domainPart(one, language))}
      <p class="lines"><a href="/apps/oauth?lang=${language}">${text.oauth}</a></p>`,
  );
}

/** JMAP shows what IMAP shows: letters that stay where they are. */
function wayWords(way: AppWay, language: Language): { readonly name: string; readonly term: string } {
  return way === 'jmap' ? { name: words[language].way.imap.name, term: 'JMAP' } : words[language].way[way];
}

function domainPart({ domain, rows, records, silent }: DomainFindings, language: Language): Html {
  const text = say[language];
  if (silent)
    return html`<section>
      <h2>${domain}</h2>
      <div class="note"><p>${text.silent}</p></div>
    </section>`;
  const apps = [...new Set(rows.map((row) => row.app))];
  const ways = appWays.filter((way) => way !== 'jmap' || rows.some((row) => row.way === way));
  const lacking = records.filter((record) => record.state !== 'good');
  const cell = (app: AppRow['app'], way: AppWay) => {
    const row = rows.find((one) => one.app === app && one.way === way);
    const { name: plain, term } = wayWords(way, language);
    const name = `${plain} ${term}`;
    if (row === undefined) return html`<td data-name="${name}" class="soft">–</td>`;
    return html`<td data-name="${name}"><span class="mark-${row.state}">${raw(lamp)}${text[row.state]}</span></td>`;
  };
  return html`<section>
    <h2>${domain}</h2>
    <div class="sheet rows">
      <table class="narrow apps">
        <thead>
          <tr>
            <th scope="col">${text.app}</th>
            ${ways.map((way) => html`<th scope="col">${wayWords(way, language).name} <small>${wayWords(way, language).term}</small></th>`)}
          </tr>
        </thead>
        <tbody>
          ${apps.map(
            (app) =>
              html`<tr>
                <th scope="row">${appWords[app][language]}</th>
                ${ways.map((way) => cell(app, way))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${apps.includes('iphone') ? '' : html`<p class="soft lines">${text.ports}</p>`}
    ${
      lacking.length === 0
        ? html`<p class="soft lines">${text.all}</p>`
        : html`<h3>${text.add}</h3>
            <p class="soft">${text.addNote}</p>
            ${lacking.map(
              (record, index) =>
                html`<div class="line">
                  <code id="line-${domain.replaceAll('.', '-')}-${index}">${record.line}</code
                  ><button
                    class="quiet"
                    type="button"
                    data-copy="line-${domain.replaceAll('.', '-')}-${index}"
                    data-label="${text.copy}"
                    data-done="${text.copied}"
                  >
                    ${text.copy}</button
                  ><small
                    >${
                      record.state === 'other' ? text.states.other(record.instead) : text.states[record.state]
                    }${record.key === 'ua-digest' ? ` ${text.profile}` : ''}</small
                  >
                </div>`,
            )}<span role="status" class="said" data-said></span>`
    }
  </section>`;
}
