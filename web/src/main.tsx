// Opens the page: ties the state to the address, asks for the plan, and shows the panel; the map comes after it.
import { render } from 'preact';
import './style.css';
import { connect, embedded, load } from './state';
import { resume } from './state/session';
import { Page } from './ui/Page';

connect();
void load();
if (!embedded) void resume();
void import('./live').then(({ listen }) => listen());
render(<Page />, document.getElementById('page')!);
