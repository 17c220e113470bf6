// An engine that has begun on an office full of letters, for tests. Knows both from outside.
import type { Engine, News } from '../src/engine/contract.ts';
import { openEngine } from '../src/engine/engine.ts';
import { fill } from './letters.ts';
import { Office } from './office.ts';
import { settled, worldOf, type World } from './surroundings.ts';

export async function start(count = 300): Promise<{ office: Office; world: World; engine: Engine; news: News[] }> {
  const office = new Office('A1', 'hana@example.jp');
  fill(office, count);
  const world = worldOf(office);
  const engine = await openEngine(world.surroundings);
  const news: News[] = [];
  engine.watch('news', null, (item) => news.push(item));
  await settled();
  return { office, world, engine, news };
}
