// Opens the page, a step at a time: asks for the plan, ties the state to the address, and shows the panel; the map comes after it.
import { render } from 'preact';
import './tokens.css';
import './style.css';
import { breathe } from './yieldToBrowser';
import { connect, embedded, load } from './state';
import { startKeeping } from './state/offlineCache';
import { account, resume } from './state/session';
import { Page } from './ui/Page';

const loaded = load();
await breathe();
connect();
if (!embedded) void resume();
await breathe();
render(<Page />, document.getElementById('page')!);
void loaded.then(() => import('./changeFeed')).then(({ listen }) => listen());
if (!embedded) void loaded.then(() => startKeeping(() => account.value !== null));
