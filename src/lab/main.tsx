/** Opens the page: a scenario, or UDP and TCP side by side (`?view=compare`). */
import { render } from 'preact';
import './style.css';
import { Compare } from './view/compare.tsx';
import { Lab } from './view/lab.tsx';

const root = document.getElementById('lab');
const isComparing = new URLSearchParams(location.search).get('view') === 'compare';
if (root) render(isComparing ? <Compare /> : <Lab />, root);
