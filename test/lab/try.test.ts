import { it } from 'vitest';
import { scenarios } from '../../src/scenarios/index.ts';
import { record } from '../../src/lab/model/recording.ts';
import { viewAt } from '../../src/lab/model/view.ts';
import { setupOf } from '../../src/lab/model/setup.ts';
it('x', async () => {
  for (const s of scenarios) for (const v of s.variants) {
    const t = performance.now();
    const r = await record(setupOf(s.name, v.name));
    const t2 = performance.now();
    const view = viewAt(r, r.endUs/2); 
    console.log(s.name, v.name, r.hash, 'rec', (t2-t).toFixed(0), 'view', (performance.now()-t2).toFixed(1), 'flights', r.flights.length, 'moments', r.moments.length, 'shown ms', r.scale.shownEnd/1000, 'end', r.endUs/1000, r.cues.length+'/'+v.captions.length, r.cues.map(c=>c.timeUs/1000).join(' '), [...r.tables.values()].map(x=>x.length).join('/'));
  }
});
