/** What the programs of an operator and the lab share: an HTTP server, and the files of the page. */
export { PAGE, readPage, sendPage, withLive } from './page.ts';
export { openRoom, type Room } from './room.ts';
