// What of HTML a letter may have: elements and attributes by name. A list of what is allowed, never of what is forbidden; what is not here is not
// shown (reliability B-113…B-123). Knows names; knows no value.

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

export const elements =
  words(`a abbr acronym address area article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del
  details dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins kbd li main map mark menu nav ol p pre q
  rp rt ruby s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr`);

/** Gone with all that is in them: what runs, loads, embeds, asks or is of another namespace. Others that are not allowed leave their content. */
export const dropped =
  words(`script style template noscript noembed noframes iframe frame frameset object embed applet param portal fencedframe
  svg math head title base link meta textarea select option optgroup datalist input keygen audio video source track canvas dialog meter progress
  slot bgsound nextid command marquee`);

/** Raw text of old days, shown as what it is. */
export const asPre = words('xmp plaintext listing');

export const globalAttributes = words('dir lang title class id style align valign bgcolor color width height border nowrap');

export const attributesOf: Readonly<Record<string, ReadonlySet<string>>> = {
  a: words('href name'),
  area: words('href shape coords alt'),
  blockquote: words('type'),
  col: words('span'),
  colgroup: words('span'),
  details: words('open'),
  font: words('face size'),
  hr: words('size noshade'),
  img: words('src alt usemap hspace vspace'),
  li: words('value type'),
  map: words('name'),
  ol: words('start type reversed'),
  table: words('cellpadding cellspacing summary rules frame role'),
  td: words('colspan rowspan headers'),
  th: words('colspan rowspan headers scope abbr'),
  time: words('datetime'),
  ul: words('type'),
  br: words('clear'),
};

/** Their values are names within the document. */
export const naming = words('id name');
