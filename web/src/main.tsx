// Opens the page: ties the state to the address, asks for the plan, and shows the panel; the map comes after it.
import { render } from 'preact';
import './style.css';
import { connect, load } from './state';
import { Page } from './ui/Page';

connect();
void load();
render(<Page />, document.getElementById('page')!);
