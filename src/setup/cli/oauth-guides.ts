// What the operator does at each provider so that people can sign in at its page, in Japanese and English. Facts as they are known here;
// the pages of providers change their looks, their words less so.
import type { Language } from './language.ts';

export interface OAuthGuide {
  /** `{redirect}`, `{loopback}` and `{scopes}` are filled in. */
  readonly steps: Readonly<Record<Language, readonly string[]>>;
  readonly good: Readonly<Record<Language, readonly string[]>>;
}

export const guides: Readonly<Record<string, OAuthGuide>> = {
  google: {
    steps: {
      ja: [
        'https://console.cloud.google.com/ を開き、この Tayori のためのプロジェクトをひとつ作ります。',
        '「API とサービス」→「ライブラリ」で Gmail API を探し、「有効にする」を押します。',
        '「OAuth 同意画面」で名前と連絡先を入れます。家族や会社だけで使うなら、対象は「テスト」のままにし、使う人のアドレスを「テストユーザー」に加えます。会社が Google Workspace なら「内部」を選びます。',
        '同意画面の「スコープ」に次を加えます: {scopes}',
        '「認証情報」→「認証情報を作成」→「OAuth クライアント ID」。この Tayori にドメインがあるなら種類は「ウェブ アプリケーション」、「承認済みのリダイレクト URI」は {redirect} 。自分のパソコンだけで使うなら種類は「デスクトップ アプリ」です(戻り先は入れません)。',
        '出てきたクライアント ID とシークレットを入れます: tayori oauth client add google --id クライアントID --secret-stdin',
        'それから: tayori outside add 人 アドレス --sign-in(パソコンだけで使うときは --loopback も)',
      ],
      en: [
        'Open https://console.cloud.google.com/ and make a project for this Tayori.',
        'Under "APIs & Services" → "Library" find the Gmail API and press "Enable".',
        'On the "OAuth consent screen" enter a name and a contact. For a family or a firm leave it in "Testing" and add the addresses as "Test users"; with Google Workspace choose "Internal".',
        'Add this scope to the consent screen: {scopes}',
        'Under "Credentials" → "Create credentials" → "OAuth client ID": with a domain choose "Web application" and enter the redirect URI {redirect} ; on your own computer alone choose "Desktop app", which needs none.',
        'Enter what you get: tayori oauth client add google --id CLIENT_ID --secret-stdin',
        'Then: tayori outside add PERSON ADDRESS --sign-in (on your own computer with --loopback)',
      ],
    },
    good: {
      ja: [
        'Gmail の手紙全体を読む許可は、Google が「制限付き」としているものです。「本番環境」に公開すると、Google の審査と、毎年の有料のセキュリティ検査を求められます。自分たちだけで使うなら要りません。',
        '「テスト」のままだと、サインインは7日で切れます。切れたら tayori outside sign-in でもう一度サインインします。「内部」(Workspace)なら切れません。',
        'もっと簡単な道: 2段階認証を有効にして「アプリ パスワード」を作れば、この設定は要りません。',
      ],
      en: [
        'Reading all of Gmail is what Google calls a restricted scope: an app published "In production" needs Google\'s verification and a paid security assessment each year. For your own people it does not.',
        'In "Testing" a sign-in ends after seven days; tayori outside sign-in renews it. "Internal" (Workspace) does not end.',
        'The easier way: with 2-Step Verification on, an app password needs none of this.',
      ],
    },
  },
  microsoft: {
    steps: {
      ja: [
        'https://entra.microsoft.com/ を開き、「アプリの登録」→「新規登録」を押します。',
        '「サポートされているアカウントの種類」は「任意の組織ディレクトリ内のアカウントと個人の Microsoft アカウント」を選びます(Outlook.com も使えるように)。',
        'ドメインがあるならリダイレクト URI は「Web」で {redirect} 。自分のパソコンだけなら「モバイル アプリケーションとデスクトップ アプリケーション」で {loopback} 。',
        '「API のアクセス許可」→「所属する組織で使用している API」→ Office 365 Exchange Online、または Microsoft Graph の「委任されたアクセス許可」から次を加えます: {scopes}',
        '「Web」にしたときは「証明書とシークレット」でクライアント シークレットを作ります。値は一度しか出ません。',
        '入れます: tayori oauth client add microsoft --id アプリケーションID --secret-stdin(パソコンだけで使うときは --no-secret)',
        'それから: tayori outside add 人 アドレス --sign-in(パソコンだけで使うときは --loopback も)',
      ],
      en: [
        'Open https://entra.microsoft.com/ and press "App registrations" → "New registration".',
        'Supported account types: "Accounts in any organizational directory and personal Microsoft accounts", so that Outlook.com works too.',
        'Redirect URI: with a domain "Web" and {redirect} ; on your own computer alone "Mobile and desktop applications" and {loopback} .',
        'Under "API permissions" add these delegated permissions (Office 365 Exchange Online or Microsoft Graph): {scopes}',
        'For "Web" make a client secret under "Certificates & secrets"; its value is shown once.',
        'Enter it: tayori oauth client add microsoft --id APPLICATION_ID --secret-stdin (on your own computer --no-secret)',
        'Then: tayori outside add PERSON ADDRESS --sign-in (on your own computer with --loopback)',
      ],
    },
    good: {
      ja: [
        'Outlook.com と Microsoft 365 は、ふつうのパスワードでは入れません。この道だけです。',
        '会社の Microsoft 365 では、管理者が IMAP・POP・SMTP(SMTP AUTH)を許していることも要ります。クライアント シークレットには期限があります。',
      ],
      en: [
        'Outlook.com and Microsoft 365 take no ordinary password any more; this is the only way.',
        'In a firm its administrator must also allow IMAP, POP and authenticated SMTP. A client secret has an end.',
      ],
    },
  },
  yahoo: {
    steps: {
      ja: [
        'これは Yahoo.com(米国)のためのものです。Yahoo! JAPAN(yahoo.co.jp)は別の会社で、パスワードで入れます。',
        'https://developer.yahoo.com/apps/create/ でアプリを作ります。種類は「Confidential Client」、Redirect URI は {redirect} 。パソコンだけの戻り先は使えないので、ドメインが要ります。',
        'メールの許可({scopes})は Yahoo に申し込んで認めてもらう必要があります。',
        '入れます: tayori oauth client add yahoo --id クライアントID --secret-stdin',
        'それから: tayori outside add 人 アドレス --sign-in',
      ],
      en: [
        'This is for Yahoo.com. Yahoo! JAPAN (yahoo.co.jp) is another company, and takes a password.',
        'Make an app at https://developer.yahoo.com/apps/create/ : "Confidential Client", redirect URI {redirect} . An address of your own computer is not taken, so a domain is needed.',
        'Access to mail ({scopes}) must be asked for and granted by Yahoo.',
        'Enter it: tayori oauth client add yahoo --id CLIENT_ID --secret-stdin',
        'Then: tayori outside add PERSON ADDRESS --sign-in',
      ],
    },
    good: {
      ja: ['もっと簡単な道: Yahoo.com の「アプリ パスワード」なら、この設定も許可も要りません。'],
      en: ['The easier way: an app password of Yahoo.com needs neither this nor a permission.'],
    },
  },
};
