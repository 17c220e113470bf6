// One thing to do in a menu.
import type { IconName } from './icons.ts';

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName;
  readonly danger?: boolean;
  /** Set off from what stands above. */
  readonly apart?: boolean;
  /** Given: one of several, of which one holds. */
  readonly checked?: boolean;
  readonly depth?: number;
  readonly run: () => void;
}
