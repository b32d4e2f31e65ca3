/** The list of cases itself: unique names that begin with a call, every row of the checklist spoken for. */
import { conformanceCases, conformanceRows, rowsWithoutCase } from 'portico/testing';
import { expect, it } from 'vitest';

it('every name is unique and begins with what is called', () => {
  const names = conformanceCases.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^([a-zA-Z]+\([^)]*\)|for await|readable)[ ,]/);
});

it('the checklist has 104 rows', () => {
  expect(conformanceRows.length).toBe(104);
});

it('every row has a case, or a reason why not, and never both', () => {
  const without = rowsWithoutCase.map(({ row }) => row);
  const withCase = new Set(conformanceCases.flatMap(({ rows = [] }) => rows));
  for (const { row } of conformanceRows) {
    expect({ row, hasCase: withCase.has(row) }).toEqual({ row, hasCase: !without.includes(row) });
  }
  const known = new Set(conformanceRows.map(({ row }) => row));
  expect([...withCase, ...without].filter((row) => !known.has(row))).toEqual([]);
});

it('every case belongs to a row', () => {
  expect(conformanceCases.filter(({ rows = [] }) => rows.length === 0).map(({ name }) => name)).toEqual([]);
});
