// The causes in Japanese. Knows words only; how they are filled and shown is cause-sentences.ts.
import type { Cause } from './causes.ts';
import type { CauseText } from './cause-sentences.ts';

export const japanese: Readonly<Record<Cause, CauseText>> = {
  'not-an-address': {
    wrong: '入力された文字は、メールアドレスの形になっていません。',
    next: '打ちまちがいがないか確かめてください。hanako@example.jp のように、まん中に @ が一つ入ります。',
  },
  'name-not-found': {
    wrong: '{server} という名前のサーバーは見つかりませんでした。',
    next: 'アドレスの @ より後ろ、またはサーバーの名前に打ちまちがいがないか確かめてください。',
  },
  'dns-unavailable': {
    wrong: 'ネットの住所録（DNS）から今は返事がなく、{server} の場所がわかりません。',
    next: 'インターネットにつながっているか確かめて、数分後にもう一度お試しください。',
  },
  'private-address': {
    wrong: '{server} は家や会社の中だけの場所を指しています。この Tayori は、そこへは行かない決まりになっています。',
    next: 'ご自分のサーバーのときは、この Tayori の管理者に許可をお願いしてください。',
  },
  refused: {
    wrong: '{server} はありますが、{port} 番の窓口（ポート）が閉まっています。',
    next: 'メール会社の案内と、窓口の番号を見くらべてください。',
  },
  unreachable: {
    wrong: 'ここから {server} へ行ける道が見つかりません。',
    next: 'インターネットにつながっているか確かめて、もう一度お試しください。',
  },
  timeout: {
    wrong: '{server} の {port} 番の窓口（ポート）から、時間内に返事がありませんでした。',
    next: '数分後にもう一度お試しください。変わらないときは、スマートフォンの回線など別の回線でお試しください。',
  },
  'port-blocked': {
    wrong: '今お使いの回線が {port} 番の窓口（ポート）への道を閉じています。サーバーは動いています。',
    next: 'スマートフォンの回線など、別の回線でお試しください。',
  },
  op25b: {
    wrong: '迷惑メールを止めるため、お使いの回線では 25 番の窓口が閉まっています（OP25B）。{port} 番の窓口から送るように切り替えました。',
    next: '何もしなくて大丈夫です。自動で切り替わりました。',
  },
  'all-blocked': {
    wrong: '今お使いの回線は、メールの送り受けをすべて止めています。ホテルや会社の回線でよくあることです。',
    next: 'スマートフォンの回線など、別の回線でお試しください。',
  },
  'captive-portal': {
    wrong: '回線の利用開始の画面でまだ同意やログインをしていないため、どこにもつながりません。',
    next: 'ブラウザーで好きなページを開き、出てきた画面で手続きをしてから、もう一度お試しください。',
  },
  'tls-not-spoken': {
    wrong: '{server} の {port} 番の窓口（ポート）は返事をしますが、はじめから封をする窓口（TLS）ではありません。',
    next: '「話しはじめてから封をする」（STARTTLS）を選ぶか、はじめから封をする窓口の番号をお使いください。',
  },
  'starttls-missing': {
    wrong: '{server} は封をして話すこと（STARTTLS）ができません。途中で読まれてしまうので、パスワードは送りませんでした。',
    next: '封をする窓口の番号をお使いください。受け取りは 993 か 995、送るときは 465 です。',
  },
  'certificate-expired': {
    wrong: '{server} の身分証（証明書）の期限が切れています。',
    next: '{provider} が新しくするのを待って、明日もう一度お試しください。パスワードは送っていません。',
  },
  'certificate-not-yet-valid': {
    wrong: '{server} の身分証（証明書）は、まだ始まる前の日付になっています。たいていはこちらの時計がずれています。',
    next: 'Tayori が動いているコンピューターの日付と時刻を合わせてください。',
  },
  'certificate-other-name': {
    wrong: '{server} として返事をしたサーバーの身分証（証明書）には、別の名前が書かれています。',
    next: 'メール会社の案内にあるサーバーの名前をお使いください。会社が決めた共通の名前のことがよくあります。',
  },
  'certificate-unknown-authority': {
    wrong: '{server} の身分証（証明書）は、知られていないところが発行したものです。',
    next: '{provider} に、会社の中なら管理者にお問い合わせください。パスワードは送っていません。',
  },
  'certificate-self-signed': {
    wrong: '{server} の身分証（証明書）は自分で作ったもので、本物だと保証する人がいません。',
    next: 'サーバーの管理者に、正式な身分証を用意してもらってください。パスワードは送っていません。',
  },
  'tls-too-old': {
    wrong: '{server} は、もう安全とはいえない古い封（TLS）しか使えません。',
    next: '{provider} に新しいサーバーの名前を聞くか、このサーバーだけ古い封を認めてください。',
  },
  'tls-legacy-renegotiation': {
    wrong: '{server} は封（TLS）のしかたが古く、ふだんは断っているやり方です。',
    next: '{provider} を信頼できるときは、このサーバーだけ古いやり方を認めてください。',
  },
  'tls-failed': {
    wrong: '{server} と封（TLS）のしかたを決められませんでした。',
    next: '時間をおいてお試しください。変わらないときは「元の言葉」を {provider} に見せてください。',
  },
  'wrong-kind-of-server': {
    wrong:
      '{server} の {port} 番の窓口（ポート）では、別の種類のメールサーバーが返事をしました。送る窓口と受け取る窓口などが入れかわっています。',
    next: 'どの番号がどの窓口か、メール会社の案内と見くらべてください。',
  },
  'not-a-mail-server': {
    wrong: '{server} の {port} 番の窓口（ポート）で返事をしたのは、メールサーバーではありません。',
    next: 'サーバーの名前と番号を、メール会社の案内と見くらべてください。',
  },
  silent: {
    wrong: '{server} はつながりますが、何も話してくれません。',
    next: '数分後にもう一度お試しください。',
  },
  busy: {
    wrong: '{server} は今こみ合っていて、後で来てほしいと言っています。',
    next: '数分お待ちください。できるところは自動でもう一度試します。',
  },
  'turned-away': {
    wrong: '{server} は、こちらが何か言う前に断りました。',
    next: '一時間ほどおいてお試しください。変わらないときは、この回線を断っていないか {provider} にお問い合わせください。',
  },
  protocol: {
    wrong: '{server} の返事は、メールの言葉として意味がわかりません。',
    next: 'サーバーの名前と番号を確かめてください。合っているときは「元の言葉」を {provider} に見せてください。',
  },
  'connection-lost': {
    wrong: '{server} と話している途中で、つながりが切れました。',
    next: 'もう一度お試しください。毎回切れるときは、別の回線でお試しください。',
  },
  'wrong-password': {
    wrong: '{server} は、このユーザー名とパスワードの組み合わせを受け付けませんでした。',
    next: 'パスワードをもう一度ゆっくり入力してください。メール専用のパスワードがある会社もあります。',
  },
  'login-name-form': {
    wrong: '{server} は、このユーザー名を知りません。',
    next: 'メール会社の案内のとおりに、アドレス全体か、@ より前だけかを変えてお試しください。',
  },
  'service-off': {
    wrong: '{provider} で、メールアプリからの利用が「切」になっています。',
    next: '{provider} のページのメール設定で、メールアプリからの利用を「入」にしてください。',
  },
  'app-password-needed': {
    wrong: '{provider} では、ふだんのパスワードのかわりに、メールアプリ専用の合いかぎ（アプリパスワード）が必要です。',
    next: '{provider} のアカウントのページでアプリパスワードを作り、ここに入力してください。',
  },
  'oauth-needed': {
    wrong: '{provider} は、メールアプリからのパスワードを受け付けなくなりました。{provider} のログイン画面だけが使えます。',
    next: 'パスワードの代わりに、{provider} の画面でのログインを選んでください。',
  },
  'web-sign-in-needed': {
    wrong: '{provider} は、ご本人かどうか、まず自分のページで確かめたいと言っています。',
    next: 'ブラウザーで一度メールにログインし、出てきた質問に答えてから、もう一度お試しください。',
  },
  'password-expired': {
    wrong: '{provider} のパスワードの期限が切れています。',
    next: '{provider} のページで新しいパスワードを決めて、ここに入力してください。',
  },
  'account-disabled': {
    wrong: '{provider} は、このアカウントを止めています。',
    next: '{provider} にお問い合わせください。ここでくり返しても変わりません。',
  },
  locked: {
    wrong: '何度も試したため、{provider} がログインをしばらく止めています。',
    next: '一時間ほど何もせずに待ってから、正しいパスワードで一度だけお試しください。',
  },
  'too-many-connections': {
    wrong: '{provider} のこのアカウントに、同時につながっているアプリが多すぎます。',
    next: 'ほかの端末のメールアプリを閉じるか、十五分ほどお待ちください。',
  },
  'blocked-country': {
    wrong: '{provider} は、この Tayori がある国からのつながりを受け付けていません。',
    next: '{provider} の設定で海外からの利用を「入」にするか、ご自宅のコンピューターで Tayori を動かしてください。',
  },
  'no-common-mechanism': {
    wrong: '{server} が示したログインのしかたの中に、こちらで使えるものがありません。',
    next: 'メールアプリからパスワードでログインする方法を、{provider} にお問い合わせください。',
  },
  'login-unavailable': {
    wrong: '{server} は、今パスワードを確かめられない状態です。パスワードは合っているかもしれません。',
    next: '数分後にもう一度お試しください。',
  },
  'tries-used-up': {
    wrong: 'ログインに三回失敗しました。もう一度失敗するとアカウントが止められることがあるので、ここでやめました。',
    next: '{provider} のページで正しいパスワードを確かめてから、設定をはじめからやり直してください。',
  },
  'client-id-missing': {
    wrong: 'この Tayori はまだ {provider} に登録されていないため、{provider} のログイン画面を使えません。',
    next: 'アプリパスワードを使うか、この Tayori の管理者に登録をお願いしてください。',
  },
  'sign-in-expired': {
    wrong: '{provider} でいただいた許可の期限が切れました。',
    next: '{provider} の画面で、もう一度ログインしてください。',
  },
  'sign-in-refused': {
    wrong: '{provider} の画面でのログインが、終わらなかったか、許可されませんでした。',
    next: 'もう一度はじめて、{provider} の画面で「許可」を選んでください。',
  },
  'sign-in-unavailable': {
    wrong: '{provider} のログイン画面から、今は返事がありません。',
    next: '数分後にもう一度お試しください。',
  },
  'sender-not-allowed': {
    wrong: '{server} では、このアカウントからこの差出人アドレスでは送れません。',
    next: 'アカウントのアドレスを差出人にするか、{provider} でそのアドレスを登録してください。',
  },
  'sending-quota': {
    wrong: '{provider} の「一定の時間に送れる数」の上限に届きました。',
    next: '明日までお待ちください。手紙はここに残り、自動で送られます。',
  },
  'letter-too-large': {
    wrong: '手紙が {server} の受け取れる大きさをこえています。',
    next: '添付を小さくするか、減らしてください。',
  },
  'letter-refused': {
    wrong: '{server} は手紙を受け取りませんでした。',
    next: '「元の言葉」をご覧ください。たいてい理由が書かれています。',
  },
  'letter-not-back': {
    wrong: 'ためしの手紙を送りましたが、時間内に戻ってきませんでした。',
    next: '{provider} の迷惑メールの箱を見てください。なければ十分後にもう一度お試しください。',
  },
  'mailbox-full': {
    wrong: '{provider} の郵便箱がいっぱいです。',
    next: 'あちらの手紙を消すか、こちらへ持ち帰ってください。',
  },
  'key-missing': {
    wrong: 'この Tayori は、お預かりしたパスワードを開けるかぎを失くしています。',
    next: 'この Tayori の管理者にかぎのファイルを戻してもらうか、パスワードをもう一度入力してください。',
  },
};
