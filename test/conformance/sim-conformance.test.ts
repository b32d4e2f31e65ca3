/** Every case on the simulated network: both ends on one host. */
import { simnet } from 'portico/sim';
import { conformanceCases, runConformance } from 'portico/testing';
import { describe, expect, it } from 'vitest';

const sim = simnet({ seed: 5 });
const host = sim.host('host', { ip: '10.0.0.1', privileged: false });
const driver = sim.drive();
const report = await runConformance(host.engine);
driver.stop();

describe(`engine sim, seed ${report.seed}`, () => {
  for (const { name, verdict, reason } of report.results) {
    it(name, (context) => {
      if (verdict === 'skipped') context.skip(reason);
      expect(reason).toBe('');
    });
  }

  it('has a verdict for every case', () => {
    expect(report.results.map(({ name }) => name)).toEqual(conformanceCases.map(({ name }) => name));
  });
});
