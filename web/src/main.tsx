// Starts the page in steps: requests the plan, connects the state to the address, renders the panel; the map loads
// after it.
import { render } from 'preact';
import './tokens.css';
import './style.css';
import { yieldToBrowser } from './yieldToBrowser';
import { connectState, embedded, loadAll } from './state';
import { startOfflineCache } from './state/offlineCache';
import { account, resumeSession } from './state/session';
import { MapPage } from './ui/Page';

const loaded = loadAll();
await yieldToBrowser();
connectState();
if (!embedded) void resumeSession();
await yieldToBrowser();
render(<MapPage />, document.getElementById('page')!);
void loaded.then(() => import('./changeFeed')).then(({ followChanges: listen }) => listen());
if (!embedded) void loaded.then(() => startOfflineCache(() => account.value !== null));
