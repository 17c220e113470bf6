// The list from which a search began: where its end leads back to.
import type { Route } from './route.svelte.ts';

class Origin {
  #route = $state.raw<Route>({ name: 'home' });
  get route(): Route {
    return this.#route;
  }
  note(route: Route): void {
    if (route.name === 'home' || (route.name === 'list' && route.query.kind !== 'find')) this.#route = route;
  }
}

export const origin = new Origin();
