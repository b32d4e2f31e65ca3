/** Opens the page: a scenario, UDP and TCP side by side (`?view=compare`), or a running server (`?view=live`). */
import type { VNode } from 'preact';
import { render } from 'preact';
import './style.css';
import './live.css';
import { Compare } from './view/compare.tsx';
import { Lab } from './view/lab.tsx';
import { Live } from './view/live.tsx';

const root = document.getElementById('lab');
const pages = new Map<string | null, () => VNode | null>([
  ['compare', Compare],
  ['live', Live],
]);
const Page = pages.get(new URLSearchParams(location.search).get('view')) ?? Lab;
if (root) render(<Page />, root);
