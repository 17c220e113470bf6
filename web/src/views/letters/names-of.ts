// The people of a row in few words. Knows names and who is oneself.
import type { Row } from '../../engine/contract.ts';
import { live } from '../../state/live.svelte.ts';
import { settings } from '../../state/settings.svelte.ts';
import { t } from '../../texts/texts.ts';

export function namesOf({ people }: Row): string {
  if (people.length === 0) return t.nobody;
  if (people.length === 1) return people[0]!.name || people[0]!.email;
  return people
    .map(({ name, email }) => (live.isMine(email) ? t.me : shortName(name || email)))
    .join(settings.language === 'ja' ? '、' : ', ');
}

/** Of several people only the first word, as it is said aloud; a Japanese family name is that word too. */
function shortName(name: string): string {
  return name.split(/[\s　@]+/u)[0] ?? name;
}
