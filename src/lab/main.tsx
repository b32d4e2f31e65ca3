/** Opens the page. */
import { play, scenarios } from '../scenarios/index.ts';
import { trace } from '../sim/index.ts';
console.log('hi');
void (async () => { for (const s of scenarios) for (const v of s.variants) { const t=performance.now(); const p = await play(s, { variant: v.name }); console.log(s.name, v.name, trace(p.sim).hash, performance.now()-t); }
})();
